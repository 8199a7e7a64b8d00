"""`import clr`: Python.NET, attached by the gateway when the first app asks for it.

The finder is the last one: a `clr` in an app's folder or venv is the app's own, as every name is.
"""
import sys
import types
from importlib.machinery import ModuleSpec

from . import context, space

# Python.NET puts `clr` among the shared modules long before it is usable. Apps look for it here, and wait for each other.
_modules = {}


class ClrFinder:
    def __init__(self, attach):
        self._attach = attach

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, origin="SnakeHost.Gateway") if name == "clr" else None

    def create_module(self, spec):
        # What Python.NET imports while it starts: loaded before, these modules see the real `sys`.
        import collections.abc, importlib.abc, inspect, traceback  # noqa: E401, F401

        token = context.variable.set(_Attaching(context.origin()))
        try:
            self._attach()  # puts the module, which all apps share, into sys.modules
        finally:
            context.variable.reset(token)
        module = dict.__getitem__(sys.modules, "clr")
        module.loader.sys = sys
        _modules.update((name, found) for name, found in dict.items(sys.modules) if name.startswith("clr."))
        _modules["clr"] = module
        return module

    def exec_module(self, module):
        pass


class _Attaching(context.Execution):
    """Python.NET takes the type of `sys` for the type of all modules. Here `sys` has a type of its own, so in this context
    it is a plain copy."""

    __slots__ = ()

    def __init__(self, origin):
        super().__init__(None, origin)
        plain = types.ModuleType("sys")
        plain.__dict__.update(vars(sys))
        self.owners = context.Nothing({"sys": {"sys": plain}})


def install(attach):
    """attach() makes the module `clr`, or raises ImportError. Called once, outside of any tenant."""
    space.Space.attached = {"clr": _modules}
    sys.meta_path.append(ClrFinder(attach))
