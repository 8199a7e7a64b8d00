"""Processes that a tenant starts get its environment; without this, `env=None` would mean the gateway's."""
import _socket
import os
import signal
import stat
import sys
import traceback
import weakref

from . import context, environ, importing, processors, startmethod

_fork_exec = None
_execv = os.execv
_system = os.system
_listeners = None  # file descriptor and inode of each of the gateway's
_forkservers = weakref.WeakKeyDictionary()


def _environment():
    """What execve takes, in a tenant; None outside."""
    if not environ.layers():
        return None
    return [key + b"=" + value for key, value in environ.merged().items()]


def fork_exec(args, executables, close_fds, pass_fds, cwd, env, *rest):
    processors.let_go()
    if env is None:
        env = _environment()
    return _fork_exec(args, executables, close_fds, pass_fds, cwd, env, *rest)


def _with_environment(spawn):
    """posix_spawn, for which an environment of None means the process's since 3.13."""

    def call(path, argv, env=None, **options):
        processors.let_go()
        if env is None and environ.layers():
            env = os.environ
        return spawn(path, argv, env, **options)

    call.__name__ = spawn.__name__
    return call


def execv(path, argv, /):
    if not environ.layers():
        return _execv(path, argv)
    return os.execve(path, argv, os.environ)


def system(command):
    """`os.system` by way of the shell, as C's system() does it, with the tenant's environment."""
    if not environ.layers():
        return _system(command)
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", os.fspath(command)], os.environ)
    return os.waitpid(pid, 0)[1]


def note_listeners():
    """Before the first app runs: those that listen by then are the gateway's. A forked child closes them, lest it keep the ports after the gateway's end."""
    global _listeners
    if _listeners is not None:
        return
    _listeners = []
    try:
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return  # not Linux
    for descriptor in descriptors:
        try:
            status = os.fstat(descriptor)
            if stat.S_ISSOCK(status.st_mode) and _listens(descriptor):
                _listeners.append((descriptor, status.st_ino))
        except OSError:
            pass  # it was the listing's own, or has just been closed


def _listens(descriptor):
    probe = _socket.socket(fileno=descriptor)
    try:
        return probe.getsockopt(_socket.SOL_SOCKET, _socket.SO_ACCEPTCONN) != 0
    finally:
        probe.detach()


def _close_listeners():
    for descriptor, inode in _listeners or ():
        try:
            if os.fstat(descriptor).st_ino == inode:
                os.close(descriptor)
        except OSError:
            pass


def _forkserver():
    """Each generation's own fork server: a shared one would hand out the environment of whoever started it."""
    from multiprocessing import forkserver

    generation = context.origin()
    if generation is None:
        return forkserver._forkserver
    server = _forkservers.get(generation)
    if server is None:
        server = _forkservers[generation] = forkserver.ForkServer()
    return server


def _patch_forkserver(module):
    def dispatch(name):
        def call(*args):
            return getattr(_forkserver(), name)(*args)

        call.__name__ = name
        return call

    for name in ("ensure_running", "get_inherited_fds", "connect_to_new_process", "set_forkserver_preload"):
        original = getattr(module, name)
        if getattr(original, "__self__", None) is module._forkserver:
            setattr(module, name, dispatch(name))


def leave(error=None):
    """Ends a forked child in which the app has come back to the gateway, which is not there: with the code of SystemExit, 1 after another exception, else 0."""
    code = 0
    try:
        if isinstance(error, SystemExit):
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        elif error is not None:
            code = 1
            traceback.print_exception(type(error), error, error.__traceback__)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code & 0xFF)


def stop(generation):
    server = _forkservers.pop(generation, None)
    pid = None if server is None else server._forkserver_pid
    if pid is not None:
        # Else it would end, and be waited for, when the last process ends that has inherited the pipe to it: a worker that another tenant has forked.
        os.kill(pid, signal.SIGTERM)
        server._stop()


def _patch_subprocess(module):
    if getattr(module, "_fork_exec", None) is _fork_exec:
        module._fork_exec = fork_exec


def install():
    global _fork_exec
    if os.name != "posix":
        return
    import _posixsubprocess

    _fork_exec = _posixsubprocess.fork_exec
    _posixsubprocess.fork_exec = fork_exec
    importing.when_loaded("subprocess", _patch_subprocess)
    importing.when_loaded("multiprocessing.forkserver", _patch_forkserver)
    importing.when_loaded("multiprocessing.context", startmethod.separate)
    importing.when_loaded("multiprocessing.process", startmethod.separate_children)
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            setattr(os, name, _with_environment(getattr(os, name)))
    os.register_at_fork(after_in_child=_close_listeners)
    os.execv = execv
    os.system = system
