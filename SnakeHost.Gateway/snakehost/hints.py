"""What to do about an exception: of a shared library's registry, which remembers what another app, or this one before its reload, declared; of newer syntax."""
import re
import sys

from . import context

_SAYS_SO = re.compile(
    r"\balready\b.{0,40}\b(defined|registered|declared)\b|\bduplicated?\b.{0,20}\b(timeseries|validator|registration)\b", re.IGNORECASE | re.DOTALL)
# protobuf's own C code raises it: no frame tells where it comes from.
_POOL = re.compile(r"already in the pool|in the pool that all apps share|duplicate file name")
_LAZY = re.compile(r"\s*lazy\s+(import|from)\b")


def remembered(exc):
    """What a library that is shared remembers of another app, or of this one before its reload, and refuses for it; None when that is not the case."""
    generation = context.origin()
    if generation is None or isinstance(exc, OSError):
        return None
    if isinstance(exc, TypeError) and _POOL.search(str(exc)):
        return "google.protobuf keeps one pool of definitions for the whole process, in which the file is defined differently"
    name = _package(generation, exc.__traceback__) if _SAYS_SO.search(str(exc)) else None
    return None if name is None else f"{name} keeps what apps declare for the whole process, and has it already: name it in PrivatePackages to share the process"


def of(exc):
    """A sentence, or None."""
    generation = context.origin()
    if generation is None or isinstance(exc, OSError):
        return None
    if isinstance(exc, SyntaxError):
        is_lazy = sys.version_info < (3, 15) and _LAZY.match(exc.text or "")
        return f"Lazy imports came with Python 3.15, and this gateway runs Python {sys.version_info[0]}.{sys.version_info[1]}." if is_lazy else None
    if isinstance(exc, TypeError) and _POOL.search(str(exc)):
        return ("google.protobuf keeps one pool of definitions for the whole process, in which another app, or this one before a reload, has defined the file "
                "differently: restart the gateway after generating code anew, and give the files of different apps different names. Of its pure Python "
                "implementation (PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python for the gateway) each app can have a copy: name protobuf in PrivatePackages.")
    name = _package(generation, exc.__traceback__) if _SAYS_SO.search(str(exc)) else None
    if name is None:
        return None
    return (f"{name} is shared, and keeps what apps declare for the whole process: another app, or this one before its reload, may have declared the same. "
            f"Name {name} in PrivatePackages of the route, and each load of the app gets its own copy.")


def _package(generation, traceback):
    """The shared package of the innermost frame, if it is one that can be private."""
    innermost = None
    while traceback is not None:
        innermost, traceback = traceback.tb_frame, traceback.tb_next
    top = (innermost.f_globals.get("__name__") or "").partition(".")[0] if innermost is not None else ""
    if not top or top in sys.stdlib_module_names or top == __name__.partition(".")[0] or generation.places[top] is generation.modules:
        return None
    return top
