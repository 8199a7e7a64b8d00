"""What a virtual environment runs when its interpreter starts."""
import os
import sys
import unittest

from support import TenantTest


class StartupTest(TenantTest):
    def test_sitecustomize_runs_once_in_the_space_of_its_venv(self):
        files = {"sitecustomize.py": "import kit\nkit.runs.append('site')", "usercustomize.py": "import kit\nkit.runs.append('user')",
                 "kit.py": "runs = []"}
        for name in "ab":
            self.write(name, main="import kit, sitecustomize\ndef who(): return kit.runs", sitecustomize="raise SystemExit('a tenant is no environment')")
        for name, system, runs in (("closed", False, ["site"]), ("open", True, ["site", "user"])):
            venv = self.make_venv(name, files, system=system)
            tenants = [self.generation(tenant, venv, id=id) for tenant, id in (("a", "a1"), ("a", "a2"), ("b", "b"))]
            for tenant in tenants:
                self.assertEqual(runs, tenant.run(lambda: __import__("kit").runs))

    def test_what_it_puts_into_the_environment_is_its_tenants_only(self):
        one = self.make_venv("one", {
            "a.pth": "import os; os.environ['BY_PATH_FILE'] = 'one'\nimport os; os.putenv('BY_PUTENV', 'one')\n",
            "sitecustomize.py": "import os\nos.environ['BY_SITE'] = os.environ['BY_PATH_FILE'] + '!'\ndel os.environ['HOME_OF_TEST']",
            "kit.py": "import os\nos.environ.setdefault('BY_KIT', 'kit')"})
        two = self.make_venv("two", {})
        os.environ["HOME_OF_TEST"] = "here"
        self.addCleanup(os.environ.pop, "HOME_OF_TEST")
        source = """
            import os, subprocess
            NAMES = "BY_PATH_FILE", "BY_PUTENV", "BY_SITE", "BY_KIT", "HOME_OF_TEST"
            try:
                import kit
            except ImportError:
                pass
            def who():
                seen = [os.environ.get(name) for name in NAMES]
                command = "echo " + " ".join(f"${{%s-None}}" % name for name in NAMES)
                child = subprocess.run(command, shell=True, capture_output=True, text=True).stdout.split()
                return seen, child == [str(value) for value in seen], len([key for key in os.environ if key in NAMES])
            """
        for name in "abcd":
            self.write(name, main=source)
        mine = ["one", "one", "one!", "kit", None], True, 4
        foreign = [None, None, None, None, "here"], True, 1
        tenants = [self.generation("a", one), self.generation("b", one), self.generation("c", two), self.generation("d")]
        self.assertEqual([mine, mine, foreign, foreign], self.each(tenants, "who"))
        self.assertEqual({"BY_PATH_FILE", "BY_SITE", "BY_KIT", "BY_PUTENV"} & set(os.environ), set())
        own = self.generation("a", one, environment={"BY_SITE": "of the tenant"})
        self.assertEqual("of the tenant", own.run(lambda: os.environ["BY_SITE"]))
        own.run(lambda: os.environ.pop("BY_PATH_FILE"))
        self.assertEqual([None, "one"], [tenant.run(lambda: os.environ.get("BY_PATH_FILE")) for tenant in (own, tenants[0])])

    def test_what_is_broken_is_told_and_stops_nothing(self):
        venv = self.make_venv("env", {
            "a.pth": "import missing_module\n", "b.pth": "import sys; sys.exit(3)\n", "c.pth": "import good\n", "d.pth": "no/such/folder\n",
            "sitecustomize.py": "1/0", "good.py": "", "z.pth": "src\n", "src/late.py": ""})
        with open(os.path.join(venv, "lib", "python%d.%d" % sys.version_info[:2], "site-packages", "e.pth"), "wb") as file:
            file.write(b"\xff\xfe\x00\n")
        self.write("a", main="import good, late\ndef who(): return 'well'")
        tenant = self.generation("a", venv)
        self.assertEqual(["well"], self.each([tenant], "who"))
        said = "\n".join(self.lines(tenant))
        for part in ("a.pth", "missing_module", "SystemExit", "ZeroDivisionError"):
            self.assertIn(part, said)

    def test_a_finder_that_a_path_file_brings_is_there_once_after_each_change(self):
        """As each environment that uv or virtualenv makes has one: it registers itself when it is imported, and changes a module as it is loaded."""
        files = {"_virtualenv.pth": "import _virtualenv\n", "kit/__init__.py": "", "kit/dist.py": "patched = False", "_virtualenv.py": """
            import sys
            from importlib.util import find_spec
            class _Finder:
                fullname = None
                def find_spec(self, fullname, path, target=None):
                    if fullname == "kit.dist" and self.fullname is None:
                        self.fullname = fullname
                        try:
                            spec = find_spec(fullname, path)
                            execute = spec.loader.exec_module
                            spec.loader.exec_module = lambda module: (execute(module), setattr(module, "patched", True))
                            return spec
                        finally:
                            self.fullname = None
            sys.meta_path.insert(0, _Finder())
            """}
        venv = self.make_venv("env", files)
        self.write("a", main="import sys, kit.dist\ndef who(): return kit.dist.patched, [type(f).__name__ for f in sys.meta_path].count('_Finder')")
        other = self.generation("a", self.make_venv("other", {"kit/__init__.py": "", "kit/dist.py": "patched = False"}), id="other")
        self.assertEqual([(True, 1), (False, 0)], self.each([self.generation("a", venv), other], "who"))
        for change in ({"more.pth": "kit\n"}, {"kit/dist.py": "patched = None"}, {"more.pth": "\n"}, {"_virtualenv.py": files["_virtualenv.py"] + "# changed"}):
            self.make_venv("env", change)
            self.assertEqual([(True, 1)], self.each([self.generation("a", venv)], "who"))

    @unittest.skipIf(sys.version_info < (3, 15), "PEP 829")
    def test_entry_points_of_start_files_run_once(self):
        venv = self.make_venv("env", {
            "a.start": "kit:begin\n", "a.pth": "import missing_module\n", "b.start": "kit:missing\n",
            "kit.py": "import os\nruns = 0\ndef begin():\n    global runs\n    runs += 1\n    os.environ['BEGUN'] = 'yes'"})
        self.write("a", main="import kit, os\ndef who(): return kit.runs, os.environ['BEGUN']")
        tenants = [self.generation("a", venv, id=id) for id in ("a1", "a2")]
        self.assertEqual([(1, "yes")] * 2, self.each(tenants, "who"))
        self.assertNotIn("BEGUN", os.environ)
        said = "\n".join(self.lines())
        self.assertIn("missing", said)
        self.assertNotIn("missing_module", said)
