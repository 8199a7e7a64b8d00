"""Whether an import may wait (PEP 810): `sys.set_lazy_imports` and `sys.set_lazy_imports_filter`, which hold for the generation that calls them.

CPython has one mode and one filter. The mode is "all" as soon as one generation wants it; for all others what does not say `lazy` is imported at once then.
"""
import opcode
import sys
import weakref

from . import context, own
from .importing import look_frozen

_IMPORT_NAME = opcode.opmap["IMPORT_NAME"]
_SAYS_LAZY = 1  # a bit of its argument
_MODE, _FILTER = "lazy_imports", "lazy_imports_filter"
_wanting = weakref.WeakSet()  # generations that want "all" where the process does not
_process = None  # its mode


def may_wait(generation, importer, name, fromlist, frame):
    """The process's filter is asked by CPython."""
    mode, wish = _process, None
    if generation is not None:
        mode, wish = generation.replaced.get(_MODE, mode), generation.replaced.get(_FILTER)
    if mode != "all" and (_wanting or _process == "all") and not _says_lazy(frame, name):
        return False
    return wish is None or bool(wish(importer, name, fromlist))


def _says_lazy(frame, name):
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] != _IMPORT_NAME or bool(code[at + 1] & _SAYS_LAZY) or name in frame.f_globals.get("__lazy_modules__", ())


def set_mode(mode):
    """Sets the lazy imports mode, "all" or "normal", of this app."""
    global _process
    generation = context.origin()
    if generation is not None and mode in ("all", "normal"):
        generation.replaced[_MODE] = mode
        (_wanting.add if mode == "all" else _wanting.discard)(generation)
        _set_mode("all" if _wanting else _process)
    else:
        _set_mode(mode)  # or says that there is no such mode
        _process = mode
        if _wanting:
            _set_mode("all")


def get_mode():
    """The lazy imports mode of this app."""
    generation = context.origin()
    return _process if generation is None else generation.replaced.get(_MODE, _process)


def set_filter(filter):
    """Sets the lazy imports filter of this app, None for none. It is asked about the imports of the app's own modules."""
    generation = context.origin()
    if generation is None:
        _set_filter(filter)
    elif filter is not None and not callable(filter):
        raise TypeError("filter must be callable or None")
    else:
        generation.replaced[_FILTER] = filter


def get_filter():
    """The lazy imports filter of this app."""
    generation = context.origin()
    return _get_filter() if generation is None else generation.replaced.get(_FILTER)


def _forget(generation):
    if generation in _wanting:
        _wanting.discard(generation)
        _set_mode("all" if _wanting else _process)


def install():
    global _process, _set_mode, _set_filter, _get_filter
    _process, _set_mode, _set_filter, _get_filter = sys.get_lazy_imports(), sys.set_lazy_imports, sys.set_lazy_imports_filter, sys.get_lazy_imports_filter
    sys.set_lazy_imports, sys.get_lazy_imports = set_mode, get_mode
    sys.set_lazy_imports_filter, sys.get_lazy_imports_filter = set_filter, get_filter
    look_frozen(may_wait)
    own.when_disposed(_forget)
