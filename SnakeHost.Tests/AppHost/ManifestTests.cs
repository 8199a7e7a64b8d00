extern alias Hosting;

using System.Diagnostics;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using SnakeHost.Tests.Harness;
using SnakeHost.Tests.Hosting.Aspire;

namespace SnakeHost.Tests.AppHost;

/// <summary>What a deployment tool reads: the manifest and the Dockerfile of the real AppHost, as they are kept beside this file.</summary>
[Collection(nameof(OrchestratorTests))] // one of these has a further app among the samples for a while
public sealed partial class ManifestTests
{
    [Fact]
    public async Task TheManifest_AndTheDockerfile_AreThoseThatAreKept()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, output) = await PublishAsync("--publisher", "manifest", "--output-path", Path.Join(folder.Path, "manifest.json"));
        Assert.True(exitCode == 0, output);

        var manifest = await File.ReadAllTextAsync(Path.Join(folder.Path, "manifest.json"), TestContext.Current.CancellationToken);
        var dockerfile = await File.ReadAllTextAsync(Directory.EnumerateFiles(folder.Path, "*ockerfile*").Single(), TestContext.Current.CancellationToken);
        await KeptAsync("manifest.json", manifest.Replace(Path.GetRelativePath(folder.Path, RepositoryFolder.Path), "REPOSITORY", StringComparison.Ordinal));
        // This machine's Python, which differs.
        await KeptAsync("gateway.Dockerfile", PythonTag().Replace(dockerfile, "FROM python:3.X-slim"));
    }

    /// <summary>Else "Pipeline succeeded", and nothing was done.</summary>
    [Theory]
    [InlineData("publish")]
    [InlineData("deploy")]
    public async Task WithoutAnEnvironment_ItSaysSo_AndFails(string step)
    {
        using var folder = new TemporaryFolder();
        var (exitCode, output) = await PublishAsync("--operation", "publish", "--step", step, "--output-path", folder.Path);
        Assert.Contains("There is nothing to publish for: the AppHost names no environment", output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task WhatATenantDeclares_IsInstalledBeforeItsSource_ByTheToolItIsFor()
    {
        using var apps = new TemporaryFolder();
        ElsewhereProject.Path = apps.File("Gateway/Gateway.csproj", "<Project><ItemGroup><ProjectReference Include='..\\Shared\\Shared.csproj' /></ItemGroup></Project>");
        apps.File("Shared/Shared.csproj", "<Project />");
        await using var application = new GatewayApplication("--publisher", "manifest");
        var gateway = application.Builder.AddSnakeGateway<ElsewhereProject>("other");
        string Folder(string name, params (string Name, string Text)[] files)
        {
            foreach (var (file, text) in files.Append(("main.py", "")))
                apps.File(Path.Join(name, file), text);
            return Path.Join(apps.Path, name);
        }

        var pip = Folder("pip", ("requirements.txt", "flask"), ("env/pyvenv.cfg", ""), ("lib/bin/tool.py", ""), ("pyproject.toml", "[tool.ruff]"));
        var locked = Folder("locked", ("pyproject.toml", "[project]\nname = 'x'\nrequires-python = \">=3.11,<4\""), ("uv.lock", ""), ("requirements.txt", ""), (".python-version", "3.12\n"));
        var project = Folder("project", ("pyproject.toml", "[project]\nname = 'x'"));
        gateway.WithTenant("a", pip).WithTenant("b", locked).WithTenant("c", project, tenant => tenant.WithVolume("DATA_DIR"));

        var lines = Dockerfile(gateway).Split('\n');

        Assert.Contains("FROM python:3.12-slim", lines);
        int At(string part) => Array.FindIndex(lines, line => line.Contains(part, StringComparison.Ordinal)) is >= 0 and var found ? found : throw new InvalidOperationException(string.Join('\n', lines));
        int[] order =
        [
            At("COPY [\"Gateway/\", \"Gateway/\"]"), At("COPY [\"Shared/\", \"Shared/\"]"), At("dotnet publish \"Gateway/Gateway.csproj\""), At("pip/requirements.txt\", \"/app/tenants/a/\"]"), At("\"/app/tenants/a/.venv/bin/pip\" install -r \"/app/tenants/a/requirements.txt\""),
            At("locked/uv.lock\", \"/app/tenants/b/\"]"), At("uv sync --project \"/app/tenants/b\" --no-dev --no-install-project --frozen"),
            At("uv sync --project \"/app/tenants/c\" --no-dev --no-install-project"), At("COPY --chown=1654:1654 --exclude=env ["), At("install -d -o 1654 -g 1654 \"/data/c/data\""), At("USER 1654"),
        ];
        Assert.Equal(order.Order(), order);
        var mount = Assert.Single(gateway.Resource.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal(("other-c-data", "/data/c/data"), (mount.Source, mount.Target));

        apps.File("project/.python-version", "3.13");
        Refused("'other' cannot be published with two Pythons", gateway);
        File.Delete(Path.Join(apps.Path, "project", ".python-version"));
        apps.File("project/pyproject.toml", "[project]\nrequires-python = '>=3.13'");
        Refused("Tenant 'c' cannot be published with Python 3.12,", gateway);
    }

    [Theory]
    [InlineData("3.12", ">=3.10", true)]
    [InlineData("3.12", ">=3.10, <3.12", false)]
    [InlineData("3.12", "<3.12.3", true)]
    [InlineData("3.12", "==3.*", true)]
    [InlineData("3.12", "==3.11.*", false)]
    [InlineData("3.12", "~=3.11", true)]
    [InlineData("3.12", "~=3.11.2", false)]
    [InlineData("3.9.1", ">3.9", true)]
    public void AVersion_IsComparedAsToolsDo(string version, string specifiers, bool expected) => Assert.Equal(expected, Hosting::SnakeHost.Hosting.PublishedPython.Meets(version, specifiers));

    private static string Dockerfile(IResourceBuilder<SnakeGatewayResource> gateway) => Hosting::SnakeHost.Hosting.GatewayImage.Dockerfile(gateway.Resource);

    private static void Refused(string sentence, IResourceBuilder<SnakeGatewayResource> gateway) =>
        Assert.StartsWith(sentence, Assert.Throws<DistributedApplicationException>(() => Dockerfile(gateway)).Message, StringComparison.Ordinal);

    private static async Task<(int ExitCode, string Output)> PublishAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Projects.SnakeHost_Gateway).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Join(RepositoryFolder.Path, "SnakeHost.AppHost"),
        };
        using var process = ChildProcess.Start(start);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }

    /// <summary>With SNAKEHOST_TESTS_WRITE_DOCS=1 it is written anew.</summary>
    private static async Task KeptAsync(string name, string text)
    {
        var path = Path.Join(RepositoryFolder.Path, "SnakeHost.Tests", "AppHost", "published", name);
        text = text.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("SNAKEHOST_TESTS_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), text);
    }

    private sealed class ElsewhereProject : IProjectMetadata
    {
        public static string Path { get; set; } = "";

        public string ProjectPath => Path;
    }

    [GeneratedRegex(@"FROM python:3(\.\d+)?-slim")]
    private static partial Regex PythonTag();
}
