"""The recursion limit and the stacks of threads. Both are the interpreter's, and together they decide whether endless recursion ends in a
RecursionError or ends the process, with every app in it.

So a tenant gets no more recursion than a stack of STACK bears, and no thread of a tenant has a smaller one. Only pages that are used cost memory.
"""
import _thread
import sys
import threading
import weakref

from . import context, notices, weak

STACK = 16 * 1024 * 1024  # bytes; also what the gateway's own threads have

# Until 3.11 each level may take C stack as well, 2.4 KB where it goes through sorted(key=…). Since then C code counts for itself, and what a
# level takes is memory.
DEEPEST = 6000 if sys.version_info < (3, 12) else 100_000

_set_limit, _get_limit = sys.setrecursionlimit, sys.getrecursionlimit
_stack_size = _thread.stack_size
_smallest = 32 * 1024  # as in CPython
_base = _get_limit()  # what code outside any tenant has set
_limits = weakref.WeakKeyDictionary()  # generation → what it has set
_sizes = {}  # as Generation.own, for code outside any tenant
_starting = threading.Lock()


def setrecursionlimit(limit, /):
    """The process has the highest limit that any generation has set."""
    global _base
    generation = context.current()
    if generation is None and context.origin() is None:
        _set_limit(limit)
        _base = limit
        return
    if not isinstance(limit, int):
        raise TypeError(f"'{type(limit).__name__}' object cannot be interpreted as an integer")
    if limit < 1:
        raise ValueError("recursion limit must be greater or equal than 1")
    allowed = min(limit, max(DEEPEST, _base))
    if generation is None:  # a shared module that is executed: for all who use it
        _base = max(_base, allowed)
        return _apply()
    _limits[generation] = allowed
    _apply()
    if limit > allowed:
        notices.once(generation, "sys.setrecursionlimit",
                     f"sys.setrecursionlimit({limit}) has set {allowed}: deeper recursion could end the gateway, and all apps with it")


def getrecursionlimit():
    generation = context.current()
    return _limits.get(generation, _base) if generation is not None else _get_limit()


def _apply():
    _set_limit(max([_base, *(limit for _, limit in weak.items(_limits))]))


def forget(generation):
    if _limits.pop(generation, None) is not None:
        _apply()


def stack_size(size=0, /):
    if not isinstance(size, int):
        raise TypeError(f"'{type(size).__name__}' object cannot be interpreted as an integer")
    if size < 0:
        raise ValueError("size must be 0 or a positive value")
    if 0 < size < _smallest:
        raise ValueError(f"size not valid: {size} bytes")
    generation = context.current()
    sizes = _sizes if generation is None else generation.own
    before, sizes[_stack_size] = sizes.get(_stack_size, 0), size
    if generation is not None and 0 < size < STACK:
        notices.once(generation, "threading.stack_size", f"threads have {STACK >> 20} MiB of stack at least, of which only what is used takes memory")
    return before


def start(start_thread, *args, **named):
    """Starts a thread with the stack that the generation wants."""
    generation = context.current()
    wanted = (_sizes if generation is None else generation.own).get(_stack_size, 0)
    if wanted <= STACK:
        return start_thread(*args, **named)
    with _starting:
        _stack_size(wanted)
        try:
            return start_thread(*args, **named)
        finally:
            _stack_size(STACK)


def install():
    sys.setrecursionlimit, sys.getrecursionlimit = setrecursionlimit, getrecursionlimit
    _stack_size(STACK)
    _thread.stack_size = threading.stack_size = stack_size
