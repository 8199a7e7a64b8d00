"""Registries and settings of standard modules that each generation has for itself: what an app registers or sets holds for no other, and is gone with it."""
import functools

from . import context, importing, own


def _separate_gettext(module):
    own.names(module, "_current_domain")
    for name in ("_localedirs", "_localecodesets"):  # the second until 3.10
        if hasattr(module, name):
            own.container(module, name)
    own.container(module, "_translations", lambda process: {})  # by class, which may be an app's


def _separate_element_tree(module):
    own.container(module, "_namespace_map")
    module.register_namespace._namespace_map = module._namespace_map


def _separate_charset(module):
    for name in ("CHARSETS", "ALIASES", "CODEC_MAP"):
        own.container(module, name)


class _Lists(own.Layer):
    """A Layer of lists that grow."""

    def setdefault(self, key, default=None):
        if key not in self._own:
            self._own[key] = list(self._process.get(key, default))
        return self._own[key]


def _separate_mimetypes(module):
    def fresh(process):
        if process["_db"] is None:
            context.outside(module.init)
        shared = process["_db"]
        database = module.MimeTypes.__new__(module.MimeTypes)
        database.encodings_map, database.suffix_map = own.Layer(shared.encodings_map), own.Layer(shared.suffix_map)
        database.types_map = tuple(map(own.Layer, shared.types_map))
        database.types_map_inv = tuple(map(_Lists, shared.types_map_inv))
        return {
            "_db": database, "inited": True, "encodings_map": database.encodings_map, "suffix_map": database.suffix_map,
            "types_map": database.types_map[True], "common_types": database.types_map[False]}

    own.names(module, "_db", "inited", "encodings_map", "suffix_map", "types_map", "common_types", fresh=fresh)


def _separate_timeout(module):
    """`socket.setdefaulttimeout`: the interpreter's is one for all, so a new socket of a tenant is given the tenant's."""
    set_for_process, of_process, init = module.setdefaulttimeout, module.getdefaulttimeout, module.socket.__init__
    key = module, "default timeout"

    def setdefaulttimeout(timeout):
        generation = context.current()
        if generation is None:
            return set_for_process(timeout)
        probe = module.socket()  # which knows what a timeout may be
        try:
            probe.settimeout(timeout)
            generation.own[key] = probe.gettimeout()
        finally:
            probe.close()

    def getdefaulttimeout():
        generation = context.current()
        return of_process() if generation is None else generation.own.get(key, of_process())

    def __init__(self, *args, **named):
        init(self, *args, **named)
        generation = context.current()
        if generation is not None and key in generation.own and self.gettimeout() == of_process():
            self.settimeout(generation.own[key])

    module.setdefaulttimeout = functools.wraps(set_for_process)(setdefaulttimeout)
    module.getdefaulttimeout = functools.wraps(of_process)(getdefaulttimeout)
    module.socket.__init__ = functools.wraps(init)(__init__)


def _separate_dialects(module):
    """The names of `csv`'s dialects. C code looks them up among the process's: it is given the dialect itself."""
    key = module, "dialects"
    kinds = {name: getattr(module, name) for name in (
        "register_dialect", "unregister_dialect", "get_dialect", "list_dialects", "reader", "writer")}

    def dialects():
        generation = context.current()
        return None if generation is None else own.state(generation, key, dict)  # None for a name that it has taken away

    def register_dialect(name, *dialect, **options):
        named = dialects()
        if named is None or not isinstance(name, str):
            return kinds["register_dialect"](name, *dialect, **options)
        reader = kinds["reader"]((), *(known(d) for d in dialect), **options)
        named[name] = reader.dialect

    def unregister_dialect(name):
        named = dialects()
        if named is None:
            return kinds["unregister_dialect"](name)
        get_dialect(name)  # raises for one that is not known
        named[name] = None

    def known(dialect):
        named = dialects()
        if named is None or not isinstance(dialect, str) or dialect not in named:
            return dialect
        if named[dialect] is None:
            raise module.Error("unknown dialect")
        return named[dialect]

    def get_dialect(name):
        found = known(name)
        return kinds["get_dialect"](name) if found is name else found

    def list_dialects():
        named = dialects() or {}
        return [n for n in kinds["list_dialects"]() if n not in named] + [n for n, dialect in named.items() if dialect is not None]

    def reader(lines, /, dialect="excel", **options):
        return kinds["reader"](lines, known(dialect), **options)

    def writer(file, /, dialect="excel", **options):
        return kinds["writer"](file, known(dialect), **options)

    for function in (register_dialect, unregister_dialect, get_dialect, list_dialects, reader, writer):
        setattr(module, function.__name__, functools.wraps(kinds[function.__name__])(function))


def install():
    for name, separate in (
        ("gettext", _separate_gettext),
        ("xml.etree.ElementTree", _separate_element_tree),
        ("email.charset", _separate_charset),
        ("mimetypes", _separate_mimetypes),
        ("urllib.request", lambda module: own.names(module, "_opener")),
        ("socket", _separate_timeout),
        ("csv", _separate_dialects),
    ):
        importing.when_loaded(name, separate)
