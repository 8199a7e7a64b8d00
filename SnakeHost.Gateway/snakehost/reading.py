"""Which files below its folder a tenant reads: templates, fixtures, settings. When one is saved, the tenant is to be reloaded, though nothing imports it.

Told by the interpreter's audit events, so whoever opens the file: Jinja2, Django, the app. That is for development: each event of any kind costs a call. What a tenant
writes, renames or removes by itself is told too, before it happens, and does not count from then on.
"""
import os
import sys

from . import context, streams

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events that change the file which the argument of that number names (docs.python.org/3/library/audit_events.html).
_CHANGES = {"os.rename": (0, 1), "os.remove": (0,), "os.truncate": (0,), "os.utime": (0,), "os.link": (1,), "os.symlink": (1,), "sqlite3.connect": (0,)}
_MOST = 10_000  # of a generation: one that opens no end of files has data, not templates
_note = None


def _hook(event, args):
    if event == "open":
        path, _, flags = args
        _take(path, isinstance(flags, int) and flags & _WRITES != 0)
    else:
        numbers = _CHANGES.get(event)
        if numbers is not None:
            for number in numbers:
                _take(args[number], True)


def _take(path, writes):
    generation = context.current()
    # In a forked child there is no one behind _note.
    if generation is None or streams.is_forked() or not isinstance(path, (str, bytes, os.PathLike)):
        return
    try:
        name = os.fsdecode(path)
        known = generation.opened.get(name)
        if known is True or known is False and not writes or len(generation.opened) >= _MOST:
            return
        generation.opened[name] = writes  # False: read, True: written, which is for good
        folder = os.path.realpath(os.path.dirname(name) or ".")
        if (folder + os.sep).startswith(generation.real_directory + os.sep):
            place = os.path.join(folder, os.path.basename(name))
            modified, size = (0, 0) if writes else _stamp(place)
            if place.isprintable():
                _note(generation.id, place, modified, size, writes)
    except (OSError, ValueError):
        pass  # whoever opens it will hear of it


def _stamp(path):
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size


def install(note):
    """note(generation's id, real path, mtime in ns, size, whether the tenant changes it)."""
    global _note
    _note = note
    sys.addaudithook(_hook)
