using System.Net;
using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Workers;

/// <summary>Which tenants get a process of their own without anybody having asked for one, and why.</summary>
public sealed class AutoIsolationTests(SharedGateways gateways) : IDisposable
{
    private const string TellsVersion =
        """
        import os, sys
        def answer(path):
            return "%d.%d %s" % (*sys.version_info[:2], os.getpid())
        """;

    private readonly TemporaryFolder _folder = new();

    /// <summary>Beside the default one, one of each other version, as far as they can be had.</summary>
    public static TheoryData<string> OtherPythons
    {
        get
        {
            var others = InstalledPythons.Executables.Where(python => Minor(python) != Minor(InstalledPythons.Default)).DistinctBy(Minor).ToList();
            return others.Count > 0 ? [.. others] : [new TheoryDataRow<string>("python3") { Skip = "Only one version of Python is installed." }];
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(OtherPythons))]
    public async Task AnEnvironmentOfAnotherPython_IsServedByThatOne_UntilItIsMadeAnew(string python)
    {
        var gateway = await gateways.ForAsync(InstalledPythons.Default);
        var (tenant, shared) = (gateway.NewTenant("other-python", ("main.py", PythonApps.Answering(TellsVersion))), gateway.NewTenant("own-python", ("main.py", PythonApps.Answering(TellsVersion))));
        var folder = Path.Join(tenant.Directory, ".venv");
        var venv = await VirtualEnvironment.MakeAsync(python, folder);
        await venv.InstallAsync("kit", "1", [("kit.py", "")]);
        var ours = $"3.{Minor(InstalledPythons.Default)} {gateway.Process.Id}";

        var answers = await Task.WhenAll(gateway.Client.TextAsync(tenant.Url("/")), gateway.Client.TextAsync(shared.Url("/")));
        Assert.Equal(ours, answers[1]);
        Assert.StartsWith($"3.{Minor(python)} ", answers[0], StringComparison.Ordinal);
        var told = await TellsAsync(gateway, tenant);
        Assert.Equal(("process", $"{folder} is for Python 3.{Minor(python)}, and the gateway runs Python 3.{Minor(InstalledPythons.Default)}"), (told.Isolation, told.Reason));
        Assert.Equal(answers[0].Split(' ')[1], told.Process);
        Assert.NotNull(await gateway.Process.Output.WaitForLineAsync($"Tenant {tenant.Name} gets a process of its own: {told.Reason}"));
        using (var refused = await gateway.SharedAsync(tenant))
            Assert.Contains($"is for Python 3.{Minor(python)}, but the gateway runs Python 3.{Minor(InstalledPythons.Default)}", await refused.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);

        tenant.Write("main.py", PythonApps.Answering("import kit\n" + TellsVersion.Replace("return ", "return 'saved ' + ", StringComparison.Ordinal)));
        Assert.StartsWith($"saved 3.{Minor(python)} ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);

        tenant.Write("main.py", PythonApps.Answering(TellsVersion));
        Directory.Delete(folder, recursive: true);
        await VirtualEnvironment.MakeAsync(InstalledPythons.Default, folder);
        Assert.Equal(ours, await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal("shared", (await TellsAsync(gateway, tenant)).Isolation);

        await PythonProcess.ProgramAsync(python, "-m", "venv", "--without-pip", "--clear", folder);
        Assert.StartsWith($"3.{Minor(python)} ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        Assert.Equal("process", (await TellsAsync(gateway, tenant)).Isolation);
    }

    [Fact]
    public async Task AnEnvironmentThatSeesThePackagesOfAnotherInstallation_IsServedByThatOne()
    {
        var other = InstalledPythons.Builds.FirstOrDefault(static python => python != InstalledPythons.Default && Minor(python) == Minor(InstalledPythons.Default));
        Assert.SkipWhen(other is null, "There is one installation of this version of Python only.");
        var gateway = await gateways.ForAsync(InstalledPythons.Default);
        var tenant = gateway.NewTenant("system-packages", ("main.py", PythonApps.Answering("import sys\ndef answer(path): return sys.base_prefix")));
        var folder = Path.Join(tenant.Directory, ".venv");

        await PythonProcess.ProgramAsync(other!, "-m", "venv", "--without-pip", "--system-site-packages", folder);
        Assert.Equal(await PythonProcess.RunAsync(other!, "import sys; print(sys.base_prefix)"), await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Contains(" and the packages of /", (await TellsAsync(gateway, tenant)).Reason, StringComparison.Ordinal);

        await PythonProcess.ProgramAsync(InstalledPythons.Default, "-m", "venv", "--without-pip", "--system-site-packages", "--clear", folder);
        Assert.Equal(await PythonProcess.RunAsync(InstalledPythons.Default, "import sys; print(sys.base_prefix)"), await gateway.Client.TextAsync(tenant.Url("/")));
        Assert.Equal("shared", (await TellsAsync(gateway, tenant)).Isolation);
    }

    [Theory, MemberData(nameof(OtherPythons))]
    public async Task AFolderOfConda_IsServedByItsOwnPython_UntilThatIsAnother(string python)
    {
        var gateway = await gateways.ForAsync(InstalledPythons.Default);
        var tenant = gateway.NewTenant("conda", ("main.py", PythonApps.Answering(TellsVersion)));
        Install(python);
        Assert.StartsWith($"3.{Minor(python)} ", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);
        Assert.Equal($"{Path.Join(tenant.Directory, ".venv")} is a conda environment with Python 3.{Minor(python)}, and the gateway runs Python 3.{Minor(InstalledPythons.Default)}", (await TellsAsync(gateway, tenant)).Reason);
        using (var shared = await gateway.SharedAsync(tenant))
            Assert.Contains("is a conda environment, for whose packages only its own Python will do", await shared.TextAsync(HttpStatusCode.InternalServerError), StringComparison.Ordinal);

        Install(InstalledPythons.Default);
        Assert.Equal($"3.{Minor(InstalledPythons.Default)} {gateway.Process.Id}", await gateway.Client.TextAsync(tenant.Url("/")));

        void Install(string which)
        {
            var link = Path.Join(tenant.Directory, ".venv", "bin", "python");
            foreach (var note in Directory.Exists(Path.Join(tenant.Directory, ".venv")) ? Directory.GetFiles(Path.Join(tenant.Directory, ".venv", "conda-meta"), "python-*") : [])
                File.Delete(note);
            File.Delete(Path.Join(Directory.CreateDirectory(Path.GetDirectoryName(link)!).FullName, "python"));
            File.CreateSymbolicLink(link, which);
            tenant.Write($".venv/conda-meta/python-{InstalledPythons.VersionOf(which)}-h1_0_cpython.json", "{}");
            tenant.Write(".venv/conda-meta/history", $"+python {InstalledPythons.VersionOf(which)}\n");
        }
    }

    [Fact]
    public async Task AnEnvironmentThatNoPythonServes_IsASentence()
    {
        var gateway = await gateways.ForAsync(InstalledPythons.Default);
        var tenant = gateway.NewTenant("gone-python", ("main.py", PythonApps.Answering(TellsVersion)), (".venv/pyvenv.cfg", "home = /nowhere\nversion = 3.9.1\n"));
        await RefusedAsync("is for Python 3.9: SnakeHost runs 3.10 to 3.15; make it again with one of these.");
        tenant.Write(".venv/pyvenv.cfg", $"home = /nowhere\nversion = 3.{(Minor(InstalledPythons.Default) == 12 ? 13 : 12)}.1\n");
        await RefusedAsync("that is no longer there (/nowhere): make it again with an installed Python (snakehost sync --recreate), or install that one.");

        async Task RefusedAsync(string sentence)
        {
            using var response = await gateway.Client.GetAsync(tenant.Url("/"), TestContext.Current.CancellationToken);
            Assert.Contains(sentence, WebUtility.HtmlDecode(await response.TextAsync(HttpStatusCode.InternalServerError)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AnAppThatChangesTheWholeProcess_IsLoadedAgainInItsOwn_Once()
    {
        const string Main =
            """
            import locale, os
            open("loads", "a").write(f"{os.getpid()}\n")
            before = locale.setlocale(locale.LC_CTYPE)
            locale.setlocale(locale.LC_CTYPE, "C" if before != "C" else "C.UTF-8")
            def answer(path):
                return f"{os.getpid()} {locale.setlocale(locale.LC_CTYPE) != before}"
            """;
        const string Asks =
            """
            import locale
            def answer(path):
                return locale.setlocale(locale.LC_ALL)
            """;
        var gateway = await gateways.ForAsync(InstalledPythons.Default);
        var (tenant, other) = (gateway.NewTenant("locale", ("main.py", PythonApps.Answering(Main))), gateway.NewTenant("no-locale", ("main.py", PythonApps.Answering(Asks))));
        var before = await gateway.Client.TextAsync(other.Url("/"));

        var first = await gateway.Client.TextAsync(tenant.Url("/"));
        var told = await TellsAsync(gateway, tenant);
        Assert.Equal(("process", "locale.setlocale() changes numbers, dates and the order of texts for the whole process"), (told.Isolation, told.Reason));
        Assert.Equal($"{told.Process} True", first);
        await gateway.Process.Output.WaitForLineAsync($"Tenant {tenant.Name} gets a process of its own: locale.setlocale() changes");
        Assert.Equal([$"{gateway.Process.Id}", told.Process], Loads());

        tenant.Write("main.py", PythonApps.Answering(Main + "\n# saved\n"));
        var second = await gateway.Client.TextAsync(tenant.Url("/"));
        Assert.NotEqual(first, second);
        Assert.Equal([$"{gateway.Process.Id}", told.Process, second.Split(' ')[0]], Loads());
        Assert.Equal(before, await gateway.Client.TextAsync(other.Url("/")));

        // What is known of it is forgotten with it.
        (await gateway.Process.Admin!.EvictAsync(tenant.Name)).Dispose();
        tenant.Write("main.py", PythonApps.Answering(TellsVersion));
        Assert.EndsWith($" {gateway.Process.Id}", await gateway.Client.TextAsync(tenant.Url("/")), StringComparison.Ordinal);

        string[] Loads() => File.ReadAllLines(Path.Join(tenant.Directory, "loads"));
    }

    private static int Minor(string python) => InstalledPythons.VersionOf(python).Minor;

    private static async Task<(string? Isolation, string? Reason, string? Process)> TellsAsync(SharedGateway gateway, Tenant tenant)
    {
        var told = (await gateway.Process.Admin!.TenantsAsync()).Single(other => other.GetProperty("id").GetString() == tenant.Name);
        return (told.GetProperty("isolation").GetString(), told.GetProperty("isolationReason").GetString(), told.GetProperty("processes").EnumerateArray().Select(process => process.GetProperty("id").GetRawText()).SingleOrDefault());
    }
}
