"""What an app does to its whole process. In one that it shares it is refused, or its app is told that it holds for all. While an app is loaded that may have a
process of its own, it ends the load, and the gateway loads the app there. In a process of its own it is simply done.
"""
from . import context
from .errors import NeedsProcess

is_process = False  # whether this process serves one app only


def ask(reason):
    """Ends the load on whose behalf this runs, if its app may move; else returns, and the caller does what it does among others.

    Whoever catches the exception cannot stay: the load fails at its end then.
    """
    generation = context.origin()
    if generation is not None and generation.movable:
        generation.needs_process = generation.needs_process or reason
        raise NeedsProcess(reason)


def settle(generation):
    """Its load is over, and it stays here: None; else the exception with what it cannot stay for."""
    if generation is None:
        return None
    generation.movable = False
    return None if generation.needs_process is None else NeedsProcess(generation.needs_process)
