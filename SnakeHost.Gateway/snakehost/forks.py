"""`os.register_at_fork` per generation: nothing takes a function back that the process has. A tenant's are called when its own code forks."""
import os
import sys

from . import context, exits, own

_register = getattr(os, "register_at_fork", None)


def register_at_fork(*, before=None, after_in_parent=None, after_in_child=None):
    given = {name: function for name, function in (("before", before), ("after_in_parent", after_in_parent), ("after_in_child", after_in_child))
             if function is not None}
    generation = context.current()
    if generation is None or exits.is_standard_library(sys._getframe(1).f_globals):
        return _register(**given)
    if not given:
        raise TypeError("At least one argument is required.")
    for name, function in given.items():
        if not callable(function):
            raise TypeError(f"'{name}' must be callable, not {type(function).__name__}")
    for name, function in given.items():
        own.state(generation, (_register, name), list).append(function)


def _calling(name, order):
    def call():
        generation = context.current()
        if generation is not None:
            for function in list(generation.own.get((_register, name), ()))[::order]:
                try:
                    function()
                except BaseException as error:
                    sys.excepthook(type(error), error, error.__traceback__)

    return call


def install():
    """Last: what else is done in a forked child, an app's functions may need."""
    if _register is not None:
        _register(before=_calling("before", -1), after_in_parent=_calling("after_in_parent", 1), after_in_child=_calling("after_in_child", 1))
        os.register_at_fork = register_at_fork
