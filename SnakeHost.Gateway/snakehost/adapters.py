"""`sqlite3.register_adapter` and `register_converter` per generation.

C code finds both by type and by name in two dicts of the process. There lies, for what any tenant has registered, a function that calls the current
generation's. Two apps, or two copies of Django, no longer store and read by each other's functions, and nothing of a disposed generation stays.
"""
import weakref

from . import context, importing, own, weak


class _Registry:
    def __init__(self, register, table, entry, otherwise):
        self._register = register  # sqlite3's own function
        self._table = table  # the dict that it fills
        self._entry = entry  # (type or name) → key in that dict
        self._otherwise = otherwise  # what becomes of a value for which the current generation has nothing
        self._process = {}  # what the process has registered for those that tenants have, None for nothing
        self._users = weakref.WeakSet()

    def register(self, key, function):
        generation = context.current()
        if generation is None:
            if key in self._process:
                self._process[key] = function
            else:
                self._register(key, function)
            return
        if key not in self._process:
            before = self._table.get(self._entry(key))
            self._register(key, lambda value: self._call(key, value))
            self._process[key] = before
        self._users.add(generation)
        own.state(generation, self, dict)[key] = function

    def _call(self, key, value):
        generation = context.current()
        function = None if generation is None else generation.own.get(self, {}).get(key)
        if function is None:
            function = self._process.get(key)
        return self._otherwise(value) if function is None else function(value)

    def forget(self, generation):
        self._users.discard(generation)
        for key in generation.own.get(self, ()):
            if not any(key in user.own.get(self, ()) for user in weak.members(self._users)):
                before = self._process.pop(key, None)
                if before is None:
                    self._table.pop(self._entry(key), None)
                else:
                    self._register(key, before)


def _unadapted(protocol):
    def otherwise(value):
        conform = getattr(type(value), "__conform__", None)
        adapted = None if conform is None else conform(value, protocol)
        return value if adapted is None else adapted

    return otherwise


def _unconverted(data):
    """C code hands over all values as bytes: their type can but be guessed from their looks."""
    for kind in (int, float, bytes.decode):
        try:
            return kind(data)
        except ValueError:
            pass
    return data


def _separate(module):
    adapters = _Registry(module.register_adapter, module.adapters, lambda kind: (kind, module.PrepareProtocol), _unadapted(module.PrepareProtocol))
    converters = _Registry(module.register_converter, module.converters, lambda name: name, _unconverted)

    def register_adapter(type, adapter, /):
        adapters.register(type, adapter)

    def register_converter(typename, converter, /):
        converters.register(typename.upper(), converter)

    for part in (module, module.dbapi2):
        part.register_adapter, part.register_converter = register_adapter, register_converter
    own.when_disposed(adapters.forget)
    own.when_disposed(converters.forget)


def install():
    importing.when_loaded("sqlite3", _separate)
