import sys
import time

from support import TenantTest


class SpeedTest(TenantTest):
    """Prints figures; what they have to be depends on the machine."""

    def test_figures(self):
        a, _ = self.pair(main="def own():\n    import util\ndef dotted():\n    import pkg.sub", util="", pkg____init__="",
                         pkg__sub="")
        main = a.run(__import__, "main")

        def shared():
            import json

        def measure(function, count=100_000):
            start = time.perf_counter()
            for _ in range(count):
                function()
            return (time.perf_counter() - start) / count * 1e9
        for function in (main.own, main.dotted):
            a.run(function)
        empty = measure(lambda: None)
        print("\n%d.%d: import of a loaded module, ns:" % sys.version_info[:2],
              f"outside {measure(shared) - empty:.0f},",
              f"shared {a.run(measure, shared) - empty:.0f},",
              f"own {a.run(measure, main.own) - empty:.0f},",
              f"dotted {a.run(measure, main.dotted) - empty:.0f};",
              f"sys.modules.get outside {measure(lambda: sys.modules.get('json')) - empty:.0f}")
