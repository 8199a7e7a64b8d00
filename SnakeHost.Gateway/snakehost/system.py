"""Attributes of `sys` that a tenant may assign without touching the process or another tenant.

`sys.path = [...] + sys.path`, `sys.argv = …`, `contextlib.redirect_stdout`. The `sys` module gets a class with properties;
C code keeps reading the module's dict, where the process's own values stay. Any other attribute becomes such a property when a tenant assigns it.
"""
import os
import sys

from . import context, lazily, notices, own, streams, terminal

_set_switch_interval = sys.setswitchinterval


def _property(name, initial=None, keep=True):
    def get(module):
        space = context.space()
        if space is not None and space.generation is not None:
            replaced = space.generation.replaced
            if name in replaced:
                return replaced[name]
            if initial is not None:
                value = initial(space.generation)
                if value is not None:
                    if keep:
                        replaced[name] = value
                    return value
        try:
            return module.__dict__[name]
        except KeyError:
            raise AttributeError(f"module 'sys' has no attribute {name!r}") from None

    def set(module, value):
        generation = context.current()
        if generation is None:
            module.__dict__[name] = value
        elif value is module.__dict__.get(name):  # who saves and restores what `vars(sys)` holds, as mock.patch does
            generation.replaced.pop(name, None)
        else:
            generation.replaced[name] = value

    def delete(module):
        generation = context.current()
        (module.__dict__ if generation is None else generation.replaced).pop(name, None)

    return property(get, set, delete)


def _list(name):
    """A list that is a view: what is assigned becomes its content."""
    def set(module, value):
        module.__dict__[name][:] = value

    return property(lambda module: module.__dict__[name], set)


def _assign_importers(module, value):
    value, view = dict(value), module.__dict__["path_importer_cache"]
    view.clear()
    view.update(value)


class TenantSys(own.Open):
    """The `sys` module."""

    path = _list("path")
    meta_path = _list("meta_path")
    path_hooks = _list("path_hooks")
    path_importer_cache = property(lambda module: module.__dict__["path_importer_cache"], _assign_importers)
    argv = _property("argv", lambda generation: [""])
    executable = _property("executable", lambda generation: _in_venv(generation))
    prefix = _property("prefix", lambda generation: generation.venv and generation.venv.directory)
    exec_prefix = _property("exec_prefix", lambda generation: generation.venv and generation.venv.directory)
    stdin = _property("stdin", lambda generation: terminal.own_input(), keep=False)
    stdout = _property("stdout", lambda generation: streams.own("stdout"), keep=False)
    stderr = _property("stderr", lambda generation: streams.own("stderr"), keep=False)
    excepthook = _property("excepthook")
    if hasattr(sys, "lazy_modules"):
        lazy_modules = _property("lazy_modules", lambda generation: lazily.names(generation))


def _in_venv(generation):
    if generation.venv is None:
        return None
    python = os.path.join(generation.venv.directory, "bin", "python3")
    return python if os.path.exists(python) else None


def set_switch_interval(interval):
    """How long each thread keeps the interpreter is the latency of all apps."""
    generation = context.origin()
    if generation is None:
        _set_switch_interval(interval)
    else:
        notices.once(generation, "sys.setswitchinterval", f"sys.setswitchinterval({interval!r}) is ignored: it would hold for all apps")


def install():
    sys.__class__ = TenantSys
    for name in ("unraisablehook", "displayhook", "breakpointhook"):
        own.called(sys, name)  # C code finds the stand-in, which calls the hook of whoever is running
    own.names(sys, "tracebacklimit", "dont_write_bytecode")
    sys.setswitchinterval = set_switch_interval
