import os
import tempfile

from support import TenantTest


class TemporaryTest(TenantTest):
    SOURCE = """
        import multiprocessing.util, os, tempfile
        from tempfile import gettempdir
        def asked(): return gettempdir(), tempfile.gettempdirb().decode(), tempfile.gettempdir(), tempfile.tempdir
        def used():
            made = []
            with tempfile.NamedTemporaryFile() as file:
                made.append(file.name)
            number, name = tempfile.mkstemp()
            os.close(number)
            os.remove(name)
            with tempfile.TemporaryDirectory() as folder:
                made.append(folder)
            with tempfile.SpooledTemporaryFile(1) as file:
                file.write(b"rolled over")
            return {os.path.dirname(m) for m in (name, *made, multiprocessing.util.get_temp_dir())}
        def pool(): return multiprocessing.util.get_temp_dir()
        def assign(): tempfile.tempdir = os.environ["OWN"]; tempfile.template = "own-{name}-"
        def prefix(): return tempfile.gettempprefix(), os.path.basename(tempfile.mkstemp()[1])[:2]
        """

    def two(self):
        self.write("a", main=self.SOURCE)
        self.write("b", main=self.SOURCE)
        for folder in ("a-temp", "b-temp", "own"):
            os.mkdir(os.path.join(self.root, folder))
        return [self.generation(n, environment={"TMPDIR": f"{self.root}/{n}-temp", "OWN": f"{self.root}/own"}) for n in ("a", "b")]

    def test_each_tenant_has_the_directory_that_its_environment_names(self):
        before = tempfile.gettempdir()
        a, b = self.two()
        asked = [(f"{self.root}/{n}-temp",) * 4 for n in ("a", "b")]
        self.assertEqual(asked + asked[:1], self.each([a, b, a], "asked"))
        self.assertEqual([{f"{self.root}/{n}-temp"} for n in ("a", "b")], self.each([a, b], "used"))
        self.assertEqual((before, before), (tempfile.gettempdir(), tempfile.tempdir))

    def test_what_a_tenant_assigns_stays_with_it_and_the_process_too(self):
        a, b = self.two()
        self.each([a, b], "asked")
        self.each([a], "assign")
        self.assertEqual([(f"{self.root}/own",) * 4, (f"{self.root}/b-temp",) * 4], self.each([a, b], "asked"))
        self.assertEqual([("own-a-", "ow"), ("tmp", "tm")], self.each([a, b], "prefix"))
        tempfile.template = "process"
        try:
            self.assertEqual([("own-a-", "ow"), ("process", "pr")], self.each([a, b], "prefix"))
        finally:
            tempfile.template = "tmp"

    def test_the_directory_of_multiprocessing_goes_with_the_generation(self):
        a, b = self.two()
        first, second = self.each([a, b], "pool")
        a.dispose()
        self.assertEqual((False, True), (os.path.exists(first), os.path.exists(second)))
