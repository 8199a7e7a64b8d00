"""Lazy imports (PEP 810, Python 3.15): a placeholder is resolved where its statement stands, whoever reads it first.

CPython resolves it as code of the reader: a tenant that is the first to read `collections._nlargest` would decide for all what `heapq` is. But it calls
the `__import__` that it finds in the builtins of the statement's module. So a statement's placeholder gets builtins of its own, in which `__import__` is
a function of the space that was current there. Nothing but lazy statements comes here: CPython asks `builtins.__lazy_import__` for them only.
"""
import builtins
import gc
import logging
import sys
import time
import types
import weakref
from importlib import _bootstrap

from . import claims, context, finder, importers, laziness, logs, own, profile, space as spaces
from .errors import NeedsPrivate
from .importing import look_frozen

# CPython refuses the calls from within a function.
_PLACEHOLDER = compile("made = lazy_import(*arguments)", "<lazy>", "exec")
_FOR_READERS = compile("lazy_import(*arguments)", "<lazy>", "exec")
_lazy_import = getattr(builtins, "__lazy_import__", None)


class Home:
    """Where placeholders are resolved: in a generation, in a venv, or among the shared modules (None)."""

    def __init__(self, space):
        # Weak: CPython keeps a function of the last one that has imported a submodule of that name lazily, for good.
        self._space = (lambda: None) if space is None else weakref.ref(space)
        self._is_tenants = getattr(space, "generation", None) is not None
        self.names = set()  # the generation's sys.lazy_modules
        self.submodules = {}  # package → {submodule that was imported lazily before it was loaded: place}
        self.declared = set()  # full names of all submodules that were imported lazily

    def placeholder(self, importer, name, fromlist, place, load):
        """load(name, globals, locals, fromlist, level) is called when somebody reads it; `place` is the code and the line that an error names."""
        scope = {"__name__": importer, "__builtins__": {"__import__": load}}
        arguments = {"lazy_import": _lazy_import, "arguments": (name, scope, scope, fromlist, 0)}
        code, line = place
        exec(_PLACEHOLDER.replace(co_filename=code.co_filename, co_firstlineno=line or 1, co_name=code.co_name), arguments)
        made = arguments["made"]
        if "." in name:
            scope = {"__name__": importer, "__builtins__": {"__import__": load_for_reader}}
            exec(_FOR_READERS, {"lazy_import": _lazy_import, "arguments": (name, scope, scope, fromlist, 0)})
        return made

    @look_frozen
    def load(self, name, globals=None, locals=None, fromlist=(), level=0):
        loaded = (name, *(f"{name}.{one}" for one in fromlist or ()))
        self.names.difference_update(loaded)
        began = None
        if context.thread.profile is not None:
            context.thread.profile.lazy.update(loaded)
        elif context.current_trace() is not None:
            began = time.perf_counter_ns()
        try:
            return self.run(self._import, name, globals, locals, fromlist, level)
        finally:
            if began is not None:
                _tell(name, time.perf_counter_ns() - began, sys._getframe(1))

    @look_frozen
    def load_submodule(self, name, globals=None, locals=None, fromlist=(), level=0):
        return self.run(_bootstrap._gcd_import, name)

    @look_frozen
    def _import(self, *arguments):
        return builtins.__import__(*arguments)  # an app may have one of its own

    @look_frozen
    def run(self, function, *arguments):
        """Call a function as an import at the top of a module of this home does."""
        space = self._space()
        if self._is_tenants:
            return function(*arguments) if space is None or space is context.space() else space.run(function, *arguments)
        token = context.variable.set(context.Execution(space, context.origin()))
        try:
            return function(*arguments)
        except NeedsPrivate:  # of a module that others have loaded before: it keeps to what is theirs
            context.variable.set(context.Execution(space, None))
            return function(*arguments)
        finally:
            context.variable.reset(token)

    def note(self, package, child, table, place):
        """`lazy import package.child`: an attribute of the package, which may not be loaded yet."""
        self.submodules.setdefault(package, {})[child] = place
        self.declared.add(f"{package}.{child}")
        module = dict.get(table, package)
        if module is not None:
            self.publish(package, module)

    def publish(self, package, module):
        """What was imported lazily of a package is there when somebody asks the package for it. CPython keeps such names for all packages of that name
        in the process, until somebody has asked one of them."""
        content = importers.contents(module)
        for child, place in self.submodules.pop(package, {}).items():
            name = f"{package}.{child}"
            if child not in content and self._is_there(name, content):
                content[child] = self.placeholder(package, name, None, place, self.load_submodule)

    def _is_there(self, name, package):
        try:
            return "__path__" in package and self.run(_bootstrap._find_spec, name, package["__path__"]) is not None
        except Exception:  # whatever finders there are: the import will tell
            return True


def _tell(name, took, frame):
    """What a traced request waited for, as a record of it."""
    if took >= profile.LEAST:
        logs.tell(logging.DEBUG, "snakehost.imports", f"the lazy import of {name} took {took / 1e6:.1f} ms", frame)


_KEY = "lazy imports"
_shared = Home(None)


