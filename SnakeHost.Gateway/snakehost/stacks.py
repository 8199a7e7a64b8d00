"""What an app's threads and tasks are doing, taken from outside while they go on."""
import gc
import json
import linecache
import os
import sys
import threading

from . import collection, threads

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
MOST_FRAMES = 200
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
        greenlets = {} if generation.hub is None else _greenlets(generation.hub, frames)
        for number, thread in requests.items():
            if thread is not None:
                taken = _of_request_thread(frames, greenlets, *thread)
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


def _of_request_thread(frames, greenlets, identifier, name):
    frame = frames.get(identifier)
    if greenlets:
        green = greenlets.get(id(_local_of(frame, "_outcome", "done")))
        if green is not None:
            name, frame = "greenlet", green
    return {"running": True, "begun": False, "stacks": [_stack("thread", name, of_frame(frame))]}


def _greenlets(hub, frames):
    """{id of the lock by which a request's thread waits for a greenlet: that one's frame}. Once for all requests: it looks at every object of the process."""
    suspended = [getattr(value, "gr_frame", None) for value in collection.objects() if type(value).__name__ in ("greenlet", "Greenlet", "GreenThread")]
    found = {id(_local_of(frame, "_call", "done")): frame for frame in (frames.get(hub.identifier), *suspended)}
    found.pop(id(None), None)
    return found


def _local_of(frame, function, name):
    """A local variable of one of the gateway's functions that a thread is in."""
    while frame is not None:
        if frame.f_code.co_name == function and frame.f_code.co_filename.startswith(_HERE):
            return frame.f_locals.get(name)
        frame = frame.f_back
    return None


def _of_request_task(generation, frames, number):
    """None as long as the loop has not taken it."""
    server = generation.server
    cycle = None if server is None else server.cycles.get(number)
    if cycle is None or cycle.task is None:
        return None
    taken = _Tasks(generation, server.loop, server.thread, frames).describe(cycle.task)
    taken["begun"] = getattr(cycle, "head", None) is not None  # which goes out with the first part of the body
    return taken


class Awaiting:
    """What the tasks of a loop wait for. Used at once, by a thread that is not the loop's."""

    def __init__(self, loop):
        import asyncio

        self._task = asyncio.Task
        self.current = asyncio.current_task(loop)
        states = getattr(sys.modules.get("anyio._backends._asyncio"), "_task_states", None)  # the running generation's
        self._by_parent = {}
        for task, state in list((states or {}).items()):
            self._by_parent.setdefault(getattr(state, "parent_id", None), []).append(task)

    def is_task(self, future):
        return isinstance(future, self._task)

    def places(self, task):
        """The frames of a suspended task, and what it waits for: tasks and futures."""
        frames = of_coroutine(task.get_coro())
        waits = [child for child in self._by_parent.get(id(task), ()) if child is not task]  # under Starlette's `BaseHTTPMiddleware`, for one
        for frame in frames:
            waits += _children(frame)
        future = getattr(task, "_fut_waiter", None)
        return [place(frame) for frame in frames], waits if future is None else [*waits, future]

    def leaves(self, task, working):
        """For each task that waits for something else than another task: [(code, line)] of it and, before that, of those that wait for it.

        `working`: ids of futures that stand for what threads run, which show it themselves.
        """
        found, pending, seen = [], [(task, [])], set()
        while pending and len(found) < _MOST_STACKS:
            future, above = pending.pop()
            if id(future) in seen or future is self.current:  # which its thread shows
                continue
            seen.add(id(future))
            if not self.is_task(future):
                pending += [(other, above) for other in _stands_for(future)]
                continue
            if future.done():
                continue
            own, waits = self.places(future)
            path = above + own
            others = [other for wait in waits for other in ([wait] if self.is_task(wait) else _stands_for(wait))]
            if any(self.is_task(other) and not other.done() for other in others):
                pending += [(other, path) for other in others]
            elif path and not any(id(other) in working for other in (*waits, *others)):
                found.append(path)
        return found


class _Tasks(Awaiting):
    """The tasks and threads that one task waits for, and theirs."""

    def __init__(self, generation, loop, identifier, frames):
        super().__init__(loop)
        self.generation, self.identifier, self.frames = generation, identifier, frames
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
        places, waits = self.places(task)
        if task is self.current:
            places = of_frame(self.frames.get(self.identifier))
        self.stacks.append(_stack("task", _task_name(task), visible(places)))
        return waits

    def _add_threads(self):
        """Of pools that run something for one of the tasks (`asyncio.to_thread`, `run_in_executor`, anyio's for `def` endpoints)."""
        for identifier in threads.of(self.generation):
            frame = self.frames.get(identifier)
            if id(work_of(frame)) in self.seen:
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
    if len(places) > MOST_FRAMES:  # a recursion: both ends tell
        places = places[: MOST_FRAMES // 2] + places[-MOST_FRAMES // 2:]
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
    while awaitable is not None and len(frames) < 2 * MOST_FRAMES:
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


def work_of(frame):
    """The future that stands for what a pool's thread runs; None when it runs nothing."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "run_in_generation" and code.co_filename.startswith(_HERE):
            return getattr(frame.f_locals.get("self"), "future", None)
        if code.co_name == "run" and code.co_filename.endswith(os.path.join("anyio", "_backends", "_asyncio.py")):
            return frame.f_locals.get("future")
        frame = frame.f_back
    return None
