"""The end of the process, after all apps have ended: what the interpreter would do then, but nothing may hold it up for long."""
import _thread
import atexit
import sys
import threading

from . import children, trackers

# Seconds: what has not ended by now has had the grace.
_PATIENCE = 1


def finish():
    for function in reversed(threading._threading_atexits):
        _run_within(function, _PATIENCE)
    multiprocessing = dict.get(sys.modules, "multiprocessing.util")
    if multiprocessing is not None:
        # It waits for children. When it is called once more, it only runs what finalizers are left.
        _run_within(multiprocessing._exit_function, _PATIENCE)
    children.end_all(_PATIENCE)
    try:
        atexit._run_exitfuncs()
    finally:
        children.kill_all()
        trackers.stop_all()


def _run_within(function, seconds):
    """Pools of threads wait for their threads here, which may hang."""
    done = _thread.allocate_lock()
    done.acquire()

    def run():
        try:
            function()
        except BaseException as error:
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            done.release()

    _thread.start_new_thread(run, ())
    done.acquire(timeout=seconds)
