"""An exception as data: the traceback as Python prints it, less the gateway's own frames."""
import importlib
import json
import linecache
import os
import traceback

from . import context, hints, sources
from .errors import NeedsProcess

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_IMPORTLIB = importlib.__file__  # import_module, by which the application was loaded
_CONTEXT = 4  # lines of source around the failing one
_MOST_FRAMES = 200
_LONGEST_TEXT = 16 * 1024  # characters of a message, or of a line
_LONGEST_TRACEBACK = 256 * 1024


def describe(exc):
    """JSON text: type, message, traceback, file, line, frames, hint, needsProcess. Never raises."""
    try:
        with sources.readable(_files(exc)):
            return json.dumps(_describe(exc))
    except BaseException as error:
        name = _safe(lambda: type(exc).__name__, "Exception")
        return json.dumps({
            "type": name, "message": "", "file": None, "line": None, "frames": [], "hint": None, "needsProcess": None,
            "traceback": f"{name} (its traceback cannot be shown: {type(error).__name__})\n"})


def _describe(exc):
    kind = type(exc)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    frames = _frames(exc.__traceback__)
    file, line = _place(exc, frames)
    return {
        "type": _text(name),
        "message": _text(_safe(lambda: str(exc), f"<{name}: its __str__ failed>")),
        "traceback": _text(_format(exc), _LONGEST_TRACEBACK),
        "file": _text(file),
        "line": line,
        "frames": frames,
        "hint": _safe(lambda: hints.of(exc), None),
        "needsProcess": _text(_safe(lambda: str(exc), None)) if isinstance(exc, NeedsProcess) else None,
    }


def _format(exc):
    formatted = traceback.TracebackException(type(exc), exc, exc.__traceback__, compact=True)
    pending, seen = [formatted], set()
    while pending:
        part = pending.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        if part.stack is not None:
            part.stack = _Stack(frame for frame in part.stack if not _is_own(frame.filename))
        pending += [part.__cause__, part.__context__, *(getattr(part, "exceptions", None) or ())]
    return "".join(_cut(line, _LONGEST_TEXT) for line in formatted.format())


class _Stack(traceback.StackSummary):
    """Formats each place once. Python parses the line of every frame to find its markers, before it leaves out those that repeat: for a recursion, thousands."""

    def __init__(self, frames):
        super().__init__(frames)
        self._formatted = {}

    def format_frame_summary(self, frame, **named):
        place = (frame.filename, frame.name, frame.lineno, frame.end_lineno, frame.colno, frame.end_colno)
        if place not in self._formatted:
            self._formatted[place] = super().format_frame_summary(frame, **named)
        return self._formatted[place]


def _frames(tb):
    places = []
    while tb is not None:
        code = tb.tb_frame.f_code
        if not _is_own(code.co_filename):
            places.append((code, tb.tb_lineno))
        tb = tb.tb_next
    if len(places) > _MOST_FRAMES:  # a recursion: both ends tell
        places = places[: _MOST_FRAMES // 2] + places[-_MOST_FRAMES // 2:]
    return [_frame(*place) for place in places]


def _frame(code, line):
    file = code.co_filename
    lines = linecache.getlines(file)
    line = line or 0
    first = max(1, line - _CONTEXT)
    around = [{"number": n, "text": _text(lines[n - 1].rstrip("\r\n"))}
              for n in range(first, min(len(lines), line + _CONTEXT) + 1)]
    source = lines[line - 1].strip() if 0 < line <= len(lines) else None
    return {
        "file": _text(file), "line": line, "function": _text(getattr(code, "co_qualname", code.co_name)),
        "source": _text(source), "context": around, "isTenantCode": _is_tenant(file)}


def _place(exc, frames):
    if isinstance(exc, SyntaxError) and isinstance(exc.filename, str):
        return exc.filename, exc.lineno if isinstance(exc.lineno, int) else None
    for frame in reversed(frames):
        if frame["isTenantCode"]:
            return frame["file"], frame["line"]
    return None, None


def _is_own(file):
    return file.startswith((_HERE, "<frozen importlib")) or file == _IMPORTLIB


def _is_tenant(file):
    generation = context.origin()
    if generation is None:
        return False
    return file in generation.files or generation.reads_source(file)


def _files(exc):
    """Of all frames of an exception and of those that belong to it."""
    files, seen = set(), set()
    pending = [exc]
    while pending:
        part = pending.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        tb = part.__traceback__
        while tb is not None:
            files.add(tb.tb_frame.f_code.co_filename)
            tb = tb.tb_next
        if isinstance(part, SyntaxError) and isinstance(part.filename, str):
            files.add(part.filename)
        pending += [part.__cause__, part.__context__]
        pending += _safe(lambda: list(part.exceptions), []) if hasattr(part, "exceptions") else []
    return files


def _text(value, longest=_LONGEST_TEXT):
    """Lone surrogates cannot leave as UTF-8, and what is too long would keep everybody busy on its way to a page, a log and its readers."""
    return value if value is None else _cut(str(value), longest).encode("utf-8", "backslashreplace").decode("utf-8")


def _cut(text, longest):
    if len(text) <= longest:
        return text
    end = longest // 4
    return f"{text[:longest - end]} [… {len(text) - longest:,} characters are left out …] {text[-end:]}"


def _safe(call, default):
    try:
        return call()
    except BaseException:
        return default
