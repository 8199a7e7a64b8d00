"""debugpy in an app: a process has one debugger, and so all apps share it.

`debugpy.listen()` may be called once in a process. An app calls it whenever it is loaded, and another app may have been first: later calls say where the
first one listens. What that has set up belongs to the process: pydevd registers its end as an exit function, which would end it with the generation.

Before Python 3.12 a debugger sees a thread only when it is told of it. debugpy finds those that there are when it begins to listen, and those that `threading` starts
afterwards; the gateway's are started by neither.
"""
import functools
import sys
import threading

from . import context, notices

_gate = threading.Lock()
_listening = None  # what the first call has returned
_see_this_thread = None  # the debugger's, where it has to be called


def _debugpy(module):
    listen = module.listen

    @functools.wraps(listen)
    def listen_once(address, **options):
        global _listening, _see_this_thread
        generation = context.origin()
        with _gate:
            if _listening is None:
                # The thread, too, is not the app's for as long: who starts a thread owns it.
                _listening = context.outside(functools.partial(listen, address, **options))
                if not hasattr(sys, "monitoring"):
                    _see_this_thread = module.debug_this_thread
            elif generation is not None and address not in (_listening, _listening[1]):
                host, port = _listening
                notices.once(generation, "debugpy.listen", f"debugpy.listen({address!r}): the debugger of all apps listens on {host}:{port}")
            return _listening

    module.listen = listen_once


def entered():
    """The calling thread has become a generation's."""
    if _see_this_thread is not None:
        context.outside(_see_this_thread)


PATCHES = (("debugpy", _debugpy),)
