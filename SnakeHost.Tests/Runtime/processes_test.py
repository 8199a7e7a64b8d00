import multiprocessing
import sys
import threading

from support import TenantTest

SOURCE = """
import concurrent.futures, multiprocessing, os, pickle, sys
class Value:
    def __init__(self, text): self.text = text
def work(value):
    import late
    return Value(f"{value.text}-{late.name}-{os.environ.get('TENANT')}")
def pool(method):
    context = multiprocessing.get_context(method)
    with context.Pool(1) as pool:
        return pool.map(work, [Value("{name}")])[0].text
def executor(method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, Value("{name}")).result().text
"""


class ProcessesTest(TenantTest):
    def run_methods(self, function):
        tenants = self.pair(main=SOURCE, late="name = '{name}'")
        for method in multiprocessing.get_all_start_methods():
            for tenant in tenants:
                with self.subTest(method, tenant=tenant.id):
                    results = []

                    def work():
                        tenant.enter()
                        results.append(getattr(__import__("main"), function)(method))
                    thread = threading.Thread(target=work)
                    thread.start()
                    thread.join()
                    self.assertEqual([f"{tenant.id}-{tenant.id}-{tenant.id}"], results)

    def test_pools_of_processes_import_the_tenants_modules(self):
        self.run_methods("pool")

    def test_executors_of_processes_import_the_tenants_modules(self):
        self.run_methods("executor")
