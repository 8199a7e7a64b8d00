import sqlite3

from support import TenantTest
from snakehost import databases

SOURCE = """
import sqlite3
import sqlite3.dbapi2 as Database
kept = {}

def write(uri):
    kept[uri] = connection = Database.connect(database=uri, uri=True, check_same_thread=False)
    connection.execute("create table user (name)")
    connection.execute("insert into user values ('user of {name}')")
    connection.commit()

def read(uri):
    connection = sqlite3.connect(uri, uri=True)
    try:
        return [row[0] for row in connection.execute("select name from user")]
    except sqlite3.OperationalError:
        return None
    finally:
        connection.close()
"""

SHARED = (
    "file:memdb1?mode=memory&cache=shared", "file::memory:?cache=shared", "file:memorydb_default?mode=memory&cache=shared",
    "file:/abs?cache=shared&mode=memory", "file:///abs2?mode=memory&cache=shared#part", "file://localhost/abs3?mode=memory&cache=shared",
    "file:esc%61ped?mode=%6demory&cache=shared", b"file:bytes?mode=memory&cache=shared",
)


class DatabasesTest(TenantTest):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.pair(main=SOURCE)

    def call(self, tenant, function, uri):
        return tenant.run(lambda: getattr(__import__("main"), function)(uri))

    def uris(self):
        return [*SHARED, *(["file:/memdb?vfs=memdb"] if sqlite3.sqlite_version_info >= (3, 36) else [])]

    def test_a_database_in_memory_is_found_by_its_own_tenant_only(self):
        for uri in self.uris():
            with self.subTest(uri):
                self.call(self.a, "write", uri)
                self.assertEqual((["user of a"], None), (self.call(self.a, "read", uri), self.call(self.b, "read", uri)))
                self.call(self.b, "write", uri)
                self.assertEqual((["user of a"], ["user of b"]), (self.call(self.a, "read", uri), self.call(self.b, "read", uri)))

    def test_the_next_generation_begins_with_none(self):
        for uri in self.uris():
            self.call(self.a, "write", uri)
        following = self.generation("a")
        for uri in self.uris():
            with self.subTest(uri):
                self.assertIsNone(self.call(following, "read", uri))
                self.call(following, "write", uri)

    def test_files_and_plain_names_stay_what_they_are(self):
        for uri in ("file:data.db", "file:data.db?mode=ro&cache=shared", "data.db", ":memory:", "file:?cache=shared", ""):
            self.assertEqual(uri, databases.name(uri, "x"))
        path = f"{self.root}/data.db"
        self.call(self.a, "write", f"file:{path}?mode=rwc&cache=shared")
        self.assertEqual(["user of a"], self.call(self.b, "read", f"file:{path}?mode=ro"))

        def without_uri():
            with sqlite3.connect(f"{self.root}/file:x?mode=memory") as connection:
                return connection.execute("pragma database_list").fetchone()[2]
        self.assertEqual(f"{self.root}/file:x?mode=memory", self.a.run(without_uri))

    def test_outside_any_tenant_names_are_the_process_s(self):
        first, second = (sqlite3.connect("file:nobody?mode=memory&cache=shared", uri=True) for _ in range(2))
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        first.execute("create table t (x)")
        self.assertEqual([], second.execute("select * from t").fetchall())

    def test_the_shared_cache_of_all_is_left_alone(self):
        if not hasattr(sqlite3, "enable_shared_cache"):
            self.skipTest("gone since Python 3.12")
        self.a.run(lambda: sqlite3.enable_shared_cache(True))
        self.assertEqual(1, len(self.lines(self.a)))
