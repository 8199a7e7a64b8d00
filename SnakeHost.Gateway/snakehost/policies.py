"""asyncio's event loop policy per generation: `asyncio.set_event_loop_policy`, and `uvloop.install`, which calls it.

The policy of the process becomes one that asks the running code's own: the C functions of asyncio, too, find it where the original
functions keep it. Python 3.16 has no policies any more, and then nothing is done here.
"""
import importlib
import sys

from . import context, importing

_NAME = "asyncio policy"
_process = {}  # as `own` of a space: what shared modules and code outside any tenant have set
_defaults = {}  # what is used there when nothing is set


def own():
    """The policy of the running code: what its generation has set, a shared module for its venv or for the process, else a default one of its own."""
    for holder in _holders():
        if _NAME in holder:
            return holder[_NAME]
    generation = context.current()
    defaults = _defaults if generation is None else generation.own
    key = f"default {_NAME}"
    return defaults.get(key) or defaults.setdefault(key, _default_kind()())


def _set(policy):
    holder = next(iter(_holders()))
    if policy is None:
        holder.pop(_NAME, None)
    else:
        holder[_NAME] = policy


def _holders():
    space = context.space()
    if space is not None:
        if space.generation is not None:
            yield space.own
        venv = space.space if space.generation is None else space.venv
        if venv is not None:
            yield venv.own
    yield _process


def _default_kind():
    module = importlib.import_module("asyncio.windows_events" if sys.platform == "win32" else "asyncio.unix_events")
    return getattr(module, "_DefaultEventLoopPolicy", None) or module.DefaultEventLoopPolicy


class _Policies:
    """What stands where asyncio keeps the process's policy."""

    def __getattr__(self, name):
        return getattr(own(), name)

    def __setattr__(self, name, value):
        setattr(own(), name, value)  # a forked child forgets the loop in `_local`


def _patch(module):
    if not hasattr(module, "_event_loop_policy"):
        return
    prefix = "_" if hasattr(module, "_get_event_loop_policy") else ""  # since 3.14 the public ones warn, and call these
    abstract = getattr(module, "_AbstractEventLoopPolicy", None) or module.AbstractEventLoopPolicy

    def get_event_loop_policy():
        return own()

    def set_event_loop_policy(policy):
        if policy is not None and not isinstance(policy, abstract):
            raise TypeError(f"policy must be an instance of AbstractEventLoopPolicy or None, not '{type(policy).__name__}'")
        _set(policy)

    package = dict.get(sys.modules, "asyncio")
    for function in (get_event_loop_policy, set_event_loop_policy):
        name = prefix + function.__name__
        original = getattr(module, name)
        function.__doc__ = original.__doc__
        setattr(module, name, function)
        if getattr(package, name, None) is original:
            setattr(package, name, function)
    module._event_loop_policy = _Policies()


def install():
    importing.when_loaded("asyncio.events", _patch)
