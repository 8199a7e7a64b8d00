"""A working directory per tenant: on Linux a thread can detach its own from the process's, without privileges.

Threads and processes that a detached thread starts share and inherit it. Some sandboxes refuse the call; then, and on
other systems, the process's working directory stays what it is.
"""
import ctypes
import os
import sys

from . import context

_CLONE_FS = 0x200
_unshare = None
_refused = None  # the reason, once known


def install():
    global _unshare, _refused
    if not sys.platform.startswith("linux"):
        _refused = f"not available on {sys.platform}"
        return
    try:
        _unshare = ctypes.CDLL(None, use_errno=True).unshare
    except (OSError, AttributeError) as error:
        _refused = str(error)


def refused():
    """Why threads cannot have a working directory of their own; None as long as they can."""
    return _refused


def enter(directory):
    """Detach the calling thread and change to the directory. False when that is not possible."""
    if not _detach():
        return False
    try:
        os.chdir(directory)
    except OSError:
        return False  # deleted meanwhile: importing from it will say so
    context.thread.directory = directory
    return True


def changed(since):
    """Where the calling thread is now, if that is another directory than it was: the code that ran has changed to it."""
    if not context.thread.detached:
        return since
    try:
        now = os.getcwd()
        if os.path.samefile(since, now):
            return since
    except OSError:
        return since
    context.thread.directory = now
    return now


def visit(directory):
    """For a worker thread that serves several tenants: as enter, but cheap when it is there already."""
    if context.thread.directory != directory:
        enter(directory)


def _detach():
    global _refused
    thread = context.thread
    if thread.detached:
        return True
    if _refused is not None:
        return False
    if _unshare(_CLONE_FS) != 0:
        _refused = os.strerror(ctypes.get_errno())
        return False
    thread.detached = True
    return True
