using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What apps do to the import system themselves: <c>sys.modules</c>, <c>sys.meta_path</c>, files named like modules of the standard library.</summary>
public sealed class ModuleTableTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task PluginsThatATenantPutsIntoSysModules_AreItsOwnAndFollowASave(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import importlib.util, os, sys, types
            from identity import NAME

            HERE = os.path.dirname(os.path.abspath(__file__))

            def load(name, path):
                if name not in sys.modules:
                    spec = importlib.util.spec_from_file_location(name, path)
                    module = sys.modules[name] = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(module)
                return sys.modules[name]

            plugin = load("cached_plugin", os.path.join(HERE, "plugins", "hooks.py"))
            if "dynamic_config" not in sys.modules:
                sys.modules["dynamic_config"] = types.ModuleType("dynamic_config")
                sys.modules["dynamic_config"].OWNER = NAME

            def answer(path):
                import cached_plugin, dynamic_config
                return f"{cached_plugin.VALUE} {dynamic_config.OWNER} {cached_plugin is plugin}"
            """,
            ("plugins/hooks.py", "from identity import NAME as VALUE\n"));

        await pair.EachAnswersAsync("/", name => $"{name} {name} True");
        pair.Red.Write("plugins/hooks.py", "VALUE = 'edited'\n");
        Assert.Equal("edited red True", await pair.TextAsync(pair.Red));
        Assert.Equal("blue blue True", await pair.TextAsync(pair.Blue));
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ASharedModuleThatATenantReplacesBlocksOrDeletes_StaysWhatItIsForTheOthers(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import sys, types
            from identity import NAME
            import cmd

            before = cmd
            if NAME == "red":
                fake = types.ModuleType("sched")
                fake.scheduler = "swapped"
                sys.modules["sched"] = fake
                sys.modules["wave"] = None
                del sys.modules["cmd"]

            def answer(path):
                import cmd, sched
                try:
                    import wave
                except ModuleNotFoundError as error:
                    wave = error
                return f"{sched.scheduler} {wave} {cmd is before} {cmd.Cmd.prompt}"
            """);

        for (var version = 0; version < 2; version++)
        {
            Assert.Equal("swapped import of wave halted; None in sys.modules False (Cmd) ", await pair.TextAsync(pair.Red));
            var blue = await pair.TextAsync(pair.Blue);
            Assert.StartsWith("<class 'sched.scheduler'> <module 'wave' from ", blue, StringComparison.Ordinal);
            Assert.EndsWith(" True (Cmd) ", blue, StringComparison.Ordinal);
            pair.Red.Write("saved.py", "");
            pair.Red.Write("identity.py", "NAME = 'red' \n");
        }
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AnImportHookAtTheHead_IsAskedForOwnAndSharedModulesAfterEachSave(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import sys
            import identity, hook

            if identity.NAME == "red":
                sys.meta_path.insert(0, hook.Finder())
            import netrc, target

            def answer(path):
                return f"{target.VALUE} {getattr(netrc, 'SEEN', None)} {[name for name in hook.seen if name in ('netrc', 'target')]}"
            """,
            ("target.py", "VALUE = 'plain'\n"),
            ("hook.py",
            """
            import importlib.machinery, sys
            seen = []

            class Loader(importlib.machinery.SourceFileLoader):
                def source_to_code(self, data, path, *rest, **options):
                    return super().source_to_code(data.replace(b"plain", b"rewritten"), path, *rest, **options)

                def exec_module(self, module):
                    super().exec_module(module)
                    module.SEEN = True

            class Finder:
                def find_spec(self, name, path=None, target=None):
                    seen.append(name)
                    if name in ("netrc", "target"):
                        for other in sys.meta_path:
                            spec = None if other is self else other.find_spec(name, path, target)
                            if spec:
                                spec.loader = Loader(name, spec.origin)
                                return spec
            """));

        for (var version = 0; version < 2; version++)
        {
            Assert.Equal("plain None []", await pair.TextAsync(pair.Blue));
            Assert.Equal("rewritten True ['netrc', 'target']", await pair.TextAsync(pair.Red));
            pair.Red.Write("target.py", "VALUE = 'plain' \n");
        }
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AFileNamedLikeAModuleThatTheStandardLibraryImportsLate_IsTheTenantsAlone(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import collections, datetime, random, time

            def answer(path):
                common = collections.Counter("aab").most_common(1)
                when = datetime.datetime.strptime("2026", "%Y").year
                random.Random().seed("text")
                import heapq, hashlib
                from _strptime import _strptime
                return f"{common} {when} {heapq.OWNER} {hashlib.OWNER} {callable(_strptime)}"
            """,
            ("heapq.py", "from identity import NAME as OWNER\n"), ("hashlib.py", "from identity import NAME as OWNER\n"),
            ("_strptime.py", "raise RuntimeError('it must not be imported')\n"));

        await pair.EachAnswersAsync("/", name => $"[('a', 2)] 2026 {name} {name} True");
        await pair.EachAnswersAsync("/", name => $"[('a', 2)] 2026 {name} {name} True");
    }
}
