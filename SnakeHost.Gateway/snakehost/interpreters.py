"""Interpreters that a tenant makes (PEP 734): they find its modules and its environment, as a child process does."""
from . import context, environ, importing

# In the new interpreter `os.environ` is a copy; its table is changed, for putenv would reach the process's.
_PREPARE = """
import os, sys
sys.path[:] = {path!r}
sys.dont_write_bytecode = True
os.environ._data.clear()
os.environ._data.update({environment!r})
"""


def _wrap_create(module):
    create = module.create

    def create_for_generation():
        made = create()
        generation = context.current()
        if generation is not None:
            path = [entry for entry in list(generation.path) if type(entry) is str]
            made.exec(_PREPARE.format(path=path, environment=environ.merged()))
        return made

    create_for_generation.__name__ = create_for_generation.__qualname__ = "create"
    create_for_generation.__doc__ = create.__doc__
    module.create = create_for_generation


def install():
    importing.when_loaded("concurrent.interpreters", _wrap_create)
