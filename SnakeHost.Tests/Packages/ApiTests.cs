extern alias Hosting;

using Aspire.Hosting.ApplicationModel;
using PublicApiGenerator;

namespace SnakeHost.Tests.Packages;

/// <summary>What <c>SnakeHost.Hosting</c> offers to others, as it is kept beside its project: a change of it is meant, or seen here.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task WhatThePackageOffers_IsWhatIsKept()
    {
        var file = Path.Join(RepositoryFolder.Path, "SnakeHost.Hosting", "api.txt");
        var offered = typeof(SnakeGatewayResource).Assembly.GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("SNAKEHOST_TESTS_WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(file, offered, TestContext.Current.CancellationToken);
        Assert.True(
            File.Exists(file) && await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) == offered,
            $"The public API is not that of {file}. Run this test with SNAKEHOST_TESTS_WRITE_DOCS=1 to write it anew, and tell of the change in CHANGELOG.md. It is:\n{offered}");
    }
}
