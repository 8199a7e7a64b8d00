"""Namespace packages (PEP 420) of a tenant.

The interpreter recomputes their path from `sys.path` whenever it is read; read outside the tenant it would lose the
tenant's portions. This one asks its own space instead.
"""
import sys
from importlib import _bootstrap_external


class TenantNamespacePath(_bootstrap_external._NamespacePath):
    def __init__(self, name, portions, space):
        self._space = space
        super().__init__(name, portions, self._find)

    def _get_parent_path(self):
        parent = self._name.rpartition(".")[0]
        if not parent:
            return tuple(self._space.path)
        table = self._space.places[parent]
        module = dict.get(sys.modules if table is None else table, parent)
        return tuple(getattr(module, "__path__", ()))

    def _find(self, name, parent_path):
        return self._space.find_submodule(name, parent_path) if "." in name else self._space.locate(name)[0]


def move(tables, space):
    """The namespace packages in these tables are a space's from now on."""
    for table in tables:
        for module in list(table.values()):
            path = getattr(module, "__path__", None)
            if isinstance(path, TenantNamespacePath):
                path._space = space
