"""`faulthandler` in a tenant: what is to be written on a signal, or after a time, ends with the generation, and nothing ends the process."""
import functools
import weakref

from . import context, importing, notices, signals

_owners = {}  # a signal, or "later" → a weak reference to the generation that asked last
_module = None


def _patch(module):
    global _module
    _module = module
    if hasattr(module, "register"):
        _wrap_register(module)
    later = module.dump_traceback_later

    @functools.wraps(later)
    def dump_traceback_later(timeout, repeat=False, file=None, exit=False, **options):
        generation = context.origin()
        if file is not None:
            options["file"] = file
        if generation is not None:
            if exit:
                notices.once(generation, "faulthandler.dump_traceback_later", "faulthandler.dump_traceback_later(exit=True) does not exit: the process is the gateway")
                exit = False
            _owners["later"] = weakref.ref(generation)
        return later(timeout, repeat=repeat, exit=exit, **options)

    module.dump_traceback_later = dump_traceback_later


def _wrap_register(module):
    register = module.register

    @functools.wraps(register)
    def register_in_tenant(signum, *args, **options):
        generation = context.origin()
        if generation is None:
            return register(signum, *args, **options)
        if signals.is_the_gateways(signum):
            return notices.once(generation, "faulthandler.register",
                                f"faulthandler.register({signum!r}) is ignored: that signal belongs to the gateway; take SIGUSR1 or SIGUSR2")
        register(signum, *args, **options)
        _owners[signum] = weakref.ref(generation)

    module.register = register_in_tenant


def forget(generation):
    for key, owner in list(_owners.items()):
        if owner() is generation:
            del _owners[key]
            if key == "later":
                _module.cancel_dump_traceback_later()
            else:
                _module.unregister(key)


def install():
    importing.when_loaded("faulthandler", _patch)
