using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Launch;

/// <summary>The gateway that begins in Python, by <c>gateway.py</c>: in the interpreter that the user has started, or the one that is configured.</summary>
public sealed class BegunInPythonTests
{
    private const string Who = """
        import os, sys
        def answer(path): return f"{sys.executable} {os.readlink('/proc/self/exe')} {os.getpid()}"
        """;

    public static TheoryData<string> Builds => new(InstalledPythons.Builds);

    private static string Script => GatewayLocation.Script;

    [Theory, MemberData(nameof(Builds))]
    public async Task AnAppSees_WhatItSeesWithTheSharedLibrary_AndFindsNothingOfTheGateways(string python)
    {
        using var tenants = new TenantFolder();
        var app = tenants.Add("facts", ("main.py", InterpreterProcessTests.Facts));
        // Through a link, which Python resolves before it looks for modules beside its script.
        using var folder = new TemporaryFolder();
        var linked = folder.Link("installed", Path.GetDirectoryName(Script)!);

        var (begun, program, name) = await ServeAsync(python, Path.Join(linked, "gateway.py"));
        var (entered, _, _) = await ServeAsync("dotnet", Path.Join(linked, Path.GetFileName(GatewayLocation.Assembly)));

        Assert.Equal(entered, begun);
        Assert.Equal(RealPath(python), program);
        Assert.Equal("SnakeHost.Gateway"[..15], name);

        async Task<(string Facts, string Program, string Name)> ServeAsync(params string[] command)
        {
            await using var gateway = await GatewayProcess.StartAsync(new() { Program = command, Python = python, Root = tenants.Root });
            var facts = await gateway.Client.TextAsync(app.Url("/"));
            var (file, comm) = (RealPath($"/proc/{gateway.Id}/exe"), await File.ReadAllTextAsync($"/proc/{gateway.Id}/comm", TestContext.Current.CancellationToken));
            await gateway.StopAsync();
            return (facts, file, comm.Trim());
        }
    }

    [Fact]
    public async Task ThatInterpreterIsTheAppsOwn_UnlessAnotherIsConfigured_HoweverTheGatewayRuns()
    {
        using var tenants = new TenantFolder();
        using var folder = new TemporaryFolder();
        var app = tenants.Add("who", ("main.py", PythonApps.Answering(Who)));
        var other = InstalledPythons.Default;
        folder.Folder("bin");
        // The same one by another name: nobody would find it by PATH.
        var own = folder.Link("bin/python3", other);

        var inside = RealPath(other);
        await ServesAsync([], own, inside, isSame: true);
        await ServesAsync(["--SnakeHost:Python:Embedding=Executable"], own, inside, isSame: true);
        await ServesAsync(["--SnakeHost:Python:Embedding=Library"], own, RealPath(FindOnPath("dotnet")), isSame: true);
        await ServesAsync([$"--SnakeHost:Python:Executable={other}"], other, null, isSame: true);
        await ServesAsync(["--workers", "2"], own, inside, isSame: false);
        await ServesAsync(["--isolation", "process"], own, inside, isSame: false);

        async Task ServesAsync(string[] arguments, string executable, string? program, bool isSame)
        {
            await using var gateway = await GatewayProcess.StartAsync(new() { Program = [own, Script], Root = tenants.Root, Arguments = arguments });
            var answer = (await gateway.Client.TextAsync(app.Url("/"))).Split(' ');
            Assert.Equal(executable, answer[0]);
            if (program is not null)
                Assert.Equal(program, answer[1]);
            Assert.Equal(isSame, int.Parse(answer[2], System.Globalization.CultureInfo.InvariantCulture) == gateway.Id);
            await gateway.StopAsync();
        }
    }

    [Fact]
    public async Task WhatNeedsNoInterpreter_IsDoneToo_AndWhatIsWrongIsTold()
    {
        await using var wrong = GatewayRun.Start(new() { Program = [InstalledPythons.Default, Script], Arguments = ["--no-such-option"] });
        await using var doctor = GatewayRun.Start(new() { Program = [InstalledPythons.Default, Script, "doctor"] });

        Assert.Equal(2, await wrong.WaitForExitAsync());
        Assert.Contains("--no-such-option", wrong.Errors.ToString(), StringComparison.Ordinal);
        _ = await doctor.WaitForExitAsync();
        Assert.Contains("in whose program the gateway runs", doctor.Output.ToString(), StringComparison.Ordinal);
    }

    private static string RealPath(string path) => Gateway.Configuration.RealPath.Resolve(path)!;

    private static string FindOnPath(string name) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Join(folder, name)).First(File.Exists);
}
