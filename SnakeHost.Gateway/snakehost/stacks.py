"""What an app's threads and tasks are doing, taken from outside while they go on."""
import gc
import json
import linecache
import os
import sys
import threading

from . import threads

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_MOST_FRAMES = 200
_MOST_STACKS = 50  # of one request
# Below the app's own code: what runs callbacks and threads.
_LOOP = frozenset(("run_until_complete", "run_forever", "_run_once", "_run", "run", "_run_until_complete_cb"))
_BOOTSTRAP = frozenset(("_bootstrap", "_bootstrap_inner"))
_LOOP_FILES = tuple(os.path.join("asyncio", name) for name in ("base_events.py", "events.py", "runners.py", "unix_events.py", "selector_events.py"))
_THREADS = threading.__file__

# Awaitables without a frame of their own, around one that has one.
_WRAPPERS = frozenset(("async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "anext_awaitable"))
_KINDS = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))
# Callbacks that asyncio puts on a future which stands for another one, by the name under which they know that one.
_STANDING_FOR = {"_call_check_cancel": "source", "_outer_done_callback": "inner"}
# Coroutines of asyncio that wait for what only a local variable of theirs tells.
_WAITING_FOR = {"_wait": "fs", "wait_for": "fut"}


def take(generation, requests):
    """JSON, for each of some requests under way: {number: {"running": …, "begun": whether its response has started, "stacks": [{"kind", "name", "frames": [{"file", "line", "function", "source"}]}]}}.

    `requests` gives for each number the thread that answers it, `(identifier, name)`, or None where the app's event loop does.
    """
    return json.dumps(generation.run(_take, generation, requests))


def _take(generation, requests):
    frames = sys._current_frames()
    try:
        found = {}
        for number, thread in requests.items():
            if thread is not None:
                taken = _of_request_thread(frames, *thread)
            else:
                taken = _of_request_task(generation, frames, number)
            if taken is not None:
                found[str(number)] = taken
        for file in {frame["file"] for taken in found.values() for stack in taken["stacks"] for frame in stack["frames"]}:
            linecache.checkcache(file)
        for taken in found.values():
            for stack in taken["stacks"]:
                for frame in stack["frames"]:
                    frame["source"] = linecache.getline(frame["file"], frame["line"]).strip() or None
        return found
    finally:
        del frames  # that of this function among them


def _of_request_thread(frames, identifier, name):
    return {"running": True, "begun": False, "stacks": [_stack("thread", name, of_frame(frames.get(identifier)))]}


def _of_request_task(generation, frames, number):
    """None as long as the loop has not taken it."""
    server = generation.server
    cycle = None if server is None else server.cycles.get(number)
    if cycle is None or cycle.task is None:
        return None
    taken = _Tasks(generation, server.loop, server.thread, frames).describe(cycle.task)
    taken["begun"] = getattr(cycle, "head", None) is not None  # which goes out with the first part of the body
    return taken


class _Tasks:
    """The tasks and threads that one task waits for, and theirs."""

    def __init__(self, generation, loop, identifier, frames):
        import asyncio

        self.generation, self.loop, self.identifier, self.frames = generation, loop, identifier, frames
        self.is_task, self.is_future = (lambda value: isinstance(value, asyncio.Task)), asyncio.isfuture
        self.current = asyncio.current_task(loop)
        self.seen = {}  # id → future, in the order in which they were met
        self.stacks = []

    def describe(self, task):
        pending = [task]
        while pending and len(self.stacks) < _MOST_STACKS:
            future = pending.pop()
            if id(future) in self.seen:
                continue
            self.seen[id(future)] = future
            if self.is_task(future):
                if not future.done():
                    pending += self._add(future)
            else:
                pending += _stands_for(future)
        self._add_threads()
        return {"running": task is self.current, "stacks": self.stacks}

    def _add(self, task):
        """The task's stack. Gives what it waits for, the last first."""
        waits = [task._fut_waiter] if getattr(task, "_fut_waiter", None) is not None else []
        if task is self.current:
            places = of_frame(self.frames.get(self.identifier))
        else:
            suspended = of_coroutine(task.get_coro())
            places = [place(frame) for frame in suspended]
            for frame in suspended:
                waits += _children(frame)
        self.stacks.append(_stack("task", _task_name(task), visible(places)))
        return [*_anyio_children(task), *waits]

    def _add_threads(self):
        """Of pools that run something for one of the tasks (`asyncio.to_thread`, `run_in_executor`, anyio's for `def` endpoints)."""
        for identifier in threads.of(self.generation):
            frame = self.frames.get(identifier)
            if _works_for(frame, self.seen):
                self.stacks.append(_stack("thread", thread_name(identifier), of_frame(frame)))


