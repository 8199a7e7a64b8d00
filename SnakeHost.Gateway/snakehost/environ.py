"""`os.environ` per generation: the process's environment below, the generation's changes above.

A shared module that is being executed sees the process's own, or it would bind one tenant's values for all; one of a virtual environment
sees and sets what is that environment's.
"""
import os
import re
from collections.abc import MutableMapping

from . import context

_putenv, _unsetenv = os.putenv, os.unsetenv


class TenantEnvironment(MutableMapping):
    """The storage below `os.environ` and `os.environb`.

    Above the process's own lie layers: what a generation's virtual environment has set while it was loaded, and above it what the
    generation has. A value of None in a layer hides what lies below.
    """

    def __init__(self, process):
        self._process = process

    def __getitem__(self, key):
        for layer in layers():
            if key in layer:
                value = layer[key]
                if value is None:
                    raise KeyError(key)
                return value
        return self._process[key]

    def __setitem__(self, key, value):
        above = layers()
        (above[0] if above else self._process)[key] = value

    def __delitem__(self, key):
        above = layers()
        if not above:
            del self._process[key]
            return
        self[key]  # raises KeyError
        above[0][key] = None

    def _merged(self):
        merged, above = dict(self._process), layers()
        for layer in reversed(above):
            merged.update(layer)
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


def layers():
    """What lies above the process's environment for the running code, the uppermost first."""
    space = context.space()
    return () if space is None else space.environments


def _put(name, value):
    above = layers()
    if above:
        above[0][_stored(name)] = _stored(value)
    else:
        _putenv(name, value)


def _unset(name):
    above = layers()
    if not above:
        _unsetenv(name)
    elif os.environ._data.get(_stored(name)) is not None:
        above[0][_stored(name)] = None


def _stored(text):
    return os.fsencode(text) if os.name != "nt" else str(text)


class TenantEnviron(os._Environ):
    """`os.environ`: in a tenant neither putenv nor unsetenv is called, which would reach the whole process."""

    def __setitem__(self, key, value):
        if not layers():
            super().__setitem__(key, value)
        else:
            self._data[self.encodekey(key)] = self.encodevalue(value)

    def __delitem__(self, key):
        if not layers():
            super().__delitem__(key)
            return
        try:
            del self._data[self.encodekey(key)]
        except KeyError:
            raise KeyError(key) from None


# What .NET takes settings of this very process from. DOTNET_ROOT and the like stay: a `dotnet` that an app starts needs them.
_GATEWAYS = re.compile(r"(ASPNETCORE|DOTNET|Logging_|Kestrel_|OpenTelemetry_)_|(AllowedHosts|URLS|OTEL_SERVICE_NAME)$", re.IGNORECASE)
_FOR_ALL = re.compile(r"DOTNET_(ROOT|CLI|NOLOGO|SKIP|SYSTEM|ADD|MULTILEVEL|HOST_PATH|NUGET|INSTALL|ROLL_FORWARD)", re.IGNORECASE)
_SERVICE = ("service.name", "service.instance.id", "service.version")


def _hide_the_gateways(environment):
    """From apps and what they start; the process keeps them, which still reads its settings."""
    data = environment._data
    for name in list(environment):
        if _GATEWAYS.match(name) and not _FOR_ALL.match(name):
            del data[environment.encodekey(name)]
    attributes = environment.get("OTEL_RESOURCE_ATTRIBUTES")
    if attributes is not None:
        kept = [pair for pair in attributes.split(",") if pair.partition("=")[0].strip() not in _SERVICE]
        data[environment.encodekey("OTEL_RESOURCE_ATTRIBUTES")] = environment.encodevalue(",".join(kept))


def install():
    # The gateway's own settings, the admin token among them, and what is meant for one app only (EnvPrefix).
    for name in [name for name in os.environ if name.upper().startswith("SNAKEHOST_")]:
        del os.environ[name]
    _hide_the_gateways(os.environ)
    os.environ.__class__ = TenantEnviron
    data = TenantEnvironment(os.environ._data)
    os.environ._data = data
    if hasattr(os, "environb"):
        os.environb.__class__ = TenantEnviron
        os.environb._data = data
    os.putenv, os.unsetenv = _put, _unset
