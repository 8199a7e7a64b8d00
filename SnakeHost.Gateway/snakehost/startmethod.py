"""`multiprocessing.set_start_method` and `active_children()` per generation. A second call is an error, also that of the next generation."""
import weakref

from . import context

_KEY = "_actual_context"


def _get(default):
    generation = context.current()
    chosen = None if generation is None else generation.own.get((default, _KEY))
    return vars(default)[_KEY] if chosen is None else chosen


def _set(default, chosen):
    generation = context.current()
    if generation is None:
        vars(default)[_KEY] = chosen
    else:
        generation.own[default, _KEY] = chosen


def separate(module):
    """`multiprocessing.context`: its default context keeps what was chosen."""
    module.DefaultContext._actual_context = property(_get, _set)


class _Children(set):
    """Of all; a tenant sees those that it has started."""

    def __init__(self, children):
        super().__init__(children)
        self._owners = weakref.WeakKeyDictionary()

    def add(self, child):
        generation = context.current()
        if generation is not None:
            self._owners[child] = weakref.ref(generation)
        super().add(child)

    def __iter__(self):
        generation = context.current()
        if generation is None:
            return super().__iter__()
        everyone = list(super().__iter__())  # in one go: others start theirs meanwhile
        return iter([child for child in everyone if self._owners.get(child, _nobody)() is generation])


def _nobody():
    return None


def separate_children(module):
    """`multiprocessing.process`."""
    module._children = _Children(module._children)
