import asyncio
import os
import sys
import threading
import unittest
import warnings
import weakref

from support import TenantTest, snakehost

SOURCE = """
import asyncio, warnings
warnings.simplefilter("ignore", DeprecationWarning)

class Loop(asyncio.SelectorEventLoop):
    owner = "{name}"

class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return Loop()

def install():
    asyncio.set_event_loop_policy(Policy())

def uninstall():
    asyncio.set_event_loop_policy(None)

def runs():
    async def main():
        return getattr(asyncio.get_running_loop(), "owner", None)
    return asyncio.run(main())

def makes():
    loop = asyncio.new_event_loop()
    loop.close()
    return getattr(loop, "owner", None)

def own_policy():
    return type(asyncio.get_event_loop_policy()).__module__ == __name__

def remembers():
    loop = Loop()
    asyncio.set_event_loop(loop)
    try:
        return asyncio.get_event_loop() is loop
    finally:
        loop.close()

def has_a_loop():
    try:
        asyncio.get_event_loop()
        return True
    except RuntimeError:
        return False

def refuses():
    try:
        asyncio.set_event_loop_policy("no policy")
    except TypeError:
        return True
"""


@unittest.skipUnless(hasattr(asyncio, "set_event_loop_policy"), "Python 3.16 has no event loop policies")
class PoliciesTest(TenantTest):
    def setUp(self):
        super().setUp()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.a, self.b = self.pair(main=SOURCE)
            self.each([self.a, self.b], "has_a_loop")

    def on_a_thread(self, function):
        results = []
        thread = threading.Thread(target=lambda: results.extend(self.each([self.a, self.b], function)))
        thread.start()
        thread.join()
        return results

    def test_a_policy_is_the_tenants_own(self):
        self.each([self.a], "install")
        for function in ("runs", "makes"):
            self.assertEqual(["a", None], self.each([self.a, self.b], function))
            self.assertEqual(["a", None], self.on_a_thread(function))
        self.assertEqual([True, False], self.each([self.a, self.b], "own_policy"))
        loop = asyncio.new_event_loop()
        loop.close()
        self.assertFalse(hasattr(loop, "owner"))

        self.each([self.b], "install")
        self.assertEqual(["a", "b"], self.each([self.a, self.b], "runs"))
        self.each([self.a], "uninstall")
        self.assertEqual([None, "b"], self.each([self.a, self.b], "runs"))

    def test_a_loop_that_one_tenant_sets_is_not_found_by_another_on_the_same_thread(self):
        self.assertEqual([True, True], self.on_a_thread("remembers"))

        def one_after_the_other():
            results.extend(self.each([self.a], "remembers"))
            results.extend(self.each([self.b], "has_a_loop"))
        results = []
        thread = threading.Thread(target=one_after_the_other)
        thread.start()
        thread.join()
        self.assertEqual([True, False], results)

    def test_what_is_no_policy_is_refused(self):
        self.assertEqual([True, True], self.each([self.a, self.b], "refuses"))

    def test_a_venvs_module_sets_it_for_those_who_use_the_venv(self):
        venv = self.make_venv("env", {"fastloop.py": """
            import asyncio, warnings
            class Loop(asyncio.SelectorEventLoop):
                owner = "venv"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                class Policy(asyncio.DefaultEventLoopPolicy):
                    def new_event_loop(self):
                        return Loop()
                asyncio.set_event_loop_policy(Policy())
            """})
        self.write("c", main="import fastloop\n" + SOURCE)
        self.write("d", main=SOURCE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            c, d = self.generation("c", venv), self.generation("d", venv)
            self.assertEqual(["venv", "venv", None], self.each([c, d, self.a], "runs"))

    def test_it_is_gone_with_the_generation(self):
        self.each([self.a], "install")
        policy = weakref.ref(self.a.modules["main"].Policy)
        self.a.dispose()
        self.assert_collected(policy)

    @unittest.skipUnless(hasattr(os, "fork") and sys.version_info >= (3, 12), "asyncio forgets the loop in a child since 3.12")
    def test_a_forked_child_has_no_loop_of_its_parent(self):
        def in_child():
            loop = asyncio.SelectorEventLoop()
            asyncio.set_event_loop(loop)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pid = os.fork()
                if pid == 0:
                    try:
                        os._exit(asyncio.get_event_loop() is loop)
                    except RuntimeError:
                        os._exit(0)
            loop.close()
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        results = []
        thread = threading.Thread(target=lambda: results.append(self.a.run(in_child)))
        thread.start()
        thread.join()
        self.assertEqual([0], results)
