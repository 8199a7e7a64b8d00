"""`sys.stdout` and `sys.stderr`, by generation and line."""
import io
import os
import sys
import threading

from . import context

_LONGEST = 64 * 1024  # characters of an unfinished line that are kept back


class TenantStream(io.TextIOBase):
    """A text stream whose lines go to `write_line` inside a tenant, and to the process's stream outside.

    There are two of each name. What `print` and other C code find in the dict of `sys` goes on to what the tenant has assigned to `sys.stdout`. What
    the tenant itself gets as `sys.stdout` does not: it may be what it has wrapped.
    """

    def __init__(self, name, real, write_line, redirects):
        self._name = name
        self._real = real
        self._write_line = write_line
        self._redirects = redirects
        self._thread = threading.local()
        self.buffer = TenantBuffer(self)

    @property
    def name(self):
        return f"<{self._name}>"

    mode = "w"
    encoding = "utf-8"
    errors = "backslashreplace"
    line_buffering = True
    newlines = None

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        generation = _generation()
        if generation is None:
            if self._real is not None:
                self._real.write(text)
            return len(text)
        replaced = self._replacement(generation)
        if replaced is not None:
            # A module that tenants share may hold this one, and be what a tenant has wrapped it with.
            self._thread.is_redirecting = True
            try:
                return replaced.write(text)
            finally:
                self._thread.is_redirecting = False
        key = (self._name, threading.get_ident())
        pending = generation.lines.pop(key, "") + text
        *lines, rest = pending.split("\n")
        if len(rest) > _LONGEST:
            lines.append(rest)
            rest = ""
        if rest:
            generation.lines[key] = rest
        for line in lines:
            self.emit(generation.id, line)
        return len(text)

    def emit(self, id, line):
        try:
            self._write_line(id, self._name, line[:-1] if line.endswith("\r") else line, context.current_trace())
        except Exception as error:
            if self._real is not None:
                self._real.write(f"{line}\n[snakehost: {error!r} while passing on the line above]\n")

    def flush(self):
        if _generation() is None and self._real is not None:
            self._real.flush()

    def takes_records(self):
        """Whether what is written becomes lines of a tenant: then a record of `logging` is passed on as what it is."""
        generation = _generation()
        return generation is not None and self._replacement(generation) is None

    def _replacement(self, generation):
        if not self._redirects or getattr(self._thread, "is_redirecting", False):
            return None
        replaced = generation.replaced.get(self._name)
        return None if isinstance(replaced, TenantStream) else replaced

    def writable(self):
        return True

    def isatty(self):
        return _generation() is None and self._real is not None and self._real.isatty()

    def fileno(self):
        if self._real is None:
            raise io.UnsupportedOperation("fileno")
        return self._real.fileno()

    def close(self):
        """A tenant that closes its stdout closes nobody else's."""

    def reconfigure(self, **options):
        pass


class TenantBuffer(io.RawIOBase):
    """`sys.stdout.buffer`."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, data):
        if _generation() is None and hasattr(self._stream._real, "buffer"):
            return self._stream._real.buffer.write(data)
        data = bytes(data)
        self._stream.write(data.decode("utf-8", "backslashreplace"))
        return len(data)

    def writable(self):
        return True

    def flush(self):
        if _generation() is None and hasattr(self._stream._real, "buffer"):
            self._stream._real.buffer.flush()

    def fileno(self):
        return self._stream.fileno()

    def close(self):
        pass


_streams = {}
_own = {}
_getpid = os.getpid
_process = _getpid()


def _generation():
    return None if is_forked() else context.origin()


def is_forked():
    """Whether this is a forked child, where no one is behind write_line: its output goes to the inherited descriptors.

    By the process's id, since code runs in a child before any function of os.register_at_fork does: what other threads had is finalized.
    """
    return _getpid() != _process


def own(name):
    """What a tenant sees as `sys.stdout` or `sys.stderr` before it assigns another."""
    return _own.get(name)


def flush(generation, thread=None):
    """Pass on unfinished lines, of all threads or of one."""
    for name, ident in list(generation.lines):
        if thread is None or ident == thread:
            line = generation.lines.pop((name, ident), "")
            if line and name in _streams:
                _streams[name].emit(generation.id, line)


def takes_records(stream):
    """See TenantStream; also for what stands in for one, such as the proxy that Flask logs to."""
    check = getattr(stream, "takes_records", None)
    return check is not None and check() is True


def install(write_line):
    for name in ("stdout", "stderr"):
        real = getattr(sys, name)
        _own[name] = TenantStream(name, real, write_line, redirects=False)
        _streams[name] = TenantStream(name, real, write_line, redirects=True)
        setattr(sys, name, _streams[name])
