"""`sys.path` per space."""
import sys

from . import context
from .views import ListView


class TenantPath(ListView):
    """Each generation has a whole list of its own, its directory and venv first."""

    __slots__ = ()
    __hash__ = None

    def _list(self):
        space = context.space()
        path = None if space is None else space.path
        return self if path is None else path

    def _changed(self):
        space = context.space()
        if space is not None and space.holder is not None:
            space.holder.path_changed()


def install():
    sys.path = TenantPath(sys.path)
