"""Mappings in shared modules that each generation has for itself: see own.container."""
from collections.abc import MutableMapping

from . import context


class View(MutableMapping):
    """A mapping that is another one for each generation."""

    def __init__(self, process, key, make):
        self._process = process
        self._key = key
        self._make = make

    def _target(self):
        generation = context.current()
        if generation is None:
            return self._process
        target = generation.own.get(self._key)
        return generation.own.setdefault(self._key, self._make(self._process)) if target is None else target

    def _seen(self):
        """For reading: a generation that has changed nothing needs no Layer."""
        generation = context.current()
        own = None if generation is None else generation.own.get(self._key)
        return own if own is not None else self._process if generation is None or self._make is Layer else self._target()

    def __getitem__(self, key):
        return self._seen()[key]

    def __setitem__(self, key, value):
        self._target()[key] = value

    def __delitem__(self, key):
        del self._target()[key]

    def __iter__(self):
        return iter(self._seen())

    def __len__(self):
        return len(self._seen())

    def __contains__(self, key):
        return key in self._seen()

    def __repr__(self):
        return repr(self._seen())

    def __copy__(self):
        return dict(self._target())

    def get(self, key, default=None):
        return self._seen().get(key, default)

    def __getattr__(self, name):
        return getattr(self._target(), name)


class Layer(MutableMapping):
    """The process's mapping with a generation's changes above it."""

    _removed = object()

    def __init__(self, process):
        self._process = process
        self._own = {}

    def __getitem__(self, key):
        value = self._own[key] if key in self._own else self._process[key]
        if value is self._removed:
            raise KeyError(key)
        return value

    def get(self, key, default=None):
        if key not in self._own:
            return self._process.get(key, default)
        value = self._own[key]
        return default if value is self._removed else value

    def __setitem__(self, key, value):
        self._own[key] = value

    def __delitem__(self, key):
        self[key]  # raises KeyError
        self._own[key] = self._removed

    def __iter__(self):
        return iter(self.copy())

    def __len__(self):
        return len(self.copy())

    def __repr__(self):
        return repr(self.copy())

    def copy(self):
        return {key: value for key, value in {**self._process, **self._own}.items() if value is not self._removed}
