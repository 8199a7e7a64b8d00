"""`signal.signal` in a tenant: signals are the gateway's. As under mod_wsgi, the call does nothing and says so once. Nor do `alarm` and `setitimer`
do anything there: without a handler their signal would end the gateway.

A forked child is no longer the gateway, but has its handlers: .NET's write the signal to a pipe that parent and child share, so
that terminating the child would stop the parent. There the defaults are put back, and `signal.signal` works as ever.
"""
import os
import signal
import sys
import threading

from . import context

_signal = signal.signal
_in_child = False

# What .NET handles (docs: PosixSignal) as far as the platform has it.
_HANDLED = ("SIGHUP", "SIGQUIT", "SIGTERM", "SIGCHLD", "SIGCONT", "SIGWINCH", "SIGTTIN", "SIGTTOU", "SIGTSTP")


def set_handler(signalnum, handler):
    generation = context.origin()
    if _in_child or generation is None or threading.current_thread() is threading.main_thread() and context.thread.generation is None:
        return _signal(signalnum, handler)
    previous = signal.getsignal(signalnum)
    _warn(generation, f"signal.signal({signalnum!r}, ...)")
    return previous


def _warn(generation, call):
    name = call.partition("(")[0]
    if name not in generation.warned:
        generation.warned.add(name)
        print(f"snakehost: {call} is ignored: the process's signals belong to the gateway", file=sys.stderr)


def _timer(set_timer, nothing):
    def call(*arguments, **options):
        generation = context.origin()
        if _in_child or generation is None:
            return set_timer(*arguments, **options)
        _warn(generation, f"signal.{set_timer.__name__}(...)")
        return nothing

    call.__name__ = set_timer.__name__
    return call


def _after_fork_in_child():
    global _in_child
    _in_child = True
    for name in _HANDLED:
        number = getattr(signal, name, None)
        if number is not None:
            _signal(number, signal.SIG_DFL)
    _signal(signal.SIGINT, signal.default_int_handler)


def install():
    signal.signal = set_handler
    for name, nothing in (("alarm", 0), ("setitimer", (0.0, 0.0))):
        if hasattr(signal, name):
            setattr(signal, name, _timer(getattr(signal, name), nothing))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
