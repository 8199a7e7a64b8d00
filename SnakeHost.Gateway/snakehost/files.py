"""The files of the ASGI extensions http.response.pathsend and http.response.zerocopysend."""

import contextlib
import errno
import os
import stat


@contextlib.contextmanager
def opened(path):
    """(descriptor, size) of the regular file at a path, open within the block. Raises what `open` would."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            code = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL
            raise OSError(code, os.strerror(code), path)
        yield descriptor, status.st_size
    finally:
        os.close(descriptor)


def part(message):
    """(descriptor, offset, count) of a zerocopysend; without an offset the file's position is used, and moved on."""
    file = message["file"]
    descriptor = file if isinstance(file, int) else file.fileno()
    offset, count = message.get("offset"), message.get("count")
    if any(number is not None and number < 0 for number in (offset, count)):
        raise ValueError("the offset and the count of a zerocopysend are not negative")
    start = _position(file, descriptor) if offset is None else offset
    left = max(0, os.fstat(descriptor).st_size - start)
    count = left if count is None else min(count, left)
    if offset is None:
        _move(file, descriptor, start + count)
    return descriptor, start, count


def _position(file, descriptor):
    # A buffered file has read further than its user.
    return os.lseek(descriptor, 0, os.SEEK_CUR) if isinstance(file, int) or not hasattr(file, "tell") else file.tell()


def _move(file, descriptor, position):
    if isinstance(file, int) or not hasattr(file, "seek"):
        os.lseek(descriptor, position, os.SEEK_SET)
    else:
        file.seek(position)
