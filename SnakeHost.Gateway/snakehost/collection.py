"""Frees the memory of a generation that has ended, at once and without a pause for others.

Its modules hold themselves: a function refers to its module's globals, and these to the function. CPython's collector finds such cycles, but its
full collection, which comes late, looks at every object there is while nobody runs. A collection of the youngest objects is quick. So the
objects that hang on the generation's modules are made young again, and then that collection is asked for. What is used from elsewhere stays
as it is: it is the collector that decides. What somebody still has, such as the exception of a load that has failed, is tried once more with the next generation that ends.
"""
import gc
import itertools
import operator
import sys
import threading
import types
import weakref

from .space import Space

# Objects at most. More are a pause that others notice, or are what others share, which leads everywhere: these are left to CPython.
_MOST = 150_000

# Blocks of memory at most when nobody asks for anything: about a million objects, some tenths of a second.
_MOST_AT_REST = 4_000_000

_MODULE = types.ModuleType
_enable, _disable, _is_enabled, _freeze = gc.enable, gc.disable, gc.isenabled, gc.freeze  # a tenant's do nothing
_scope = _MODULE.__dict__["__dict__"].__get__
namespace = type.__dict__["__dict__"].__get__
_one = threading.Lock()  # hundreds may end at once
_left = []  # weak references
_is_stopped = False

try:
    import ctypes

    _untrack = ctypes.pythonapi.PyObject_GC_UnTrack
    _track = ctypes.pythonapi.PyObject_GC_Track
    for _function in (_untrack, _track):
        # Not a py_object, which asks each for its `__class__`: that of a lazy object may be code that raises.
        _function.argtypes, _function.restype = (ctypes.c_void_p,), None
    _trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's: gives back what is free in the midst of the heap too
except (ImportError, AttributeError, OSError):
    _untrack = _track = _trim = None


def leave(*things):
    """What holds itself and is not needed any more, as soon as whoever calls has let go of it: looked at when a generation ends."""
    for thing in things:
        try:
            _left.append(weakref.ref(thing))
        except TypeError:
            pass


def broken_off(error, files):
    """Functions, for `leave`, of the modules in whose midst a load has failed: the import system has thrown them out, and they hold themselves."""
    scopes, trace = {}, error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        if frame.f_code.co_filename in files:
            scopes[id(frame.f_globals)] = frame.f_globals
    return list(anchors(scopes.values()))


def anchors(spaces):
    """A function of each of these globals that has one: a module's outlive it with these, and there is no weak reference to them."""
    for scope in spaces:
        for thing in list(dict.values(scope)):
            parts = list(namespace(thing).values()) if issubclass(type(thing), type) else (thing,)
            found = next((part for part in parts if type(part) is types.FunctionType and part.__globals__ is scope), None)
            if found is not None:
                yield found
                break


def collect(modules):
    """Of modules that nobody needs any more. The list is emptied."""
    if _track is None:
        del modules[:]
        return
    with _one:
        references = _left[:]
        del _left[:len(references)]
        leave(*anchors(scopes(modules)))
        roots = [*modules, *(thing for thing in (reference() for reference in references) if thing is not None)]
        found = _reachable(roots)
        if found is None and len(roots) > len(modules):
            found = _reachable(modules)
        del roots[:], modules[:]
        if found is not None:
            _collect(found)
        if _trim is not None:
            _trim(0)


def collect_at_rest():
    """All there is, while nobody asks for anything: what is left of generations and of loads that have failed would wait until there is much more of it."""
    if blocks() <= _MOST_AT_REST:
        gc.collect()
    if _trim is not None:
        _trim(0)


def objects():
    """All objects that the collector knows, but for tuples.

    Up to Python 3.13 a tuple that is being made of an iterator, as by `tuple(x for x in y)`, is one of them, and its making fails with a SystemError when somebody else has
    got hold of it. So tuples are left out in one call of C code, beside which nobody else runs. One that is whole is found at what refers to it.
    """
    with _one:
        enabled = _is_enabled()
        _disable()  # a collection meanwhile would let others run
        try:
            everything, others = [], []
            fill = filter(None, map(everything.extend, map(gc.get_objects, (None,))))
            clear = filter(None, map(list.clear, (everything,)))
            are_others = map(operator.is_not, map(type, everything), itertools.repeat(tuple))
            others.extend(itertools.compress(itertools.chain(fill, everything, clear), are_others))
        finally:
            if enabled:
                _enable()
    # It is one of them itself, and would hold all of them as a cycle until a collection. It is young, and so near the front.
    for position, thing in enumerate(others):
        if thing is others:
            del others[position]
            break
    return others


def blocks():
    """How many blocks of memory Python has: three or four for each object that the collector knows. To list these would take a second where there are millions, beside which nobody runs."""
    return sys.getallocatedblocks()


def stop():
    """The process ends, and its memory with it: to look at all of it once more, seconds among hundreds of apps, would be in vain and keep them from ending in time."""
    global _is_stopped
    if not _is_stopped:
        _is_stopped = True
        _freeze()


def _collect(found):
    enabled = _is_enabled()
    _disable()  # a collection meanwhile would make them old again
    try:
        while found:
            _make_young(found.pop())
        gc.collect(0)
    finally:
        if enabled:
            _enable()


def _make_young(thing):
    if gc.is_tracked(thing):
        _untrack(id(thing))
        _track(id(thing))


def _reachable(roots):
    """What hangs on these modules and other things and may be part of a cycle; not what is shared. None if it is too much."""
    own = scopes(roots)
    is_shared = shared_test(own)
    found, todo = [*roots, *own], [*roots, *own]
    seen = {id(thing) for thing in found}
    seen.update(id(scope) for scope in scopes(list(dict.values(sys.modules))))
    seen.add(id(sys.modules))
    while todo:
        parts = {id(part): part for part in gc.get_referents(*todo) if gc.is_tracked(part)}
        todo = [part for identity, part in parts.items() if identity not in seen and not is_shared(part)]
        seen.update(parts)
        found += todo
        if len(found) > _MOST:
            return None
    return found


def scopes(things):
    """The globals of modules and functions. Not asked of the modules themselves, which may be lazy, or something else in a module's place."""
    return [_scope(thing) if issubclass(type(thing), _MODULE) else thing.__globals__
            for thing in things if issubclass(type(thing), (_MODULE, types.FunctionType))]


def shared_test(own):
    """Whether something that hangs on modules with these globals is others' too: a function for that."""
    identities = {id(scope) for scope in own}
    names = {scope.get("__name__") for scope in own}

    def is_shared(thing):
        kind = type(thing)
        if kind is types.FunctionType:
            # A closure may hold what is the tenant's, whoever has written its function.
            return id(thing.__globals__) not in identities and thing.__closure__ is None
        if issubclass(kind, type):
            return namespace(thing).get("__module__") not in names
        return issubclass(kind, (_MODULE, Space))

    return is_shared
