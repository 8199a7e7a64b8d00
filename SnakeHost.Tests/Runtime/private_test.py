"""What PrivatePackages may name."""
import json

from support import TenantTest, snakehost

PACKAGES = {
    "first_part/__init__.py": "", "first_part/registry.py": "names = []",
    "first_part-1.dist-info/METADATA": "Name: first-part.lib\n", "first_part-1.dist-info/RECORD": "first_part/__init__.py,,\nfirst_part/registry.py,,\n",
    "user.py": "import first_part.registry as registry",
    "user-1.dist-info/METADATA": "Name: user\nRequires-Dist: First_Part-Lib >=1\n", "user-1.dist-info/RECORD": "user.py,,\n",
    "loose.py": "names = []",
}
MAIN = """
    import first_part.registry, loose, user
    def where():
        first_part.registry.names.append("{name}"); loose.names.append("{name}")
        return first_part.registry.names, loose.names, user.registry is first_part.registry
    def app(environ, start_response): pass
    """


class PrivateTest(TenantTest):
    def load(self, private):
        venv = self.make_venv("venv", PACKAGES)
        made = self.pair(venv, private, main=MAIN)
        for generation in made:
            snakehost.load(generation, "main:app")
        return self.each(made, "where"), self.lines()

    def test_a_distribution_however_it_is_written(self):
        for name in ("first-part.lib", "First_Part-LIB", "first_part"):
            with self.subTest(name):
                self.assertEqual(([(["a"], ["a", "b"], True), (["b"], ["a", "b"], True)], []), self.load([name]))
                self.doCleanups(), self.setUp()

    def test_a_module_without_a_distribution_and_one_inside_a_package(self):
        self.assertEqual(([(["a"], ["a"], True), (["b"], ["b"], True)], []), self.load(["loose", "first_part.registry"]))

    def test_a_name_that_is_nowhere_is_told_to_each_app(self):
        answers, lines = self.load(["no-such.thing", "sqlmodel", "nowhere"])
        self.assertEqual((["a", "b"], ["a", "b"], True), answers[1])
        told = [f"snakehost: PrivatePackages names {name}, which is neither installed nor a module here: it has no effect" for name in ("no-such.thing", "nowhere")]
        self.assertEqual(told * 2, lines)


class HintTest(TenantTest):
    REGISTRY = {"registry.py": """
        def fail(text, kind=ValueError): raise kind(text)
        """}

    def hint(self, call, private=()):
        venv = self.make_venv("venv", self.REGISTRY)
        self.write("a", main="import registry\nfrom registry import fail\ndef own(text): raise ValueError(text)")
        generation = self.generation("a", venv, private)

        def run():
            try:
                eval(call, vars(__import__("main")))
            except Exception as error:
                return json.loads(snakehost.describe(error))["hint"]
        return generation.run(run)

    def test_a_shared_registry_that_refuses_is_named(self):
        for text in ("Table 'user' is already defined for this MetaData instance.", "Duplicated timeseries in CollectorRegistry: {'x'}",
                     'duplicate validator function "main.check"', "The name 'x' has already been registered.", "'x' is already registered"):
            with self.subTest(text):
                self.assertIn("Name registry in PrivatePackages of the route", self.hint(f"fail({text!r})"))

    def test_other_failures_have_no_hint(self):
        for call in ("fail('no')", "fail('address already in use', OSError)", "own('x is already registered')", "fail('table x already exists')", "1 / 0"):
            with self.subTest(call):
                self.assertIsNone(self.hint(call))

    def test_a_private_copy_needs_none(self):
        self.assertIsNone(self.hint("fail('x is already registered')", ["registry"]))