def _task_name(task):
    coroutine = getattr(task.get_coro(), "__qualname__", None)
    if coroutine == "Server.answer":  # the request's own
        return task.get_name()
    return f"{task.get_name()} {coroutine}" if coroutine else task.get_name()


def thread_name(identifier):
    thread = threading._active.get(identifier)
    return f"thread {identifier}" if thread is None else str(thread._name)


def _stack(kind, name, places):
    if len(places) > _MOST_FRAMES:  # a recursion: both ends tell
        places = places[: _MOST_FRAMES // 2] + places[-_MOST_FRAMES // 2:]
    return {"kind": kind, "name": name, "frames": [
        {"file": code.co_filename, "line": line or 0, "function": function_name(code), "source": None} for code, line in places]}


def function_name(code):
    return getattr(code, "co_qualname", code.co_name)  # since 3.11


def place(frame):
    return frame.f_code, frame.f_lineno


def of_frame(frame):
    """[(code, line)] of a thread, the outermost call first, without the gateway's own."""
    places = []
    while frame is not None:
        places.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    places.reverse()
    return visible(places)


def visible(places):
    """Without the gateway's own code, and without what runs an event loop or a thread below the app's."""
    start = 0
    for code, _ in places:
        if not _is_below(code):
            break
        start += 1
    return [place for place in places[start:] if not place[0].co_filename.startswith(_HERE)]


def _is_below(code):
    file = code.co_filename
    return (file.startswith(_HERE) or code.co_name in _LOOP and file.endswith(_LOOP_FILES) or code.co_name in _BOOTSTRAP and file == _THREADS
            or code.co_name == "select" and file.endswith("selectors.py"))


def of_coroutine(awaitable):
    """The frames of a suspended coroutine and of those that it awaits in turn, the outermost first."""
    frames = []
    while awaitable is not None and len(frames) < 2 * _MOST_FRAMES:
        if type(awaitable).__name__ in _WRAPPERS:
            awaitable = next((inner for inner in gc.get_referents(awaitable) if any(hasattr(inner, frame) for frame, _ in _KINDS)), None)
        for frame_name, next_name in _KINDS:
            if hasattr(awaitable, frame_name):
                frame = getattr(awaitable, frame_name)
                if frame is not None:
                    frames.append(frame)
                awaitable = getattr(awaitable, next_name, None)
                break
        else:
            break
    return frames


def _stands_for(future):
    """The futures that one waits for."""
    found = list(getattr(future, "_children", None) or ())  # gather's
    for callback, *_ in getattr(future, "_callbacks", None) or ():
        name = _STANDING_FOR.get(getattr(callback, "__name__", None))
        if name is not None and name in callback.__code__.co_freevars:
            found.append(callback.__closure__[callback.__code__.co_freevars.index(name)].cell_contents)
    return found


def _children(frame):
    """What a coroutine of asyncio waits for by a future of its own."""
    code = frame.f_code
    if os.sep + "asyncio" + os.sep not in code.co_filename:
        return ()
    if code.co_name == "__aexit__" and code.co_filename.endswith("taskgroups.py"):
        return tuple(getattr(frame.f_locals.get("self"), "_tasks", ()))
    found = frame.f_locals.get(_WAITING_FOR.get(code.co_name), ())
    return tuple(found) if isinstance(found, (set, list, tuple, frozenset)) else (found,) if hasattr(found, "add_done_callback") else ()


def _anyio_children(task):
    """The tasks of its task groups, as under Starlette's `BaseHTTPMiddleware`."""
    states = getattr(sys.modules.get("anyio._backends._asyncio"), "_task_states", None)  # the running generation's
    if states is None:
        return []
    return [child for child, state in list(states.items()) if getattr(state, "parent_id", None) == id(task) and child is not task]


def _works_for(frame, futures):
    """Whether a pool's thread runs what one of the futures stands for."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "run_in_generation" and code.co_filename.startswith(_HERE):
            return id(getattr(frame.f_locals.get("self"), "future", None)) in futures
        if code.co_name == "run" and code.co_filename.endswith(os.path.join("anyio", "_backends", "_asyncio.py")):
            return id(frame.f_locals.get("future")) in futures
        frame = frame.f_back
    return False
