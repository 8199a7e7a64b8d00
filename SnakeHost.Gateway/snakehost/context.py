"""Which generation the running code belongs to.

A context variable says it. Code in an empty `contextvars.Context()` (a bare `Context().run`, threads of 3.14)
falls back to the thread's own generation. While a module that several tenants share is being executed, the variable
holds an `Execution`: that code belongs to no tenant, but it is known on whose behalf it runs.
"""
import contextvars
import threading

from . import claims

variable = contextvars.ContextVar("snakehost.generation", default=None)

# What the running code belongs to, as a `traceparent`, which says whether it is recorded; None where no traces are exported.
trace = contextvars.ContextVar("snakehost.trace", default=None)


class _Thread(threading.local):
    """Per thread, gone with the thread: an identifier-keyed dict would outlive it and meet reused identifiers."""

    generation = None  # the generation that the thread belongs to
    trace = None  # the span for code in an empty context, as a thread of 3.14 runs in
    detached = False  # it has a working directory of its own
    directory = None  # and that is it, if a detached thread
    profile = None  # what measures its imports
    forwarded = ()  # (module, attribute) that a module whose place another has taken asks that one for
    last_record = None  # of `logging`: a weak reference to the last one that was passed on


thread = _Thread()


class Nothing(dict):
    """An owner map for which every module is shared."""

    __slots__ = ()

    def __missing__(self, key):
        return None


class Execution:
    """The execution of a module outside the tenant that asked for it: in a venv's space, or in the shared one."""

    __slots__ = ("space", "origin", "owners")
    _shared = Nothing()

    def __init__(self, space, origin):
        self.space = space  # a Venv, or None for the shared modules
        self.origin = origin  # the generation that asked
        owners = self._shared if space is None else space.owners
        self.owners = owners if origin is None or not origin.claims else claims.Trap(origin, owners)

    @property
    def places(self):
        return self._shared if self.space is None else self.space.places

    @property
    def holder(self):
        return self.space

    @property
    def path(self):
        return None if self.space is None else self.space.path

    @property
    def environments(self):
        return () if self.space is None else self.space.environments

    @property
    def generation(self):
        return None


def space():
    """The Generation or Execution that is current, None outside any tenant."""
    found = variable.get()
    return thread.generation if found is None else found


def current_trace():
    """The span that the running code belongs to, as a `traceparent`, or None."""
    found = trace.get()
    return thread.trace if found is None else found


def current():
    """The current Generation; None outside any tenant and while a shared module is executed."""
    found = space()
    return None if found is None else found.generation


def origin():
    """The Generation that the running code works for, shared modules being executed included."""
    found = space()
    return None if found is None else found.origin


def outside(function, *args):
    """Call a function as code of no tenant, on behalf of the current one: as a shared module is executed."""
    token = variable.set(Execution(None, origin()))
    try:
        return function(*args)
    finally:
        variable.reset(token)
