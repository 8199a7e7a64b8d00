"""Submodules that a tenant has of a package that it shares with others: it sees them as attributes, others do not."""
import types

from . import context
from .importers import contents

_MISSING = object()


def keep_private(package, name, module, before):
    """Undo what the import machinery does last: setting a module as an attribute of its package. `before` was there."""
    attributes = contents(package)
    if attributes.get(name) is not module:
        return
    if isinstance(before, types.ModuleType):
        attributes[name] = before  # a module that others see under that name
        return
    del attributes[name]
    if not isinstance(attributes.get("__getattr__"), _Attributes):
        attributes["__getattr__"] = _Attributes(attributes["__name__"], attributes.get("__getattr__"))


class _Attributes:
    """A module's `__getattr__` (PEP 562)."""

    def __init__(self, package, original):
        self._package = package
        self._original = original

    def __call__(self, name):
        generation = context.current()
        module = _MISSING if generation is None else generation.modules.get(f"{self._package}.{name}", _MISSING)
        if module is not _MISSING:
            return module
        if self._original is not None:
            return self._original(name)
        raise AttributeError(f"module {self._package!r} has no attribute {name!r}")
