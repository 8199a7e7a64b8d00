"""`signal.signal` in a tenant: signals are the gateway's. As under mod_wsgi, the call does nothing and says so once, and so does `add_signal_handler` of
an event loop. Nor do `alarm` and `setitimer` do anything there: without a handler their signal would end the gateway.

A forked child is no longer the gateway, but has its handlers: .NET's write the signal to a pipe that parent and child share, so
that terminating the child would stop the parent. There the defaults are put back, and `signal.signal` works as ever.
"""
import inspect
import os
import signal
import threading
import weakref

from . import context, importing, notices

_signal = signal.signal
_in_child = False
_handled = weakref.WeakKeyDictionary()  # event loop → the signals that an app has a handler for

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
    notices.once(generation, call.partition("(")[0], f"{call} is ignored: the process's signals belong to the gateway")


def is_the_gateways(number):
    """Whether the gateway acts on the signal."""
    return number == signal.SIGINT or number in [getattr(signal, name, None) for name in _HANDLED]


def _ignored(function, nothing):
    """The function, which in a tenant returns `nothing`."""
    name = function.__name__

    def call(*arguments, **options):
        generation = context.origin()
        if _in_child or generation is None:
            return function(*arguments, **options)
        _warn(generation, f"signal.{name}(...)")
        return nothing

    call.__name__ = name
    return call


def _patch_loop(loop):
    """`add_signal_handler` of a class of event loops, which fails elsewhere than in the main thread."""
    add, remove = loop.add_signal_handler, loop.remove_signal_handler

    def add_signal_handler(self, sig, callback, *args):
        generation = context.origin()
        if _in_child or generation is None:
            return add(self, sig, callback, *args)
        if inspect.iscoroutine(callback) or inspect.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        if not isinstance(sig, int):
            raise TypeError(f"sig must be an int, not {sig!r}")
        if sig not in signal.valid_signals():
            raise ValueError(f"invalid signal number {sig}")
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        _handled.setdefault(self, set()).add(sig)
        _warn(generation, "loop.add_signal_handler(...)")

    def remove_signal_handler(self, sig):
        if _in_child or context.origin() is None:
            return remove(self, sig)
        found = sig in _handled.get(self, ())
        if found:
            _handled[self].remove(sig)
        return found

    loop.add_signal_handler, loop.remove_signal_handler = add_signal_handler, remove_signal_handler


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
    for name, nothing in (("alarm", 0), ("setitimer", (0.0, 0.0)), ("set_wakeup_fd", -1), ("siginterrupt", None)):
        if hasattr(signal, name):
            setattr(signal, name, _ignored(getattr(signal, name), nothing))
    importing.when_loaded("asyncio.unix_events", lambda module: _patch_loop(module._UnixSelectorEventLoop))
    importing.whenever_loaded("uvloop", lambda module: _patch_loop(module.Loop))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
