using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

public sealed class ImportTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task WithEqualModuleNames_EachTenantHasItsOwnModules(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import identity
            import shop.prices
            from shop import prices as again
            import sys

            def answer(path):
                same = sys.modules["shop.prices"] is shop.prices is again
                return f"{identity.NAME} {shop.prices.OWNER} {same} {sys.modules[__name__] is sys.modules['main']}"
            """,
            ("shop/__init__.py", ""),
            ("shop/prices.py", "from identity import NAME as OWNER\n"));

        await pair.EachAnswersAsync("/", name => $"{name} {name} True True");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ModulesThatImportEachOther_FindTheHalfLoadedOneOfTheirOwnTenant(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import first

            def answer(path):
                return first.describe()
            """,
            ("first.py",
            """
            import second
            from identity import NAME

            def describe():
                return f"{NAME} {second.describe()} {second.first is __import__('first')}"
            """),
            ("second.py",
            """
            import first

            def describe():
                return f"asked {first.NAME}"
            """));

        await pair.EachAnswersAsync("/", name => $"{name} asked {name} True");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ImportsInsideFunctions_FindTheTenantsModuleDuringTheRequest(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            def answer(path):
                import late
                from late.deeper import value
                from late import sibling
                return f"{late.NAME} {value()} {sibling.NAME} {path}"
            """,
            ("late/__init__.py", "from identity import NAME\n"),
            ("late/sibling.py", "from . import NAME\n"),
            ("late/deeper.py",
            """
            def value():
                from .sibling import NAME
                return NAME
            """));

        await pair.AnswersAreNeverMixedUpAsync(number => $"/{number}", (name, number) => $"{name} {name} {name} /{number}", requests: 60);
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ImportlibByString_FindsTheTenantsModule(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import importlib, importlib.util

            def answer(path):
                plugin = importlib.import_module("plugins.colour")
                relative = importlib.import_module(".colour", package="plugins")
                found = importlib.util.find_spec("plugins.colour").origin == plugin.__file__
                return f"{plugin.NAME} {relative is plugin} {found} {__import__('plugins.colour').__name__}"
            """,
            ("plugins/__init__.py", ""),
            ("plugins/colour.py", "from identity import NAME\n"));

        await pair.EachAnswersAsync("/", name => $"{name} True True plugins");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ANamespacePackage_IsTheTenantsOwn(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import identity
            from plain.inner import leaf
            import plain

            def answer(path):
                own = all(identity.__file__.rpartition("/")[0] in entry for entry in plain.__path__)
                return f"{leaf.NAME} {own} {getattr(plain, '__file__', None)}"
            """,
            ("plain/inner/leaf.py", "from identity import NAME\n"));

        await pair.EachAnswersAsync("/", name => $"{name} True None");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task AFolderThatATenantAddsToSysPath_IsSearchedForThatTenantOnly(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import os, sys
            import identity

            here = os.path.dirname(os.path.abspath(__file__))
            sys.path.insert(0, os.path.join(here, "vendor"))
            import vendored

            def answer(path):
                if path == "/other":
                    sys.path.append(os.path.join(here, "more"))
                    import added
                    return added.NAME
                vendors = [entry for entry in sys.path if entry.endswith("vendor")]
                return f"{vendored.NAME} {vendors == [os.path.join(here, 'vendor')]}"
            """,
            ("vendor/vendored.py", "from identity import NAME\n"),
            ("more/added.py", "from identity import NAME\n"));

        await pair.EachAnswersAsync("/", name => $"{name} True");
        await pair.EachAnswersAsync("/other", name => name);
        await pair.EachAnswersAsync("/", name => $"{name} True");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ATenantsModuleNamedLikeNoneOfTheOthers_IsNotVisibleToThem(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import importlib, sys
            import identity

            def answer(path):
                try:
                    secret = importlib.import_module("secret").WORD
                except ModuleNotFoundError as error:
                    secret = f"no {error.name}"
                return f"{secret} {'secret' in sys.modules} {'secret' in list(sys.modules)}"
            """);
        pair.Red.Write("secret.py", "WORD = 'tulip'\n");

        Assert.Equal("tulip True True", await pair.TextAsync(pair.Red));
        Assert.Equal("no secret False False", await pair.TextAsync(pair.Blue));
    }
}
