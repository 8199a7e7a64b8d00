import gc

from support import TenantTest

SOURCE = """
import gc
def sets():
    gc.disable(); gc.freeze(); gc.set_threshold(1, 2, 3); gc.set_debug(gc.DEBUG_SAVEALL)
    return gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count()
def enables():
    gc.disable(); gc.disable(); gc.enable()
    return gc.isenabled()
def reads():
    return gc.isenabled(), gc.get_threshold()
"""


class CollectorTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)

    def test_the_collector_goes_on_as_it_did_whatever_a_tenant_sets(self):
        before = gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count()
        self.assertEqual([(False, (1, 2, 3), gc.DEBUG_SAVEALL, 0)], self.each([self.a], "sets"))
        self.assertEqual([True], self.each([self.a], "enables"))
        self.assertEqual(before, (gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count()))
        self.assertEqual([before[:2]], self.each([self.b], "reads"))

    def test_its_app_is_told_once(self):
        for _ in range(3):
            self.each([self.a], "sets")
        self.assertEqual([f"snakehost: gc.{name}() is ignored: the collector works for all apps" for name in ("disable", "freeze", "set_threshold", "set_debug")],
                         self.lines(self.a))
        self.assertEqual([], self.lines(self.b))
