"""Samples what one generation's threads and tasks do, at intervals that the caller keeps: where its time goes.

A sample stands for the time since the one before it, not for a fixed part: the GIL comes late when the process is busy, and a profile that counted
samples would then count too little of what keeps it busy.
"""
import json
import os
import sys
import time

from . import stacks, threads

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_GATEWAY, _AWAITING, _LEFT_OUT = "(the gateway's own code)", "(awaiting)", "(calls left out)"
_POOLS = (os.path.join("concurrent", "futures", "thread.py"), os.path.join("anyio", "_backends", "_asyncio.py"))
_MOST_NODES = 200_000


def _cpu_clock(native_id):
    """The number of a thread's processor clock on Linux, as pthread_getcpuclockid(3) makes it. That function reads the thread's memory, which may be gone."""
    return ~native_id << 3 | 6


class Sampler:
    """`cpu`: of processor time, so that threads which wait do not count; else of time as it passes, and what tasks await counts too."""

    def __init__(self, generation, cpu, clock=time.perf_counter_ns):
        self._generation = generation
        self._cpu = cpu
        self._clock = clock
        self._last = clock()
        self._used = {}  # thread's identifier → (native id, its processor time at the last sample)
        self._nodes = {}  # (node of the caller or -1, code) → node
        self._lines = {}  # name of a thread → [nodes, weights in µs]
        self.count = 0

    def sample(self, own):
        """`own`: [(identifier, native id, name)] of the gateway's threads that work for the generation. Gives the processor time that it took, in ns."""
        return self._generation.run(self._sample, own)  # whose modules are those that it looks for

    def _sample(self, own):
        now, began = self._clock(), time.thread_time_ns()
        elapsed, self._last = now - self._last, now
        frames = sys._current_frames()
        try:
            self.count += 1
            for identifier, native_id, name in own:
                self._thread(frames, identifier, native_id, name, elapsed)
            started = threads.of(self._generation)
            for identifier in started:
                self._thread(frames, identifier, threads.native_id(identifier), stacks.thread_name(identifier), elapsed)
            if not self._cpu and self._generation.server is not None:
                self._tasks({id(stacks.work_of(frames.get(identifier))) for identifier in started}, elapsed)
        finally:
            del frames
        return time.thread_time_ns() - began

    def result(self):
        """JSON: the nodes of a tree of calls, each with its caller's node, or -1, and its function; and of each thread which nodes it was in, for how long (µs)."""
        frames = {}
        functions = [frames.setdefault(_describe(code), len(frames)) for _, code in self._nodes]
        return json.dumps({
            "samples": self.count,
            "frames": [{"function": function, "file": file, "line": line} for function, file, line in frames],
            "callers": [caller for caller, _ in self._nodes],
            "functions": functions,
            "threads": [{"name": name, "nodes": nodes, "weights": weights} for name, (nodes, weights) in self._lines.items()],
        })

    def _thread(self, frames, identifier, native_id, name, elapsed):
        frame = frames.get(identifier)
        if frame is None:
            return
        if self._cpu:
            weight = self._processor_time(identifier, native_id)
            if weight < elapsed // 1000:  # nothing but noise
                return
        else:
            weight = elapsed
        codes = [code for code, _ in stacks.of_frame(frame)]
        if not codes:
            # It waits for a request, or for the loop's next event.
            if self._cpu:
                self._add(name, [_GATEWAY], weight)
        elif self._cpu or not _is_idle(frame):
            self._add(name, codes, weight)

    def _processor_time(self, identifier, native_id):
        """Since the last sample."""
        if native_id is None:
            return 0
        try:
            used = time.clock_gettime_ns(_cpu_clock(native_id))
        except OSError:  # it has ended
            return 0
        known, before = self._used.get(identifier, (None, used))
        self._used[identifier] = native_id, used
        return used - before if known == native_id else 0

    def _tasks(self, working, elapsed):
        server = self._generation.server
        look = stacks.Awaiting(server.loop)
        for cycle in list(server.cycles.values()):
            if cycle.task is not None:
                for places in look.leaves(cycle.task, working):
                    # What waits for its client, in `receive` or `send`, is idle.
                    if not places[-1][0].co_filename.startswith(_HERE):
                        self._add("requests that await", [_AWAITING, *(code for code, _ in stacks.visible(places))], elapsed)

    def _add(self, name, codes, weight):
        node = -1
        if len(codes) > stacks.MOST_FRAMES:  # a recursion
            codes = [*codes[:stacks.MOST_FRAMES // 2], _LEFT_OUT, *codes[-stacks.MOST_FRAMES // 2:]]
        for code in codes:
            found = self._nodes.get((node, code))
            if found is None:
                if len(self._nodes) >= _MOST_NODES:
                    break
                found = self._nodes[node, code] = len(self._nodes)
            node = found
        if node >= 0 and weight > 0:
            line = self._lines.get(name)
            if line is None:
                line = self._lines[name] = [], []
            line[0].append(node)
            line[1].append(weight // 1000)


def _describe(code):
    return (code, "", 0) if isinstance(code, str) else (stacks.function_name(code), code.co_filename, code.co_firstlineno)


def _is_idle(frame):
    """Whether a pool's thread waits for work."""
    code = frame.f_code
    if code.co_name == "_worker" and code.co_filename.endswith(_POOLS):
        return True
    for _ in range(3):  # `Queue.get` and the condition that it waits for
        if frame.f_back is None or code.co_name not in ("get", "wait"):
            return False
        frame = frame.f_back
        code = frame.f_code
        if code.co_name == "run" and code.co_filename.endswith(_POOLS):
            return True
    return False
