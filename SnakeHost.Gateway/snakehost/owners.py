"""Whose module a name means.

`Places` knows the table that holds a module. `Owners` is what `sys.modules` asks: mostly the same, and a mapping that decides
anew at each look where the answer depends on who asks.
"""
import sys

from . import importers


class Places(dict):
    """Full module name → the table that holds it, None for the shared one. Filled on first use."""

    __slots__ = ("space",)

    def __init__(self, space):
        super().__init__()
        self.space = space

    def __missing__(self, key):
        space = self.space
        version = space.version
        table = self[key] = space.place(key)
        if space.version != version:  # claimed meanwhile by another thread
            self.pop(key, None)
        return table


class Owners(dict):
    """Full module name → the mapping in which it is looked up, None for the shared one. Filled on first use."""

    __slots__ = ("space",)

    def __init__(self, space):
        super().__init__()
        self.space = space

    def __missing__(self, key):
        space = self.space
        version = space.version
        table = space.places[key]
        if space.early and not space.owns(table) and not space.knows(key):
            # The space has finders that come before those of the modules that others have loaded: an import has to ask them.
            return _NOT_YET if importers.is_import(sys._getframe(1), space.early) else table
        space.seen.add(key)
        shadowing = None if table is None or type(key) is not str else space.shadowing(key, table)
        table = self[key] = table if shadowing is None else shadowing
        if space.version != version:
            self.pop(key, None)
        return table


_NOT_YET = {}
