import concurrent.futures
import os
import shutil
import subprocess
import sys
import threading
import unittest
import unittest.mock

from support import TenantTest, snakehost


class DirectoryTest(TenantTest):
    def setUp(self):
        super().setUp()
        for name in "ab":
            self.write_files(name, {"data.txt": "{name}", "util.py": "name = '{name}'"})
        self.tenants = [self.generation(n) for n in "ab"]
        self.before = os.getcwd()
        if not self.entered(self.tenants[0], lambda: True)[0]:
            raise unittest.SkipTest(f"no working directory per thread here: {snakehost.working_directory_refused()}")

    def entered(self, tenant, function):
        """(whether it has its directory, result) of a thread that has entered, as one of the gateway's."""
        results = []
        thread = threading.Thread(target=lambda: results.extend((tenant.enter(), function())))
        thread.start()
        thread.join()
        return results

    def read(self):
        with open("data.txt") as file:
            return file.read()

    def test_relative_files_are_each_tenants_own(self):
        self.assertEqual([[True, "a"], [True, "b"]], [self.entered(t, self.read) for t in self.tenants])
        self.assertEqual(self.before, os.getcwd())

    def test_threads_and_processes_of_the_tenant_inherit_it(self):
        def look():
            seen = []
            thread = threading.Thread(target=lambda: seen.append(self.read()))
            thread.start()
            thread.join()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                seen.append(pool.submit(self.read).result())
            seen.append(subprocess.run([sys.executable, "-c", "import util; print(util.name, end='')"],
                                       capture_output=True, text=True).stdout)
            return seen
        self.assertEqual([["a"] * 3, ["b"] * 3], [self.entered(t, look)[1] for t in self.tenants])

    def test_changing_it_reaches_the_threads_that_were_started_from_there_and_no_other(self):
        a, b = self.tenants
        os.mkdir(os.path.join(a.directory, "sub"))

        def change():
            seen, gate = [], threading.Event()
            thread = threading.Thread(target=lambda: (gate.wait(10), seen.append(os.getcwd())))
            thread.start()
            os.chdir("sub")
            gate.set()
            thread.join()
            return seen[0], os.getcwd()
        inside = os.path.join(a.directory, "sub")
        self.assertEqual((inside, inside), self.entered(a, change)[1])
        self.assertEqual((b.directory, self.before), (self.entered(b, os.getcwd)[1], os.getcwd()))

    def test_where_the_import_changes_to_is_where_every_thread_of_the_app_begins(self):
        a, b = self.tenants
        self.write_files("a", {"main.py": "import os\nos.chdir('sub')\ndef app(environ, start_response): ...", "sub/data.txt": "below"})
        inside = os.path.join(a.directory, "sub")
        self.entered(a, lambda: snakehost.load(a, "main:app"))
        self.assertEqual([True, "below"], self.entered(a, self.read))
        self.assertEqual([True, inside], self.entered(a, os.getcwd))
        self.assertEqual([True, b.directory], self.entered(b, os.getcwd))

        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        pool.submit(os.getcwd).result()  # the worker is nobody's
        self.assertEqual([inside, b.directory, inside], [self.entered(t, lambda: pool.submit(os.getcwd).result())[1] for t in (a, b, a)])

        self.assertEqual([True, inside, True, "/"], [*self.entered(a, os.getcwd), *self.entered(a, lambda: os.chdir("/") or os.getcwd())])
        self.assertEqual([True, inside], self.entered(a, os.getcwd), "a later change is that thread's own")

        self.assertEqual([True, a.directory], self.entered(self.generation("a"), os.getcwd), "a reload begins in the folder again")

        shutil.rmtree(inside)
        self.assertEqual([True, a.directory], self.entered(a, os.getcwd))

    def test_a_pool_that_tenants_share_changes_to_the_one_that_submits(self):
        a, b = self.tenants
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)

        def in_a():
            first = pool.submit(self.read).result()  # the worker shares the working directory of this thread
            second = self.entered(b, lambda: pool.submit(self.read).result())[1]
            return first, second, self.read(), pool.submit(self.read).result()
        self.assertEqual(("a", "b", "a", "a"), self.entered(a, in_a)[1])

    def test_a_pool_of_nobody(self):
        a, b = self.tenants
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self.addCleanup(pool.shutdown)
        self.assertEqual(self.before, pool.submit(os.getcwd).result())
        self.assertEqual(["a", "b"], [self.entered(t, lambda: pool.submit(self.read).result())[1] for t in self.tenants])
        self.assertEqual(self.before, os.getcwd())


class RefusedTest(TenantTest):
    def test_each_app_is_told_when_the_system_refuses_it(self):
        for generation in self.pair(main="def app(environ, start_response): pass"):
            with unittest.mock.patch.object(snakehost.directory, "_refused", "not here"):
                snakehost.load(generation, "main:app")
        self.assertEqual(["snakehost: no working directory of its own here (not here): relative paths and os.chdir() are the whole gateway's"] * 2, self.lines())
