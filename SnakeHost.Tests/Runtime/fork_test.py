import os
import sys
import threading

from support import LINES, TenantTest, snakehost


class ForkTest(TenantTest):
    def test_a_forked_child_still_belongs_to_its_tenant_and_does_not_call_the_gateway(self):
        for tenant in self.pair(main="", late="name = '{name}'"):
            read, write = os.pipe()

            def fork():
                pid = os.fork()
                if pid == 0:
                    os.dup2(write, 1)
                    import late
                    print("child of", late.name, snakehost.current().id, os.environ["TENANT"])
                    sys.stdout._real.flush() if sys.stdout._real else None
                    sys.stdout.flush()
                    os._exit(len(LINES))
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            self.assertEqual(0, tenant.run(fork))
            os.close(write)
            with os.fdopen(read) as output:
                self.assertEqual(f"child of {tenant.id} {tenant.id} {tenant.id}\n", output.read())

    def test_what_another_thread_had_is_finalized_in_the_child_without_a_call_of_the_gateway(self):
        """Before any function of os.register_at_fork."""
        for tenant in self.pair(main="""
                import threading
                kept, begun, end = threading.local(), threading.Event(), threading.Event()
                class Told:
                    def __del__(self): print("gone")
                def keep():
                    kept.told = Told()
                    begun.set()
                    end.wait()
                thread = threading.Thread(target=keep)
                thread.start()
                begun.wait()
                """):
            def fork():
                import main
                read, write = os.pipe()
                pid = os.fork()
                if pid == 0:
                    os.write(write, repr(LINES).encode())
                    os._exit(0)
                os.close(write)
                os.waitpid(pid, 0)
                with os.fdopen(read) as told:
                    in_child = told.read()
                main.end.set()
                main.thread.join()
                return in_child
            self.assertEqual("[]", tenant.run(fork))
            self.assertEqual("gone", self.lines(tenant)[-1])
            del LINES[:]
