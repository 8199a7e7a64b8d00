"""What patches of libraries need beside own.py: containers and attributes that each generation has for itself.

Below them lies what belongs to nobody: what shared modules put there while they were imported. A tenant sees that and its own.
"""
import weakref

from . import context, own


def mine(key, make):
    """The current generation's value of that key, made at its first use; None outside any tenant."""
    generation = context.current()
    return None if generation is None else own.state(generation, key, make)


def is_own(function):
    """Whether a callable is the current tenant's own, told by its module: what a shared one registers, perhaps once per process, is for all."""
    generation = context.current()
    if generation is None:
        return False
    return getattr(getattr(function, "func", function), "__module__", None) in generation.modules


def shared():
    """A context in which what is registered belongs to nobody; give the result to `context.variable.reset`."""
    return context.variable.set(context.Execution(None, context.origin()))


class Names(set):
    """A set that knows what it holds, and is added to."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __contains__(self, name):
        above = mine(self, set)
        return set.__contains__(self, name) or above is not None and name in above

    def add(self, name):
        above = mine(self, set)
        set.add(self, name) if above is None else above.add(name)


class Entries(list):
    """A list of what is added to it."""

    __slots__ = ()
    __hash__ = object.__hash__

    def _entries(self):
        above = mine(self, list)
        return self if above is None else above

    def append(self, entry):
        list.append(self._entries(), entry)

    def clear(self):
        list.clear(self._entries())

    def __iter__(self):
        return list.__iter__(self._entries())

    def __len__(self):
        return list.__len__(self._entries())

    def __getitem__(self, index):
        return list.__getitem__(self._entries(), index)


class Lists(own.Layer):
    """A mapping to lists, which are changed in place: a tenant gets its own of each that it asks for."""

    def __getitem__(self, key):
        value = super().__getitem__(key)
        if key not in self._own:
            value = self._own[key] = list(value)
        return value


class Attribute:
    """A data descriptor: an attribute of shared objects that each generation has for itself. None is what it has not."""

    def __init__(self, name, make=lambda instance: None):
        self._name, self._make = name, make

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        values = mine(self, weakref.WeakKeyDictionary)
        if values is None:
            return instance.__dict__.get(self._name)
        value = values.get(instance)
        if value is None:
            value = self._make(instance)
            if value is not None:
                values[instance] = value
        return value

    def __set__(self, instance, value):
        values = mine(self, weakref.WeakKeyDictionary)
        if values is None:
            instance.__dict__[self._name] = value
        elif value is None:
            values.pop(instance, None)
        else:
            values[instance] = value
