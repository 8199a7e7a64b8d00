"""The source lines of a traceback: what a frame's file name says is the app's choice, and not always a file of source code."""
import contextlib
import linecache
import os
import stat
import sys

_LARGEST = 4 * 1024 * 1024  # bytes


@contextlib.contextmanager
def readable(files):
    """For as long as it lasts, linecache knows these files as they are now, and reads none that may not end: a FIFO, a device, gigabytes."""
    refused = []
    try:
        for file in files:
            try:
                linecache.checkcache(file)
                if file not in linecache.cache and not _may_be_read(file):
                    linecache.cache[file] = (0, None, [], file)
                    refused.append(file)
            except Exception:
                continue
        yield
    finally:
        for file in refused:
            linecache.cache.pop(file, None)


def _may_be_read(file):
    """What linecache would open: the file, else one of that name on the search path."""
    candidates = [file] if os.path.isabs(file) else [file, *(os.path.join(folder, file) for folder in sys.path if isinstance(folder, str))]
    for candidate in candidates:
        try:
            status = os.stat(candidate)
        except (OSError, ValueError):
            continue
        return stat.S_ISREG(status.st_mode) and status.st_size <= _LARGEST
    return True
