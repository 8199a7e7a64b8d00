import contextlib
import io
import sys
import threading

from support import LINES, TenantTest


class StreamsTest(TenantTest):
    def test_lines_carry_generation_and_stream(self):
        tenants = self.pair(main="import sys\nprint('one\\ntwo', '{name}')\nprint('err', file=sys.stderr)")
        for tenant in tenants:
            tenant.run(__import__, "main")
        self.assertEqual(
            [(n, s, t) for n in "ab" for s, t in (("stdout", "one"), ("stdout", f"two {n}"), ("stderr", "err"))], LINES)

    def test_unfinished_lines_wait_for_their_end_per_tenant_and_thread(self):
        a, b = self.pair(main="")
        write = lambda text: print(text, end="")
        a.run(write, "a1")
        b.run(write, "b1")
        thread = threading.Thread(target=a.run, args=(write, "other\n"))
        thread.start()
        thread.join()
        self.assertEqual([("a", "stdout", "other")], LINES)
        a.run(write, " a2\r\nrest")
        self.assertEqual(["other", "a1 a2"], self.lines(a))
        a.dispose()
        self.assertEqual(["other", "a1 a2", "rest"], self.lines(a))
        self.assertEqual([], self.lines(b))

    def test_bytes_and_writelines_and_traceback(self):
        a, _ = self.pair(main="")

        def write():
            sys.stdout.buffer.write("grün\n".encode())
            sys.stdout.writelines(["x\n", "y\n"])
            sys.stdout.flush()
            self.assertRaises(TypeError, sys.stdout.write, b"bytes")
            return sys.stdout.isatty(), sys.stdout.writable(), sys.stdout.encoding
        self.assertEqual((False, True, "utf-8"), a.run(write))
        self.assertEqual(["grün", "x", "y"], self.lines(a))

    def test_redirecting_is_the_tenants_own(self):
        a, b = self.pair(main="")

        def redirect():
            with contextlib.redirect_stdout(io.StringIO()) as output:
                print("captured")
                b.run(print, "from b")
            print("after")
            return output.getvalue()
        self.assertEqual("captured\n", a.run(redirect))
        self.assertEqual((["after"], ["from b"]), (self.lines(a), self.lines(b)))

    def test_output_outside_any_tenant_goes_to_the_real_stream(self):
        real, stream = io.StringIO(), sys.stdout
        before, stream._real = stream._real, real
        try:
            print("outside")
        finally:
            stream._real = before
        self.assertEqual(("outside\n", []), (real.getvalue(), LINES))
