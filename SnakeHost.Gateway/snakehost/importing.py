"""Functions of `importlib._bootstrap`, made aware of generations.

The C import machinery looks these names up in the module for every import that is not a mere hit.
"""
import functools
import importlib
import sys
import types
import weakref
from importlib import _bootstrap
from importlib.machinery import ExtensionFileLoader

from . import attributes, claims, context, extensions, shelves
from .errors import NeedsPrivate
from .importers import Shadowing, contents

_find_and_load = _bootstrap._find_and_load
_find_and_load_unlocked = _bootstrap._find_and_load_unlocked
_get_module_lock = _bootstrap._get_module_lock
_load_unlocked = _bootstrap._load_unlocked

_patches = {}
_copies = {}

# Modules that find a submodule of theirs by `sys.modules[...]` first, and so meet it half imported when two event loops
# start at the same moment: imported with their package, under its lock.
_EAGER = {"anyio": "anyio._backends._asyncio"}


def get_module_lock(name):
    """A lock per module *and table*: a `main` that hangs must not hold up every other tenant's `main`."""
    current = context.space()
    table = None if current is None else current.places[name]
    return _get_module_lock(name if table is None else f"{name} of table {id(table):x}")


def find_and_load(name, import_, **options):  # 3.15 has options
    """An import statement of a shared module means shared modules, even where the tenant has one of that name."""
    current = context.space()
    lookup = None if current is None else current.owners[name]
    around = lookup.around(name, sys._getframe(1)) if type(lookup) is Shadowing else None
    if around is None:
        return _find_and_load(name, import_, **options)
    token = context.variable.set(context.Execution(around.space, current.origin))
    try:
        return _find_and_load(name, import_, **options)
    finally:
        context.variable.reset(token)


def find_and_load_unlocked(name, import_, **options):
    """A submodule that is a tenant's is no attribute of a package that all share."""
    current = context.space()
    parent, _, child = name.rpartition(".")
    if not parent or current is None or current.generation is None:
        return _find_and_load_unlocked(name, import_, **options)
    before = contents(sys.modules.get(parent)).get(child)
    module = _find_and_load_unlocked(name, import_, **options)
    if current.places[name] is current.modules and current.places[parent] is not current.modules:
        attributes.keep_private(sys.modules[parent], child, module, before)
    return module


def load_unlocked(spec):
    profile = context.thread.profile
    return _load_owned(spec) if profile is None else profile.run(_load_owned, spec)


def _load_owned(spec):
    """Execute a module in the space that owns it: never a shared one inside the tenant that happens to ask."""
    current = context.space()
    if current is None:
        return _load(spec)
    table = current.places[spec.name]
    generation = current.generation
    if generation is None:
        return _load_nested(current, table, spec)
    if table is generation.modules:
        return spec.origin == "built-in" and claims.forgive(generation, spec.name) or _load(spec)
    module = _loaded_before(generation, table, spec.name)
    if module is not None:
        return module
    venv = generation.venv if table is not None else None
    token = context.variable.set(context.Execution(venv, generation))
    try:
        return _load(spec)
    except NeedsPrivate as needed:
        if needed.generation is not generation:
            raise
        names = needed.names | {spec.name.partition(".")[0]}
    finally:
        context.variable.reset(token)
    return _load_privately(generation, spec.name, names)


def _loaded_before(space, table, name):
    """A module of all that a space with finders of its own has not seen yet: they have been asked, and leave it to those of all."""
    if not space.early or space.knows(name):
        return None
    space.seen.add(name)
    return dict.get(sys.modules if table is None else table, name)


def _load_nested(execution, table, spec):
    """A module that a shared one imports. A venv's module may import one of the base installation."""
    if execution.space is not None and table is not execution.space.modules:
        module = _loaded_before(execution.space, table, spec.name)
        if module is not None:
            return module
    outer = table is None and execution.space is not None
    token = context.variable.set(context.Execution(None, execution.origin)) if outer else None
    try:
        return _load(spec)
    except NeedsPrivate as needed:
        needed.names.add(spec.name.partition(".")[0])
        raise
    finally:
        if token is not None:
            context.variable.reset(token)


