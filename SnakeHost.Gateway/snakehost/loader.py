"""From `module:attribute` (or `auto`) to the application object."""
import ast
import functools
import importlib
import inspect
import os
import re

from . import alone, collection, context, detection, directory, failures, greenlets, hints, notices, processes, profile, routes, staticfiles
from .errors import AppNotFound, NeedsProcess

_ATTRIBUTES = ("app", "application", "create_app()")
_MODULES = ("main", "app", "asgi", "wsgi")
_REFERENCE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<attribute>[^\W\d]\w*(\.[^\W\d]\w*)*)(?P<call>\(\))?")


def load(generation, app, interface="auto", trace=None, developing=False):
    """(callable, "wsgi" or "asgi", "module:attribute").

    `generation.imports` tells which modules took how long. `trace` is the span of the load as a `traceparent`: then `generation.slow_imports` tells the slowest, after a failure too.
    `developing` has Django's static files served.
    """
    processes.note_listeners()
    generation.loading = True
    try:
        found = greenlets.load(generation, functools.partial(_load, generation, app, interface, developing, trace))
    except BaseException as error:
        generation.circles += collection.broken_off(error, generation.files)
        if generation.movable and generation.needs_process is None:
            generation.needs_process = hints.remembered(error)
        needed = alone.settle(generation)
        if needed is None or isinstance(error, NeedsProcess):
            raise
        raise needed from error
    finally:
        generation.loading = False
    if generation.needs_process is not None or found[1] == "wsgi":  # an ASGI app's load ends with its lifespan's start
        needed = alone.settle(generation)
        if needed is not None:
            raise needed
    return found


def _load(generation, app, interface, developing, trace):
    measured = context.thread.profile = profile.Profile()
    token = context.trace.set(trace)
    try:
        return _import_app(generation, app, interface, developing)
    finally:
        context.trace.reset(token)
        context.thread.profile = None
        generation.imports = measured.slowest(profile.MOST_SHOWN, profile.LEAST_SHOWN)
        if trace is not None:
            generation.slow_imports = measured.slowest()


def _import_app(generation, app, interface, developing):
    if context.current() is not generation:
        return generation.run(_import_app, generation, app, interface, developing)
    if interface not in ("auto", "wsgi", "asgi"):
        raise ValueError(f"interface must be auto, wsgi or asgi, not {interface!r}")
    for name in generation.not_installed():
        notices.once(generation, f"private {name}", f"PrivatePackages names {name}, which is neither installed nor a module here: it has no effect")
    if directory.refused():
        notices.once(generation, "directory", f"no working directory of its own here ({directory.refused()}): relative paths and os.chdir() are the whole gateway's")
    if app == "auto":
        found, chosen = _guess(generation)
    else:
        found, chosen = _named(generation, app), app
    generation.began = directory.changed(generation.began)
    kind = detection.detect(found) if interface == "auto" else interface
    routes.attach(found)
    failures.attach(found)
    generation.wants_path_below_root = kind == "asgi" and detection.wants_path_below_root(found)
    if kind == "asgi":
        found = detection.adapt(found)
    if developing:
        found = staticfiles.around(found, kind)
    return found, kind, chosen


def _named(generation, reference):
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise AppNotFound(f"{reference!r} does not name an application: write module:attribute, module:factory() or auto")
    module = _import(generation, match["module"], reference)
    value, path = module, match["module"]
    for name in match["attribute"].split("."):
        try:
            value = getattr(value, name)
        except AttributeError:
            raise AppNotFound(_missing_attribute(generation, path, value, name)) from None
        path = f"{path}:{name}" if value is not module and ":" not in path else f"{path}.{name}"
    if match["call"]:
        if not callable(value):
            raise AppNotFound(f"{path} is not a factory: it is {_a(value)}, which cannot be called")
        if inspect.iscoroutinefunction(value):
            raise AppNotFound(f"{path}() is a coroutine function: a factory must return the application itself")
        value = value()
    if not callable(value):
        raise AppNotFound(f"{reference} is not an application: it is {_a(value)}, which cannot be called")
    return value


def _import(generation, name, reference):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # The module itself is missing, or one that it imports: the latter is the app's error, with its traceback.
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")) or _ran(error, generation):
            raise
        close = _close(name, _module_names(generation.directory), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise AppNotFound(
            f"no module named {error.name!r} in {generation.directory}, which {reference} asks for{hint}") from None


def _ran(error, generation):
    """Whether the tenant's own code was running when the import failed."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename in generation.files:
            return True
        traceback = traceback.tb_next
    return False


def _close(name, names, **options):
    import difflib  # only a failure needs it

    return difflib.get_close_matches(name, names, **options)


def _module_names(directory):
    try:
        entries = os.listdir(directory)
    except OSError:
        return []
    return [e[:-3] for e in entries if e.endswith(".py")] + [e for e in entries if e.isidentifier()]


def _missing_attribute(generation, path, owner, name):
    names = [n for n in dir(owner) if not n.startswith("__")]
    close = _close(name, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    place = getattr(owner, "__file__", None)
    where = f" ({place})" if isinstance(place, str) else ""
    return f"{path}{where} has no attribute {name!r}{hint}"


def _a(value):
    name = type(value).__name__
    return ("an " if name[:1].lower() in "aeiou" else "a ") + name


def _guess(generation):
    directory = generation.directory
    candidates = list(_MODULES)
    folder = os.path.basename(directory)
    if folder.isidentifier() and folder not in candidates:
        candidates.append(folder)
    candidates = [c for c in candidates if _exists(directory, c)]
    settings = _django_settings(directory)
    if settings:
        package = settings.rpartition(".")[0]
        while package and package.endswith(".settings"):
            package = package[: -len(".settings")]
        candidates += [f"{package}.{m}" for m in ("wsgi", "asgi") if package and _exists(directory, f"{package}.{m}")]
    passed_over = []
    for name in candidates:
        module = _import(generation, name, name)
        for attribute in _ATTRIBUTES:
            value = getattr(module, attribute.removesuffix("()"), None)
            if callable(value):
                chosen = f"{name}:{attribute}"
                return (_named(generation, chosen) if attribute.endswith("()") else value), chosen
            # A submodule `app` of a package `app` is no application, and nobody thinks so.
            if value is not None and not inspect.ismodule(value):
                passed_over.append(f"{name}:{attribute} is {_a(value)}, which is not callable")
    raise AppNotFound("; ".join([_not_found(directory, folder, candidates, settings), *passed_over]))


def _not_found(directory, folder, candidates, settings):
    names = ", ".join(_ATTRIBUTES[:-1]) + f" or {_ATTRIBUTES[-1]}"
    if candidates:
        return f"no application in {directory}: {', '.join(candidates)} found, but with no {names} in it"
    modules = [*_MODULES, folder] if folder.isidentifier() and folder not in _MODULES else list(_MODULES)
    django = f"the project of manage.py ({settings})" if settings else "a manage.py of Django"
    return f"no application in {directory}: looked for the modules {', '.join(modules)} and {django}, with {names} in it"


def _exists(directory, name):
    base = os.path.join(directory, *name.split("."))
    return os.path.isfile(base + ".py") or os.path.isfile(os.path.join(base, "__init__.py"))


def _django_settings(directory):
    """The default of DJANGO_SETTINGS_MODULE in manage.py, read without running it."""
    try:
        with open(os.path.join(directory, "manage.py"), "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        strings = []
        if isinstance(node, ast.Call):
            strings = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            parts = (node.targets[0].slice, node.value)
            strings = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
        if len(strings) == 2 and strings[0] == "DJANGO_SETTINGS_MODULE":
            return strings[1]
    return None
