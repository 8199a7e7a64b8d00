"""Who imports: found out from the frames, and only where it matters.

A file `heapq.py` of a tenant must not become the `heapq` that the standard library imports inside a function, while a plug-in
that a library imports by its name (`importlib.import_module`, pickle) is to be found in the tenant. So an import *statement* of
a shared module means what it means at the top of that module.
"""
import importlib.util
import opcode
import os
import sys
import types

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DICT = types.ModuleType.__dict__["__dict__"]
_MACHINERY = ("<frozen importlib", importlib.util.find_spec.__code__.co_filename)
_STATEMENTS = {opcode.opmap["IMPORT_NAME"], opcode.opmap["IMPORT_FROM"]}
_ends = set()


def end_at(function):
    """What a function of ours imports is nobody's statement: it has chosen the space itself."""
    _ends.add(function.__code__)


def caller(frame):
    """The frame that called the import machinery or `sys.modules`; None where no code of others did."""
    while frame is not None and frame.f_code.co_filename.startswith((*_MACHINERY, _HERE)):
        frame = None if frame.f_code in _ends else frame.f_back
    return frame


def is_statement(frame):
    return frame is not None and frame.f_code.co_code[frame.f_lasti] in _STATEMENTS


def is_machinery(frame):
    """Whether the import machinery itself looks into `sys.modules`, or changes it."""
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_MACHINERY)


def is_import(frame, hooks):
    """Whether a look into `sys.modules` is part of an import, or by one of the modules that have hooks: is it imported already?"""
    if is_machinery(frame):
        return True
    frame = caller(frame)
    return is_statement(frame) or frame is not None and frame.f_globals.get("__name__") in hooks


def is_module_of(frame, table):
    """Whether the frame's code is that of a module in a table."""
    return is_code_of(frame, dict.get(table, frame.f_globals.get("__name__")))


def is_code_of(frame, module):
    if module is None:
        return False
    content = contents(module)
    # Else it has put another module in its place, or runs with other globals (own.py).
    return content is frame.f_globals or content.get("__file__") == frame.f_code.co_filename


def contents(module):
    """What is in a module, without asking it: lazy ones load all they know for a look at `__dict__`."""
    return _DICT.__get__(module) or {} if isinstance(module, types.ModuleType) else {}


class Shadowing(dict):
    """What a tenant, or a venv, has under a name that modules around it mean otherwise."""

    __slots__ = ("space", "table", "in_base")

    def __init__(self, space, table, in_base):
        super().__init__()
        self.space = space
        self.table = table
        self.in_base = in_base

    def __getitem__(self, key):
        return dict.__getitem__(self.table_for(key, sys._getframe(1)), key)

    def get(self, key, default=None, /):
        return dict.get(self.table_for(key, sys._getframe(1)), key, default)

    def __contains__(self, key):
        return dict.__contains__(self.table_for(key, sys._getframe(1)), key)

    def table_for(self, key, frame):
        around = self.around(key, frame)
        return self.table if around is None else sys.modules if around.table is None else around.table

    def around(self, key, frame):
        """The place that an import statement of a shared module means; None when the tenant's own module is meant."""
        frame = caller(frame)
        if not is_statement(frame):
            return None
        venv = self.space.outer
        if venv is not None and is_code_of(frame, venv.loaded(frame.f_globals.get("__name__"))):
            table = venv.places[key]
            if table is self.table or table is None and not self.in_base:
                return None
            return _Around(venv, table)
        return _Around(None, None) if self.in_base and is_module_of(frame, sys.modules) else None


class _Around:
    __slots__ = ("space", "table")

    def __init__(self, space, table):
        self.space = space
        self.table = table
