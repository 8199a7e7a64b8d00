using System.Text.Json;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Admin;

/// <summary>The OpenAPI document of the admin listener: that it is what is served, and that what is served is what it says.</summary>
public sealed class AdminDocumentTests : IAsyncLifetime
{
    private readonly TenantFolder _tenants = new();
    private GatewayProcess? _gateway;

    private HttpClient Admin => _gateway!.Admin!.Client;

    public async ValueTask InitializeAsync() => _gateway = await GatewayProcess.StartAsync(new() { Root = _tenants.Root });

    public async ValueTask DisposeAsync()
    {
        await _gateway!.DisposeAsync();
        _tenants.Dispose();
    }

    [Fact]
    public async Task TheCommittedDocument_IsTheServedOne()
    {
        var path = Path.Join(RepositoryFolder.Path, "docs", "admin.openapi.json");
        var served = (await Admin.TextAsync(At("/openapi.json"))).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("SNAKEHOST_TESTS_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(path, served, TestContext.Current.CancellationToken);
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), served);
    }

    [Fact]
    public async Task EachAnswer_HasThePropertiesOfItsSchema()
    {
        var folder = _tenants.Add("shop", ("main.py", PythonApps.Answering("def answer(path): return 1")));
        await _gateway!.Client.TextAsync(folder.Url("/"));
        using var document = JsonDocument.Parse(await Admin.TextAsync(At("/openapi.json")));
        using var events = new StreamReader(await Admin.GetStreamAsync(At("/api/events"), TestContext.Current.CancellationToken));

        var tenant = await Admin.JsonAsync(At("/api/tenants/shop"));
        using var reload = await Admin.SendAsync(HttpMethod.Post, At("/api/tenants/shop/reload"), null);
        using var reloaded = JsonDocument.Parse(await reload.TextAsync(System.Net.HttpStatusCode.OK));
        string? line;
        do
            line = await events.ReadLineAsync(TestContext.Current.CancellationToken);
        while (line is not null && !line.StartsWith("data: ", StringComparison.Ordinal));
        using var next = JsonDocument.Parse(line![6..]);

        Assert.Equal(Schema("TenantSnapshot"), Names(tenant));
        Assert.Equal(Schema("AdminReload"), Names(reloaded.RootElement));
        Assert.Equal(Schema("AdminEvent"), Names(next.RootElement));

        IEnumerable<string> Schema(string name) => Names(document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(name).GetProperty("properties"));
    }

    [Fact]
    public async Task EachPath_Answers()
    {
        using var document = JsonDocument.Parse(await Admin.TextAsync(At("/openapi.json")));
        var expected = new[] { "/", "/alive", "/health", "/api/tenants", "/api/tenants/{id}", "/api/tenants/{id}/reload", "/api/tenants/{id}/evict", "/api/tenants/{id}/log", "/api/tenants/{id}/requests", "/api/tenants/{id}/memory", "/api/tenants/{id}/debug", "/api/tenants/{id}/install", "/api/tenants/{id}/profile", "/api/tenants/{id}/imports", "/profiles/{key}", "/api/variables/{prefix}", "/api/events", "/api/log" };
        Assert.Equal(expected.Order(StringComparer.Ordinal), Names(document.RootElement.GetProperty("paths")));
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name), At(path.Name.Replace("{id}", "nobody", StringComparison.Ordinal)));
                using var response = await Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
                var answer = operation.Value.GetProperty("responses").GetProperty(((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
                Assert.Contains(answer.GetProperty("content").EnumerateObject(), content => content.Name == response.Content.Headers.ContentType!.MediaType);
            }
        }
    }

    private static Uri At(string path) => new("http://localhost" + path);

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal);
}
