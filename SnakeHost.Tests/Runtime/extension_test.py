import _imp
import os
import shutil
import sys
import tempfile

from support import TenantTest, snakehost
from wheels import any_extension
from snakehost import extensions, space


class ExtensionTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.name, self.file = any_extension()
        core, space.Space.core = space.Space.core, space.Space.core - {self.name}  # as if it were no part of the standard library
        self.addCleanup(setattr, space.Space, "core", core)
        self.files = []
        self.per_process = False
        create = _imp.create_dynamic

        def once(spec, *rest):
            """As an extension behaves that keeps its state in its library, or in one that it shares with its copies."""
            if spec.name == self.name:
                stat = os.stat(spec.origin)
                if (stat.st_dev, stat.st_ino) in self.files or self.per_process and self.files:
                    raise ImportError("may only be initialized once per interpreter process")
                self.files.append((stat.st_dev, stat.st_ino))
            return create(spec, *rest)
        _imp.create_dynamic = once
        self.addCleanup(setattr, _imp, "create_dynamic", create)
        self.addCleanup(extensions._loaded.clear)

    def venv_with_extension(self, name, copy=shutil.copy):
        venv = self.make_venv(name, {})
        packages = os.path.join(venv, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
        copy(self.file, os.path.join(packages, os.path.basename(self.file)))
        return venv

    def loaded(self, *tenants):
        for name in "ab":
            self.write(name, main=f"import {self.name} as extension")
        return [tenant.run(lambda: __import__("main").extension) for tenant in tenants]

    def test_each_private_copy_has_a_library_of_its_own(self):
        venv = self.venv_with_extension("env")
        tenants = [self.generation(name, venv, [self.name], id=name + again) for name, again in (("a", "1"), ("a", "2"), ("b", "1"))]
        modules = self.loaded(*tenants)
        self.assertEqual((3, 3), (len({id(module) for module in modules}), len(set(self.files))))
        self.assertEqual([modules[0].__file__] * 3, [module.__file__ for module in modules])
        self.assertEqual([], [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("snakehost-") and name.endswith(".so")])

    def test_venvs_that_are_links_to_the_same_files_have_libraries_of_their_own(self):
        first = self.venv_with_extension("one")
        self.file = os.path.join(first, "lib", "python%d.%d" % sys.version_info[:2], "site-packages", os.path.basename(self.file))
        venvs = [first, self.venv_with_extension("two", os.link), self.venv_with_extension("three", os.symlink)]
        modules = self.loaded(*(self.generation("a", venv) for venv in venvs))
        self.assertEqual((3, 3), (len({id(module) for module in modules}), len(set(self.files))))

    def test_a_failed_import_is_tried_again_with_the_same_library(self):
        venv = self.venv_with_extension("env")
        tenant = self.generation("a", venv)
        first, = self.loaded(tenant)
        self.files.clear()
        tenant.venv.shelf(self.name).clear()
        tenant.run(__import__, self.name)
        self.assertEqual(os.stat(first.__file__).st_ino, self.files[0][1])

    def test_what_cannot_be_loaded_beside_another_copy_is_a_clear_error(self):
        one, two = self.venv_with_extension("one"), self.venv_with_extension("two")
        self.per_process = True
        with self.assertRaises(ImportError) as caught:
            self.loaded(self.generation("a", one), self.generation("b", two))
        for part in (self.name, one, two, "once per process", "same virtual environment"):
            self.assertIn(part, str(caught.exception))

    def test_who_may_move_moves(self):
        one, two = self.venv_with_extension("one"), self.venv_with_extension("two")
        self.per_process = True
        self.loaded(self.generation("a", one, movable=True))
        for tenant in (self.generation("b", two, movable=True), self.generation("b", one, [self.name], id="private", movable=True)):
            with self.assertRaises(snakehost.NeedsProcess) as caught:
                self.loaded(tenant)
            self.assertIn(f"the C extension {self.name} can be loaded once per process (may only be initialized once per interpreter process), and {one}", str(caught.exception))
        self.loaded(self.generation("a", one, id="again", movable=True))

    def test_a_refusal_of_what_nobody_seems_to_have_loaded_is_one_by_what_it_says(self):
        for error, moves in ((ImportError("generic_type: type \"X\" is already registered!"), True), (RuntimeError("Module 'x' has already been imported. Re-initialisation is not supported."), True),
                             (ImportError("Interpreter change detected - this module can only be loaded into one interpreter per process."), True),
                             (ImportError("libx.so: cannot open shared object file"), False), (ModuleNotFoundError("y is already registered"), False)):
            def fails(spec, *rest):
                raise error
            _imp.create_dynamic = fails
            extensions._loaded.clear()
            with self.subTest(str(error)), self.assertRaises(snakehost.NeedsProcess if moves else type(error)):
                self.loaded(self.generation("a", self.venv_with_extension("one"), movable=True))
            with self.subTest(str(error)), self.assertRaises(type(error)):
                self.loaded(self.generation("a", self.venv_with_extension("one")))

    def test_there_is_an_end_to_what_stays_in_memory(self):
        venv = self.venv_with_extension("env")
        self.addCleanup(setattr, extensions, "_MOST_COPIED", extensions._MOST_COPIED)
        extensions._MOST_COPIED = extensions._copied + os.stat(self.file).st_size
        with self.assertRaises(ImportError) as caught:
            self.loaded(*(self.generation("a", venv, [self.name], id="a" + again) for again in "123"))
        self.assertIn("restart the gateway", str(caught.exception))
        with self.assertRaises(snakehost.NeedsProcess):
            self.loaded(self.generation("a", venv, [self.name], id="a4", movable=True))
