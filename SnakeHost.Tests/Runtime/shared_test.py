"""Modules that all tenants share: run outside any tenant, whoever asks first."""
import os
import sys
import threading
import time
from importlib import _bootstrap

from support import TenantTest, snakehost


def until_somebody_waits(module):
    """For a module that is being imported: until another thread waits for it."""
    deadline = time.monotonic() + 60
    while not _bootstrap._module_locks[module]().waiters:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody waits for {module}")
        time.sleep(0.001)


class SharedTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.write_files("shared", {
            "lib_shared/__init__.py": """
                import os, sys
                try:
                    import util
                except ImportError:
                    util = None
                current = __import__("snakehost").current()
                tenant = os.environ.get("TENANT")
                path = list(sys.path)
                def lazily():
                    import util
                    return util.name
                """,
            "lib_shared/sub.py": "name = 'sub'"})
        self.entry = os.path.join(self.root, "shared")
        sys.path.append(self.entry)
        self.addCleanup(sys.path.remove, self.entry)
        self.addCleanup(lambda: [sys.modules.pop(n) for n in list(sys.modules) if n.startswith("lib_shared")])

    def test_a_shared_module_binds_nothing_of_the_tenant_that_imports_it(self):
        tenants = self.pair(main="import lib_shared, lib_shared.sub\ndef who(): return lib_shared.lazily(), lib_shared",
                            util="name = '{name}'")
        (lazy_a, module_a), (lazy_b, module_b) = self.each(tenants, "who")
        self.assertEqual(("a", "b"), (lazy_a, lazy_b), "its lazy imports see the tenant that calls it")
        self.assertIs(module_a, module_b)
        self.assertEqual((None, None, None), (module_a.util, module_a.current, module_a.tenant))
        self.assertNotIn(tenants[0].directory, module_a.path)
        self.assertEqual("sub", module_a.sub.name, "the submodule is bound on its package for all")
        self.assertIs(module_a, sys.modules["lib_shared"])

    def import_at_once(self):
        """What `main.who()` of two tenants says, or their import fails with; both begin at once."""
        answers = {}

        def work(generation):
            try:
                answers[generation.id] = generation.run(lambda: __import__("main").who())
            except Exception as error:
                answers[generation.id] = error
        tenants = self.pair(main="from lib_shared.moving import value\ndef who(): return value, __import__('lib_shared.moving').moving.value")
        threads = [threading.Thread(target=work, args=(generation,)) for generation in tenants]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [answers["a"], answers["b"]]

    def test_who_has_waited_for_a_module_that_puts_another_in_its_place_gets_that(self):
        self.write_files("shared", {"lib_shared/moving.py": """
            import sys, types, shared_test
            shared_test.until_somebody_waits(__name__)
            other = types.ModuleType(__name__)
            other.value = "the other's"
            sys.modules[__name__] = other
            """})
        self.assertEqual([("the other's", "the other's")] * 2, self.import_at_once())

    def test_a_module_that_hands_on_to_the_one_before_it_ends_there(self):
        self.write_files("shared", {"lib_shared/moving.py": """
            import sys, types
            class Wrapper(types.ModuleType):
                def __init__(self, module):
                    super().__init__(module.__name__)
                    self.module = module
                def __getattr__(self, name):
                    return getattr(self.module, name)
            of_the_first = 1
            sys.modules[__name__] = Wrapper(sys.modules[__name__])
            """})
        tenants = self.pair(main="""
            from lib_shared import moving
            def who(): return moving.of_the_first, getattr(moving, "missing", 2), moving.module.missing_too
            """)
        for generation in tenants:
            with self.assertRaisesRegex(AttributeError, "missing_too"):
                generation.run(lambda: __import__("main").who())

    def test_who_has_waited_for_a_module_that_fails_is_told_why(self):
        self.write_files("shared", {"lib_shared/moving.py": """
            import lib_shared, shared_test
            if not hasattr(lib_shared, "tried"):
                lib_shared.tried = True
                shared_test.until_somebody_waits(__name__)
            raise ImportError("a library is missing")
            """})
        self.assertEqual(["a library is missing"] * 2, [str(error) for error in self.import_at_once()])

    def test_what_it_prints_while_imported_is_the_tenants(self):
        self.write_files("shared", {"lib_shared/loud.py": "print('loud')"})
        a, _ = self.pair(main="import lib_shared.loud")
        a.run(__import__, "main")
        self.assertEqual(["loud"], self.lines(a))

    def test_private_copies_of_a_shared_package(self):
        tenants = self.pair(private=["lib_shared"], main="""
            import lib_shared, lib_shared.sub
            def who():
                return lib_shared.util.name, lib_shared.tenant, lib_shared
            """, util="name = '{name}'")
        (a, env_a, one), (b, env_b, two) = self.each(tenants, "who")
        self.assertEqual(("a", "a", "b", "b"), (a, env_a, b, env_b))
        self.assertIsNot(one, two)
        self.assertNotIn("lib_shared", sys.modules)

    def test_a_shared_module_that_asks_for_a_private_one_becomes_private_too(self):
        self.write_files("shared", {
            "lib_shared_user/__init__.py": "", "lib_shared_user/plugin.py": "from lib_shared_middle import kit",
            "lib_shared_middle.py": "try:\n    import lib_shared as kit\nexcept ImportError:\n    kit = None"})
        tenants = self.pair(private=["lib_shared"], main="""
            import lib_shared_user.plugin as plugin
            import lib_shared
            def who(): return plugin.kit is lib_shared, plugin, lib_shared.util.name
            """, util="name = '{name}'")
        (own_a, plugin_a, name_a), (own_b, plugin_b, name_b) = self.each(tenants, "who")
        self.assertEqual((True, True, "a", "b"), (own_a, own_b, name_a, name_b))
        self.assertIsNot(plugin_a, plugin_b)
        for name in ("lib_shared", "lib_shared_user.plugin", "lib_shared_middle"):
            self.assertNotIn(name, sys.modules)

    def test_dependents_of_a_private_package_are_private(self):
        self.write_files("packages", {
            "base_kit.py": "owner = __import__('snakehost').current()",
            "addon_kit.py": "import base_kit", "other_kit.py": "", "extra_kit.py": "",
            "Base_Kit-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Base.Kit\nVersion: 1.0\n",
            "Base_Kit-1.0.dist-info/top_level.txt": "base_kit\n",
            "addon_kit-1.0.dist-info/METADATA":
                "Metadata-Version: 2.1\nName: addon-kit\nVersion: 1.0\nRequires-Dist: base-kit (>=1)\n",
            "addon_kit-1.0.dist-info/RECORD": "addon_kit.py,,\n",
            "extra_kit-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: extra-kit\nVersion: 1.0\n"
                                                "Requires-Dist: addon_kit ; extra == 'web'\n",
            "extra_kit-1.0.dist-info/RECORD": "extra_kit.py,,\n",
            "other_kit-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: other-kit\nVersion: 1.0\n"
                                                "Requires-Dist: base-kit ; extra == 'test'\n",
            "other_kit-1.0.dist-info/RECORD": "other_kit.py,,\n"})
        from snakehost import private
        entry = os.path.join(self.root, "packages")
        self.assertEqual({"base_kit", "addon_kit", "extra_kit"}, private.closure(["base_kit"], [entry]))
        self.assertEqual({"base_kit", "addon_kit", "extra_kit"}, private.closure(["Base.Kit"], [entry]), "by its distribution")
        self.assertEqual({"missing"}, private.closure(["missing"], [entry]))
        before = private._graphs[(entry,)]
        private.closure(["other_kit"], [entry])
        self.assertIs(before, private._graphs[(entry,)], "metadata is read again only when the directory has changed")

    def test_an_import_that_hangs_holds_up_no_other_tenant(self):
        import threading
        gate, running = threading.Event(), threading.Event()
        self.addCleanup(gate.set)
        a, b = self.pair(main="import snakehost_gate\nsnakehost_gate.wait('{name}')\nname = '{name}'")
        waits = type(sys)("snakehost_gate")
        waits.wait = lambda name: (running.set(), gate.wait(30)) if name == "a" else None
        sys.modules["snakehost_gate"] = waits
        self.addCleanup(sys.modules.pop, "snakehost_gate")
        thread = threading.Thread(target=a.run, args=(__import__, "main"))
        thread.start()
        self.assertTrue(running.wait(10))
        self.assertEqual("b", b.run(lambda: __import__("main").name))
        self.assertTrue(thread.is_alive())
        gate.set()
        thread.join(10)
