"""Executors of `concurrent.futures` at the end of a generation: what it has handed to any is finished, as in a process that ends, and those
that its own code has made are shut down. One that a shared library has made may serve other tenants: it goes when nobody refers to it any more.
"""
import concurrent.futures as futures
import functools
import sys

from . import context, importing, weak


def work():
    """Futures of what the current generation has handed to pools of threads, until they are done."""
    generation = context.current()
    return [] if generation is None else list(generation.work)


def note_work(generation, future):
    generation.work.add(future)
    future.add_done_callback(generation.work.discard)


def shut_down(generation):
    """Its own executors take no more work. Returns the threads that end by that."""
    ending = set()
    for executor, is_own in weak.items(generation.executors):
        if is_own:
            ending.update(_threads(executor))
            # Not a method of the app's, which may wait.
            kind = next(kind for kind in type(executor).__mro__ if kind.__module__.startswith("concurrent.futures."))
            kind.shutdown(executor, wait=False)
    return ending


def wait(generation, seconds):
    if generation.work:
        futures.wait(list(generation.work), seconds)
    for future in list(generation.work):
        future.cancel()  # what has not begun


def idle(ending):
    """Ids of the threads that wait for work in pools that go on."""
    module = dict.get(sys.modules, "concurrent.futures.thread")
    workers = [] if module is None else [thread for thread, _ in weak.items(module._threads_queues)]
    module = dict.get(sys.modules, "concurrent.futures.process")
    managers = [] if module is None else [thread for thread, _ in weak.items(module._threads_wakeups)]
    return {id(thread) for thread in (*workers, *managers) if thread not in ending}


def children(generation):
    """Ids of the processes of executors that go on."""
    return {
        id(process)
        for executor, is_own in weak.items(generation.executors) if not is_own
        for process in list((getattr(executor, "_processes", None) or {}).values())
    }


def _threads(executor):
    manager = getattr(executor, "_executor_manager_thread", None)
    return [*getattr(executor, "_threads", ()), *([] if manager is None else [manager])]


def _note_executor(kind):
    initialize = kind.__init__

    @functools.wraps(initialize)
    def __init__(self, *args, **named):
        initialize(self, *args, **named)
        generation = context.current()
        if generation is not None:
            frame = sys._getframe(1)
            while frame is not None and str(frame.f_globals.get("__name__")).startswith("concurrent.futures."):
                frame = frame.f_back  # a kind that is made from another
            generation.executors[self] = frame is not None and generation.has_globals(frame.f_globals)

    kind.__init__ = __init__


def install():
    importing.when_loaded("concurrent.futures.thread", lambda module: _note_executor(module.ThreadPoolExecutor))
    importing.when_loaded("concurrent.futures.process", lambda module: _note_executor(module.ProcessPoolExecutor))
