"""What reads from a terminal: an app has none, and standard input is the gateway's. `sys.stdin` is empty, `breakpoint()` and pdb say what to use instead."""
import importlib
import io
import os
import sys
import warnings

from . import context, importing, notices

_ADVICE = (
    "an app has no terminal to debug in: set the environment variable PYTHONBREAKPOINT to a debugger that is reached over the network, such as "
    "debugpy.breakpoint after debugpy.listen(5678), or run the app by itself")


class _Empty(io.TextIOWrapper):
    """What an app sees as `sys.stdin`."""

    def __init__(self):
        super().__init__(open(os.devnull, "rb"), encoding="utf-8")

    @property
    def name(self):
        return "<stdin>"

    mode = "r"

    def close(self):
        """An app that closes its standard input closes nobody else's."""


class _Input(_Empty):
    """What `input()` reads: C code, which looks into the dict of `sys`. It goes on to what the tenant has assigned to `sys.stdin`."""

    def readline(self, *args):
        generation = context.origin()
        replaced = None if generation is None else generation.replaced.get("stdin")
        if replaced is not None:
            return replaced.readline(*args)
        if generation is not None:
            notices.once(generation, "input", "input() finds nothing to read: an app has no terminal")
        return ""


_empty = None


def own_input():
    return _empty


def breakpoint_hook(*args, **named):
    """`sys.breakpointhook` of who has set none, by the app's own PYTHONBREAKPOINT."""
    generation = context.origin()
    if generation is None:
        return sys.__breakpointhook__(*args, **named)
    chosen = os.environ.get("PYTHONBREAKPOINT") or "pdb.set_trace"
    if chosen == "0":
        return None
    module, _, name = chosen.rpartition(".")
    try:
        hook = getattr(importlib.import_module(module or "builtins"), name)
    except (ImportError, AttributeError, ValueError):
        return warnings.warn(f'Ignoring unimportable $PYTHONBREAKPOINT: "{chosen}"', RuntimeWarning, stacklevel=2)  # as CPython does
    return hook(*args, **named)


_LAST = "pdb._last_pdb_instance"
_of_process = {}


class _PerGeneration(type):
    """Since 3.14 `pdb.set_trace` goes on with the last debugger: not with another tenant's."""

    def _get(cls):
        generation = context.current()
        return (_of_process if generation is None else generation.own).get(_LAST)

    def _set(cls, debugger):
        generation = context.current()
        (_of_process if generation is None else generation.own)[_LAST] = debugger

    _last_pdb_instance = property(_get, _set)


def _refuse_terminal(debugger):
    """Where it would stop to read: who only makes a debugger, as doctest does for each test, needs no terminal."""
    if debugger.stdin is _empty and context.origin() is not None:
        raise RuntimeError(f"snakehost: {_ADVICE}")


def _patch_pdb(module):
    class Pdb(module.Pdb, metaclass=_PerGeneration):
        __doc__ = module.Pdb.__doc__

        def set_trace(self, *args, **named):
            _refuse_terminal(self)
            return super().set_trace(*args, **named)

        def interaction(self, *args, **named):
            _refuse_terminal(self)
            return super().interaction(*args, **named)

    Pdb.__module__, Pdb.__qualname__ = module.Pdb.__module__, module.Pdb.__qualname__
    module.Pdb = Pdb


def install():
    global _empty
    _empty = _Empty()
    sys.stdin = _Input()
    sys.breakpointhook = breakpoint_hook
    importing.when_loaded("pdb", _patch_pdb)
