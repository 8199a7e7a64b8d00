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
