"""`import clr`: Python.NET, attached by the gateway when the first app asks for it.

The finder is the last one: a `clr` in an app's folder or venv is the app's own, as every name is.
"""
import sys
from importlib.machinery import ModuleSpec


class ClrFinder:
    def __init__(self, attach):
        self._attach = attach

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, origin="SnakeHost.Gateway") if name == "clr" else None

    def create_module(self, spec):
        self._attach()  # puts the module, which all apps share, into sys.modules
        return sys.modules["clr"]

    def exec_module(self, module):
        pass


def install(attach):
    """attach() makes the module `clr`, or raises ImportError. Called once, outside of any tenant."""
    sys.meta_path.append(ClrFinder(attach))
