"""`sys.addaudithook` per generation: nothing takes a hook back that the process has. A tenant's see what its own code does."""
import sys

from . import context, own

_add = sys.addaudithook
_added = False  # whether the process has a hook: from then on each audited operation costs a call, which nothing undoes


def addaudithook(hook):
    global _added
    generation = context.current()
    if generation is None:
        return _add(hook)
    try:
        sys.audit("sys.addaudithook")
    except RuntimeError:
        return  # as in CPython: those that are there may refuse so
    own.state(generation, _add, list).append(hook)
    if not _added:
        _added = True
        _add(_call)


def _call(event, args):
    generation = context.origin()
    if generation is not None:
        for hook in generation.own.get(_add, ()):
            hook(event, args)


def install():
    sys.addaudithook = addaudithook