def home(space):
    """Of a space, or of what is current."""
    if isinstance(space, context.Execution):
        space = space.space
    return _shared if space is None else own.state(space, _KEY, lambda: Home(space))


def names(generation):
    """The generation's `sys.lazy_modules`."""
    return home(generation).names


@look_frozen
def lazy_import(name, globals=None, locals=None, fromlist=(), level=0):
    """`builtins.__lazy_import__`: the placeholder, or the module where it must not wait."""
    frame = sys._getframe(1)
    scope = frame.f_globals if globals is None else globals
    full = _bootstrap._resolve_name(name, _bootstrap._calc___package__(scope), level) if level else name
    importer, current = scope.get("__name__"), context.space()
    generation = None if current is None else current.generation
    if not laziness.may_wait(generation, importer, full, fromlist, frame):
        return frame.f_builtins["__import__"](name, scope, locals, fromlist, level)
    if generation is None and current is not None and current.origin is not None:
        _check_private(current, full)
    where, place = home(current), (frame.f_code, frame.f_lineno)
    made = where.placeholder(importer, full, fromlist, place, where.load)
    if type(made) is not types.LazyImportType:  # the process's filter said no
        return made
    if generation is not None:
        noted = {full, *(f"{full}.{one}" for one in fromlist or ())}
        where.names |= noted
        sys.__dict__["lazy_modules"].difference_update(noted)
    if not fromlist and "." in full:
        _note_submodules(current, full, place)
    return made


def _check_private(execution, name):
    """Whether a shared module has to be the generation's own for what it imports, sooner or later, as with what it imports at once."""
    origin, top = execution.origin, name.partition(".")[0]
    if origin.keeps_private(top) or claims.covering(origin, name) or origin.places[top] is origin.modules and not _has(execution.space, top):
        origin.needs_private(top)


def _has(space, top):
    if spaces.is_built_in(top) or dict.__contains__(sys.modules, top):
        return True
    if space is not None:
        return space.locate(top)[0] is not None
    return finder.find_shared(top, list(list.__iter__(sys.path))) is not None


def _note_submodules(space, name, place):
    while "." in name:
        name, _, child = name.rpartition(".")
        where, table = _owner(space, name)
        where.note(name, child, table, place)


def _owner(space, name):
    """(home, table) of a module as a space sees it."""
    table = None if space is None else space.places[name]
    if table is None:
        return _shared, sys.modules
    holder = space.holder
    return home(holder if holder.owns(table) else holder.outer), table


def _publish(name, module):
    where, _ = _owner(context.space(), name)
    if name in where.submodules:
        where.publish(name, module)


@look_frozen
def module_from_spec(spec):
    """Before it is executed: other threads use it as soon as it has been."""
    module = _module_from_spec(spec)
    _publish(spec.name, module)
    return module


def set_lazy_attributes(module, name):
    """`_imp._set_lazy_attributes`, called when a module has been loaded: for what another thread has imported lazily meanwhile."""
    _set_lazy_attributes(module, name)
    _publish(name, module)


@look_frozen
def find_and_load_lazy_submodule(name, import_):
    """A package was asked for what it does not have, or not yet, and some package of that name in the process has been imported lazily with it."""
    where, _ = _owner(context.space(), name.rpartition(".")[0])
    if where is _shared or name in where.declared:
        return where.run(_find_and_load_lazy_submodule, name, import_)
    return None


@look_frozen
def load_for_reader(name, globals=None, locals=None, fromlist=(), level=0):
    """The same, when CPython knows an `__import__` for it: that of whoever was the last to import it lazily, had it not been given this one after it."""
    package, _, child = name.rpartition(".")
    where, _ = _owner(context.space(), package)
    if where is _shared or name in where.declared:
        return where.run(builtins.__import__, name)
    raise AttributeError(f"module {package!r} has no attribute {child!r}")


def _take_over(module_name, module):
    """Placeholders of what was imported before: each becomes one that resolves the first among the shared modules."""
    content = importers.contents(module)
    for key, first in list(content.items()):
        if type(first) is types.LazyImportType:
            def load(*_, first=first):
                return _shared.run(first.resolve)

            name = repr(first).split("'")[1].removesuffix("...")
            code = next(part for part in gc.get_referents(first) if isinstance(part, types.CodeType))
            content[key] = _shared.placeholder(module_name, name, None, (code, code.co_firstlineno), look_frozen(load))


def install():
    global _set_lazy_attributes, _find_and_load_lazy_submodule, _module_from_spec
    if _lazy_import is None:
        return
    import _imp

    _set_lazy_attributes, _find_and_load_lazy_submodule = _imp._set_lazy_attributes, _bootstrap._find_and_load_lazy_submodule
    _module_from_spec, _bootstrap.module_from_spec = _bootstrap.module_from_spec, module_from_spec
    _imp._set_lazy_attributes = set_lazy_attributes
    _bootstrap._find_and_load_lazy_submodule = find_and_load_lazy_submodule
    importers.end_at(Home.run)
    laziness.install()
    for name, module in list(dict.items(sys.modules)):
        _take_over(name, module)
    builtins.__lazy_import__ = lazy_import
