"""What is told of the files that a tenant opens."""
import os
import sqlite3
import sys

from support import TenantTest, snakehost  # noqa: F401
from snakehost import reading

NOTED = []
reading.install(lambda id, path, modified, size, changed: NOTED.append((id, os.path.basename(path), size, changed)))


class ReadingTest(TenantTest):
    def setUp(self):
        super().setUp()
        del NOTED[:]

    def told(self, function, name="a"):
        self.write_files(name, {"main.py": "", "text": "four", "deep/text": "fives"})
        generation = self.generation(name)
        generation.run(function, os.path.join(self.root, name))
        return NOTED

    def test_a_file_is_told_once_when_it_is_read(self):
        def read(folder):
            for _ in range(2):
                with open(os.path.join(folder, "text")):
                    pass
                os.close(os.open(os.path.join(folder, "deep", "text"), os.O_RDONLY))
        self.assertEqual([("a", "text", 4, False), ("a", "text", 5, False)], self.told(read))

    def test_what_it_changes_is_told_before_and_for_good(self):
        def change(folder):
            path = os.path.join(folder, "text")
            with open(path), open(path, "a"), open(path):
                pass
            os.rename(path, path + "2")
            os.remove(path + "2")
            sqlite3.connect(os.path.join(folder, "db")).close()
            with open(os.path.join(folder, "db")):
                pass
        self.assertEqual([("a", "text", 4, False), ("a", "text", 0, True), ("a", "text2", 0, True), ("a", "db", 0, True)], self.told(change))

    def test_other_folders_and_nobodys_files_are_not_told(self):
        def read(folder):
            with open(os.path.join(folder, "..", "outside")), open(__file__), open(os.path.join(folder, "link")):
                pass
        with open(os.path.join(self.root, "outside"), "w"):
            pass
        os.makedirs(os.path.join(self.root, "a"))
        os.symlink("../outside", os.path.join(self.root, "a", "link"))
        noted = self.told(read)
        with open(os.path.join(self.root, "a", "text")):
            pass
        self.assertEqual([("a", "link", 0, False)], noted)

    def test_what_cannot_be_opened_fails_as_ever(self):
        def read(folder):
            for path in (os.path.join(folder, "none"), "a\0b", 10**6):
                with self.assertRaises((OSError, ValueError)):
                    open(path)
        self.assertEqual([], self.told(read))

    def test_a_relative_name_and_another_spelling_are_the_same_file(self):
        def read(folder):
            with open(os.path.join(folder, "deep", "..", "text"), "rb"):
                pass
        self.assertEqual([("a", "text", 4, False)], self.told(read))
