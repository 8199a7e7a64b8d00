"""`ast.parse` in several threads. CPython 3.11 before 3.11.8 counts the depth of all trees that are under construction as one (github.com/python/cpython/issues/106905):
a collection meanwhile may run Python code, so that another thread goes on with its own, and one of the two gets a SystemError. An app alone hardly ever meets it; many in one process do.
"""
import gc
import os
import sys
import threading

from . import importing

_IS_COUNTED_TOGETHER = (3, 11) <= sys.version_info < (3, 11, 8)

_enable, _disable, _is_enabled = gc.enable, gc.disable, gc.isenabled  # a tenant's do nothing


def _separate(module):
    lock = threading.RLock()

    def compile_alone(*args, **named):
        """Without a collection nothing lets the GIL go."""
        with lock:
            enabled = _is_enabled()
            _disable()
            try:
                return compile(*args, **named)
            finally:
                if enabled:
                    _enable()

    module.compile = compile_alone
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lock._at_fork_reinit)


def install():
    if _IS_COUNTED_TOGETHER:
        importing.when_loaded("ast", _separate)
