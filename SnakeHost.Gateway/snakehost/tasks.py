"""Celery's apps: the default one (`app.set_default()`), the current one, what `shared_task` registers in each, and receivers of signals are the generation's."""
import weakref

from . import overlays, own


class _Callbacks:
    """What is called with each app when it is complete: what belongs to nobody, as Celery's own tasks, and the generation's."""

    def __init__(self, process):
        self._process, self._own = process, set()

    def add(self, callback):
        self._own.add(callback)

    def __iter__(self):
        return iter({*self._process, *self._own})


def _apps(module):
    own.names(module, "default_app", "_apps", "_tls", "_on_app_finalizers", fresh=lambda process: {
        "default_app": None, "_apps": weakref.WeakSet(), "_tls": module._TLS(), "_on_app_finalizers": _Callbacks(process["_on_app_finalizers"])})
    module.current_app = module.Proxy(module.get_current_app)


def _signals(module):
    for name, make in (("receivers", lambda signal: list(vars(signal).get("receivers") or ())), ("sender_receivers_cache", lambda signal: {})):
        setattr(module.Signal, name, overlays.Attribute(name, make))


PATCHES = (("celery._state", _apps), ("celery.utils.dispatch.signal", _signals))
