"""`gc`: one collector for all tenants. What would stop it, or keep it from what a tenant has left behind, does nothing and says so once; callbacks
are called for the collections that the generation's own code brings about.
"""
import gc
from collections.abc import MutableSequence

from . import context, notices, own


class _Callbacks(MutableSequence):
    """`gc.callbacks`: the process's list outside of tenants."""

    def __init__(self, process):
        self._process = process

    def _call(self, phase, info):
        generation = context.current()
        if generation is not None:
            for callback in list(generation.own.get(self, ())):
                callback(phase, info)

    def _target(self):
        generation = context.current()
        return self._process if generation is None else own.state(generation, self, list)

    __hash__ = object.__hash__

    def __getitem__(self, index):
        return self._target()[index]

    def __setitem__(self, index, value):
        self._target()[index] = value

    def __delitem__(self, index):
        del self._target()[index]

    def __len__(self):
        return len(self._target())

    def __repr__(self):
        return repr(self._target())

    def insert(self, index, value):
        self._target().insert(index, value)
        if context.current() is not None and self._call not in self._process:
            self._process.append(self._call)  # only now: each collection calls it


def _setting(names, get, apply):
    """Functions that set something, and one that tells what it is: in a tenant, what it has set, without effect."""
    read = getattr(gc, get)

    def wrap(name):
        write = getattr(gc, name)

        def call(*args):
            generation = context.current()
            if generation is None:
                return write(*args)
            generation.own[read] = apply(name, args)
            if name != "enable":
                notices.once(generation, f"gc.{name}", f"gc.{name}() is ignored: the collector works for all apps")

        call.__name__, call.__doc__ = name, write.__doc__
        setattr(gc, name, call)

    def call():
        generation = context.current()
        found = None if generation is None else generation.own.get(read)
        return read() if found is None else found

    for name in names:
        wrap(name)
    call.__name__, call.__doc__ = get, read.__doc__
    setattr(gc, get, call)


def install():
    gc.callbacks = _Callbacks(gc.callbacks)
    _setting(("disable", "enable"), "isenabled", lambda name, args: name == "enable")
    _setting(("freeze", "unfreeze"), "get_freeze_count", lambda name, args: 0)
    _setting(("set_debug",), "get_debug", lambda name, args: args[0])
    _setting(("set_threshold",), "get_threshold", lambda name, args: (*args, *gc.get_threshold()[len(args):]))
