"""Globals of shared modules that each generation has for itself.

The standard library keeps what an app sets in globals of its modules: `tempfile.tempdir`, `logging._logRecordFactory`, `ElementTree._namespace_map`.
To separate some, say which, once the module is there (nothing is imported for it):

    importing.when_loaded("tempfile", lambda module: own.names(module, "tempdir", "template"))

names()      for what functions of the module read and assign. Outside, `module.name` is a property; the module's own functions that use the name run with
             a Scope for their globals, so that `global name` in them means the generation's. That costs a microsecond or two a call.
called()     for a function, flag or object that is used often: the module finds a stand-in, which calls what the generation has set. Only the functions
             that are named run in a Scope: those that give the value out or assign it, which must not see the stand-in.
container()  for a mapping that is changed in place: the module finds a View.
state()      for whatever else a patch wants to keep for a generation.

What a generation has not set is the process's, which is what code outside any tenant sees and sets, shared modules while they are executed among it.
Generation.own holds it all, by module or (module, name), and is emptied by the disposal.
"""
import dis
import functools
import importlib
import inspect
import sys
import types

from . import context, importing
from .layers import Layer, View

_separated = {}  # module's name → _Separated
_forgetting = []


def names(module, *names, fresh=None, functions=None):
    """fresh(process's names) gives {name: value} of what a generation must not share to begin with. `functions`: names of the module's functions that
    run in a Scope, instead of all that use the names."""
    separated = _of(module)
    separated.fresh = fresh or separated.fresh
    for name in names:
        separated.publish(name)
    wanted = frozenset(names)
    separated.rebind(lambda function: _uses(function.__code__, wanted) if functions is None else function.__qualname__ in functions)


def called(module, name, *functions):
    """`functions`: names of the module's functions that give the value out or assign it."""
    separated = _of(module)
    separated.publish(name)
    separated.keep_apart(name)
    separated.rebind(lambda function: function.__qualname__ in functions)


def container(module, name, make=None):
    """make(process's mapping) is what a generation starts with: by default a Layer, which shows the process's below its own."""
    vars(module)[name] = View(vars(module)[name], (module.__name__, name), make or Layer)


def when_disposed(forget):
    """Call forget(generation) while its values are still there."""
    _forgetting.append(forget)


def forget(generation):
    for function in _forgetting:
        function(generation)
    for value in list(generation.own.values()):
        if type(value) is Scope:
            value.forget()
    generation.own.clear()


def of_process(module, name):
    """The value for code outside any tenant."""
    return _separated[module.__name__].below[name]


def scope(module, generation):
    """The globals with which the module's functions run for a generation, to read and to set."""
    return _separated[module.__name__].scope(generation)


def state(generation, key, make):
    """The generation's value for a key, made on first use; make() may be called twice by two threads, one result counts."""
    value = generation.own.get(key)
    return generation.own.setdefault(key, make()) if value is None else value


class Scope(dict):
    """What functions of a module have for their globals when they run for a generation: its own values, else the module's.

    The interpreter asks `__missing__` of globals that are no plain dict; STORE_GLOBAL writes into the dict itself, which is just right.
    """

    __slots__ = ("_below", "_functions")

    def __init__(self, module, below):
        super().__init__((name, vars(module).get(name)) for name in ("__name__", "__package__", "__builtins__"))
        self._below = below
        self._functions = {}

    def __missing__(self, name):
        return self._below[name]

    def bind(self, function):
        bound = self._functions.get(function)
        if bound is None:
            bound = types.FunctionType(function.__code__, self, function.__name__, function.__defaults__, function.__closure__)
            bound.__kwdefaults__ = function.__kwdefaults__
            bound.__qualname__ = function.__qualname__
            for name in _names_of_classes(function.__code__):
                try:
                    self.setdefault(name, self._below[name])
                except KeyError:
                    pass  # a local one, or a builtin
            self._functions[function] = bound
        return bound

    def forget(self):
        """Its functions, which hold it: it would wait for a collection."""
        self._functions.clear()


