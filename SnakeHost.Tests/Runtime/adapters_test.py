import datetime
import decimal
import sqlite3
import weakref

from support import TenantTest


class AdaptersTest(TenantTest):
    SOURCE = """
        import decimal, sqlite3
        from sqlite3 import dbapi2
        class Point:
            def __init__(self, x): self.x = x
        class Conforming:
            def __conform__(self, protocol): return "conform" if protocol is sqlite3.PrepareProtocol else None
        def register():
            sqlite3.register_adapter(decimal.Decimal, lambda d: "{name}:" + str(d))
            dbapi2.register_converter("money", lambda data: ("{name}", data))
            sqlite3.register_adapter(Point, lambda p: p.x)
            sqlite3.register_adapter(str, lambda text: text.upper() if "{name}" == "a" else text)
        def store(value=decimal.Decimal("1.5")):
            with sqlite3.connect(":memory:") as connection:
                try: return connection.execute("select ?", (value,)).fetchone()[0]
                except sqlite3.Error as error: return type(error).__name__
        def text(): return store("text")
        def point(): return store(Point(7))
        def conforming(): return store(Conforming())
        def read():
            connection = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
            connection.execute("create table t (m money, n Money, d date)")
            connection.execute("insert into t values (5, 2.5, '2026-01-02')")
            connection.execute("insert into t values ('x', null, null)")
            return connection.execute("select * from t").fetchall()
        """

    def test_each_app_stores_and_reads_by_its_own_functions(self):
        a, b = self.pair(main=self.SOURCE)
        day = datetime.date(2026, 1, 2)
        self.each([a], "register")
        self.assertEqual("a:1.5", self.each([a], "store")[0])
        self.assertIn(self.each([b], "store")[0], ("InterfaceError", "ProgrammingError"))
        self.assertEqual(["TEXT", "text"], self.each([a, b], "text"))
        self.assertEqual([("a", b"5"), 5], [rows[0][0] for rows in self.each([a, b], "read")])
        self.assertEqual([(5, 2.5, day), ("x", None, None)], self.each([b], "read")[0])
        self.each([b], "register")
        self.assertEqual(["a:1.5", "b:1.5"], self.each([a, b], "store"))
        self.assertEqual([("a", b"5"), ("b", b"5")], [rows[0][0] for rows in self.each([a, b], "read")])
        self.assertEqual([7, 7, "conform"], self.each([a, b], "point") + self.each([a], "conforming"))
        self.assertRaises(sqlite3.Error, sqlite3.connect(":memory:").execute, "select ?", (decimal.Decimal(1),))

    def test_the_processs_registrations_hold_where_a_tenant_has_none(self):
        a, b = self.pair(main=self.SOURCE)
        self.each([a], "register")
        sqlite3.register_adapter(decimal.Decimal, lambda d: "process")
        try:
            self.assertEqual(["a:1.5", "process"], self.each([a, b], "store"))
        finally:
            a.dispose()
            sqlite3.adapters.pop((decimal.Decimal, sqlite3.PrepareProtocol))

    def test_nothing_of_a_disposed_generation_stays(self):
        a, b = self.pair(main=self.SOURCE)
        before = dict(sqlite3.adapters), dict(sqlite3.converters)
        self.each([a, b], "register")
        references = [weakref.ref(a), weakref.ref(a.modules["main"].Point)]
        a.dispose()
        self.assertEqual(["b:1.5"], self.each([b], "store"))
        self._cleanups[:] = [c for c in self._cleanups if getattr(c[0], "__self__", None) is not a]
        del a
        self.assert_collected(*references)
        b.dispose()
        self.assertEqual(before, (sqlite3.adapters, sqlite3.converters))
