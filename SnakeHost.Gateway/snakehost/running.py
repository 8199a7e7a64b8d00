"""Functions of shared modules that execute what an app gives them: `runpy.run_path`, `code.interact`, `cProfile.run`. In globals without `__builtins__`
`exec` puts those of whoever calls it; here that is to mean the app's, with what `gettext.install()` has added.
"""
from . import context, importing, own

_EXECUTING = {
    "runpy": ("_run_code",),
    "code": ("InteractiveInterpreter.runcode",),
    "bdb": ("Bdb.run", "Bdb.runeval"),
    "cProfile": ("Profile.runctx",),
    "profiling.tracing": ("Profile.runctx",),  # since 3.15
    "profile": ("Profile.runctx",),
    "trace": ("Trace.runctx",),
    "doctest": ("DocTestRunner.__run",),
}


def _with_builtins(module):
    own.names(module, functions=_EXECUTING[module.__name__], fresh=lambda process: {"__builtins__": context.current().builtins})


def install():
    for name in _EXECUTING:
        importing.when_loaded(name, _with_builtins)
