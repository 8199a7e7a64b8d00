"""Modules that all tenants share: run outside any tenant, whoever asks first."""
import os
import sys

from support import TenantTest, snakehost


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
