"""`wsgi.file_wrapper` (PEP 3333, "Optional Platform-Specific File Handling")."""

import io
import os
import stat


class FileWrapper:
    """Iterates over a file in blocks and closes it. A real file is not read here at all, see `remainder`."""

    def __init__(self, file, block_size=64 * 1024):
        self.file = file
        self.block_size = block_size
        close = getattr(file, "close", None)
        if close is not None:
            self.close = close

    def __iter__(self):
        return self

    def __next__(self):
        data = self.file.read(self.block_size)
        if not data:
            raise StopIteration
        return data

    # Werkzeug answers a range by seeking in the wrapper where that can be done, else by reading up to it.

    def seekable(self):
        seekable = getattr(self.file, "seekable", None)
        return seekable is not None and seekable()

    def seek(self, *arguments):
        return self.file.seek(*arguments)

    def tell(self):
        return self.file.tell()


def remainder(file):
    """`(descriptor, offset, length)` of what is left to read of a real file; None when its bytes are known to `read` alone.

    What counts is whose `read` it is, not who has a `fileno`: that of a gzip file is the compressed file's. Wrappers that hand
    `read` through, as Django's and tempfile's do, are seen through. The descriptor is a duplicate: the app may close, or even
    delete, the file before it is sent.
    """
    if os.name != "posix":
        return None
    read = getattr(file, "read", None)
    source = getattr(getattr(read, "__wrapped__", read), "__self__", None)
    raw = source.raw if type(source) in (io.BufferedReader, io.BufferedRandom) else source
    if type(raw) is not io.FileIO or not raw.readable():
        return None
    if type(source) is io.BufferedRandom:
        source.flush()
    descriptor = raw.fileno()
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return None
    offset = source.tell()
    # Files of /proc have no size until they are read.
    return (os.dup(descriptor), offset, status.st_size - offset) if offset < status.st_size else None
