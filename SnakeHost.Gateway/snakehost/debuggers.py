"""debugpy in an app: a process has one debugger, and so all apps share it.

`debugpy.listen()` may be called once in a process. An app calls it whenever it is loaded, and another app may have been first: later calls say where the
first one listens. What that has set up belongs to the process: pydevd registers its end as an exit function, which would end it with the generation.

Before Python 3.12 a debugger sees a thread only when it is told of it. debugpy finds those that there are when it begins to listen, and those that `threading` starts
afterwards; the gateway's are started by neither.

In a process where an app is debugged (`serve`), the gateway has started debugpy before the first load. It is everybody's there, wherever it was installed: a second copy,
which an app imports from its environment, would be a second debugger.
"""
import functools
import importlib
import os
import sys
import threading

from . import context, notices, space, venv as venvs
from .errors import VenvError

_MONITORING, _RESET = "_pydevd_sys_monitoring.pydevd_sys_monitoring", "reset_thread_local_info"

_gate = threading.Lock()
_listening = None  # what the first call has returned
_see_this_thread = None  # the debugger's, where it has to be called


def _debugpy(module):
    listen = module.listen

    @functools.wraps(listen)
    def listen_once(address, **options):
        global _listening, _see_this_thread
        generation = context.origin()
        with _gate:
            if _listening is None:
                # The thread, too, is not the app's for as long: who starts a thread owns it.
                _listening = context.outside(functools.partial(listen, address, **options))
                if not hasattr(sys, "monitoring"):
                    _see_this_thread = module.debug_this_thread
            elif generation is not None and address not in (_listening, _listening[1]):
                host, port = _listening
                notices.once(generation, "debugpy.listen", f"debugpy.listen({address!r}): the debugger of all apps listens on {host}:{port}")
            return _listening

    module.listen = listen_once


def entered():
    """The calling thread has become a generation's.

    Since 3.12 pydevd keeps what it knows of a thread in a `threading.local`, which Python code may fill once more while the thread's state is cleared. Then the next thread
    at that place in memory finds it: it is stopped as the one, and told to go on as the other.
    """
    if _see_this_thread is not None:
        context.outside(_see_this_thread)
    reset = getattr(dict.get(sys.modules, _MONITORING), _RESET, None)
    if reset is not None:
        reset()


# What debugpy consists of: pydevd beside it in Debian, else within it.
_PARTS = {"debugpy", "pydevd", "pydevd_file_utils", "pydevd_plugins", "pydevd_tracing", "pydev_ipython", "_pydev_bundle", "_pydev_runfiles", "_pydevd_bundle", "_pydevd_frame_eval",
          "_pydevd_sys_monitoring"}


# That breakpoints in modules frozen into the interpreter are not met.
_NO_WARNING = "PYDEVD_DISABLE_FILE_VALIDATION"


_serving = False


def is_serving():
    """Whether this is a process in which an app is debugged."""
    return _serving


def serve(environment, held):
    """Starts debugpy for this process, before any app: that of the virtual environment, else the interpreter's. Returns its port, or a sentence that says why not.

    held(1) is called when a thread stops, held(-1) when it goes on.
    """
    result = []
    # A thread whose end the debugger may take for that of any other: the caller's is the gateway's.
    thread = threading.Thread(target=lambda: result.append(_serve(environment, held)), name="debugger's start")
    thread.start()
    thread.join()
    return result[0]


def _serve(environment, held):
    packages = _packages(environment)
    python = sys.executable if packages is None else os.path.join(environment, "bin", "python")
    try:
        debugpy = _import(packages)
    except ImportError as error:
        if error.name != "debugpy":
            return f"debugpy cannot be imported: {error}"
        places = sys.executable if packages is None else f"{environment} nor for {sys.executable}"
        return f"debugpy is {'not' if packages is None else 'neither'} installed {'for' if packages is None else 'in'} {places}: {python} -m pip install debugpy"
    monitoring = sys.modules.get(_MONITORING)
    if monitoring is not None and not hasattr(monitoring, _RESET):
        return f"debugpy {debugpy.__version__} is too old for Python {sys.version_info[0]}.{sys.version_info[1]}, in which it loses threads: {python} -m pip install --upgrade debugpy"
    global _serving
    _serving = True
    space.Space.core |= _PARTS
    try:
        port = debugpy.listen(("127.0.0.1", 0))[1]
        import pydevd

        _tell_held(pydevd.PyDB, held)
        _hide_gateway(pydevd, os.path.dirname(debugpy.__file__))
    except Exception as error:
        return f"debugpy cannot listen: {type(error).__name__}: {error}"
    return port


def _packages(environment):
    try:
        return None if environment is None else venvs.packages(environment)
    except (VenvError, OSError):
        return None  # the load says what is the matter with it


def _import(packages):
    if packages is not None:
        sys.path.insert(0, packages)
    os.environ.setdefault(_NO_WARNING, "1")
    try:
        module = importlib.import_module("debugpy")
        importlib.import_module("debugpy.server.api")  # and with it pydevd
        return module
    finally:
        if packages is not None:
            sys.path.remove(packages)
        os.environ.pop(_NO_WARNING, None)


def _tell_held(debugger, held):
    wait = debugger.do_wait_suspend

    @functools.wraps(wait)
    def do_wait_suspend(*args, **named):
        held(1)
        try:
            return wait(*args, **named)
        finally:
            held(-1)

    debugger.do_wait_suspend = do_wait_suspend


def _hide_gateway(pydevd, *others):
    """Nobody steps into the code that calls the app, and it is in no stack."""
    from _pydevd_bundle.pydevd_api import PyDevdAPI

    own = os.path.dirname(os.path.abspath(__file__)) + os.sep
    PyDevdAPI().set_dont_trace_start_end_patterns(pydevd.get_global_debugger(), (own, *others), ("debugpy_launcher.py",))


def wait():
    """Until an editor has attached, and has set its breakpoints."""
    sys.modules["debugpy"].wait_for_client()


PATCHES = (("debugpy", _debugpy),)
