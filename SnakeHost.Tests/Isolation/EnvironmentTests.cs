using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

public sealed class EnvironmentTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task EnvFileAndEnv_ReachTheirTenantOnly(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import os

            AT_IMPORT = os.environ.get("COLOUR")

            def answer(path):
                return f"{AT_IMPORT} {os.environ.get('COLOUR')} {os.getenv('ONLY_RED')} {os.environ['TENANT_LABEL'].split('-')[0]} {'HOME' in os.environ}"
            """);
        pair.Red.Write(".env", "# paint\nexport COLOUR=\"dark red\"\nONLY_RED=yes\n");
        pair.Blue.Write(".env", "COLOUR='light blue'\n");

        await pair.EachAnswersAsync("/", name => name == "red" ? "dark red dark red yes red True" : "light blue light blue None blue True");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task WhatATenantSetsInOsEnviron_StaysItsOwn(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import os
            from identity import NAME

            os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{NAME}.settings")

            def answer(path):
                if path == "/set":
                    os.environ["MOOD"] = NAME
                    os.putenv("IGNORED", NAME)
                if path == "/unset":
                    del os.environ["MOOD"]
                return f"{os.environ['DJANGO_SETTINGS_MODULE']} {os.environ.get('MOOD')} {dict(os.environ).get('MOOD')} {'MOOD' in os.environ}"
            """);

        await pair.EachAnswersAsync("/", name => $"{name}.settings None None False");
        Assert.Equal("red.settings red red True", await pair.TextAsync(pair.Red, "/set"));
        Assert.Equal("blue.settings None None False", await pair.TextAsync(pair.Blue));
        Assert.Equal("blue.settings blue blue True", await pair.TextAsync(pair.Blue, "/set"));
        Assert.Equal("red.settings None None False", await pair.TextAsync(pair.Red, "/unset"));
        Assert.Equal("blue.settings blue blue True", await pair.TextAsync(pair.Blue));
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task WhatIsPrinted_ReachesTheLogOnceWithItsTenant(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import logging, sys

            def answer(path):
                print("printed", path)
                print("complained", path, file=sys.stderr)
                logging.getLogger("shop").warning("warned %s", path)
                return "done"
            """);

        foreach (var tenant in new[] { pair.Red, pair.Blue })
        {
            var mark = $"/{tenant.Name}-{kind}";
            await pair.TextAsync(tenant, mark);
            foreach (var text in new[] { $"printed {mark}", $"complained {mark}", $"warned {mark}" })
            {
                await pair.Gateway.Process.Output.WaitForAsync(line => line.Contains(text, StringComparison.Ordinal), $"'{text}' in the log");
                var entries = LogEntries(pair.Gateway.Process.Output.All).Where(entry => entry.Contains(text, StringComparison.Ordinal)).ToList();
                // The request's own path holds the tenant's name too, so it is taken out before looking for the tag.
                Assert.Contains(tenant.Name, Assert.Single(entries).Replace(mark, "", StringComparison.Ordinal), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>The console logger puts an entry on two lines, the message indented under its level and category.</summary>
    private static IEnumerable<string> LogEntries(IReadOnlyList<string> lines)
    {
        var entry = "";
        foreach (var line in lines)
        {
            if (line.StartsWith(' '))
            {
                entry += "\n" + line;
                continue;
            }

            yield return entry;
            entry = line;
        }

        yield return entry;
    }

    [Fact]
    public async Task PrefixedVariables_ReachTheirAppOnly_AndTheGatewaysOwnReachNone()
    {
        using var tenants = new TenantFolder();
        const string Code = "import os, subprocess\ndef answer(path): return '|'.join(sorted(n + '=' + v for n, v in os.environ.items() if 'services' in n or 'SECRET' in n or 'snakehost' in n.lower())) + subprocess.run(['env'], capture_output=True, text=True).stdout.count('SECRET').__str__()";
        foreach (var name in new[] { "red", "blue" })
            tenants.Add(name, ("main.py", PythonApps.Answering(Code)), (".env", "SECRET=file\n"));
        await using var gateway = await GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Arguments =
            [
                .. SharedGateway.Route(0, ("Host", "red.test"), ("WorkingDirectory", "red"), ("EnvPrefix", "SNAKEHOST_ENV_RED__")),
                .. SharedGateway.Route(1, ("Host", "blue.test"), ("WorkingDirectory", "blue")),
            ],
            Environment = new Dictionary<string, string>
            {
                ["SNAKEHOST_ENV_RED__SECRET"] = "a{b}c",
                ["SNAKEHOST_ENV_RED__services__my-db__tcp__0"] = "db:5432",
                ["SnakeHost__Tenants__MaxTenants"] = "5",
            },
        });

        Assert.Equal("SECRET=a{b}c|services__my-db__tcp__0=db:54321", await gateway.Client.TextAsync(new Uri("http://red.test/")));
        Assert.Equal("SECRET=file1", await gateway.Client.TextAsync(new Uri("http://blue.test/")));
        await gateway.StopAsync();
    }

    [Fact]
    public async Task APrefixedVariableThatIsNotForApps_StopsTheGateway()
    {
        using var tenants = new TenantFolder();
        var start = GatewayProcess.StartAsync(new()
        {
            Root = tenants.Root,
            Arguments = [.. SharedGateway.Route(0, ("Host", "red.test"), ("WorkingDirectory", "red"), ("EnvPrefix", "RED_"))],
            Environment = new Dictionary<string, string> { ["RED_LD_PRELOAD"] = "x.so" },
        });

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => start);

        Assert.Contains("SnakeHost:Routes:0:Env:LD_PRELOAD cannot be set: names that start with LD_ are not for apps to set.", failure.Message, StringComparison.Ordinal);
    }
}
