"""Loading a tenant's own files: from source, always.

A `.pyc` is trusted by time stamp and size, so an edit within the same second that keeps the size would serve stale
code. The stamps of what was read are kept with the generation: they say whether it is still current. It does not matter who
made the loader: the import system, an app that loads its plug-ins by `spec_from_file_location`, or an import hook.
"""
import os
import sys
from importlib.machinery import SourceFileLoader

from . import context
from .importing import look_frozen

_get_code = SourceFileLoader.get_code
_NAMED = sys.version_info >= (3, 15)


@look_frozen
def get_code(self, fullname):
    generation = context.current()
    path = None if generation is None else self.get_filename(fullname)
    if path is None or not generation.reads_source(path):
        return _get_code(self, fullname)
    try:
        stat = os.stat(path)
        generation.files[path] = (stat.st_mtime_ns, stat.st_size)  # before reading: a save meanwhile makes it stale
    except OSError:
        pass
    return self.source_to_code(self.get_data(path), path, *((fullname,) if _NAMED else ()))


def install():
    SourceFileLoader.get_code = get_code
