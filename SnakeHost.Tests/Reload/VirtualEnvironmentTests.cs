using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Reload;

/// <summary>Packages that are installed, changed and removed while the gateway serves the apps that use them.</summary>
public sealed class VirtualEnvironmentTests(SharedGateways gateways) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // In the shape of what setuptools installs for packages that lie elsewhere than their names say.
    private const string FinderSource =
        """
        import sys
        from importlib.machinery import ModuleSpec
        from importlib.util import spec_from_file_location

        MAPPING = {"mapped": "ROOT/lib/FOLDER/__init__.py", "corp.part": "ROOT/lib/part.py"}
        HOOK = "__editable__.mapped-1.finder.__path_hook__"

        class Finder:
            @classmethod
            def find_spec(cls, fullname, path=None, target=None):
                return spec_from_file_location(fullname, MAPPING[fullname]) if fullname in MAPPING else None

        class NamespaceFinder:
            @classmethod
            def hook(cls, path):
                if path != HOOK:
                    raise ImportError
                return cls

            @classmethod
            def find_spec(cls, fullname, target=None):
                if fullname == "corp":
                    spec = ModuleSpec(fullname, None, is_package=True)
                    spec.submodule_search_locations = [HOOK]
                    return spec

        def install():
            sys.meta_path.append(Finder)
            sys.path_hooks.append(NamespaceFinder.hook)
            sys.path.append(HOOK)
        """;

    public static TheoryData<bool> Installers => [true, false];

    private static string Default => InstalledPythons.Default;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Installers))]
    public async Task APackage_StaysLoadedUntilItChanges_AndRequestsInFlightKeepTheirs(bool pip)
    {
        Assert.SkipWhen(pip && !InstalledPythons.CanImport(Default, "pip"), "pip is not installed.");
        var (gateway, venv) = await MakeAsync();
        await venv.InstallAsync("kit", "1", [("kit/__init__.py", "V = 1"), ("kit/late.py", "")], pip);
        var app = App("import kit\nfrom time import sleep\n", "f'{kit.V} {id(kit)}'",
            "    if path == '/wait':\n        open('waiting', 'w').close()\n        while not __import__('os').path.exists('go'):\n            sleep(0.01)\n");
        var (saved, other) = (gateway.NewTenant("saved", ("main.py", app)), gateway.NewTenant("other", ("main.py", app)));
        venv.Serve(saved);
        venv.Serve(other);
        var first = await gateway.Client.TextAsync(saved.Url("/"));
        Assert.Equal(first, await gateway.Client.TextAsync(other.Url("/")));

        saved.Write("main.py", app + "# saved\n");
        Assert.Equal(first, await gateway.Client.TextAsync(saved.Url("/")));
        await venv.InstallAsync("more", "1", [("more.py", "")], pip);
        Assert.Equal(first, await gateway.Client.TextAsync(saved.Url("/")));

        var inFlight = gateway.Client.TextAsync(other.Url("/wait"));
        await Eventually.Async(() => Task.FromResult(Assert.Single(Directory.GetFiles(other.Directory, "waiting"))));
        await venv.InstallAsync("kit", "2", [("kit/__init__.py", "V = 2"), ("kit/late.py", "")], pip);
        Assert.StartsWith("2 ", await gateway.Client.TextAsync(saved.Url("/")), StringComparison.Ordinal);
        other.Write("go", "");
        Assert.Equal(first, await inFlight);
        Assert.StartsWith("2 ", await gateway.Client.TextAsync(other.Url("/")), StringComparison.Ordinal);

        await venv.UninstallAsync("kit", pip);
        using var missing = await gateway.Client.GetAsync(saved.Url("/"), TestContext.Current.CancellationToken);
        Assert.Contains("No module named 'kit'", await missing.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AChangedCExtension_IsToldAndNotLoadedByHalves()
    {
        var (gateway, venv) = await MakeAsync();
        (string, string)[] files = [("fast/__init__.py", "from . import {module}\nV = '1'"), ("fast/{module}", "an extension")];
        await venv.InstallAsync("fast", "1", files);
        var (user, other) = (gateway.NewTenant("user", ("main.py", App("import fast\n", "f'{fast.V} {id(fast)}'"))), gateway.NewTenant("other", ("main.py", App("", "'well'"))));
        venv.Serve(user);
        venv.Serve(other);
        var first = await AskAsync();
        Assert.Equal("well", await gateway.Client.TextAsync(other.Url("/")));

        await venv.InstallAsync("fast", "2", [("fast/__init__.py", "from . import {module}\nV = '2'"), files[1]]);
        using var refused = await gateway.SharedAsync(user);
        var page = await refused.TextAsync(HttpStatusCode.InternalServerError);
        Assert.Contains("fast was changed (1 → 2)", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains("restart the gateway", page, StringComparison.Ordinal);
        Assert.Equal("well", await gateway.Client.TextAsync(other.Url("/")));
        await gateway.Process.Output.WaitForAsync(line => line.Contains("fast was changed (1 → 2)", StringComparison.Ordinal), "the line on the console");

        // Who may have a process of its own goes on in one.
        Assert.StartsWith("2 ", await gateway.Client.TextAsync(user.Url("/")), StringComparison.Ordinal);
        await venv.InstallAsync("fast", "1", files);
        Assert.Equal(first, await AskAsync());
        Assert.StartsWith("1 ", await gateway.Client.TextAsync(user.Url("/")), StringComparison.Ordinal);

        async Task<string> AskAsync()
        {
            using var response = await gateway.SharedAsync(user);
            return await response.TextAsync(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task AnEnvironmentThatIsDeletedAndMadeAnew_ServesAgain_WithTheSamePackages()
    {
        var (gateway, venv) = await MakeAsync();
        (string, string)[] files = [("fast/__init__.py", "from . import {module}\nV = '1'"), ("fast/{module}", "an extension")];
        await venv.InstallAsync("fast", "1", files);
        var tenant = gateway.NewTenant("anew", ("main.py", App("import fast\n", "f'{fast.V} {id(fast)}'")));
        venv.Serve(tenant);
        var first = await AskAsync();

        Directory.Delete(venv.Folder, recursive: true);
        using (var missing = await gateway.SharedAsync(tenant))
            // The load may have met it half deleted: then it is no virtual environment, or what is left of `fast` is another state.
            Assert.Matches("No module named 'fast'|virtual environment", await missing.TextAsync(HttpStatusCode.InternalServerError));

        venv = await VirtualEnvironment.MakeAsync(Default, venv.Folder);
        await venv.InstallAsync("fast", "1", files);
        Assert.Equal(first, await AskAsync());

        // As one that has to share the process: an app that may move does so when a load meets an environment of which only a part is there yet.
        async Task<string> AskAsync()
        {
            using var response = await gateway.SharedAsync(tenant);
            return await response.TextAsync(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task AnEditableInstall_IsFollowed_AndNeverAnotherApps()
    {
        var gateway = await gateways.ForAsync(Default);
        var (tenants, venvs) = (new List<Tenant>(), new List<VirtualEnvironment>());
        foreach (var name in (string[])["one", "two"])
        {
            var tenant = gateway.NewTenant(name, ("main.py", App("import mapped.sub, flat, corp.part\n", "mapped.sub.V + flat.V + corp.part.V")));
            var venv = await VirtualEnvironment.MakeAsync(Default, Path.Combine(_folder.Path, name));
            Source(name, "lib/impl/__init__.py", "");
            Source(name, "lib/impl/sub.py", $"V = 'mapped-{name} '");
            Source(name, "src/flat.py", $"V = 'flat-{name} '");
            Source(name, "lib/part.py", $"V = 'part-{name}'");
            await File.WriteAllTextAsync(Path.Combine(venv.Packages, "flat.pth"), Path.Combine(_folder.Path, $"source-{name}", "src"), TestContext.Current.CancellationToken);
            await venv.InstallAsync("mapped", "1", Finder(name, "impl"));
            venv.Serve(tenant);
            tenants.Add(tenant);
            venvs.Add(venv);
        }

        foreach (var (tenant, name) in tenants.Zip((string[])["one", "two"]))
            Assert.Equal($"mapped-{name} flat-{name} part-{name}", await gateway.Client.TextAsync(tenant.Url("/")));

        foreach (var (file, answer) in new[]
        {
            ("lib/impl/sub.py", "edited flat-one part-one"), ("lib/part.py", "edited flat-one edited "), ("src/flat.py", "edited edited edited "),
        })
        {
            Source("one", file, "V = 'edited '");
            Assert.Equal(answer, await gateway.Client.TextAsync(tenants[0].Url("/")));
            Assert.Equal("mapped-two flat-two part-two", await gateway.Client.TextAsync(tenants[1].Url("/")));
        }

        Source("one", "lib/moved/__init__.py", "");
        Source("one", "lib/moved/sub.py", "V = 'moved '");
        await venvs[0].InstallAsync("mapped", "1", Finder("one", "moved"));
        Assert.Equal("moved edited edited ", await gateway.Client.TextAsync(tenants[0].Url("/")));
        Assert.Equal("mapped-two flat-two part-two", await gateway.Client.TextAsync(tenants[1].Url("/")));
    }

    private async Task<(SharedGateway Gateway, VirtualEnvironment Venv)> MakeAsync() =>
        (await gateways.ForAsync(Default), await VirtualEnvironment.MakeAsync(Default, Path.Combine(_folder.Path, "venv")));

    private static string App(string imports, string value, string before = "") =>
        PythonApps.Answering($"{imports}\ndef answer(path):\n{before}    return {value}\n");

    private void Source(string name, string path, string content) => _folder.File(Path.Join($"source-{name}", path), content);

    private (string, string)[] Finder(string name, string folder) =>
    [
        ("__editable___mapped_finder.py", FinderSource.Replace("ROOT", Path.Combine(_folder.Path, $"source-{name}"), StringComparison.Ordinal).Replace("FOLDER", folder, StringComparison.Ordinal)),
        ("__editable__.mapped-1.pth", "import __editable___mapped_finder; __editable___mapped_finder.install()"),
    ];
}
