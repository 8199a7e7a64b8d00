"""What tenants add to the loaders and dumpers of a PyYAML that they share."""
from frameworks_test import needs
from support import TenantTest


class TagsTest(TenantTest):
    MAIN = """
        import datetime, re, yaml
        class Thing(yaml.YAMLObject):
            yaml_tag = "!thing"
            yaml_loader = yaml.SafeLoader
        class Own(yaml.SafeLoader):
            pass
        class Dumped:
            pass
        def add():
            yaml.add_constructor("!who", lambda loader, node: "{name}", yaml.SafeLoader)
            yaml.constructor.SafeConstructor.add_multi_constructor("!many:", lambda loader, tag, node: "{name}" + tag)
            yaml.SafeLoader.add_implicit_resolver("!who", re.compile("=w"), ["="])
            yaml.SafeDumper.add_representer(Dumped, lambda dumper, data: dumper.represent_str("{name}"))
            yaml.SafeDumper.add_multi_representer(datetime.tzinfo, lambda dumper, data: dumper.represent_str("zone of {name}"))
            Own.add_constructor("!own", lambda loader, node: "own of {name}")
        def tries(function, *args):
            try:
                return function(*args)
            except yaml.YAMLError as error:
                return type(error).__name__
        def loads():
            return tries(yaml.safe_load, "[!who x, !many:a x, =w]"), tries(yaml.load, "[!own x, !who x]", Own), tries(yaml.load, "!who x", yaml.FullLoader)
        def dumps():
            return tries(yaml.safe_dump, [Dumped()]), tries(yaml.safe_dump, [datetime.timezone.utc])
        def things():
            return type(yaml.safe_load("!thing {x: 1}")) is Thing
        def plain():
            return yaml.safe_load(yaml.safe_dump({"a": [1, 2.5, None, datetime.date(2026, 1, 2)]}))
        """

    def expect(self, name, generation):
        expected = (([name, f"{name}a", name], [f"own of {name}", name], "ConstructorError"), (f"- {name}\n", f"- zone of {name}\n"), True)
        self.assertEqual(expected, tuple(self.each([generation], function)[0] for function in ("loads", "dumps", "things")))

    @needs("yaml")
    def test_tags_and_types_are_each_tenants_and_gone_with_it(self):
        import yaml

        a, b = self.pair(main=self.MAIN)
        self.each([a, b], "add")
        for name, generation in (("a", a), ("b", b), ("a", a)):
            self.expect(name, generation)
        a.dispose()
        self.expect("b", b)
        saved = self.generation("a", id="saved")
        self.assertEqual("ConstructorError", self.each([saved], "loads")[0][0])
        self.assertEqual(["RepresenterError"] * 2, list(self.each([saved], "dumps")[0]))
        self.each([saved], "add")
        self.expect("a", saved)
        self.assertEqual(1, len(set(map(str, self.each([saved, b], "plain")))))
        self.assertNotIn("!who", yaml.SafeLoader.yaml_constructors)

    @needs("yaml")
    def test_what_nobody_in_particular_adds_is_everyones(self):
        import yaml

        a, b = self.pair(main=self.MAIN)
        self.each([a], "add")
        yaml.add_constructor("!all", lambda loader, node: "all", yaml.FullLoader)
        self.addCleanup(lambda: yaml.FullLoader.yaml_constructors.pop("!all"))
        for generation in (a, b):
            self.assertEqual("all", generation.run(yaml.load, "!all x", yaml.FullLoader))
        self.expect("a", a)
