"""`sys.monitoring` (PEP 669) per generation, which profilers use as well, and the tracing of all threads.

The interpreter has six tool ids. Each generation has six of its own: the interpreter's is taken while any generation uses it, its events are those that any
wants, and its callbacks ask whose code is running.
"""
import sys
import threading
import types

from . import context, notices, own

_monitoring = getattr(sys, "monitoring", None)  # since 3.12
_real = None if _monitoring is None else types.SimpleNamespace(**vars(_monitoring))
_tools = {}  # id → the tools of all generations that use it


class _Tool:
    """What one generation does with an id."""

    def __init__(self, name):
        self.name = name
        self.clear()

    def clear(self):
        self.callbacks = {}  # event → function
        self.events = 0
        self.local = {}  # code → events

    def sees(self, event, code):
        if event in (_real.events.C_RETURN, _real.events.C_RAISE):
            event = _real.events.CALL  # which stands for them in a set of events
        return event & (self.events | self.local.get(code, 0))


def _find(generation, id):
    tool = own.state(generation, _monitoring, dict).get(id)
    if tool is None:
        _real.get_tool(id)  # raises if it is no id
        raise ValueError(f"tool {id} is not in use")
    return tool


def use_tool_id(generation, id, name, /):
    tools = own.state(generation, _monitoring, dict)
    users = _tools.get(id)
    if id in tools or users is None and _real.get_tool(id) is not None:
        raise ValueError(f"tool {id} is already in use")
    if users is None:
        _real.use_tool_id(id, name)
        _tools[id] = users = []
    else:
        _real.restart_events()  # what one has disabled, another may want
    tools[id] = _Tool(name)
    users.append(tools[id])


def free_tool_id(generation, id, /):
    tools = own.state(generation, _monitoring, dict)
    if id not in tools:
        _real.get_tool(id)
        return
    clear_tool_id(generation, id)
    users = _tools[id]
    users.remove(tools.pop(id))
    if not users:
        del _tools[id]
        for event in _events():
            _real.register_callback(id, event, None)
        _real.free_tool_id(id)


def clear_tool_id(generation, id, /):
    tool = _find(generation, id)
    for code in list(tool.local):
        set_local_events(generation, id, code, 0)
    set_events(generation, id, 0)
    tool.clear()


def get_tool(generation, id, /):
    tool = own.state(generation, _monitoring, dict).get(id)
    return tool.name if tool is not None else None if id in _tools else _real.get_tool(id)


def register_callback(generation, id, event, func, /):
    tool = _find(generation, id)
    _real.register_callback(id, event, _calling(id, event))
    before = tool.callbacks.pop(event, None)
    if func is not None:
        tool.callbacks[event] = func
    return before


def _calling(id, event):
    def call(code, *args):
        generation = context.origin()
        tool = None if generation is None else generation.own.get(_monitoring, {}).get(id)
        function = None if tool is None else tool.callbacks.get(event)
        if function is None or not tool.sees(event, code):
            return None
        result = function(code, *args)
        return None if result is _real.DISABLE and len(_tools[id]) > 1 else result  # not for the others

    return call


def set_events(generation, id, event_set, /):
    tool = _find(generation, id)
    _real.set_events(id, _union(event_set, (other.events for other in _tools[id] if other is not tool)))
    tool.events = event_set


def get_events(generation, id, /):
    return _find(generation, id).events


def set_local_events(generation, id, code, event_set, /):
    tool = _find(generation, id)
    _real.set_local_events(id, code, _union(event_set, (other.local.get(code, 0) for other in _tools[id] if other is not tool)))
    tool.local[code] = event_set
    if not event_set:
        del tool.local[code]


def get_local_events(generation, id, code, /):
    return _find(generation, id).local.get(code, 0)


def _union(events, others):
    for other in others:
        events |= other
    return events


def _events():
    return [value for name, value in vars(_real.events).items() if name.isupper() and value]


def forget(generation):
    for id in list(generation.own.get(_monitoring, ())):
        free_tool_id(generation, id)


def _wrap(function, in_debuggers=False):
    """What a tenant calls for a tool of its own. A debugger of the process calls some of them too, from its callbacks, on tenants' threads."""
    name = function.__name__
    of_process = getattr(_real, name)

    def call(*args):
        generation = context.current()
        if generation is None or in_debuggers and args and args[0] not in _tools and _real.get_tool(args[0]) is not None:
            return of_process(*args)
        return function(generation, *args)

    call.__name__, call.__doc__ = name, of_process.__doc__
    setattr(_monitoring, name, call)


def _wrap_all_threads(name, in_process):
    def call(func):
        generation = context.current()
        if generation is None:
            return in_process(func)
        getattr(threading, f"set{name}")(func)
        getattr(sys, f"set{name}")(func)
        notices.once(generation, f"threading.set{name}_all_threads",
                     f"threading.set{name}_all_threads() reaches this thread and those that start from now on: the others may be other apps'")

    call.__name__, call.__doc__ = in_process.__name__, in_process.__doc__
    setattr(threading, in_process.__name__, call)


def install():
    for name in ("trace", "profile"):
        in_process = getattr(threading, f"set{name}_all_threads", None)  # since 3.12
        if in_process is not None:
            _wrap_all_threads(name, in_process)
    if _monitoring is not None:
        for function in (use_tool_id, free_tool_id, get_tool):
            _wrap(function)
        for function in (register_callback, set_events, get_events, set_local_events, get_local_events):
            _wrap(function, in_debuggers=True)
        if hasattr(_monitoring, "clear_tool_id"):
            _wrap(clear_tool_id)
