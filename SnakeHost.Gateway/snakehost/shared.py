"""What stays the process's although a tenant may set it: the call works, and its app is told once that it holds for all."""
import functools

from . import context, importing, notices

# Module, function, and whether a call with these arguments sets anything.
_SETTERS = (
    ("resource", "setrlimit", lambda args: True),
    ("resource", "prlimit", lambda args: len(args) > 2),
    ("locale", "setlocale", lambda args: len(args) > 1 and args[1] is not None),
    ("tracemalloc", "start", lambda args: True),
)


def _tell(module, name, sets):
    function = getattr(module, name, None)
    if function is None:
        return

    @functools.wraps(function)
    def call(*args, **named):
        result = function(*args, **named)
        generation = context.current()
        if generation is not None and sets((*args, *named.values())):
            called = f"{module.__name__}.{name}"
            notices.once(generation, called, f"{called}() holds for all apps in this process")
        return result

    setattr(module, name, call)


def install():
    for module, name, sets in _SETTERS:
        importing.when_loaded(module, functools.partial(_tell, name=name, sets=sets))
