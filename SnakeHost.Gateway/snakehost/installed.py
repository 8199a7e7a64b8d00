"""What is installed in the directories of a virtual environment, told apart from what was installed there at another time.

A directory's own time says too little and too much: Python changes it by writing `__pycache__`. What counts for a top-level name is which
distributions it comes from: name, version and the hashes in their RECORD. Where nobody has recorded hashes the files' times and sizes do.
"""
import os
import re

from .distributions import MODULE_SUFFIXES, Distribution, normalize

_METADATA = (".dist-info", ".egg-info")
_STARTUP = (".pth", ".start", ".egg-link")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_read = {}  # path of metadata → (stamp, _Part or None)


class _Part:
    """A distribution, as far as it matters for the modules that it brings."""

    __slots__ = ("key", "tops", "requires")

    def __init__(self, distribution):
        self.key = (normalize(distribution.name), distribution.version, distribution.content())
        self.tops = distribution.tops() | distribution.listed()
        matches = [_REQUIREMENT.match(text) for text in distribution.requires if "extra" not in text.partition(";")[2]]
        self.requires = {normalize(match[1]) for match in matches if match}


class Top:
    """Where a top-level name comes from: its distributions, and the state of its files if none of these has recorded them."""

    __slots__ = ("parts", "tree")

    def __init__(self, parts, tree):
        self.parts = frozenset(parts)
        self.tree = tree

    def is_kept_in(self, later):
        """Whether modules loaded from this are what would be loaded from the later. Other distributions and files may have joined."""
        if self.tree is None:
            return self.parts <= later.parts
        # A RECORD is the last thing an installer writes: meanwhile, and for good where it writes none, the files are compared.
        mine, theirs = ({part[:2] for part in top.parts} for top in (self, later))
        return mine <= theirs and self.tree <= later.files()

    def files(self):
        return self.tree

    @property
    def version(self):
        return " and ".join(sorted(version for _, version, _ in self.parts if version)) or None


class _Recorded(Top):
    """One whose distributions have recorded their files; these are looked at only to compare with a time when they had not."""

    __slots__ = ("_places",)

    def __init__(self, parts, places):
        super().__init__(parts, None)
        self._places = places

    def files(self):
        return tree(self._places)


_NOWHERE = Top((), None)


class Installed:
    """A look at directories of packages."""

    def __init__(self, directories):
        self._directories = list(directories)
        self._times, self._later = _times(self._directories), None
        self._places, self._parts, startup = {}, {}, []
        for directory in directories:
            for entry in _entries(directory):
                if entry.name.endswith(_METADATA) or entry.name == "EGG-INFO":
                    part = _part(entry.path)
                    if part is not None:
                        self._parts[part.key[0]] = part
                elif entry.name.endswith(_STARTUP):
                    startup.append((entry.path, _content(entry.path)))
                elif entry.name.endswith(MODULE_SUFFIXES) or "." not in entry.name:
                    self._places.setdefault(entry.name.partition(".")[0], []).append(entry.path)
        self.startup = tuple(sorted(startup))  # the files that `site` reads, and what is in them
        owners = {}
        for part in self._parts.values():
            for top in part.tops:
                owners.setdefault(top, []).append(part.key)
        self._tops = {top: self._top(places, owners.get(top, ())) for top, places in self._places.items()}

    def __contains__(self, top):
        return top in self._tops

    def __eq__(self, other):
        return self.startup == other.startup and self._identity() == other._identity()

    __hash__ = None

    def top(self, name):
        return self._tops.get(name, _NOWHERE)

    def look_again(self, name):
        """A module of this name is about to be loaded: what counts for it is what is installed by now."""
        if _times(self._directories) == self._times:
            return
        if self._later is None or _times(self._directories) != self._later._times:
            self._later = Installed(self._directories)
        self._tops[name] = self._later.top(name)

    def requirements(self):
        """Top-level name → those that the metadata of its distributions asks for."""
        found = {}
        for part in self._parts.values():
            wanted = {top for name in part.requires if name in self._parts for top in self._parts[name].tops}
            for top in part.tops:
                found.setdefault(top, set()).update(wanted - {top})
        return found

    def _identity(self):
        return {name: (top.parts, top.tree) for name, top in self._tops.items()}

    @staticmethod
    def _top(places, parts):
        if parts and all(content is not None for _, _, content in parts):
            return _Recorded(parts, places)
        return Top(parts, tree(places))


def tree(places):
    """(path, time, size) of the source files and C extensions in these files and folders."""
    found = []
    for place in places:
        if os.path.isfile(place):
            found.append(_stamp(place))
        for folder, folders, names in os.walk(place):
            folders[:] = [name for name in folders if name != "__pycache__"]
            found.extend(_stamp(os.path.join(folder, name)) for name in names if name.endswith(MODULE_SUFFIXES))
    return frozenset(found)


def _stamp(file):
    try:
        stat = os.stat(file)
    except OSError:
        return file, 0, 0
    return file, stat.st_mtime_ns, stat.st_size


def _times(directories):
    return [_stamp(directory) for directory in directories]


def _entries(directory):
    try:
        # `~` begins what pip has moved away while it installs.
        return [entry for entry in os.scandir(directory) if entry.name != "__pycache__" and not entry.name.startswith(("~", "."))]
    except OSError:
        return []


def _part(path):
    stamp = tuple(_stamp(os.path.join(path, name)) for name in ("METADATA", "RECORD", "PKG-INFO")) + (_stamp(path),)
    known = _read.get(path)
    if known is None or known[0] != stamp:
        try:
            part = _Part(Distribution(path))
        except (OSError, ValueError):
            part = None
        known = _read[path] = (stamp, part)
    return known[1]


def _content(file):
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None
