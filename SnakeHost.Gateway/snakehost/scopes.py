"""sentry_sdk's client per generation.

`init` binds the client to a global scope (2.x) or to the hub of the process's main thread (1.x), which all tenants would share: errors of one went to another's
project. What the SDK wraps once per process (threads, logging, frameworks) asks for the current client each time, and so finds the tenant's.
"""
import copy
import importlib

from . import context, overlays


def _close(scope_or_hub):
    client = scope_or_hub.client
    if client is not None and hasattr(client, "close"):
        client.close()


def _made(kept):
    """Its client is flushed and its thread ends with the generation."""
    context.current().exits.append((_close, (kept,), {}))
    return kept


class _GlobalScope:
    """Stands in for the global scope of 2.x."""

    def __init__(self, make):
        self._make, self._shared = make, None

    def get(self):
        mine = overlays.mine(self, lambda: _made(self._make()))
        if mine is None:
            mine = self._shared = self._shared or self._make()
        return mine

    def __copy__(self):
        return copy.copy(self.get())

    def __getattr__(self, name):
        return getattr(self.get(), name)


def _scope(module):
    if hasattr(module, "_global_scope"):
        scope = module._global_scope = _GlobalScope(lambda: module.Scope(ty=module.ScopeType.GLOBAL))
        module.Scope.get_global_scope = classmethod(lambda kind: scope.get())


def _hub(module):
    """1.x: a thread without a hub gets a copy of the main one, the generation's own; the thread that loads the tenant has that itself."""
    if int(importlib.import_module("sentry_sdk.consts").VERSION.partition(".")[0]) > 1:
        return
    meta, shared = type(module.Hub), module.GLOBAL_HUB
    current_of_process = meta.current.fget

    def main(kind):
        def make():
            hub = module.Hub()
            module._local.set(hub)
            return _made(hub)

        return overlays.mine(_hub, make) or shared

    def current(kind):
        if context.current() is None:
            return current_of_process(kind)
        own, known = main(kind), module._local.get(None)
        if known is None or known is shared:
            known = module.Hub(own)
            module._local.set(known)
        return known

    meta.main, meta.current = property(main), property(current)


PATCHES = (("sentry_sdk.scope", _scope), ("sentry_sdk.hub", _hub))
