"""SQLite's databases in memory that have a name: connections of a process share them by it. A generation's names are its own: it finds the data of no other
tenant, and begins with an empty database, as after a restart.

Not seen: names in an ATTACH, and other bindings than `sqlite3`.
"""
import functools
import itertools
import re

from . import context, importing, notices, own

_numbers = itertools.count(1)
_URI = re.compile(r"file:(?P<authority>//[^/?#]*)?(?P<path>[^?#]*)(\?(?P<query>[^#]*))?(?P<rest>#.*)?", re.DOTALL)
_ESCAPE = re.compile("%([0-9a-fA-F]{2})")


def name(uri, prefix):
    """The URI of a database in memory with a prefix before its name; any other as it is."""
    match = _URI.fullmatch(uri)
    if match is None:
        return uri
    path, query = match["path"], match["query"] or ""
    options = [_unescape(option) for option in query.split("&")]
    by_name = _unescape(path) == ":memory:"
    if not by_name and "mode=memory" not in options and "vfs=memdb" not in options:
        return uri
    if by_name:
        query += "&mode=memory" if query else "mode=memory"  # what the name has said
    path = f"/{prefix}{path}" if path.startswith("/") else f"{prefix}/{path}"
    return f"file:{match['authority'] or ''}{path}?{query}{match['rest'] or ''}"


def _unescape(text):
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _wrap_connect(module):
    connect = module.connect
    if hasattr(connect, "__wrapped__"):
        return

    @functools.wraps(connect)
    def connect_for_generation(*args, **options):
        generation = context.origin()
        if generation is not None and (args[6:7] or (options.get("uri"),))[0]:
            if args:
                args = (_own(generation, args[0]), *args[1:])
            elif "database" in options:
                options["database"] = _own(generation, options["database"])
        return connect(*args, **options)

    module.connect = connect_for_generation


def _own(generation, database):
    prefix = f"snakehost-{own.state(generation, _numbers, lambda: next(_numbers))}"
    if isinstance(database, bytes):
        return name(database.decode("utf-8", "surrogateescape"), prefix).encode("utf-8", "surrogateescape")
    return name(database, prefix) if isinstance(database, str) else database


def _wrap_shared_cache(module):
    enable = getattr(module, "enable_shared_cache", None)  # until 3.11
    if enable is None or hasattr(enable, "__wrapped__"):
        return

    @functools.wraps(enable)
    def enable_shared_cache(*args, **options):
        generation = context.origin()
        if generation is None:
            return enable(*args, **options)
        notices.once(generation, "sqlite3.enable_shared_cache", "sqlite3.enable_shared_cache() is ignored: it would hold for all apps; ask for it by cache=shared")

    module.enable_shared_cache = enable_shared_cache


def _patch(module):
    _wrap_connect(module)
    _wrap_shared_cache(module)


def install():
    for module in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):
        importing.when_loaded(module, _patch)
    importing.whenever_loaded("pysqlite3._sqlite3", _patch)
