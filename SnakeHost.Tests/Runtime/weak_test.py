import sys
import threading
import unittest
import weakref

import support  # noqa: F401: it installs the package

from snakehost import weak


class Thing:
    pass


class WeakTest(unittest.TestCase):
    def while_others_add(self, add, look):
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        self.addCleanup(sys.setswitchinterval, before)
        done = threading.Event()
        kept = [Thing() for _ in range(500)]
        for thing in kept:
            add(thing)

        def adds():
            while not done.is_set():
                thing = Thing()
                add(thing)

        thread = threading.Thread(target=adds)
        thread.start()
        try:
            for _ in range(1000):
                self.assertLessEqual(set(kept), look())
        finally:
            done.set()
            thread.join()

    def test_a_set(self):
        those = weakref.WeakSet()
        self.while_others_add(those.add, lambda: set(weak.members(those)))

    def test_a_mapping(self):
        those = weakref.WeakKeyDictionary()
        self.while_others_add(lambda thing: those.__setitem__(thing, 1), lambda: {thing for thing, value in weak.items(those) if value == 1})

    def test_what_has_gone_is_not_there(self):
        those, others = weakref.WeakSet(), weakref.WeakKeyDictionary()
        kept = Thing()
        for thing in (kept, Thing()):
            those.add(thing)
            others[thing] = thing is kept
        del thing

        self.assertEqual(([kept], [(kept, True)]), (weak.members(those), weak.items(others)))


if __name__ == "__main__":
    unittest.main()
