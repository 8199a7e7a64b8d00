"""What keeps an app's old modules in memory when it should not be there any more.

Found backwards, from the modules to what refers to them and so on, each time by a look at all objects: some tenths of a second of processor time, seconds where there are hundreds of
thousands, in which others go on, if not as fast. It is done for what has outlived a collection only, step by step, and given up when the gateway ends or it takes too long.
"""
import gc
import sys
import threading
import time
import types
import weakref

from . import collection

_FURTHEST = 12
_MOST = 20_000  # objects on the way: more is everything
_STEP = 20_000  # objects to look at
_BATCH = 200  # objects that are asked at once
_MOST_OF_ALL = 1_000_000  # blocks of memory, about 280,000 objects: among more, three seconds have not sufficed for what is more than a few steps away
_LONGEST = 60  # of a key
_SECONDS = 3  # of processor time
_TOO_MANY = "nothing that could be found among so many objects"

_CONTAINERS = (list, tuple, set, frozenset)


class Watch:
    """Modules that are to go. It does not keep them."""

    def __init__(self, modules):
        self._steps = _look([weakref.ref(anchor) for anchor in collection.anchors(collection.scopes(modules))])

    def step(self):
        """None: call it again. Else what keeps them, from the outermost on: empty when they have gone."""
        return next(self._steps)


def _look(anchors):
    collection.collect([])  # what nobody needs any more goes now
    alive = [anchor for anchor in (reference() for reference in anchors) if anchor is not None]
    if not alive:
        yield ""
        return
    collection.leave(*alive)
    scopes = [anchor.__globals__ for anchor in alive]
    del alive
    names = sorted({str(dict.get(scope, "__name__")) for scope in scopes})
    found = _by_thread(scopes)
    for found in () if found else _by_objects(scopes):
        if found is None:
            yield None
    yield f"module{'s' if len(names) > 1 else ''} {', '.join(names[:3])}{' and others' if len(names) > 3 else ''}: {found}"


def _by_thread(scopes):
    own = {id(scope) for scope in scopes}
    names = {thread.ident: thread.name for thread in list(threading._active.values())}
    for identifier, frame in sys._current_frames().items():
        while frame is not None:
            if id(frame.f_globals) in own:
                return f"thread {names.get(identifier, identifier)} is in {frame.f_code.co_name}, line {frame.f_lineno} of {frame.f_code.co_filename}"
            frame = frame.f_back
    return None


def _by_objects(scopes):
    """None after each step, and then what was found."""
    if collection.blocks() > _MOST_OF_ALL:
        yield _TOO_MANY
        return
    began = time.thread_time()  # one thread takes all steps
    own = {id(scope) for scope in scopes}
    roots = {id(vars_): name for name, vars_ in _named_scopes() if id(vars_) not in own}
    child = dict.fromkeys(own)  # of each that leads to the modules: what it refers to, by identity
    things = {id(scope): scope for scope in scopes}
    level = set(own)
    # Before 3.12.6 asyncio's C module tells of iterators that it keeps for the next use as if they were alive. Whoever has held one has it kept twice, and the
    # next collection goes round in a ring for ever (CPython issue 122695).
    looking = {id(scopes), id(things), id(child), id(sys.modules.get("_asyncio")), *_frames()}
    for _ in range(_FURTHEST):
        above = set()
        everything, tuples = collection.objects(), set()
        looked, root = 0, None
        while everything and root is None:
            # Let go of at once: what others do not need any more meanwhile ends here, and late.
            batch = everything[-_BATCH:]
            del everything[-_BATCH:]
            if not looking.isdisjoint(map(id, batch)):
                batch = [thing for thing in batch if id(thing) not in looking]
            for thing, part in _leading(batch, level, tuples):
                if id(thing) in child:
                    continue
                child[id(thing)], things[id(thing)] = part, thing
                above.add(id(thing))
                if id(thing) in roots:
                    root = thing
                    break
            batch = thing = None
            looked += _BATCH
            if looked % _STEP == 0:
                if time.thread_time() - began > _SECONDS:
                    del everything, things
                    yield _TOO_MANY
                    return
                yield None
        if root is not None:
            text = _describe(root, child, things, roots)
            del everything, things, root  # before 3.11 this function's frame is among them
            yield text
            return
        if not above or len(child) > _MOST:
            break
        level = above
    # Something that no object refers to: a local variable of code that runs, or what C code has.
    last = next(iter(level))
    text = _describe(things[last], child, things, roots)
    yield text if level == own else f"something that is not a Python object → {text}"


def _leading(things, level, tuples):
    """Those that refer to something of a level, each with the identity of the first that it names; and the tuples that they refer to, except those that are known."""
    found = []
    while things:
        # All are asked at once, in C: few lead to the modules.
        parts = gc.get_referents(*things)
        if not level.isdisjoint(map(id, parts)):
            for thing in things:
                part = next(filter(level.__contains__, map(id, gc.get_referents(thing))), None)
                if part is not None:
                    found.append((thing, part))
        things = list({id(part): part for part in parts if type(part) is tuple and id(part) not in tuples and gc.is_tracked(part)}.values())
        tuples.update(map(id, things))
    return found


def _frames():
    """Of whoever looks: before 3.11 these are objects that refer to what they look at."""
    frame = sys._getframe(1)
    while frame is not None:
        yield id(frame)
        frame = frame.f_back


def _named_scopes():
    for name, module in list(dict.items(sys.modules)):
        for scope in collection.scopes([module]):
            yield name, scope


def _describe(thing, child, things, roots):
    parts = []
    while thing is not None:
        following = things.get(child[id(thing)])
        parts.append(_name(thing, following, roots))
        thing = following
    return " → ".join(part for part in parts[:-1] if part) or "nothing that could be found"


def _name(thing, following, roots):
    kind = type(thing)
    if id(thing) in roots:
        return f"{_key(thing, following)} of module {roots[id(thing)]}"
    if kind is dict:
        return f"a dict's {_key(thing, following)}"
    if kind is types.FunctionType:
        return f"function {thing.__module__}.{thing.__qualname__}"
    if kind in (types.MethodType, types.CellType):
        return ""  # the function, or what is in it, comes next
    if isinstance(thing, types.FrameType):
        return f"a frame of {thing.f_code.co_name}, line {thing.f_lineno} of {thing.f_code.co_filename}"
    if kind in (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType):
        return f"{kind.__name__} {thing.__qualname__}"
    if issubclass(kind, type):
        space = collection.namespace(thing)
        return f"class {space.get('__module__')}.{type.__dict__['__qualname__'].__get__(thing)}"
    if kind in _CONTAINERS:
        return f"a {kind.__name__}"
    return f"an object of {kind.__module__}.{kind.__qualname__}"


def _key(mapping, value):
    for key, found in list(dict.items(mapping)):
        if found is value:
            return key if type(key) is str and key.isprintable() and len(key) <= _LONGEST else f"entry for an object of {type(key).__name__}"
    return "key"
