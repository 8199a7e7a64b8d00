using Microsoft.AspNetCore.Http;

namespace SnakeHost.Tests.Routing;

public sealed class ResolverAllocationTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("{http.request.host.labels.1}")]
    [InlineData("{http.request.uri.path.0}")]
    [InlineData("{http.request.header.X-App}")]
    [InlineData("{http.request.cookie.app}")]
    [InlineData("{http.request.uri.query.app}")]
    [InlineData("none-{http.request.host.labels.1}")]
    public void AKnownRequest_AllocatesNothing(string workingDirectory)
    {
        _root.Folder("notes");
        var resolver = Requests.Resolver(_root.Path, $$"""{ "Host": "*.localhost", "WorkingDirectory": "{{workingDirectory}}", "Env": { "H": "{http.request.hostport}" } }""");
        var context = Requests.Get("notes.localhost:9080", "/notes/list", "?a=b&app=notes", ("X-App", "notes"), ("Cookie", "x=y; app=notes"));
        Assert.Equal(!workingDirectory.StartsWith("none", StringComparison.Ordinal), resolver.Resolve(context).IsFound);
        // Code that the JIT has not optimised yet may box, and on a busy machine it takes its time: what counts is where it settles.
        Assert.Contains(Enumerable.Range(0, 50).Select(_ => Allocated(10_000)), bytes => bytes <= 1000);

        long Allocated(int times)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(times);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Repeat(int times)
        {
            for (var time = 0; time < times; time++) resolver.Resolve(context);
        }
    }

    [Fact]
    public void AKnownRequest_DoesNotAskTheFileSystem()
    {
        var notes = _root.Folder("notes");
        var resolver = Requests.Resolver(_root.Path, """{ "Host": "*.localhost" }""");
        HttpContext context = Requests.Get("notes.localhost");
        var tenant = resolver.Resolve(context).Specification;
        Directory.Delete(notes);
        Assert.Same(tenant, resolver.Resolve(context).Specification);
    }
}
