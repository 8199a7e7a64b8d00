"""Registries of much used libraries, made separate for each generation.

A library that registers what apps declare, by name or once per process, takes a second tenant, or the next version of the same one, for
a mistake, or serves one from what another has registered. A private copy of the library would help (see private.py), at its price in memory
and in the time of each reload. What is here costs neither: the registry alone is the generation's. Each patch is applied to every copy that
is loaded, one per environment.
"""
import functools
import sys
import types
import weakref

from . import context, debuggers, failures, importing, listeners, overlays, own, providers, routes, schedulers, scopes, spans, tags, tasks, weak


def _pydantic(module):
    """pydantic 1: names of validators, which may not occur twice."""
    module._FUNCS = overlays.Names(module._FUNCS)


def _marshmallow(module):
    """Schemas by class name, for `Nested("Name")`."""
    own.container(module, "_registry", overlays.Lists)


def _prometheus(module):
    """The default registry, which each metric is in unless told otherwise."""
    registry = module.REGISTRY
    for name in ("_collector_to_names", "_names_to_collectors"):
        setattr(registry, name, own.View(getattr(registry, name), (module.__name__, name), own.Layer))
    info = overlays.Attribute("_target_info")
    registry.__class__ = type(type(registry).__name__, (type(registry),), {"_target_info": info, "__module__": type(registry).__module__})


def _blinker(module):
    """Flask's signals: a receiver of a tenant's hears its own app only. A signal that no tenant has connected to is as it was."""
    Signal, identity = module.Signal, getattr(module, "make_id", None) or module.hashable_identity
    connect, receivers_for = Signal.connect, Signal.receivers_for

    def scoped_connect(signal, receiver, *args, **named):
        owners = signal.__dict__.get("_snakehost_owners")
        if overlays.is_own(receiver):
            if owners is None:
                owners = signal._snakehost_owners = {}
                signal.receivers_for = types.MethodType(scoped_receivers_for, signal)
            owners[identity(receiver)] = weakref.ref(context.current())
            overlays.mine(_blinker, weakref.WeakKeyDictionary)[signal] = module
        elif owners is not None:
            owners.pop(identity(receiver), None)
        return connect(signal, receiver, *args, **named)

    def scoped_receivers_for(signal, sender):
        current = context.current()
        for receiver in receivers_for(signal, sender):
            owner = signal._snakehost_owners.get(identity(receiver))
            if owner is None or owner() is current:
                yield receiver

    Signal.connect = scoped_connect


def _disconnect(generation):
    for signal, module in weak.items(generation.own[_blinker]) if _blinker in generation.own else ():
        for receiver, owner in list(signal._snakehost_owners.items()):
            if owner() in (None, generation):
                signal._disconnect(receiver, module.ANY_ID)
                signal._snakehost_owners.pop(receiver, None)


def _fastapi(module):
    """The providers that FastAPI has made from the environment: ended with their generation."""
    module._configured, module._owned = overlays.Entries(), _Owned(module._shutdown)


class _Owned(overlays.Entries):
    __slots__ = ("_shutdown",)

    def __init__(self, shutdown):
        super().__init__()
        self._shutdown = shutdown

    def append(self, entry):
        generation = context.current()
        if generation is not None and not len(self):
            generation.exits.append((self._shutdown, (), {}))
        super().append(entry)


def _protobuf(module):
    """Its C implementations refuse a file of a known name with other contents; the one in Python keeps the first and says nothing."""
    pool = module.DescriptorPool
    if not isinstance(vars(pool).get("AddSerializedFile"), types.FunctionType):
        return
    add = pool.AddSerializedFile

    def checked_add(self, serialized):
        file, generation = add(self, serialized), context.current()
        first, by = vars(self).setdefault("_snakehost_files", {}).setdefault(file.name, (serialized, generation and generation.id))
        if first != serialized and generation is not None and by != generation.id:
            file.serialized_pb = first
            raise TypeError(f"A file {file.name} with other contents is in the pool that all apps share")
        return file

    pool.AddSerializedFile = checked_add


def _jinja_defaults(*names):
    """What each new environment begins with: `jinja2.filters.FILTERS["money"] = money`."""
    def patch(module):
        for name in names:
            own.container(module, name)

    return patch


def _jinja(module):
    """Environments that templates made without one share."""
    make = module.get_spontaneous_environment

    def cached():
        generation = context.current()
        return make if generation is None else own.state(generation, make, lambda: functools.lru_cache(10)(make.__wrapped__))

    def get_spontaneous_environment(*args):
        return cached()(*args)

    module.get_spontaneous_environment = functools.wraps(make)(get_spontaneous_environment)
    module.get_spontaneous_environment.cache_clear = lambda: cached().cache_clear()


def _wrapt(module):
    """Hooks to be run after an import, and the finder that knows them: it is in the list of who registers one."""
    register = module.register_post_import_hook
    own.container(module, "_post_import_hooks", lambda process: {})
    module._post_import_hooks_init = True

    def register_for_generation(hook, name):
        if not any(isinstance(finder, module.ImportHookFinder) for finder in sys.meta_path):
            sys.meta_path.insert(0, module.ImportHookFinder())
        return register(hook, name)

    module.register_post_import_hook = functools.wraps(register)(register_for_generation)


def forget(generation):
    """As code of the generation, which is at its end: what lies elsewhere than in its own registries."""
    _disconnect(generation)
    listeners.forget(generation)


def install():
    for name, patch in (
        ("pydantic.class_validators", _pydantic),
        ("pydantic.v1.class_validators", _pydantic),
        ("marshmallow.class_registry", _marshmallow),
        ("prometheus_client.registry", _prometheus),
        ("blinker.base", _blinker),
        ("fastapi.telemetry._runtime", _fastapi),
        ("google.protobuf.descriptor_pool", _protobuf),
        ("jinja2.filters", _jinja_defaults("FILTERS")),
        ("jinja2.tests", _jinja_defaults("TESTS")),
        ("jinja2.defaults", _jinja_defaults("DEFAULT_NAMESPACE", "DEFAULT_POLICIES")),
        ("jinja2.environment", _jinja),
        ("wrapt.importer", _wrapt),
        *debuggers.PATCHES,
        *failures.PATCHES,
        *listeners.PATCHES,
        *providers.PATCHES,
        *routes.PATCHES,
        *schedulers.PATCHES,
        *scopes.PATCHES,
        *spans.PATCHES,
        *tags.PATCHES,
        *tasks.PATCHES,
    ):
        importing.whenever_loaded(name, patch)
