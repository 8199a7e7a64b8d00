"""`os.environ` per generation: the process's environment below, the generation's changes above.

A shared module that is being executed sees the process's own, or it would bind one tenant's values for all.
"""
import os
from collections.abc import MutableMapping

from . import context

_putenv, _unsetenv = os.putenv, os.unsetenv


class TenantEnvironment(MutableMapping):
    """The storage below `os.environ` and `os.environb`. A generation's value of None hides the process's."""

    def __init__(self, process):
        self._process = process

    def __getitem__(self, key):
        generation = context.current()
        if generation is None:
            return self._process[key]
        overlay = generation.environment
        if key not in overlay:
            return self._process[key]
        value = overlay[key]
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key, value):
        generation = context.current()
        (self._process if generation is None else generation.environment)[key] = value

    def __delitem__(self, key):
        generation = context.current()
        if generation is None:
            del self._process[key]
            return
        self[key]  # raises KeyError
        generation.environment[key] = None

    def _merged(self):
        generation = context.current()
        if generation is None:
            return self._process
        merged = {**self._process, **generation.environment}
        return {key: value for key, value in merged.items() if value is not None}

    def __iter__(self):
        return iter(self._merged())

    def __len__(self):
        return len(self._merged())

    def items(self):
        return self._merged().items()

    def copy(self):
        return dict(self._merged())

    def clear(self):
        for key in list(self):
            del self[key]


def merged():
    """What `os.environ` stores for the running code, as a plain dict."""
    return os.environ._data.copy()


def encode_overlay(environment):
    """{str: str} → what os.environ stores."""
    encode_key, encode_value = os.environ.encodekey, os.environ.encodevalue
    return {encode_key(name): encode_value(value) for name, value in environment.items()}


def _put(name, value):
    generation = context.current()
    if generation is None:
        _putenv(name, value)
    else:
        generation.environment[_stored(name)] = _stored(value)


def _unset(name):
    generation = context.current()
    if generation is None:
        _unsetenv(name)
    elif os.environ._data.get(_stored(name)) is not None:
        generation.environment[_stored(name)] = None


def _stored(text):
    return os.fsencode(text) if os.name != "nt" else str(text)


class TenantEnviron(os._Environ):
    """`os.environ`: in a tenant neither putenv nor unsetenv is called, which would reach the whole process."""

    def __setitem__(self, key, value):
        if context.current() is None:
            super().__setitem__(key, value)
        else:
            self._data[self.encodekey(key)] = self.encodevalue(value)

    def __delitem__(self, key):
        if context.current() is None:
            super().__delitem__(key)
            return
        try:
            del self._data[self.encodekey(key)]
        except KeyError:
            raise KeyError(key) from None


def install():
    # The gateway's own settings, the admin token among them, and what is meant for one app only (EnvPrefix).
    for name in [name for name in os.environ if name.upper().startswith("SNAKEHOST_")]:
        del os.environ[name]
    os.environ.__class__ = TenantEnviron
    data = TenantEnvironment(os.environ._data)
    os.environ._data = data
    if hasattr(os, "environb"):
        os.environb.__class__ = TenantEnviron
        os.environb._data = data
    os.putenv, os.unsetenv = _put, _unset