class _Kind(type):
    """`isinstance(x, type(logging))` asks whether it is a module."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, types.ModuleType)


class Retyped(types.ModuleType, metaclass=_Kind):
    """The class of a module some of whose attributes are properties."""

    def __new__(cls, *arguments, **options):
        # importlib makes modules by type(sys)(name), and apps do likewise: those are plain ones, without the properties.
        return types.ModuleType(*arguments, **options)

    def __reduce_ex__(self, protocol):
        """By name. What pickles functions with the modules that they use (cloudpickle, dill) knows plain modules by their very type."""
        return importlib.import_module, (self.__name__,)

    if sys.version_info >= (3, 14):

        def __getattr__(self, name):
            """There for its mere existence: without it, code that runs often reads the module's dict and passes the properties over
            (https://github.com/python/cpython/issues/156399)."""
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class Open(Retyped):
    """A module on which an app puts attributes of its own, and in which it replaces others: they are its generation's."""

    def __setattr__(self, name, value):
        if context.current() is not None and not hasattr(type(self), name):
            names(self, name)
        super().__setattr__(name, value)


class _Separated:
    """What is separated in one module."""

    def __init__(self, module):
        self.module = module
        self.name = module.__name__
        self.below = vars(module)
        self.process = None  # the scope of code outside any tenant, where a stand-in lies in the module
        self.fresh = None
        self._bound = {}

    def scope(self, generation):
        scope = generation.own.get(self.name)
        if scope is None:
            scope = Scope(self.module, self.below)
            if self.fresh is not None:
                scope.update(self.fresh(self.below))
            scope = generation.own.setdefault(self.name, scope)
        return scope

    def current(self):
        generation = context.current()
        return self.below if generation is None else self.scope(generation)

    def seen(self):
        """For reading: no scope is made for it, unless a value has to be."""
        generation = context.current()
        if generation is None:
            return self.below
        scope = generation.own.get(self.name)
        return scope if scope is not None else self.scope(generation) if self.fresh is not None else self.below

    def publish(self, name):
        """Outside of the module, the name is a property of it."""
        kind = type(self.module)
        if kind is types.ModuleType:
            kind = self.module.__class__ = type("module", (Retyped,), {})

        def get(module):
            try:
                return self.seen()[name]
            except KeyError:
                raise AttributeError(f"module {self.name!r} has no attribute {name!r}") from None

        def set(module, value):
            if not isinstance(value, _StandIn):
                self.current()[name] = value
            elif context.current() is not None:  # who saves and restores what `vars(module)` holds, as mock.patch does, has none of its own
                self.current().pop(name, None)
            else:
                self.process[name] = value.first

        def delete(module):
            try:
                del self.current()[name]
            except KeyError:
                raise AttributeError(name) from None

        setattr(kind, name, property(get, set, delete))

    def keep_apart(self, name):
        """Put a stand-in into the module, and the process's value where only its own scope finds it."""
        if self.process is None:
            self.below = self.process = Scope(self.module, vars(self.module))
        self.process[name] = first = vars(self.module)[name]
        vars(self.module)[name] = _StandIn(self, name, first)

    def rebind(self, wanted):
        scope = vars(self.module)
        # Not isinstance(), which a lazy proxy answers by making what it stands for.
        holders = [scope] + [k for k in scope.values() if issubclass(type(k), type) and k.__module__ == self.name]
        for holder in holders:
            for name, value in list((holder if holder is scope else vars(holder)).items()):
                function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
                if not isinstance(function, types.FunctionType) or function.__globals__ is not scope or not wanted(function):
                    continue
                bound = self._bound.get(function)
                if bound is None:
                    bound = self._bound[function] = self._in_scope(function)
                bound = bound if value is function else type(value)(bound)
                scope.__setitem__(name, bound) if holder is scope else setattr(holder, name, bound)

    def _in_scope(self, function):
        def call(*args, **named):
            generation = context.current()
            scope = self.process if generation is None else self.scope(generation)
            return (function if scope is None else scope.bind(function))(*args, **named)

        return functools.wraps(function)(importing.look_frozen(call))


class _StandIn:
    """Lies in the module in place of a function, a flag or an object, and is what the generation has set."""

    __slots__ = ("_separated", "_name", "first")

    def __init__(self, separated, name, first):
        self._separated = separated
        self._name = name
        self.first = first

    def __call__(self, *args, **named):
        return self._separated.seen()[self._name](*args, **named)

    def __bool__(self):
        return bool(self._separated.seen()[self._name])

    def __getattr__(self, name):
        return getattr(self._separated.seen()[self._name], name)


def _of(module):
    separated = _separated.get(module.__name__)
    if separated is None or separated.module is not module:  # another copy, of a virtual environment
        separated = _separated[module.__name__] = _Separated(module)
    return separated


def _uses(code, names):
    """Whether a function, or one in it, uses one of these globals."""
    if not names.isdisjoint(code.co_names):
        for instruction in dis.get_instructions(code):
            if instruction.argval in names and instruction.opname.endswith("_GLOBAL"):
                return True
    return any(_uses(inner, names) for inner in code.co_consts if isinstance(inner, types.CodeType))


def _names_of_classes(code):
    """Names that the bodies of classes in a function use: those are looked for in the dict itself, without asking `__missing__`."""
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            if not inner.co_flags & inspect.CO_OPTIMIZED:
                yield from inner.co_names
            yield from _names_of_classes(inner)
