"""`signal.signal` in a tenant: signals are the gateway's. As under mod_wsgi, the call does nothing and says so once."""
import signal
import sys
import threading

from . import context

_signal = signal.signal


def set_handler(signalnum, handler):
    generation = context.origin()
    if generation is None or threading.current_thread() is threading.main_thread() and context.thread.generation is None:
        return _signal(signalnum, handler)
    previous = signal.getsignal(signalnum)
    if "signal" not in generation.warned:
        generation.warned.add("signal")
        print(f"snakehost: signal.signal({signalnum!r}, ...) is ignored: the process's signals belong to the gateway",
              file=sys.stderr)
    return previous


def install():
    signal.signal = set_handler
