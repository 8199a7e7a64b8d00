import sys
import types
import unittest

import support  # noqa: F401, which makes the package

from snakehost import debuggers


class DebuggersTest(unittest.TestCase):
    def test_a_debugger_that_is_too_old_is_in_nobodys_way_and_debug_says_so(self):
        monitoring, importing = types.ModuleType("monitoring"), debuggers._import
        sys.modules[debuggers._MONITORING] = monitoring
        self.addCleanup(sys.modules.pop, debuggers._MONITORING)
        self.addCleanup(setattr, debuggers, "_import", importing)
        debuggers._import = lambda packages: types.SimpleNamespace(__version__="1.8.12")
        debuggers.entered()
        self.assertRegex(debuggers.serve(None, None), r"^debugpy 1\.8\.12 is too old for Python 3\.\d+, in which it loses threads: \S+ -m pip install --upgrade debugpy$")
        self.assertFalse(debuggers.is_serving())
        reset = []
        monitoring.reset_thread_local_info = lambda: reset.append(1)
        debuggers.entered()
        self.assertEqual([1], reset)
