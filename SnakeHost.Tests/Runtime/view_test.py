import sys

from support import TenantTest


class ViewTest(TenantTest):
    """sys.modules as each tenant sees it."""

    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main="name = '{name}'", util="")
        for tenant in (self.a, self.b):
            tenant.run(__import__, "main")

    def test_it_is_still_the_dict_of_the_interpreter(self):
        self.assertIsInstance(sys.modules, dict)
        self.assertIs(sys, sys.modules["sys"])

    def test_iteration_and_copies_show_own_and_shared_modules(self):
        def look():
            m = sys.modules
            return [
                "main" in list(m), "main" in m.copy(), "main" in dict(m), "main" in m.keys(),
                ("main", m["main"]) in m.items(), m["main"] in list(m.values()), "main" in list(reversed(m)),
                len(m) == len(list(m)) == len(m.copy()), m == m.copy(), "main" in (m | {}), "main" in ({} | m),
                "'main'" in repr(m), "sys" in m.copy(), "main" in {**m}]
        self.assertEqual([True] * 14, self.a.run(look))
        outside = [k for k, v in zip(range(14), look_outside()) if v]
        self.assertEqual([], outside)

    def test_values_are_each_tenants_own(self):
        values = [t.run(lambda: [m.name for k, m in sys.modules.items() if k == "main"]) for t in (self.a, self.b)]
        self.assertEqual([["a"], ["b"]], values)

    def test_changes_stay_in_the_tenant(self):
        def change():
            m = sys.modules
            m["util"] = "own"
            default = m.setdefault("main", None)
            m.update({"util": "updated"})
            return default.name, m.pop("util"), m.get("util", "gone"), "util" in m, m.pop("util", 1)
        self.assertEqual(("a", "updated", "gone", False, 1), self.a.run(change))
        self.assertRaises(KeyError, self.a.run, lambda: sys.modules["util"])
        self.assertRaises(KeyError, self.a.run, sys.modules.__delitem__, "util")
        self.assertEqual("b", self.b.run(lambda: sys.modules["main"].name))

    def test_clear_and_popitem_take_from_the_tenant_only(self):
        before = len(sys.modules)
        name, _ = self.a.run(sys.modules.popitem)
        self.assertEqual("main", name)
        self.b.run(sys.modules.clear)
        self.assertEqual((0, before), (self.b.module_count, len(sys.modules)))

    def test_odd_keys(self):
        self.assertIsNone(self.a.run(sys.modules.get, 1))
        self.assertIsNone(self.a.run(sys.modules.get, ""))
        self.assertRaises(TypeError, self.a.run, sys.modules.get, [])
        self.assertFalse(self.a.run(sys.modules.__contains__, "main.sub.sub"))


def look_outside():
    m = sys.modules
    return ["main" in list(m), "main" in m.copy(), "main" in dict(m), "main" in m, "main" in m.keys()]
