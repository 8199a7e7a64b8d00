import ast
import gc
import threading
import time

from support import TenantTest


class SyntaxTest(TenantTest):
    def test_threads_parse_at_once_while_python_code_runs_in_the_collector(self):
        def let_others_run(phase, info):
            time.sleep(0)

        def parse():
            try:
                for _ in range(20):
                    ast.parse("a.b(c)[d]\n" * 200)
            except SystemError as error:
                errors.append(error)
        errors = []
        threads = [threading.Thread(target=parse) for _ in range(4)]
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        self.addCleanup(gc.callbacks.remove, let_others_run)
        gc.callbacks.append(let_others_run)
        gc.set_threshold(50)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], errors)
