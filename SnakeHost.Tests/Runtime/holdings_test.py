import json

from support import TenantTest  # first: it installs the package

from snakehost import holdings


class HoldingsTest(TenantTest):
    def measure(self, tenant):
        return json.loads(holdings.measure(tenant))

    def load(self, name, source):
        self.write(name, main=source)
        tenant = self.generation(name)
        tenant.run(lambda: __import__("main"))
        return tenant

    def test_what_a_module_holds_counts_with_what_hangs_on_it(self):
        small = self.measure(self.load("small", "value = 1\ndef f(): return value\n"))
        large = self.measure(self.load("large", "value = {number: bytes(1_000) for number in range(1_000)}\ndef f(): return value\n"))

        self.assertLess(small["bytes"], 100_000)
        self.assertGreater(large["bytes"], small["bytes"] + 1_000_000)
        self.assertLess(large["bytes"], small["bytes"] + 1_300_000)
        self.assertTrue(large["isWhole"])

    def test_what_others_have_too_does_not_count(self):
        import decimal
        alone = self.measure(self.load("alone", "def f(): pass\n"))
        using = self.measure(self.load("using", "import decimal, json, unittest\nfrom decimal import Decimal\ndef f(): return Decimal\n"))

        self.assertLess(using["bytes"], alone["bytes"] + 20_000)
        self.assertIsNotNone(decimal)

    def test_objects_of_its_own_classes_are_counted_wherever_they_are(self):
        tenant = self.load("a", """
            class Order: pass
            class Line:
                def total(self): return 1
            lines = [Line() for _ in range(7)]
            """)
        other = self.load("b", "class Line:\n    def total(self): return 2\nlines = [Line() for _ in range(100)]\n")
        elsewhere = [tenant.modules["main"].Order() for _ in range(3)]

        types = {kind["name"]: kind["count"] for kind in self.measure(tenant)["types"]}

        self.assertEqual({"main.Line": 7, "main.Order": 3}, types)
        self.assertEqual({"main.Line": 100}, {kind["name"]: kind["count"] for kind in self.measure(other)["types"]})
        self.assertEqual(3, len(elsewhere))

    def test_a_size_that_raises_is_none(self):
        tenant = self.load("a", "class Odd:\n    def __sizeof__(self): raise RuntimeError\nodd = Odd()\n")

        self.assertGreater(self.measure(tenant)["bytes"], 0)
