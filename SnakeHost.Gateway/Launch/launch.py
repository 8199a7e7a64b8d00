"""Runs the gateway inside this interpreter: `python3 launch.py HOSTFXR PROGRAM NAME EXECUTABLE ARGUMENT...`

HOSTFXR is the .NET host's library, PROGRAM the gateway's assembly, NAME what the process is to be called, and EXECUTABLE how this interpreter was
asked for: empty where the user has begun with it (gateway.py). See "Native hosting" in .NET's documentation for the functions. Neither this file nor what
it imports is found again by an app.
"""
import sys


# .NET would write none for a crash that Python has seen first.
DUMPS = ("DOTNET_DbgEnableMiniDump", "COMPlus_DbgEnableMiniDump")
REMEDY = "set SnakeHost:Python:Embedding to Library, and name a Python with a shared library."


def run():
    before = set(sys.modules)
    hostfxr, program, name, executable, *arguments = sys.argv[1:]
    remedy = REMEDY if executable else f"start {name}.dll by dotnet, {REMEDY}"
    import _signal
    import os
    try:
        import ctypes
    except ImportError as error:
        return f"{sys.executable} cannot start .NET ({error}): {remedy}"

    # A crash in C code shows what Python was doing. Only before .NET starts, which then asks for what is no NullReferenceException of its own; later ones would
    # take the signal from it. See snakehost/faults.py.
    if not any(os.environ.get(name) for name in DUMPS):
        import faulthandler
        try:
            faulthandler.enable()
        except (RuntimeError, ValueError, OSError):
            pass  # without an output for errors

    # As in an interpreter that was started without arguments, by a program that handles the signals itself.
    if sys.path and sys.path[0] == os.path.dirname(os.path.realpath(__file__)):
        del sys.path[0]
    sys.argv[:] = [""]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = []
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(name)
    except OSError:
        pass  # it is for the eyes only

    class Parameters(ctypes.Structure):
        _fields_ = [("size", ctypes.c_size_t), ("host_path", ctypes.c_char_p), ("dotnet_root", ctypes.c_char_p)]

    root = os.fsencode(hostfxr)
    for _ in range(4):  # root/host/fxr/version/libhostfxr.so
        root = os.path.dirname(root)
    parameters = Parameters(ctypes.sizeof(Parameters), os.path.join(root, b"dotnet"), root)
    command = [os.fsencode(text) for text in (program, *arguments)]
    try:
        library = ctypes.CDLL(hostfxr)
    except OSError as error:
        return f"{sys.executable} cannot start .NET ({error}): {remedy}"
    library.hostfxr_set_runtime_property_value.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    library.hostfxr_run_app.argtypes = [ctypes.c_void_p]
    handle = ctypes.c_void_p()
    status = library.hostfxr_initialize_for_dotnet_command_line(
        len(command), (ctypes.c_char_p * len(command))(*command), ctypes.byref(parameters), ctypes.byref(handle))
    facts = [executable, sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.executable, sys.abiflags]
    properties = [(b"SnakeHost.Interpreter", "\n".join(facts))]
    if not executable:
        properties.append((b"SnakeHost.Executable", sys.executable))
    for key, value in properties:
        if status == 0:
            status = library.hostfxr_set_runtime_property_value(handle, key, os.fsencode(value))
    if status != 0:
        return f"{sys.executable} cannot start .NET (0x{status & 0xFFFFFFFF:08x}): {remedy}"

    # .NET's own choice is a few megabytes, which under load it fills hundreds of times a second. In bytes, hexadecimal. Not by os.environ, which apps see.
    if not any(name.upper() in ("DOTNET_GCGEN0SIZE", "COMPLUS_GCGEN0SIZE") for name in os.environ):
        os.putenv("DOTNET_GCgen0size", "1000000")

    # The .NET that was here before has left its port for dotnet-trace and the like: by the process's id and start, so this one wants the same name.
    prefix = f"dotnet-diagnostic-{os.getpid()}-"
    folder = os.environ.get("TMPDIR") or "/tmp"
    try:
        for name in os.listdir(folder) if executable else ():
            if name.startswith(prefix):
                os.unlink(os.path.join(folder, name))
    except OSError:
        pass  # then those tools cannot attach

    for module in set(sys.modules) - before:
        del sys.modules[module]
    main = sys.modules["__main__"].__dict__
    for key in [key for key in main if not key.startswith("__") or key in ("__file__", "__cached__")]:
        del main[key]
    main["__doc__"] = None
    # The gateway ends the process itself.
    return library.hostfxr_run_app(handle)


sys.exit(run())
