"""The gateway's own modules are imported at once, also with PYTHON_LAZY_IMPORTS=all: imports ask them, so they cannot wait for imports."""
import sys


def install():
    """Before the others are imported."""
    if not hasattr(sys, "set_lazy_imports_filter"):
        return
    before, package = sys.get_lazy_imports_filter(), __name__.partition(".")[0]

    def may_wait(importer, name, fromlist):
        if importer is not None and importer.partition(".")[0] == package:
            return False
        return before is None or before(importer, name, fromlist)

    sys.set_lazy_imports_filter(may_wait)
