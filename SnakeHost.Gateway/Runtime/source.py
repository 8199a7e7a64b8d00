"""Loading a tenant's own files: from source, always.

A `.pyc` is trusted by time stamp and size, so an edit within the same second that keeps the size would serve stale
code. The stamps of what was read are kept with the generation: they say whether it is still current.
"""
import os
from importlib.machinery import SourceFileLoader

from .importing import look_frozen


class TenantSourceLoader(SourceFileLoader):
    def __init__(self, name, path, files):
        super().__init__(name, path)
        self._files = files

    @look_frozen
    def get_code(self, fullname):
        path = self.get_filename(fullname)
        try:
            stat = os.stat(path)
            self._files[path] = (stat.st_mtime_ns, stat.st_size)  # before reading: a save meanwhile makes it stale
        except OSError:
            pass
        return self.source_to_code(self.get_data(path), path)

    def set_data(self, path, data, *, _mode=0o666):
        """No bytecode is written into a tenant's directory."""
