import json
import linecache
import os
import sys
import traceback
import unittest
import unittest.mock

from support import FOLDER, TenantTest, snakehost


class DescribeTest(TenantTest):
    def described(self, name, **files):
        """The description of what importing a tenant's main raises."""
        self.write(name, **files)
        generation = self.generation(name)

        def work():
            try:
                snakehost.load(generation, "main:app", "auto")
            except BaseException as error:
                return json.loads(snakehost.describe(error))
        return generation.run(work)

    def test_an_error_in_a_module_that_main_imports(self):
        for name in "ab":
            with self.subTest(name):
                error = self.described(name, main="import util\nutil.run()\n",
                                  util="def run():\n    x = 1\n    raise ValueError('bad {name}')\n")
                self.assertEqual(("ValueError", f"bad {name}"), (error["type"], error["message"]))
                self.assertEqual((f"{self.root}/{name}/util.py", 3), (error["file"], error["line"]))
                frame = error["frames"][-1]
                self.assertEqual(("run", f"raise ValueError('bad {name}')", True),
                                 (frame["function"].split(".")[-1], frame["source"], frame["isTenantCode"]))
                self.assertEqual([1, 2, 3], [line["number"] for line in frame["context"]])
                self.assertTrue(error["traceback"].startswith("Traceback (most recent call last):\n"))
                self.assertTrue(error["traceback"].endswith(f"ValueError: bad {name}\n"))

    def test_own_frames_and_the_import_systems_are_left_out(self):
        error = self.described("a", main="import util", util="1 / 0")
        for text in (FOLDER, "<frozen importlib"):
            self.assertNotIn(text, error["traceback"])
        self.assertEqual(["main.py", "util.py"],
                         [f["file"].rpartition("/")[2] for f in error["frames"] if f["isTenantCode"]])

    def test_library_frames_are_not_tenant_code(self):
        error = self.described("a", main="import json\njson.loads('{')")
        self.assertEqual(([True, False], 2, "json.decoder.JSONDecodeError"),
                         ([f["isTenantCode"] for f in error["frames"] if f["file"] != __file__][:2], error["line"], error["type"]))

    def test_syntax_errors_have_the_position_of_the_source(self):
        error = self.described("a", main="import util", util="x = 1\ny = (2\n")
        self.assertEqual(("SyntaxError", f"{self.root}/a/util.py", 2), (error["type"], error["file"], error["line"]))
        self.assertIn("y = (2", error["traceback"])

    def test_chains_are_shown(self):
        error = self.described("a", main="""
            try:
                1 / 0
            except ZeroDivisionError as e:
                raise KeyError("outer") from e
            """)
        self.assertIn("ZeroDivisionError: division by zero", error["traceback"])
        self.assertIn("The above exception was the direct cause", error["traceback"])
        self.assertEqual("'outer'", error["message"])

    @unittest.skipIf(sys.version_info < (3, 11), "groups and notes are of 3.11")
    def test_groups_and_notes_are_shown(self):
        error = self.described("a", main="""
            e = ExceptionGroup("several", [ValueError("one"), TypeError("two")])
            e.add_note("a note")
            raise e
            """)
        for text in ("ExceptionGroup: several (2 sub-exceptions)", "ValueError: one", "TypeError: two", "a note"):
            self.assertIn(text, error["traceback"])

    def test_changed_source_is_read_again(self):
        self.described("a", main="raise ValueError(1)  # first")
        error = self.described("a", main="x = 1\nraise ValueError(2)  # second edition")
        self.assertEqual("raise ValueError(2)  # second edition", error["frames"][-1]["source"])

    def test_only_regular_files_of_sane_size_are_read(self):
        os.makedirs(self.root, exist_ok=True)
        fifo, huge, source = (os.path.join(self.root, name) for name in ("fifo.py", "huge.py", "source.py"))
        os.mkfifo(fifo)
        with open(huge, "w") as file:
            file.truncate(1 << 30)
        with open(source, "w") as file:
            file.write("1 / 0  # as it stands there\n")
        sys.path.insert(0, self.root)  # where linecache looks for relative names
        self.addCleanup(sys.path.remove, self.root)
        os.chdir(self.root)
        for name, line in ((fifo, None), ("fifo.py", None), (huge, None), ("/dev/zero", None), (source, "1 / 0  # as it stands there")):
            with self.subTest(name):
                def fail():
                    try:
                        exec(compile("1 / 0", name, "exec"))
                    except ZeroDivisionError as error:
                        return error

                def chained():
                    try:
                        raise KeyError(1) from fail()
                    except KeyError as error:
                        return error
                for error in (fail(), chained()):
                    described = json.loads(snakehost.describe(error))
                    self.assertIn(f'File "{name}", line 1', described["traceback"])
                self.assertEqual(line, json.loads(snakehost.describe(fail()))["frames"][-1]["source"])
                self.assertIsNone(linecache.cache.get(name) if line is None else None)
        syntax = SyntaxError("bad", (fifo, 1, 1, None))
        self.assertEqual("bad", json.loads(snakehost.describe(syntax))["message"].split(" (")[0])

    def test_what_is_too_long_is_cut_and_says_so(self):
        long = "<b>" * 3_000_000
        group = [ExceptionGroup(long, [ValueError(long)])] if sys.version_info >= (3, 11) else []
        chain = KeyError(long)
        chain.__cause__ = ValueError(long)
        for error in (ValueError(long), ValueError("a\n" * 3_000_000), SyntaxError(long, ("f", 1, 1, long)), type("X" * 3_000_000, (Exception,), {})(), chain, *group):
            with self.subTest(type(error).__name__[:20]):
                text = snakehost.describe(error)
                self.assertLess(len(text), 1_000_000)
                described = json.loads(text)
                self.assertIn("characters are left out", described["message"] + described["type"])
                self.assertIn("characters are left out", described["traceback"])

    def test_it_never_raises(self):
        class BrokenText(Exception):
            def __str__(self): raise RuntimeError("no")
            __repr__ = __str__

        class BrokenAttribute(Exception):
            def __getattribute__(self, name): raise RuntimeError("no")

        def recurse(): recurse()
        chain = ValueError("a")
        chain.__cause__ = other = ValueError("b")
        other.__cause__ = chain
        deep = None
        for i in range(3000):
            new = ValueError(i)
            new.__cause__ = deep
            deep = new
        cases = [BrokenText(), BrokenAttribute(), ValueError("\udc80 \x00"), chain, deep, KeyboardInterrupt(), SystemExit(3),
                 SyntaxError("x", ("f", "y", None, 1)), SyntaxError("x", (None, 1, 1, "\udcff")), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")]
        try:
            recurse()
        except RecursionError as error:
            cases.append(error)
        for case in cases:
            with self.subTest(type(case).__name__):
                described = json.loads(snakehost.describe(case))
                self.assertEqual({"type", "message", "traceback", "file", "line", "frames", "hint", "needsProcess"}, set(described))
                json.dumps(described).encode("utf-8")
                self.assertTrue(described["traceback"])

    @unittest.skipIf(sys.version_info < (3, 11), "frames are formatted by no function of their own")
    def test_a_place_that_a_recursion_comes_by_is_formatted_once(self):
        frames = []
        whole = traceback.StackSummary.format_frame_summary

        def count(stack, frame, **named):
            frames.append(frame)
            return whole(stack, frame, **named)

        def recurse(n): return recurse(n + 1) + 1
        try:
            recurse(0)
        except RecursionError as error:
            plain = traceback.format_exception(error)
            with unittest.mock.patch.object(traceback.StackSummary, "format_frame_summary", count):
                described = json.loads(snakehost.describe(error))
        self.assertEqual("".join(plain), described["traceback"])
        self.assertIn("more times]", described["traceback"])
        self.assertLess(len(frames), 10)
        self.assertEqual(200, len(described["frames"]))

    def test_a_warning_of_an_import_names_the_module_that_imports(self):
        import warnings
        a, b = self.pair(main="import old", old="import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)")
        for tenant in (a, b):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                tenant.run(__import__, "main")
            self.assertEqual([f"{tenant.directory}/main.py"], [w.filename for w in caught])
