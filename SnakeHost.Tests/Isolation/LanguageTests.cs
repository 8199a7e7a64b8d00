using SnakeHost.Tests.Harness;

namespace SnakeHost.Tests.Isolation;

/// <summary>What the standard library looks up in <c>sys.modules</c> behind the app's back.</summary>
public sealed class LanguageTests(SharedGateways gateways) : IsolationTests(gateways)
{
    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task DataclassesUnderPostponedAnnotations_ResolveInTheirTenant(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            from __future__ import annotations
            import typing
            from dataclasses import dataclass, field
            from typing import ClassVar
            from identity import NAME

            @dataclass(slots=True)
            class Item:
                kind: ClassVar[str] = NAME
                tags: list[Label] = field(default_factory=list)

            @dataclass(frozen=True)
            class Label:
                text: str = NAME
                parent: Label | None = None

            def answer(path):
                parent = typing.get_type_hints(Label)["parent"]
                return f"{Item(tags=[Label()])} {parent.__args__[0] is Label} {Item.kind}"
            """);

        await pair.EachAnswersAsync("/", name => $"Item(tags=[Label(text='{name}', parent=None)]) True {name}");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ATenantsClass_CanBePickledAndComesBackAsItself(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import copy, pickle
            from models import Point
            from identity import NAME

            def answer(path):
                point = Point(NAME)
                back = pickle.loads(pickle.dumps(point))
                return f"{type(back) is Point} {back.owner} {back.home()} {type(copy.deepcopy(point)) is Point}"
            """,
            ("models.py",
            """
            import identity

            class Point:
                def __init__(self, owner):
                    self.owner = owner

                def home(self):
                    return identity.NAME
            """));

        await pair.EachAnswersAsync("/", name => $"True {name} {name} True");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ImportlibResources_ReadsTheTenantsOwnFile(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import pkgutil
            from importlib import resources

            def answer(path):
                text = resources.files("data").joinpath("words.txt").read_text().strip()
                with resources.as_file(resources.files("data") / "words.txt") as file:
                    again = file.read_text().strip()
                return f"{text} {again} {pkgutil.get_data('data', 'words.txt').decode().strip()}"
            """,
            ("data/__init__.py", ""));
        pair.Red.Write("data/words.txt", "red words\n");
        pair.Blue.Write("data/words.txt", "blue words\n");

        await pair.EachAnswersAsync("/", name => $"{name} words {name} words {name} words");
    }

    [Theory, MemberData(nameof(PythonCases.EveryInterface), MemberType = typeof(PythonCases))]
    public async Task ARelativeFileName_IsTheTenantsOwnFile(string python, string kind)
    {
        var pair = await PairAsync(python, kind,
            """
            import json, os, pathlib

            with open("data.json") as file:
                AT_IMPORT = json.load(file)["owner"]

            def answer(path):
                with open("data.json") as file:
                    now = json.load(file)["owner"]
                here = os.path.samefile(os.getcwd(), os.path.dirname(os.path.abspath(__file__)))
                return f"{AT_IMPORT} {now} {pathlib.Path('data.json').exists()} {here}"
            """);
        pair.Red.Write("data.json", """{"owner": "red"}""");
        pair.Blue.Write("data.json", """{"owner": "blue"}""");

        await pair.AnswersAreNeverMixedUpAsync(_ => "/", (name, _) => $"{name} {name} True True", requests: 40);
    }

    [Theory, MemberData(nameof(InstalledPythons.WithModule), "numpy", MemberType = typeof(InstalledPythons))]
    public async Task Numpy_IsSharedByTwoTenants(string python)
    {
        var pair = await PairAsync(python, "wsgi",
            """
            import os
            import numpy
            from identity import NAME

            def answer(path):
                import numpy.linalg
                total = int(numpy.arange(10).sum() * (2 if NAME == "red" else 3))
                return f"{NAME} {total} {numpy.linalg.det(numpy.eye(2)):.0f} {id(numpy) if path == '/id' else ''}".strip()
            """);

        await pair.EachAnswersAsync("/", name => $"{name} {(name == "red" ? 90 : 135)} 1");
        var ids = await Task.WhenAll(pair.TextAsync(pair.Red, "/id"), pair.TextAsync(pair.Blue, "/id"));
        Assert.Equal(ids[0].Split(' ')[^1], ids[1].Split(' ')[^1]);
    }
}