def _load_privately(generation, name, names):
    """A shared module turned out to need a private package: load it, and what led there, for this generation."""
    generation.make_private(names)
    parent = name.rpartition(".")[0]
    path = None
    if parent:
        path = _bootstrap._gcd_import(parent).__path__
        already = generation.modules.get(name)
        if already is not None:
            return already
    spec = _bootstrap._find_spec(name, path)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _load(spec)


def when_loaded(name, patch):
    """Call patch(module) now, or once a shared module has been loaded."""
    module = dict.get(sys.modules, name)
    if module is not None:
        patch(module)
    else:
        _patches.setdefault(name, []).append(patch)


def whenever_loaded(name, patch):
    """Call patch(module) for each copy of an installed package: a venv has its own, and so may a generation."""
    _copies.setdefault(name, []).append(patch)


def tried(patch):
    """A patch without which nothing is amiss but what it would have told: of a version that is built differently, too."""
    def patch_if_it_fits(module):
        try:
            patch(module)
        except Exception:
            pass

    return patch_if_it_fits


def _load(spec):
    module = _load_module(spec)
    if spec.name in _patches and _is_shared(spec.name):
        for patch in _patches.pop(spec.name, ()):
            patch(module)
    if spec.name in _copies and _is_installed(spec):
        for patch in _copies[spec.name]:
            try:
                patch(module)
            except Exception as error:  # of a version that is built differently: its state is shared then
                print(f"snakehost: {spec.name} is not separate for each app: {type(error).__name__}: {error}", file=sys.stderr)
    return module


def noted(make):
    """`module_from_spec` of the import system, for `_load_module`."""
    def module_from_spec(spec):
        module = spec.snakehost_made = make(spec)
        return module

    return look_frozen(module_from_spec)


def _load_module(spec):
    """Another tenant's thread may have found the module while it is executed, and waits for it to be whole. CPython hands it what it has found even if the
    module has put another into its place meanwhile (Celery, kombu, py), or has failed: that one knows nothing then but where to look."""
    module = None
    try:
        module = _execute(spec)
    finally:
        made = vars(spec).pop("snakehost_made", None)
        if made is not module and isinstance(made, types.ModuleType):
            vars(made).setdefault("__getattr__", functools.partial(_of_current, spec.name, weakref.ref(made)))
    return module


def _of_current(name, made, attribute):
    module, before = importlib.import_module(name), context.thread.forwarded
    # The new one may ask the old one for what it has not (cryptography's do).
    if module is made() or (name, attribute) in before:
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}", name=attribute, obj=module)
    context.thread.forwarded = (*before, (name, attribute))
    try:
        return getattr(module, attribute)
    finally:
        context.thread.forwarded = before


def _execute(spec):
    if not isinstance(spec.loader, ExtensionFileLoader):
        module = _load_unlocked(spec)
        if spec.name in _EAGER:
            try:
                _bootstrap._gcd_import(_EAGER[spec.name])
            except ImportError:
                pass
        return module
    holder = _holder(spec.name)
    module = extensions.load(spec, holder, _load_unlocked)
    if isinstance(holder, shelves.Shelf):
        holder.extensions = True
    return module


def _is_shared(name):
    """Not a tenant's own module of that name."""
    current = context.space()
    return current is None or current.places[name] is None


def _is_installed(spec):
    generation = context.current()
    return generation is None or not generation.reads_source(spec.origin)


def _holder(name):
    """What lives as long as the table that a module is loaded into; None for the shared one."""
    current = context.space()
    table = None if current is None else current.places[name]
    if table is None:
        return None
    return table if isinstance(table, shelves.Shelf) else current.generation or current.space


def look_frozen(function):
    """Name the function's file as the import system names its own: CPython then leaves the frame out of tracebacks, and
    warnings are attributed to whoever wrote the import statement."""
    function.__code__ = function.__code__.replace(co_filename="<frozen importlib._bootstrap>")
    return function


def install():
    for function in (find_and_load, find_and_load_unlocked, load_unlocked, _load_owned, _load_nested, _load_privately, _load, _load_module,
                     _execute, _of_current, _is_shared, _is_installed, extensions.load):
        look_frozen(function)
    _bootstrap._get_module_lock = get_module_lock
    _bootstrap._find_and_load = find_and_load
    _bootstrap._find_and_load_unlocked = find_and_load_unlocked
    _bootstrap._load_unlocked = load_unlocked
