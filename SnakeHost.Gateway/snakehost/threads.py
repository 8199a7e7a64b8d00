"""Threads that a tenant starts belong to its generation; so does work that it hands to a pool."""
import _thread
import os
import threading
import time
import weakref

from . import context, directory, hooks, importing, limits, pools, processors, streams

_start_new = _thread.start_new_thread
_native_ids = {}  # identifier of a thread that a tenant has started → the system's number of it
_visiting = {}  # identifier of a pool's thread → the generation that it works for, where that is not its own
_start_joinable = getattr(_thread, "start_joinable_thread", None)  # since 3.13


class _Entry:
    """The function of a new thread, wrapped."""

    __slots__ = ("generation", "function", "trace")

    def __init__(self, generation, function):
        self.generation = generation
        self.function = function
        self.trace = context.current_trace()

    def __call__(self, *args, **named):
        generation, ident = self.generation, _thread.get_ident()
        context.thread.generation, context.thread.trace = generation, self.trace
        context.variable.set(generation)
        context.trace.set(self.trace)
        generation.started[ident] = name = _name_of(self.function)
        _native_ids[ident] = _thread.get_native_id()
        if "threading" in generation.own and isinstance(name, weakref.ref):
            hooks.trace(generation)
        try:
            return self.function(*args, **named)
        finally:
            generation.started.pop(ident, None)
            _native_ids.pop(ident, None)
            streams.flush(generation, ident)
            self.generation = self.function = None


def start_no_daemons():
    """The threads that the calling one starts are no daemons unless told to be. `threading` takes one that it has not started for a daemon."""
    current = threading.current_thread()
    if isinstance(current, threading._DummyThread):
        current._daemonic = False


def _name_of(function):
    """A weak reference to the Thread, whose name may yet change, else the function's name."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, threading.Thread):
        return weakref.ref(owner)
    return getattr(function, "__qualname__", type(function).__name__)


def join(generation, deadline, daemons, idle):
    """Waits for the threads that `threading` has started, and those that these start, until the deadline (None: for ever).

    Not for those whose ids are in `idle`, and for daemons only if told to.
    """
    while True:
        # Not what a class of the app's has made of them, which may wait for more or raise.
        waiting = [thread for thread in _objects(generation) if id(thread) not in idle and (daemons or not thread._daemonic)]
        if not waiting:
            return
        for thread in waiting:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            threading.Thread.join(thread, left)


def _objects(generation):
    current = _thread.get_ident()
    found = [name() for name in list(generation.started.values()) if isinstance(name, weakref.ref)]
    return [thread for thread in found if thread is not None and threading.Thread.is_alive(thread) and thread._ident != current]


def of(generation):
    """Identifiers of the threads that work for it, other than the gateway's."""
    visiting = list(_visiting.items())
    away = {identifier for identifier, _ in visiting}
    found = [identifier for identifier in list(generation.started) if identifier not in away] + [identifier for identifier, host in visiting if host is generation]
    return found if generation.hub is None else [generation.hub.identifier, *found]


def note_native_id():
    """Of the calling thread, which `_thread` has started. It never ends before its process."""
    _native_ids[_thread.get_ident()] = _thread.get_native_id()


def native_id(identifier):
    """The system's number of a thread that Python has started; None when nobody knows it."""
    return _native_ids.get(identifier) or getattr(threading._active.get(identifier), "_native_id", None)


def names(generation):
    found = []
    for name in list(generation.started.values()):
        if isinstance(name, weakref.ref):
            thread = name()
            name = thread.name if thread is not None else None
        if name is not None:
            found.append(name)
    return found


def start_new_thread(function, *args):
    processors.let_go()
    generation = context.current()
    return limits.start(_start_new, function if generation is None else _Entry(generation, function), *args)


def start_joinable_thread(function, *args, **named):
    processors.let_go()
    generation = context.current()
    return limits.start(_start_joinable, function if generation is None else _Entry(generation, function), *args, **named)


def _wrap_work(module):
    """A pool's call runs as code of the generation that has handed it over. The call itself stays what it is: `InterpreterPoolExecutor` takes it
    to another interpreter, where nothing of this one could follow."""
    item = module._WorkItem
    make, run = item.__init__, item.run

    def __init__(self, *args, **named):
        make(self, *args, **named)
        # Outside any tenant too: the worker may have been started, and so owned, by one.
        self.generation = context.current()
        self.trace = context.current_trace()
        if self.generation is not None:
            pools.note_work(self.generation, self.future)

    def run_in_generation(self, *args):
        generation, thread = self.generation, context.thread
        if generation is not None and thread.generation is not generation:
            directory.visit(generation.began)
        before, thread.generation = thread.generation, generation
        if generation is not before:
            _visiting[_thread.get_ident()] = generation
        trace_before, thread.trace = thread.trace, self.trace
        token = context.variable.set(generation)
        trace = context.trace.set(self.trace)
        try:
            return run(self, *args)
        finally:
            context.trace.reset(trace)
            context.variable.reset(token)
            thread.generation, thread.trace = before, trace_before
            if generation is not before:
                _visiting.pop(_thread.get_ident(), None)
            if before is not None and generation is not before:
                directory.visit(before.began)

    item.__init__, item.run = __init__, run_in_generation


def _after_fork_in_child():
    """Until 3.12, a child forked by a thread that `threading` did not start fails at its end with exit code 1: the thread has
    become the main one, whose lock `threading._shutdown` releases, and has none. All threads of the gateway are of that kind."""
    main = threading.main_thread()
    if getattr(main, "_tstate_lock", main) is None:
        main._set_tstate_lock()


def install():
    # After threading's own, which makes the forking thread the main one.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork_in_child)
    _thread.start_new_thread = _thread.start_new = start_new_thread
    if hasattr(threading, "_start_new_thread"):
        threading._start_new_thread = start_new_thread
    if _start_joinable is not None:
        _thread.start_joinable_thread = start_joinable_thread
        threading._start_joinable_thread = start_joinable_thread
    importing.when_loaded("concurrent.futures.thread", _wrap_work)
