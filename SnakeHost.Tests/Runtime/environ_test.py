import os
import subprocess
import sys

from support import TenantTest


class EnvironTest(TenantTest):
    def setUp(self):
        super().setUp()
        os.environ["SHARED_BY_ALL"] = "base"
        self.addCleanup(os.environ.pop, "SHARED_BY_ALL", None)
        self.a, self.b = self.pair(main="")

    def test_each_tenant_has_its_own_values(self):
        read = lambda: (os.environ["TENANT"], os.getenv("TENANT"), os.environb[b"TENANT"], "TENANT" in os.environ,
                        os.environ.copy()["TENANT"], (os.environ | {})["TENANT"], ({} | os.environ)["TENANT"],
                        dict(os.environ)["TENANT"], os.environ["SHARED_BY_ALL"])
        for tenant, name in ((self.a, "a"), (self.b, "b")):
            self.assertEqual((name, name, name.encode(), True, name, name, name, name, "base"), tenant.run(read))
        self.assertNotIn("TENANT", os.environ)

    def test_changes_stay_in_the_tenant(self):
        def change():
            os.environ["NEW"] = "1"
            os.environ.update(SHARED_BY_ALL="mine")
            os.environ.setdefault("TENANT", "x")
            return os.environ["NEW"], os.environ["SHARED_BY_ALL"], os.environ.pop("TENANT"), os.getenv("TENANT")
        self.assertEqual(("1", "mine", "a", None), self.a.run(change))
        self.assertEqual((None, "base", None), (os.getenv("NEW"), os.getenv("SHARED_BY_ALL"), os.getenv("TENANT")))
        self.assertEqual("b", self.b.run(os.getenv, "TENANT"))

    def test_deleting_a_variable_hides_it_for_this_tenant(self):
        def delete():
            count = len(os.environ)
            del os.environ["SHARED_BY_ALL"]
            return ("SHARED_BY_ALL" in os.environ, "SHARED_BY_ALL" in list(os.environ), count - len(os.environ))
        self.assertEqual((False, False, 1), self.a.run(delete))
        self.assertEqual("base", self.b.run(os.getenv, "SHARED_BY_ALL"))
        self.assertRaises(KeyError, self.a.run, os.environ.__delitem__, "SHARED_BY_ALL")
        self.assertRaises(KeyError, self.a.run, os.environ.__getitem__, "SHARED_BY_ALL")

    def test_a_change_of_the_process_shows_through(self):
        os.environ["SHARED_BY_ALL"] = "changed"
        self.assertEqual("changed", self.a.run(os.getenv, "SHARED_BY_ALL"))

    def test_putenv_stays_in_the_tenant_and_reaches_its_processes(self):
        self.a.run(os.putenv, "PUT", "1")
        self.a.run(os.unsetenv, "SHARED_BY_ALL")
        show = lambda: subprocess.run("echo $PUT-$SHARED_BY_ALL-$TENANT", shell=True, capture_output=True, text=True).stdout
        self.assertEqual(("1--a\n", "-base-b\n"), (self.a.run(show), self.b.run(show)))

    def test_every_way_to_start_a_process_inherits_the_tenants_environment(self):
        target = os.path.join(self.root, "out")
        script = f"import os; open({target!r}, 'w').write(os.environ.get('TENANT', 'none'))"
        argv = [sys.executable, "-c", script]

        def forked():
            pid = os.fork()
            if pid == 0:
                os.execv(sys.executable, argv)
            os.waitpid(pid, 0)
        ways = {
            "run": lambda: subprocess.run(argv, check=True),
            "run in a session": lambda: subprocess.run(argv, check=True, start_new_session=True),
            "close_fds off": lambda: subprocess.run(argv, check=True, close_fds=False),
            "spawnv": lambda: os.spawnv(os.P_WAIT, sys.executable, argv),
            "spawnlp": lambda: os.spawnlp(os.P_WAIT, sys.executable, *argv),
            "execv": forked,
            "system": lambda: os.system(f'"{sys.executable}" -c "{script}"'),
            "popen": lambda: os.popen(f'"{sys.executable}" -c "{script}"').close(),
            "posix_spawn": lambda: os.waitpid(os.posix_spawn(sys.executable, argv, os.environ), 0),
        }
        for name, way in ways.items():
            for tenant in (self.a, self.b):
                with self.subTest(name, tenant=tenant.id):
                    tenant.run(way)
                    with open(target) as file:
                        self.assertEqual(tenant.id, file.read())

    def test_the_status_of_system(self):
        self.assertEqual(3, os.waitstatus_to_exitcode(self.a.run(os.system, "exit 3")))
