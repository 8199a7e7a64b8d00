"""debugpy in an app: a process has one debugger, and so all apps share it.

`debugpy.listen()` may be called once in a process. An app calls it whenever it is loaded, and another app may have been first: later calls say where the
first one listens. What that has set up belongs to the process: pydevd registers its end as an exit function, which would end it with the generation.
"""
import functools
import threading

from . import context, notices

_gate = threading.Lock()
_listening = None  # what the first call has returned


def _debugpy(module):
    listen = module.listen

    @functools.wraps(listen)
    def listen_once(address, **options):
        global _listening
        generation = context.origin()
        with _gate:
            if _listening is None:
                # The thread, too, is not the app's for as long: who starts a thread owns it.
                _listening = context.outside(functools.partial(listen, address, **options))
            elif generation is not None and address not in (_listening, _listening[1]):
                host, port = _listening
                notices.once(generation, "debugpy.listen", f"debugpy.listen({address!r}): the debugger of all apps listens on {host}:{port}")
            return _listening

    module.listen = listen_once


PATCHES = (("debugpy", _debugpy),)
