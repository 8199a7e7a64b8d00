"""`atexit` per generation: a tenant's callbacks run when it is disposed, not when the process ends."""
import atexit
import sys
import threading

from . import context

_register, _unregister = atexit.register, atexit.unregister
_register_before_threads = threading._register_atexit


def register(func, /, *args, **kwargs):
    generation = context.current()
    if generation is None or is_standard_library(sys._getframe(1).f_globals):
        return _register(func, *args, **kwargs)
    if not callable(func):
        raise TypeError("the first argument must be callable")
    generation.exits.append((func, args, kwargs))
    return func


def register_before_threads(func, *args, **kwargs):
    """`threading._register_atexit`: runs before threads are waited for. Not public, but libraries use it."""
    generation = context.current()
    if generation is None or is_standard_library(sys._getframe(1).f_globals):
        _register_before_threads(func, *args, **kwargs)
    else:
        generation.thread_exits.append((func, args, kwargs))


def is_standard_library(scope):
    """What the standard library registers on first use (weakref.finalize does) is for the process: run when a tenant
    ends, it would end it for all. Other libraries register what the tenant has made with them."""
    name = scope.get("__name__")
    module = dict.get(sys.modules, name)
    return name.partition(".")[0] in sys.stdlib_module_names and module is not None and vars(module) is scope


def unregister(func, /):
    generation = context.current()
    if generation is None:
        _unregister(func)
    else:
        generation.exits[:] = [entry for entry in generation.exits if entry[0] != func]


def run(entries, report):
    """Last registered first, each on its own. `report` gets what one raises."""
    while entries:
        func, args, kwargs = entries.pop()
        try:
            func(*args, **kwargs)
        except BaseException as error:
            report(error)


def install():
    atexit.register, atexit.unregister = register, unregister
    threading._register_atexit = register_before_threads
