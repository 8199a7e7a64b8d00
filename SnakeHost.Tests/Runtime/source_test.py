import os

from support import TenantTest


class SourceTest(TenantTest):
    def test_an_edit_of_the_same_size_in_the_same_second_is_never_stale(self):
        stamp = 1_700_000_000
        for value in range(1, 9):
            directory = self.write("a", main="import util\ndef who(): return util.value", util=f"value = {value}")
            os.utime(os.path.join(directory, "util.py"), (stamp, stamp))
            self.assertEqual([value], self.each([self.generation("a", id=f"a{value}")], "who"))

    def test_no_bytecode_is_written_beside_a_tenants_source(self):
        a, _ = self.pair(main="import pkg.one", pkg____init__="", pkg__one="")
        a.run(__import__, "main")
        self.assertEqual([], [d for d, folders, _ in os.walk(a.directory) if "__pycache__" in folders])

    def test_the_files_read_are_known_with_their_stamps(self):
        a, _ = self.pair(main="import util", util="")
        a.run(__import__, "main")
        stat = os.stat(os.path.join(a.directory, "util.py"))
        self.assertEqual((stat.st_mtime_ns, stat.st_size), a.files[os.path.join(a.directory, "util.py")])
        self.assertEqual(2, len(a.files))

    def test_a_module_created_after_a_miss_is_found_by_the_next_generation(self):
        a, _ = self.pair(main="")
        self.assertRaises(ModuleNotFoundError, a.run, __import__, "late")
        self.write("a", late="value = 1")
        self.assertEqual(1, self.generation("a").run(lambda: __import__("late").value))

    def test_a_module_created_while_running_is_found_once_caches_are_invalidated(self):
        a, _ = self.pair(main="")
        self.assertRaises(ModuleNotFoundError, a.run, __import__, "late")
        self.write("a", late="value = 1")

        def find():
            import importlib
            importlib.invalidate_caches()
            return importlib.import_module("late").value
        self.assertEqual(1, a.run(find))
