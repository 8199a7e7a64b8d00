"""What the metadata of installed distributions says of names, requirements and modules.

importlib.metadata says it too, but imports `email`, `zipfile` and more for it and parses all of each file: with a hundred distributions
that was a tenth of a second before the first app's answer. Here only the lines that are asked for are read. Formats: "Recording installed
projects" and "Core metadata" of the PyPA specifications, and the .egg-info of setuptools.
"""
import os
import re

MODULE_SUFFIXES = (".py", ".so", ".pyd")


class Distribution:
    """One .dist-info or .egg-info. Raises OSError or ValueError when its metadata cannot be read."""

    def __init__(self, path):
        self._path = path
        # An .egg-info may be a file, which is then the metadata itself.
        self._folder = path if os.path.isdir(path) else None
        main = path if self._folder is None else os.path.join(path, "METADATA" if path.endswith(".dist-info") else "PKG-INFO")
        with open(main, encoding="utf-8", errors="surrogateescape") as file:
            head = _head(file)
        names = [value for key, value in head if key == "name"]
        if not names:
            raise ValueError(f"{main} names no distribution")
        self.name = names[0]
        self.version = next((value for key, value in head if key == "version"), "")
        self.requires = [value for key, value in head if key == "requires-dist"] or list(_sections(self._text("requires.txt")))

    def tops(self):
        """The names of its top-level modules and packages."""
        declared = self._text("top_level.txt")
        return set(declared.split()) if declared else self.listed() or self._guessed()

    def listed(self):
        """The names of the top-level modules and packages that it has put beside its metadata."""
        tops = set()
        for file in self._files():
            first, _, rest = file.partition("/")
            if file.endswith(MODULE_SUFFIXES):
                if not rest:
                    tops.add(first.partition(".")[0])
                elif first.isidentifier():
                    tops.add(first)
        return tops

    def _guessed(self):
        """Debian lists the files elsewhere. `opentelemetry-api` is then a package `opentelemetry_api` or `opentelemetry`, whichever there is."""
        beside = os.path.dirname(self._path)
        words = re.split("[-_.]+", self.name)
        for count in range(len(words), 0, -1):
            for top in dict.fromkeys(("_".join(words[:count]), "_".join(words[:count]).lower())):
                if top.isidentifier() and any(os.path.exists(os.path.join(beside, top + suffix)) for suffix in ("", ".py")):
                    return {top}
        return set()

    def content(self):
        """What tells its files from those of another version or build; None when nothing has recorded them.

        Installing the same again changes nothing of it: times and what the installer writes beside the files do not count.
        """
        own = os.path.basename(self._folder or "") + "/"
        rows = [line.rsplit(",", 2) for line in self._text("RECORD").splitlines()]
        hashed = sorted((row[0], row[1]) for row in rows if len(row) == 3 and row[1] and not row[0].startswith((own, "..", "/")))
        return hash(tuple(hashed)) if rows else None

    def _files(self):
        record = self._text("RECORD")
        if record:
            # The rows' other fields hold neither quote nor comma.
            return [line.rsplit(",", 2)[0].strip('"') for line in record.splitlines()]
        # The latter lists what the source has, as far as it knows it.
        return [os.path.normpath(file) for file in (self._installed() or self._text("SOURCES.txt").splitlines())]

    def _installed(self):
        """Relative to the folder of metadata; made relative to what holds it."""
        base = os.path.basename(self._folder or "")
        return [os.path.join(base, line) for line in self._text("installed-files.txt").splitlines()]

    def _text(self, name):
        if self._folder is None:
            return ""
        try:
            with open(os.path.join(self._folder, name), encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except OSError:
            return ""


def normalize(name):
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(directories):
    """Each distribution in these directories; those whose metadata cannot be read say nothing."""
    for directory in directories:
        try:
            names = os.listdir(directory)
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                try:
                    yield Distribution(os.path.join(directory, name))
                except (OSError, ValueError):
                    continue


def _head(lines):
    """(name in lower case, value) of the fields up to the empty line; what continues a field is not asked for."""
    fields = []
    for line in lines:
        if line == "\n":
            break
        if line[0] in " \t":
            continue
        key, _, value = line.partition(":")
        fields.append((key.lower(), value.strip()))
    return fields


def _sections(text):
    """requires.txt of setuptools: requirements, those of an extra or with a marker below a [extra:marker]."""
    marker = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            extra, _, condition = line[1:-1].partition(":")
            if extra:
                condition = (f"({condition}) and " if condition else "") + f'extra == "{extra}"'
            marker = f"; {condition}"
        elif line and not line.startswith("#"):
            yield line + marker
