"""How much memory an app has: what hangs on its own modules and is not others' too.

An estimate. What two apps have in common, such as an object of a shared library that both refer to, counts for both; memory that C code keeps for itself counts
where its objects say how much it is (`__sizeof__`: arrays of NumPy do), and what only a thread or a task refers to does not count at all.
"""
import gc
import itertools
import json
import sys

from . import collection

_MOST = 500_000  # objects
_AT_ONCE = 500  # for so many the GIL is kept
_MOST_TYPES = 20


def measure(generation):
    """JSON: {"bytes", "objects", "isWhole": false if there is more, "types": the classes of its own with the most objects, wherever these are: [{"name", "count", "bytes"}]}."""
    modules = [module for module in list(generation.modules.values()) if not generation.is_borrowed(module)]
    scopes = collection.scopes(modules)
    size, count, whole = _walk(modules, scopes)
    return json.dumps({"bytes": size, "objects": count, "isWhole": whole, "types": _types(scopes)})


def _walk(modules, scopes):
    is_shared = collection.shared_test(scopes)
    shared = {id(scope) for scope in collection.scopes(list(dict.values(sys.modules)))} - {id(scope) for scope in scopes}
    seen = shared | {id(sys.modules)}
    held = [thing for thing in (*modules, *scopes) if id(thing) not in seen]  # so that no identity is given to another object meanwhile
    seen.update(id(thing) for thing in held)
    size = sum(_size(thing) for thing in held)
    done = 0
    while done < len(held):
        batch = held[done:done + _AT_ONCE]
        done += len(batch)
        for part in gc.get_referents(*batch):
            if id(part) not in seen:
                seen.add(id(part))
                if part is not None and not is_shared(part):
                    held.append(part)
                    size += _size(part)
        if len(held) > _MOST:
            return size, len(held), False
    return size, len(held), True


def _types(scopes):
    """Not those that hang on the modules alone: an object that only a task or another library refers to is what one looks for."""
    names = {}
    for scope in scopes:
        names.setdefault(scope.get("__name__"), []).append(scope)
    own = {id(kind): kind for kind in _kinds() if _is_of(kind, names)}
    found = {}
    for thing in _instances(own):
        count, size = found.get(id(type(thing)), (0, 0))
        found[id(type(thing))] = count + 1, size + _size(thing)
    most = sorted(found.items(), key=lambda entry: entry[1], reverse=True)[:_MOST_TYPES]
    return [{"name": f"{own[kind].__module__}.{own[kind].__qualname__}", "count": count, "bytes": size} for kind, (count, size) in most]


# Both look at all objects there are, in one go: other apps' too must not be held while the GIL is with others, or they would end here, and late.
def _kinds():
    kinds = list(map(type, collection.objects()))
    return dict(zip(map(id, kinds), kinds)).values()


def _instances(kinds):
    everything = collection.objects()
    return list(itertools.compress(everything, map(kinds.__contains__, map(id, map(type, everything)))))


def _is_of(kind, names):
    """Whether a class was made in one of these modules: not in another tenant's of that name."""
    space = collection.namespace(kind)
    scopes = names.get(space.get("__module__"))
    if scopes is None:
        return False
    method = next((thing for thing in list(space.values()) if hasattr(type(thing), "__globals__")), None)
    if method is not None:
        return any(method.__globals__ is scope for scope in scopes)
    return any(thing is kind for scope in scopes for thing in list(dict.values(scope)))


def _size(thing):
    try:
        return sys.getsizeof(thing)
    except Exception:  # the app's own code
        return 0
