"""Packages of a virtual environment that are installed, changed and removed while tenants use them."""
import os
import shutil
import zipfile

import wheels
from support import TenantTest, snakehost


class PackagesCase(TenantTest):
    def setUp(self):
        super().setUp()
        self.venv = self.make_venv("env", {})
        self.packages = wheels.packages_of(self.venv)

    def install(self, name, version, files, requires=(), **options):
        wheels.install(wheels.build(os.path.join(self.root, "wheels"), name, version, files, requires), self.packages, **options)

    def values(self, source, venv=None):
        """What `who` of a new generation of the tenant returns."""
        self.write("a", main=source)
        return self.each([self.generation("a", venv or self.venv)], "who")[0]

    def loaded(self, *names):
        """The modules of a new generation by these names."""
        return self.values(f"import {', '.join(names)}\ndef who(): return {', '.join(names)},")


class PackagesTest(PackagesCase):
    def test_packages_stay_when_bytecode_is_written_beside_them(self):
        self.install("kit", "1", {"kit.py": "", "kit_pack/__init__.py": "", "kit_pack/late.py": ""})
        before = self.loaded("kit", "kit_pack")
        os.makedirs(os.path.join(self.packages, "__pycache__"), exist_ok=True)
        os.utime(self.packages)
        self.assertEqual(before, self.loaded("kit", "kit_pack"))

    def test_packages_stay_when_others_are_added_removed_or_changed(self):
        self.install("kit", "1", {"kit/__init__.py": "", "kit/late.py": ""})
        self.install("other", "1", {"other.py": "name = 1"})
        before, = self.loaded("kit")
        late = self.generation("a", self.venv)
        for change in (lambda: self.install("more", "1", {"more.py": ""}), lambda: self.install("other", "2", {"other.py": "name = 2"}),
                       lambda: self.install("other", "3", {"other.py": "name = 3"}), lambda: wheels.uninstall("more", self.packages)):
            change()
            self.assertIs(before, self.loaded("kit")[0])
        self.assertEqual(3, self.values("import other\ndef who(): return other.name"))
        self.assertIs(late.run(lambda: __import__("kit.late").late), self.loaded("kit.late")[0],
                      "an old generation and a new one share what they load later, too")

    def test_an_added_package_is_found_by_who_has_missed_it(self):
        self.write("a", main="def who():\n    try:\n        import kit\n        return kit.name\n    except ImportError:\n        return None")
        running = self.generation("a", self.venv)
        self.assertEqual([None], self.each([running], "who"))
        self.install("kit", "1", {"kit.py": "name = 1"})
        self.assertEqual([1, 1], self.each([self.generation("a", self.venv), running], "who"))

    def test_a_changed_package_is_loaded_anew_and_its_old_users_keep_theirs(self):
        source = "import kit\ndef who(): return kit.name"
        self.install("kit", "1", {"kit/__init__.py": "from .sub import name", "kit/sub.py": "name = 1"})
        self.write("a", main=source)
        self.write("b", main=source)
        a, b = self.generation("a", self.venv), self.generation("b", self.venv)
        self.assertEqual([1, 1], self.each([a, b], "who"))
        self.install("kit", "2", {"kit/__init__.py": "from .sub import name", "kit/sub.py": "name = 22"})
        again = self.generation("a", self.venv)
        self.assertEqual([1, 22, 1, 1], self.each([a, again, a, b], "who"))

    def test_users_of_a_changed_package_are_loaded_anew_and_no_others(self):
        self.install("kit", "1", {"kit/__init__.py": "name = 1"})
        self.install("requiring", "1", {"requiring.py": "import importlib\nname = importlib.import_module('kit').name"}, ["Kit>=1"])
        self.install("importing", "1", {"importing/__init__.py": "from .deep import name", "importing/deep.py": "from kit import name"})
        self.install("third", "1", {"third.py": "from importing import name"})
        wheels_apart = {"apart.py": "def kit(): pass", "loose_user.py": "import kit\nname = kit.name"}
        self.write_files(os.path.relpath(self.packages, self.root), wheels_apart)
        names = ("requiring", "importing", "third", "loose_user", "apart")
        before = self.loaded(*names)
        self.install("kit", "2", {"kit/__init__.py": "name = 2"})
        after = self.loaded(*names)
        self.assertEqual([2] * 4, [module.name for module in after[:-1]])
        self.assertIs(before[-1], after[-1])

    def test_a_removed_package_is_gone_with_what_has_imported_it(self):
        self.install("kit", "1", {"kit.py": ""})
        self.install("user", "1", {"user.py": "try:\n    import kit\nexcept ImportError:\n    kit = None"})
        source = "import user\ndef who(): return user.kit is None, user"
        has, before = self.values(source)
        wheels.uninstall("kit", self.packages)
        lacks, after = self.values(source)
        self.assertEqual((False, True), (has, lacks))
        self.assertIsNot(before, after)

    def test_installing_the_same_again_changes_nothing(self):
        files = {"kit/__init__.py": "name = 1", "kit/sub.py": ""}
        self.install("kit", "1", files)
        before, = self.loaded("kit")
        self.install("kit", "1", files)
        self.assertIs(before, self.loaded("kit")[0])
        shutil.rmtree(self.venv)
        self.make_venv("env", {})
        self.install("kit", "1", files)
        self.assertIs(before, self.loaded("kit")[0], "nor does a new environment with the same packages")
        self.install("kit", "1", {"kit/__init__.py": "name = 2", "kit/sub.py": ""})
        self.assertEqual(2, self.loaded("kit")[0].name, "another build of the same version")

    def test_a_package_is_the_same_before_and_after_its_record_is_written(self):
        files = {"kit/__init__.py": "name = 1", "six_like.py": ""}
        self.install("kit", "1", files, record=False)
        before = self.loaded("kit", "six_like")
        wheel = os.path.join(self.root, "wheels", "kit-1-py3-none-any.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extract("kit-1.dist-info/RECORD", self.packages)
        self.assertEqual(before, self.loaded("kit", "six_like"))
        self.install("kit", "2", {"kit/__init__.py": "name = 2", "six_like.py": ""})
        self.assertEqual(2, self.loaded("kit")[0].name)

    def test_packages_without_metadata_are_told_apart_by_their_files(self):
        place = os.path.relpath(self.packages, self.root)
        self.write_files(place, {"pack/__init__.py": "from .sub import name", "pack/sub.py": "name = 1", "single.py": "name = 1"})
        before = self.loaded("pack", "single")
        self.write_files(place, {"pack/__pycache__/x.pyc": ""})
        self.assertEqual(before, self.loaded("pack", "single"))
        self.write_files(place, {"pack/sub.py": "name = 22"})
        pack, single = self.loaded("pack", "single")
        self.assertEqual((22, before[1]), (pack.name, single))
        self.write_files(place, {"single.py": "name = 333"})
        self.assertEqual(333, self.loaded("pack", "single")[1].name)

    def test_a_namespace_package_grows_without_loading_its_parts_again(self):
        self.install("corp_one", "1", {"corp/one.py": ""})
        corp, = self.values("import corp.one\ndef who(): return corp.one,")
        self.install("corp_two", "1", {"corp/two.py": ""})
        again, two = self.values("import corp.one, corp.two\ndef who(): return corp.one, corp.two.__name__")
        self.assertEqual((corp, "corp.two"), (again, two))
        self.write_files(os.path.relpath(self.packages, self.root), {"more.pth": "vendored\n", "vendored/corp/three.py": ""})
        self.assertIs(corp, self.values("import corp.three, corp.one\ndef who(): return corp.one"))
        wheels.uninstall("corp_one", self.packages)
        with self.assertRaises(ModuleNotFoundError):
            self.values("import corp.one\ndef who(): pass")

    def test_a_changed_path_file_is_read_and_leaves_what_is_loaded(self):
        self.install("kit", "1", {"kit.py": ""})
        kit, = self.loaded("kit")
        for name in ("one", "two"):
            self.write_files(name, {"mapped.py": f"name = '{name}'"})
            self.write_files(os.path.relpath(self.packages, self.root), {"mapped.pth": os.path.join(self.root, name)})
            value, again = self.values("import mapped, kit\ndef who(): return mapped.name, kit")
            self.assertEqual((name, kit), (value, again))
        os.remove(os.path.join(self.packages, "mapped.pth"))
        with self.assertRaises(ModuleNotFoundError):
            self.values("import mapped\ndef who(): pass")


class ExtensionPackagesTest(PackagesCase):
    """Packages with C extensions, which are loaded once per process."""

    def setUp(self):
        super().setUp()
        self.extension, file = wheels.any_extension()
        with open(file, "rb") as opened:
            self.code = opened.read()
        self.suffix = os.path.basename(file).partition(".")[2]

    def fast(self, version, source=""):
        self.install("fast", version, {
            "fast/__init__.py": f"import sys\nfrom . import {self.extension}\nversion = '{version}'\n{source}",
            f"fast/{self.extension}.{self.suffix}": self.code})

    def test_a_changed_extension_is_refused_until_the_old_one_is_back(self):
        self.fast("1")
        before, = self.loaded("fast")
        running = self.generation("a", self.venv)
        self.fast("2")
        for _ in range(2):
            with self.assertRaises(ImportError) as caught:
                self.loaded("fast")
            for part in ("fast", "1 → 2", self.venv, "restart the gateway"):
                self.assertIn(part, str(caught.exception))
        self.assertEqual(1, len([line for line in self.lines() if "restart the gateway" in line]), self.lines())
        self.write("a", main="import fast")
        movable = self.generation("a", self.venv, movable=True)
        with self.assertRaises(snakehost.NeedsProcess) as caught:
            movable.run(__import__, "main")
        self.assertTrue(str(caught.exception).endswith("can be loaded once per process"), caught.exception)
        self.assertIs(before, running.run(__import__, "fast"))
        self.install("other", "1", {"other.py": "name = 1"})
        self.assertEqual(1, self.values("import other\ndef who(): return other.name"), "who does not use it is not concerned")
        self.fast("1")
        self.assertIs(before, self.loaded("fast")[0])

    def test_an_extension_counts_whose_package_could_not_be_imported(self):
        self.fast("1", f"del sys.modules['fast.{self.extension}']\nraise RuntimeError('half way')")
        with self.assertRaises(RuntimeError):
            self.loaded("fast")
        self.fast("2")
        with self.assertRaises(ImportError) as caught:
            self.loaded("fast")
        self.assertIn("restart the gateway", str(caught.exception))

    def test_what_is_first_imported_after_a_change_is_the_changed_one_for_all(self):
        self.fast("1")
        self.write("a", main="")
        running = self.generation("a", self.venv)
        running.run(__import__, "main")
        self.fast("2")
        late = running.run(__import__, "fast")
        self.assertEqual(("2", late), (late.version, self.loaded("fast")[0]))

    def test_a_removed_extension_is_missing_and_comes_back(self):
        self.fast("1")
        before, = self.loaded("fast")
        wheels.uninstall("fast", self.packages)
        with self.assertRaises(ModuleNotFoundError):
            self.loaded("fast")
        self.fast("1")
        self.assertIs(before, self.loaded("fast")[0])

    def test_an_extension_whose_requirement_changes_is_refused_with_it(self):
        self.install("kit", "1", {"kit.py": "name = 1"})
        self.fast("1", "from kit import name")
        self.install("slow", "1", {"slow.py": "from fast import name"})
        before = self.loaded("slow", "fast", "kit")
        self.install("kit", "2", {"kit.py": "name = 2"})
        self.assertEqual(2, self.loaded("kit")[0].name)
        for name in ("fast", "slow"):
            with self.assertRaises(ImportError) as caught:
                self.loaded(name)
            self.assertIn("kit was changed (1 → 2)", str(caught.exception))
            self.assertIn("fast uses it", str(caught.exception))
        self.install("kit", "1", {"kit.py": "name = 1"})
        self.assertEqual(before, self.loaded("slow", "fast", "kit"), "all of it is back, and holds together")


