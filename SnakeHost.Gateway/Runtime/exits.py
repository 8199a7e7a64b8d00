"""`atexit` per generation: a tenant's callbacks run when it is disposed, not when the process ends."""
import atexit

from . import context

_register, _unregister = atexit.register, atexit.unregister


def register(func, /, *args, **kwargs):
    generation = context.current()
    if generation is None:
        return _register(func, *args, **kwargs)
    if not callable(func):
        raise TypeError("the first argument must be callable")
    generation.exits.append((func, args, kwargs))
    return func


def unregister(func, /):
    generation = context.current()
    if generation is None:
        _unregister(func)
    else:
        generation.exits[:] = [entry for entry in generation.exits if entry[0] != func]


def run(generation, report):
    """Last registered first, each on its own. `report` gets what one raises."""
    while generation.exits:
        func, args, kwargs = generation.exits.pop()
        try:
            func(*args, **kwargs)
        except BaseException as error:
            report(error)


def install():
    atexit.register, atexit.unregister = register, unregister
