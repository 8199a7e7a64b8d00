"""A resource tracker of `multiprocessing` per generation: the process that unlinks what semaphores and shared memory are left when all who might use
them have ended. One for the whole process would leave an app's until the gateway's end, and with them what its workers had when they were killed.
"""
import os
import time
import weakref

from . import context, importing, weak

# Seconds: what a tracker gets to clean up. It goes on when these are over; a child in a session of its own may still use what it looks after.
_PATIENCE = 1

_module = None
_trackers = weakref.WeakKeyDictionary()  # generation → its tracker, or None after its end
_holders = {}  # (name, type) → the trackers that it is registered with
_leaving = []  # ids of trackers that were not waited for


def _current():
    generation = context.current()
    if generation is None:
        return _module._resource_tracker
    if generation not in _trackers:
        _trackers[generation] = _module.ResourceTracker()
    return _trackers[generation] or _module._resource_tracker


def ensure_running():
    _current().ensure_running()


def getfd():
    return _current().getfd()


def register(name, rtype):
    tracker = _current()
    tracker.register(name, rtype)
    holders = _holders.setdefault((name, rtype), [])
    if tracker not in holders:
        holders.append(tracker)


def unregister(name, rtype):
    """A semaphore is let go of by whichever thread collects it."""
    holders = _holders.get((name, rtype), [])
    tracker = _current()
    if holders and tracker not in holders:
        tracker = holders[0]
    tracker.unregister(name, rtype)
    if tracker in holders:
        holders.remove(tracker)
    if not holders:
        _holders.pop((name, rtype), None)


def stop(generation):
    """When its processes have ended."""
    if _module is not None:
        tracker, _trackers[generation] = _trackers.get(generation), None
        _stop(tracker)


def stop_all():
    """At the end of the process."""
    if _module is not None:
        for generation, _ in weak.items(_trackers):
            stop(generation)
        _stop(_module._resource_tracker)


def _stop(tracker):
    # CPython's own way waits for as long as anybody has the pipe.
    _leaving[:] = [pid for pid in _leaving if not _has_ended(pid)]
    if tracker is None or tracker._fd is None:
        return
    with tracker._lock:
        descriptor, pid = tracker._fd, tracker._pid
        tracker._fd = tracker._pid = None
    os.close(descriptor)
    for key, holders in list(_holders.items()):
        if tracker in holders:
            holders.remove(tracker)
            if not holders:
                _holders.pop(key, None)
    late = time.monotonic() + _PATIENCE
    while not _has_ended(pid):
        if time.monotonic() > late:
            _leaving.append(pid)
            return
        time.sleep(0.002)


def _has_ended(pid):
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except OSError:
        return True


def _after_fork_in_child():
    """A worker keeps the pipe of its own generation's tracker, as it does in CPython; another's would wait for its end."""
    generation = context.current()
    kept = None if generation is None else _trackers.get(generation)
    for _, tracker in weak.items(_trackers):
        if tracker is kept and tracker is not None:
            getattr(tracker, "_after_fork_in_child", _nothing)()  # since 3.15
        elif tracker is not None and tracker._fd is not None:
            os.close(tracker._fd)
            tracker._fd = tracker._pid = None


def _nothing():
    pass


def _separate(module):
    global _module
    _module = module
    for function in (ensure_running, getfd, register, unregister):
        setattr(module, function.__name__, function)


def install():
    if os.name == "posix":
        importing.when_loaded("multiprocessing.resource_tracker", _separate)
        os.register_at_fork(after_in_child=_after_fork_in_child)
