"""`faulthandler` in a tenant: what is to be written on a signal, or after a time, ends with the generation, and nothing ends the process.

.NET makes a NullReferenceException of the signal that a crash sends too. A handler that was there before .NET is asked by it for all other crashes
(Launch/launch.py); one that comes later gets .NET's own, and ends the process. So nobody switches it on or off here.
"""
import functools
import os
import weakref

from . import alone, context, importing, notices, signals

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
    _keep_switch(module)


def _keep_switch(module):
    switch_on, switch_off, process = module.enable, module.disable, os.getpid()

    @functools.wraps(switch_on)
    def enable(*args, **options):
        if os.getpid() != process:
            return switch_on(*args, **options)
        if not module.is_enabled():
            return _tell("enable", "is ignored: .NET needs the signals of crashes for itself; with a python3 that contains the interpreter, crashes are told without it")
        if alone.is_process and (args or "file" in options):
            return switch_on(*args, **options)  # which only takes the other file then
        if not alone.is_process:
            _tell("enable", "does nothing: it is enabled for all apps, and writes to the gateway's error output")

    @functools.wraps(switch_off)
    def disable():
        if os.getpid() != process:
            return switch_off()
        if module.is_enabled():
            _tell("disable", "is ignored: it is enabled for the whole process")
        return module.is_enabled()

    module.enable, module.disable = enable, disable


def _tell(call, text):
    generation = context.origin()
    if generation is not None:
        notices.once(generation, f"faulthandler.{call}", f"faulthandler.{call}() {text}")


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
