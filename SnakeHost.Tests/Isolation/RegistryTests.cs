using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What apps register with, and set in, the standard library: each for itself, and anew with each save.</summary>
public sealed class RegistryTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task WhatAnAppRegisters_HoldsForThatApp_AndIsNewAfterASave(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import csv, gettext, logging, os, tempfile, threading, warnings
            import xml.etree.ElementTree as ElementTree
            from identity import NAME
            from version import VERSION

            HERE = os.path.dirname(os.path.abspath(__file__))
            os.environ["TMPDIR"] = os.path.join(HERE, "temporary")

            class Translations(gettext.NullTranslations):
                def gettext(self, message):
                    return f"{NAME} {VERSION} {message}"

            class Logger(logging.Logger):
                app = f"{NAME}{VERSION}"

            before = logging.getLogRecordFactory()

            def factory(*args, **named):
                record = before(*args, **named)
                record.msg = f"{NAME}({record.msg})"
                return record

            failed = []
            Translations().install()
            logging.setLogRecordFactory(factory)
            logging.setLoggerClass(Logger)
            logging.addLevelName(20, f"INFO-{NAME}")
            csv.register_dialect("own", delimiter=NAME[0])
            ElementTree.register_namespace(NAME, "http://shapes")
            threading.excepthook = lambda arguments: failed.append(arguments.exc_type.__name__)
            warnings.simplefilter("error" if NAME == "red" else "ignore", UserWarning)

            def fail():
                return {}[NAME]

            def answer(path):
                thread = threading.Thread(target=fail)
                thread.start()
                thread.join()
                try:
                    warnings.warn("of " + NAME)
                    warned = "ignored"
                except UserWarning:
                    warned = "raised"
                logger = logging.getLogger("shop")
                record = logger.makeRecord("shop", 20, __file__, 1, "m", (), None)
                with tempfile.NamedTemporaryFile() as file:
                    place = os.path.relpath(os.path.dirname(file.name), HERE)
                shape = ElementTree.tostring(ElementTree.Element("{http://shapes}x")).decode()
                return f"{_('hello')}, {record.msg}, {record.levelname}, {logger.app}, {csv.get_dialect('own').delimiter}, {shape}, {failed.pop()}{failed}, {warned}, {place}"
            """,
            ("version.py", "VERSION = 0"), ("temporary/keep.txt", ""));

        await pair.EachAnswersAsync("/", name => Expected(name, 0));
        for (var version = 1; version <= 3; version++)
        {
            pair.Red.Write("version.py", $"VERSION = {version}");
            await pair.EachAnswersAsync("/", name => Expected(name, name == "red" ? version : 0));
        }
    }

    private static string Expected(string name, int version) =>
        $"{name} {version} hello, {name}(m), INFO-{name}, {name}{version}, {name[0]}, <{name}:x xmlns:{name}=\"http://shapes\" />, KeyError[], "
        + $"{(name == "red" ? "raised" : "ignored")}, temporary";

    [Theory, MemberData(nameof(InstalledPythons.All), MemberType = typeof(InstalledPythons))]
    public async Task Saves_OfAnAppThatWrapsWhatItFinds_LeaveNoneOfItsFormerVersionsBehind(string python)
    {
        var pair = await PairAsync(python, "wsgi",
            """
            import builtins, logging, sys, threading, warnings
            from version import VERSION

            def wrap(owner, name):
                before = getattr(owner, name)
                def wrapped(*arguments, **named):
                    wrapped.depth = 1 + getattr(before, "depth", 0)
                    return before(*arguments, **named)
                wrapped.depth = 1 + getattr(before, "depth", 0)
                setattr(owner, name, wrapped)
                return wrapped

            record = wrap(logging, "_logRecordFactory")
            wrapped = [record] + [wrap(owner, name) for owner, name in
                [(warnings, "showwarning"), (threading, "excepthook"), (sys, "unraisablehook"), (sys, "excepthook"), (builtins, "open"), (builtins, "print")]]
            answer = lambda path: f"{VERSION} {[function.depth for function in wrapped]}"
            """,
            ("version.py", "VERSION = 0"));

        for (var version = 0; version < 8; version++)
        {
            pair.Red.Write("version.py", $"VERSION = {version}");
            Assert.Equal($"{version} [1, 1, 1, 1, 1, 1, 1]", await pair.TextAsync(pair.Red));
        }
        Assert.Equal("0 [1, 1, 1, 1, 1, 1, 1]", await pair.TextAsync(pair.Blue));
    }
}
