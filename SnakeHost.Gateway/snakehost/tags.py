"""What PyYAML's loaders and dumpers know, by class: constructors, representers and resolvers that an app adds to a class that all share are the
generation's.

PyYAML gives a class a copy of what it inherits when something is first added to it. So does this, for the generation: what an app has added to
`SafeConstructor` is seen through `SafeLoader`, until it adds something to that one.
"""
from . import context, overlays, own

_ADD = {
    "constructor": ("add_constructor", "add_multi_constructor"),
    "representer": ("add_representer", "add_multi_representer"),
    "resolver": ("add_implicit_resolver", "add_path_resolver"),
}


def _attribute(add):
    return f"yaml_{add[4:]}s"


class _Registry:
    """The attribute of a shared class: a generation's own for the class, or for the nearest above it that has any."""

    __slots__ = ("name", "process")

    def __init__(self, name, process):
        self.name = name
        self.process = process

    def __get__(self, instance, owner):
        generation = context.current()
        own_ones = None if generation is None else generation.own.get(_Registry)
        if own_ones:
            for kind in owner.__mro__:
                found = own_ones.get((kind, self.name))
                if found is not None:
                    return found
                if vars(kind).get(self.name) is self:
                    break
        return self.process


def _separate(kind, add):
    name, function = _attribute(add), vars(kind)[add].__func__

    def add_for_generation(cls, *args, **named):
        generation = context.current()
        if overlays.is_own(cls):
            return function(cls, *args, **named)
        if generation is None:
            registry = vars(cls).get(name)
            if isinstance(registry, _Registry):
                return function(_holder(cls, name, registry.process), *args, **named)
            function(cls, *args, **named)
            return _share(cls, name)
        _share(cls, name)
        registries = own.state(generation, _Registry, dict)
        if (cls, name) not in registries:
            registries[cls, name] = {key: value[:] if isinstance(value, list) else value for key, value in getattr(cls, name).items()}
        function(_holder(cls, name, registries[cls, name]), *args, **named)

    add_for_generation.__name__, add_for_generation.__doc__ = function.__name__, function.__doc__
    setattr(kind, add, classmethod(add_for_generation))


def _share(cls, name):
    if isinstance(vars(cls).get(name), dict):
        setattr(cls, name, _Registry(name, vars(cls)[name]))


def _holder(cls, name, registry):
    """PyYAML's functions add to what is in the class itself."""
    return type(cls.__name__, (), {name: registry})


def _patch(part):
    def patch(module):
        base = getattr(module, f"Base{part.title()}")
        for add in _ADD[part]:
            _separate(base, add)
            for kind in list(vars(module).values()):
                if isinstance(kind, type):
                    _share(kind, _attribute(add))

    return patch


PATCHES = tuple((f"yaml.{part}", _patch(part)) for part in _ADD)
