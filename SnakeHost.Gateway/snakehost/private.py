"""The closure of private packages: what imports a private package has to be private too.

Taken from the metadata of the installed distributions, and kept until a directory of packages changes.
"""
import os
import re

from . import distributions
from .distributions import normalize

# Extras that only development of the package itself pulls in.
_DEVELOPMENT = re.compile(r"extra\s*==\s*['\"](test|tests|testing|dev|develop|doc|docs|lint|typing|types|mypy|qa|ci)['\"]")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_graphs = {}

# What routes keep private by default, installed or not: see RouteOptions.PrivatePackages.
USUAL = frozenset(("bottle", "django", "sqlmodel"))


def closure(names, directories):
    """All top-level module names that have to be private when `names` (modules or distributions) are."""
    if not names:
        return frozenset()
    graph = _graph(directories)
    wanted, pending, tops = set(), [], set()
    for name in names:
        known = normalize(name) in graph.tops
        if known:
            pending.append(normalize(name))
        top = _module(name, known)
        if top is not None:
            tops.add(top)
            pending.extend(graph.by_top.get(top, ()))
    while pending:
        distribution = pending.pop()
        if distribution not in wanted:
            wanted.add(distribution)
            pending.extend(graph.dependents.get(distribution, ()))
    for distribution in wanted:
        tops.update(graph.tops.get(distribution, ()))
    return frozenset(tops)


def missing(names, directories, has_module):
    """Those that are neither an installed distribution nor a module; has_module(top) tells of one."""
    graph = _graph(directories)
    return [name for name in names if name not in USUAL and normalize(name) not in graph.tops
            and not ((top := _module(name, False)) and (top in graph.by_top or has_module(top)))]


def _module(name, is_distribution):
    """The top-level module that a name means; None for `ruamel.yaml` where that is installed, and for what is no name of a module."""
    top, dot, _ = name.partition(".")
    return top if top.isidentifier() and not (dot and is_distribution) else None


class _Graph:
    def __init__(self, directories):
        self.tops, self.by_top, self.dependents = {}, {}, {}
        for distribution in distributions.installed(directories):
            self._add(distribution)

    def _add(self, distribution):
        name = normalize(distribution.name)
        self.tops.setdefault(name, set()).update(distribution.tops())
        for top in self.tops[name]:
            self.by_top.setdefault(top, set()).add(name)
        for requirement in distribution.requires:
            match = _NAME.match(requirement)
            if match and not _DEVELOPMENT.search(requirement):
                self.dependents.setdefault(normalize(match[1]), set()).add(name)


def _graph(directories):
    stamps = tuple((directory, _stamp(directory)) for directory in directories)
    key = tuple(directories)
    cached = _graphs.get(key)
    if cached is None or cached[0] != stamps:
        cached = _graphs[key] = (stamps, _Graph(directories))
    return cached[1]


def _stamp(directory):
    try:
        return os.stat(directory).st_mtime_ns
    except OSError:
        return None
