import os
import sys

from support import TenantTest, snakehost


class VenvTest(TenantTest):
    def test_packages_of_a_venv_are_its_users_only_and_kept_over_reloads(self):
        one = self.make_venv("one", {"kit/__init__.py": "name = 'one'", "kit/sub.py": "from . import name"})
        two = self.make_venv("two", {"kit/__init__.py": "name = 'two'", "kit/sub.py": "from . import name"})
        source = "import kit.sub\ndef who(): return kit.sub.name, kit"
        for tenant in "abc":
            self.write(tenant, main=source)
        a, again, b, none = (self.generation("a", one), self.generation("a", one, id="a2"), self.generation("b", two),
                             self.generation("c"))
        results = self.each([a, again, b], "who")
        self.assertEqual(["one", "one", "two"], [name for name, _ in results])
        self.assertIs(results[0][1], results[1][1])
        self.assertEqual(1, again.module_count)
        self.assertRaises(ModuleNotFoundError, none.run, __import__, "kit")

    def test_a_module_of_a_venv_binds_nothing_of_a_tenant(self):
        venv = self.make_venv("env", {"kit.py": """
            import os
            try:
                import util
            except ImportError:
                util = None
            seen = os.environ.get("TENANT")
            def lazily():
                import util
                return util.name
            """})
        tenants = self.pair(venv, main="import kit\ndef who(): return kit.util, kit.seen, kit.lazily()",
                            util="name = '{name}'")
        self.assertEqual([(None, None, "a"), (None, None, "b")], self.each(tenants, "who"))

    def test_a_private_package_of_a_venv(self):
        venv = self.make_venv("env", {"kit.py": "import util\nname = util.name", "user.py": "import kit"})
        tenants = self.pair(venv, ["kit"], main="import user, kit\ndef who(): return kit.name, user.kit is kit",
                            util="name = '{name}'")
        self.assertEqual([("a", True), ("b", True)], self.each(tenants, "who"))

    def test_base_packages_are_hidden_unless_the_venv_includes_them(self):
        self.write_files("base/site-packages", {"base_only.py": "", "both.py": "name = 'base'"})
        entry = os.path.join(self.root, "base", "site-packages")
        sys.path.append(entry)
        self.addCleanup(sys.path.remove, entry)
        self.addCleanup(sys.modules.pop, "base_only", None)
        self.addCleanup(sys.modules.pop, "both", None)
        import base_only, both
        for name in "ab":
            self.write(name, main="import both, json\ndef who(): return both.name")
        closed = self.generation("a", self.make_venv("closed", {"both.py": "name = 'venv'"}))
        opened = self.generation("b", self.make_venv("opened", {}, system=True))
        self.assertRaises(ModuleNotFoundError, closed.run, __import__, "base_only")
        self.assertNotIn(entry, closed.run(lambda: list(sys.path)))
        self.assertFalse(closed.run(lambda: "base_only" in sys.modules))
        self.assertEqual(["venv", "base"], self.each([closed, opened], "who"))
        self.assertIs(base_only, opened.run(__import__, "base_only"))

    def test_path_files(self):
        self.write_files("src", {"edited.py": "name = 'src'"})
        venv = self.make_venv("env", {
            "vendored/inner.py": "name = 'inner'",
            "a.pth": "vendored\n", "b.pth": os.path.join(self.root, "src") + "\n",
            "c.pth": "import colorsys, hooked; hooked.ran = True\n", "hooked.py": ""})
        before = list(sys.path)
        tenants = self.pair(venv, main="import inner, edited, hooked\ndef who(): return inner.name, edited.name, hooked.ran")
        self.assertEqual([("inner", "src", True)] * 2, self.each(tenants, "who"))
        self.assertEqual(before, list(sys.path))
        self.assertIn("edited", tenants[0].modules, "an editable install is the tenant's own code: it is reloaded")
        self.assertIsNot(tenants[0].modules["edited"], tenants[1].modules["edited"])

    def test_another_python_version_is_refused_by_name(self):
        self.write("a", main="")
        venv = self.make_venv("old", {}, version="3.6")
        with self.assertRaises(snakehost.VenvError) as caught:
            self.generation("a", venv)
        self.assertIn("3.6", str(caught.exception))
        self.assertIn("%d.%d" % sys.version_info[:2], str(caught.exception))
        with self.assertRaises(snakehost.VenvError) as caught:
            self.generation("a", os.path.join(self.root, "a"))
        self.assertIn("pyvenv.cfg", str(caught.exception))

    def test_a_changed_venv_is_read_anew(self):
        venv = self.make_venv("env", {"kit.py": "name = 1"})
        self.write("a", main="import kit\ndef who(): return kit.name")
        self.assertEqual([1], self.each([self.generation("a", venv)], "who"))
        self.make_venv("env", {"kit.py": "name = 22", "kit-2.dist-info/METADATA": "Name: kit\nVersion: 2\n"})
        self.assertEqual([22], self.each([self.generation("a", venv)], "who"))

    def test_prefix_and_executable(self):
        venv = self.make_venv("env", {})
        self.write_files("env/bin", {"python3": ""})
        self.write("a", main="")
        prefix, executable = self.generation("a", venv).run(lambda: (sys.prefix, sys.executable))
        self.assertEqual((venv, os.path.join(venv, "bin", "python3")), (prefix, executable))
        self.assertNotEqual(venv, sys.prefix)
