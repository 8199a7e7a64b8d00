"""Child processes that a tenant starts end with its generation; all of them end with the gateway.

What `multiprocessing` does at the end of a process (`util._exit_function`) is done for each generation at its end, with what is the generation's.
A child of `subprocess`, `os.fork` or `os.posix_spawn` is told to terminate, unless it has a session of its own, as a daemon has.
"""
import functools
import os
import signal
import sys
import time

from . import context, importing, pools, processes, weak

_owners = {}  # process id → the generation that has started it, or None
_prune_at = 256

# Seconds: what a child that was told to terminate gets before it is killed.
_PATIENCE = 1


def note(pid):
    global _prune_at
    if len(_owners) >= _prune_at:
        for known in list(_owners):
            if not _exists(known):
                _owners.pop(known, None)
        _prune_at = max(2 * len(_owners), 256)
    _owners[pid] = context.current()


def noted(function, pid_of=lambda result: result):
    """A function that starts a child and returns its id."""

    @functools.wraps(function)
    def call(*args, **named):
        result = function(*args, **named)
        pid = pid_of(result)
        if pid:
            note(pid)
        return result

    return call


def finish(generation, deadline):
    """What `multiprocessing` would do if the process ended."""
    util = dict.get(sys.modules, "multiprocessing.util")
    if util is not None:
        _run_finalizers(util, generation, 0)
    if generation.processes:
        excepted = pools.children(generation)
        end_processes([p for p in weak.members(generation.processes) if id(p) not in excepted], deadline)
    processes.stop(generation)
    if util is not None:
        _run_finalizers(util, generation, None)


def end_processes(processes, deadline):
    """Of `multiprocessing`: daemons are terminated, the others may finish until the deadline (None: for ever)."""
    processes = [p for p in processes if _is_running(p)]
    for process in processes:
        if process.daemon:
            process.terminate()
    for process in processes:
        process.join(None if deadline is None and not process.daemon else _left(deadline, _PATIENCE if process.daemon else 0))
    for end in ("terminate", "kill"):
        processes = [p for p in processes if _is_running(p)]
        for process in processes:
            getattr(process, end)()
        late = time.monotonic() + _PATIENCE
        for process in processes:
            process.join(_left(late))


def end(generation):
    """Ends its other children. Returns their names."""
    pids = [pid for pid, owner in list(_owners.items()) if owner is generation and _owners.pop(pid, generation) is generation]
    return _end(pids)


def end_all(seconds):
    """At the end of the process, when the apps have ended."""
    processes = dict.get(sys.modules, "multiprocessing.process")
    if processes is not None:
        end_processes(list(processes._children), time.monotonic() + seconds)
    _end(list(_owners))


def kill_all():
    """The very last: a pool that hangs has a thread that starts another worker for each that has ended. No other thread may run any more."""
    sys.setswitchinterval(1000)
    processes = dict.get(sys.modules, "multiprocessing.process")
    pids = [] if processes is None else [process.pid for process in list(processes._children)]
    for pid in {*pids, *(pid for pid in _owners if not _is_detached(pid))}:
        if _runs(pid):
            _signal(pid, signal.SIGKILL)


def _end(pids):
    pids = [pid for pid in pids if _runs(pid) and not _is_detached(pid)]
    names = [_name(pid) for pid in pids]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            _signal(pid, number)
        late = time.monotonic() + _PATIENCE
        while pids and time.monotonic() < late:
            time.sleep(0.002)
            pids = [pid for pid in pids if _runs(pid)]
    return names


def _left(deadline, least=0):
    return max(deadline - time.monotonic() if deadline is not None else 0, least)


def _is_running(process):
    try:
        return process.is_alive()
    except (ValueError, AssertionError):
        return False  # closed, or another process's


def _exists(pid):
    try:
        os.getpgid(pid)
    except OSError:
        return False
    return True


def _runs(pid):
    """Whether it is a child of this process that has not ended. One that has is waited for, if nobody has done so."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except OSError:
        return False


def _is_detached(pid):
    try:
        return os.getsid(pid) != os.getsid(0)
    except OSError:
        return True


def _signal(pid, number):
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except OSError:
        pass  # it has just ended


def _name(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return f"{file.read().strip()} ({pid})"
    except OSError:
        return str(pid)


def _run_finalizers(util, generation, least):
    """As `util._run_finalizers`: those of the highest priority first, the youngest of these first."""
    chosen = [f for f in weak.members(generation.finalizers) if f._key is not None and (least is None or f._key[0] >= least)]
    chosen.sort(key=lambda finalizer: finalizer._key, reverse=True)
    pool = getattr(dict.get(sys.modules, "multiprocessing.pool"), "Pool", ())
    for finalizer in chosen:
        if finalizer._key in util._finalizer_registry:
            watched = finalizer._weakref()
            try:
                if isinstance(watched, pool):
                    # Calls it too. A pool that does not know that it has ended writes to a pipe when it is collected, and that is closed by then.
                    pool.terminate(watched)
                finalizer()
            except Exception as error:
                sys.excepthook(type(error), error, error.__traceback__)


def _patch_util(module):
    initialize = module.Finalize.__init__

    @functools.wraps(initialize)
    def __init__(self, *args, **named):
        initialize(self, *args, **named)
        generation = context.current()
        # One that watches nothing is for what all of the process has in common, such as the directory for sockets.
        if generation is not None and hasattr(self, "_weakref") and self._key is not None and self._key[0] is not None:
            generation.finalizers.add(self)

    module.Finalize.__init__ = __init__


def _patch_process(module):
    start = module.BaseProcess.start

    @functools.wraps(start)
    def start_with_generation(self):
        start(self)
        _owners.pop(self.pid, None)  # a fork like any other until now
        generation = context.current()
        if generation is not None:
            generation.processes.add(self)

    module.BaseProcess.start = start_with_generation


def _patch_subprocess(module):
    execute = module.Popen._execute_child

    @functools.wraps(execute)
    def execute_child(self, *args, **named):
        try:
            execute(self, *args, **named)
        finally:
            if getattr(self, "pid", None):
                note(self.pid)

    module.Popen._execute_child = execute_child


def install():
    if os.name != "posix":
        return
    os.register_at_fork(after_in_child=_owners.clear)
    os.fork = noted(os.fork)
    if hasattr(os, "forkpty"):
        os.forkpty = noted(os.forkpty, lambda result: result[0])
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            setattr(os, name, noted(getattr(os, name)))
    importing.when_loaded("subprocess", _patch_subprocess)
    importing.when_loaded("multiprocessing.util", _patch_util)
    importing.when_loaded("multiprocessing.process", _patch_process)
