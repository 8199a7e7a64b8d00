"""Lazy imports (PEP 810) in modules that tenants share: the standard library, the base installation, virtual environments."""
import sys

from lazy_support import LazyTest


class SharedModulesTest(LazyTest):
    def test_what_the_standard_library_imports_lazily_is_no_tenants_file(self):
        names = ("heapq", "copy", "glob", "shutil", "sysconfig", "wave", "calendar")
        for name in "ab":
            self.write(name, **{n: "WHO = '{name}'" for n in names}, main="""
                import collections, pathlib
                def who():
                    import heapq
                    lazy_found = collections.Counter("aab").most_common(1), collections.UserDict({1: 2}).copy(), sorted(pathlib.Path("/usr").glob("li*b"))[:1]
                    return lazy_found[0], heapq.WHO
                """)
        self.assertEqual([([("a", 2)], n) for n in "ab"], self.each(self.tenants(), "who"))
        import collections
        self.assertEqual([("a", 2)], collections.Counter("aab").most_common(1))

    def test_no_placeholder_of_the_standard_library_is_bound_to_a_tenants_file(self):
        import types
        pending = [(module, key, repr(value).split("'")[1].partition(".")[0]) for module in list(dict.values(sys.modules)) if isinstance(module, types.ModuleType)
                   for key, value in list(vars(module).items()) if type(value) is types.LazyImportType]
        self.assertGreater(len(pending), 5)
        self.write("a", main="", **{top: "WHO = '{name}'" for _, _, top in pending})
        a = self.generation("a")
        for module, key, top in pending:
            with self.subTest(module=module.__name__, name=key):
                found = a.run(getattr, module, key)
                self.assertFalse(hasattr(found, "WHO"))
        self.assertEqual(0, a.module_count)

    def test_a_base_packages_names_mean_the_bases(self):
        self.base(lib_user="lazy import lib_kit\nlazy from lib_kit import WHO\nlazy import lib_sub.part\ndef who(): return lib_kit.WHO, WHO, lib_sub.part.WHO",
                  lib_kit="WHO = 'base'", lib_sub____init__="", lib_sub__part="WHO = 'base'")
        for name in "ab":
            self.write(name, lib_kit="WHO = '{name}'", lib_sub____init__="", lib_sub__part="WHO = '{name}'", main="""
                from lib_user import *
                import lib_user, lib_kit
                def who(): return getattr(lib_user, "lib_kit").WHO, lib_user.who(), lib_kit.WHO
                """)
        self.assertEqual([("base", ("base",) * 3, n) for n in "ab"], self.each(self.tenants(), "who"))

    def test_a_venvs_names_mean_the_venvs(self):
        self.base(lib_kit="WHO = 'base'")
        venvs = [self.make_venv(f"env{n}", {
            "venv_user.py": "lazy import venv_kit, lib_kit\nlazy import venv_pkg.part\ndef who(): return venv_kit.WHO, lib_kit.WHO, venv_pkg.part.WHO",
            "venv_kit.py": f"WHO = 'venv {n}'", "venv_pkg/__init__.py": "", "venv_pkg/part.py": f"WHO = 'venv {n}'"}, system=True) for n in "xy"]
        for name in "ab":
            self.write(name, lib_kit="WHO = '{name}'", venv_kit="WHO = '{name}'", venv_pkg____init__="", main="""
                import venv_user, venv_kit
                def who(): return venv_user.who(), venv_kit.WHO, venv_user
                """)
        tenants = [self.generation(f"{n}", venv, id=f"{n}{i}") for i, venv in enumerate(venvs) for n in "ab"]
        found = self.each(tenants, "who")
        self.assertEqual([((f"venv {v}", "base", f"venv {v}"), n) for v in "xy" for n in "ab"], [(f[0], f[1]) for f in found])
        self.assertIs(found[0][2], found[1][2])
        self.assertIsNot(found[0][2], found[2][2])

    def test_a_package_whose_lazy_name_only_a_tenant_has_is_the_tenants_own_copy(self):
        venv = self.make_venv("env", {"venv_user/__init__.py": "lazy import util\ndef who(): return util.WHO", "venv_outer.py": "import venv_user"})
        self.base(lib_user="lazy from util import WHO\ndef who(): return WHO")
        for name in "ab":
            self.write(name, util="WHO = '{name}'", main="import venv_outer, lib_user\ndef who(): return venv_outer.venv_user.who(), lib_user.who()")
        self.write("c", main="import venv_user, lib_user\ndef who(): return venv_user.who()\ndef lib(): return lib_user.who()")
        a, c, b = self.tenants("a", "c", "b", venv=venv)
        self.assertEqual([("a", "a"), ("b", "b")], self.each([a, b], "who"))
        for function in ("who", "lib"):
            with self.assertRaises(ModuleNotFoundError):
                self.each([c], function)

    def test_a_package_that_imports_a_private_one_lazily_is_private(self):
        self.base(lib_private="owner = __import__('snakehost').current()", lib_user="lazy import lib_private\ndef who(): return lib_private")
        tenants = self.pair(private=["lib_private"], main="import lib_user, lib_private\ndef who(): return lib_user.who() is lib_private, lib_private.owner, lib_user")
        (same_a, owner_a, user_a), (same_b, owner_b, user_b) = self.each(tenants, "who")
        self.assertEqual((True, True, *tenants), (same_a, same_b, owner_a, owner_b))
        self.assertIsNot(user_a, user_b)
        self.assertNotIn("lib_private", sys.modules)

    def test_a_package_that_others_had_loaded_before_keeps_to_what_is_theirs(self):
        self.base(lib_private="owner = __import__('snakehost').current()", lib_user="lazy import lib_private\ndef who(): return lib_private.owner")
        for name in "ab":
            self.write(name, main="import lib_user\ndef who(): return lib_user.who()")
        [first] = self.tenants("a")
        first.run(__import__, "main")
        [second] = self.tenants("b", private=["lib_private"])
        self.assertEqual([None, None], self.each([second, first], "who"))

    def test_what_an_app_has_put_into_sys_modules(self):
        self.base(lib_user="lazy import lib_kit\ndef who(): return lib_kit.WHO", lib_kit="WHO = 'base'")
        self.write("a", main="import sys, types\nsys.modules['lib_kit'] = kit = types.ModuleType('lib_kit')\nkit.WHO = 'put'\nimport lib_user\ndef who(): return lib_user.who()")
        self.write("b", main="import lib_user\ndef who(): return lib_user.who()")
        self.assertEqual(["put", "base"], self.each(self.tenants(), "who"))
