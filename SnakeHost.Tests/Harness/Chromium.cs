using Microsoft.Playwright;

namespace SnakeHost.Tests.Harness;

/// <summary>The machine's own Chromium: nothing is downloaded.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>How long to wait for a state, in milliseconds.</summary>
    public const float Patience = 120_000;

    private const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, Browser) = (playwright, browser);

    /// <summary>Why a test that needs it is skipped; null where it is there.</summary>
    public static string? Missing => File.Exists(Program) ? null : $"There is no {Program}.";

    public IBrowser Browser { get; }

    public static async Task<Chromium> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return new Chromium(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"] }));
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }
}
