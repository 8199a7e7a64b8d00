"""The modules of a virtual environment, by top-level name: each name's stay loaded as long as what they came from is installed.

What was changed or removed gets a new shelf, and so does what uses it, by its metadata or by its own imports. Generations that run go on with
the old ones. C extensions cannot be loaded a second time, and half of a package is worse than none: a name whose shelf has any is blocked,
until the gateway is restarted or the old state is installed again.
"""
import sys
import types
from importlib.machinery import ExtensionFileLoader

_CODE = types.CodeType
_NAMED = (type, types.FunctionType, types.BuiltinFunctionType)


class Shelf(dict):
    """Full name → module, of one top-level name."""

    __slots__ = ("extensions", "bound", "__weakref__")

    def __init__(self):
        super().__init__()
        self.extensions = False  # whether C extensions were loaded into it, even if they are not in it any more
        self.bound = {}  # once it is out of use: top-level name → (Top, Shelf) of all that its modules hold on to

    def has_extensions(self):
        return self.extensions or any(
            isinstance(getattr(getattr(module, "__spec__", None), "loader", None), ExtensionFileLoader) for module in list(self.values()))


class Change:
    """What becomes of the shelves of `before` when `later` is what is installed.

    `kept` are those that go on, `blocked` maps names to the sentence that says why they cannot be imported.
    `retired` are shelves of former changes that cannot be made a second time; it grows. If the environment has to be started anew,
    because something has changed or since `restarts`, the names in `again` are given up too.
    """

    def __init__(self, directory, before, shelves, later, retired, restarts, again):
        self._directory, self._before, self._later = directory, before, later
        loaded = {top: shelf for top, shelf in list(shelves.items()) if shelf or shelf.extensions}
        self._changed = {top for top in loaded if not before.top(top).is_kept_in(later.top(top))}
        self._because = {}
        uses = self._uses(loaded) if self._changed or restarts else {}
        out = self._out_of_use(uses, self._changed)
        self.kept = {top: shelf for top, shelf in loaded.items() if top not in out}
        if any(loaded[top].has_extensions() for top in out):
            for top in out:
                loaded[top].bound = {name: (before.top(name), loaded[name]) for name in _reachable(uses, top)}
                retired.append((top, loaded[top], self._sentence(top)))
        self._back = set()
        self._bring_back(retired)
        self.restarts = restarts or bool(self._changed or self._back)
        self.blocked = {
            top: sentence for top, shelf, sentence in reversed(retired)
            if top in later and top not in self.kept and shelf.has_extensions()}
        again = self._out_of_use(uses, again & self.kept.keys()) if self.restarts else set()
        if not any(loaded[top].has_extensions() for top in again):
            self.kept = {top: shelf for top, shelf in self.kept.items() if top not in again}

    def _uses(self, loaded):
        required = self._before.requirements()
        return {top: (required.get(top, set()) & loaded.keys()) | _imports(top, shelf, loaded) for top, shelf in loaded.items()}

    def _out_of_use(self, uses, changed):
        out, pending = set(changed), list(changed)
        while pending:
            used = pending.pop()
            for top, names in uses.items():
                if used in names and top not in out:
                    self._because[top] = self._because.get(used, used)
                    out.add(top)
                    pending.append(top)
        return out

    def _bring_back(self, retired):
        for top, shelf, _ in retired:
            fits = all(
                then.is_kept_in(self._later.top(name)) and self.kept.get(name, held) is held for name, (then, held) in shelf.bound.items())
            if top not in self.kept and fits:
                self.kept.update({name: held for name, (_, held) in shelf.bound.items()})
                self._back.add(top)

    def _sentence(self, top):
        cause = self._because.get(top, top)
        old, new = self._before.top(cause).version, self._later.top(cause).version
        what = "changed" if cause in self._later else "removed"
        versions = f" ({old} → {new})" if old and new and old != new else ""
        uses = "" if cause == top else f"{top} uses it; "
        return (f"{cause} was {what}{versions} in the virtual environment {self._directory} after it had been loaded; {uses}"
                f"the C extensions of {top} can be loaded once per process: restart the gateway")


def _reachable(uses, top):
    found, pending = {top}, [top]
    while pending:
        more = uses.get(pending.pop(), set()) - found
        found |= more
        pending.extend(more)
    return found


def _imports(top, shelf, loaded):
    """Those of the loaded names that the modules on the shelf import, anywhere, or have got hold of."""
    found = set()
    for name, module in list(shelf.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if isinstance(value, types.ModuleType):
                found.add(str(value.__name__).partition(".")[0])
            elif isinstance(value, _NAMED):
                found.add(str(getattr(value, "__module__", "")).partition(".")[0])
        try:
            code = module.__spec__.loader.get_code(name)
        except Exception:  # whatever loader it is
            code = None
        if code is not None:
            _scan(code, loaded, found)
    found.discard(top)
    return found & loaded.keys()


def _scan(code, loaded, found):
    if any(name.partition(".")[0] in loaded for name in code.co_names):
        import dis  # only a change of packages needs it

        instructions = [i for i in dis.get_instructions(code) if i.opname != "EXTENDED_ARG"]
        for level, _, instruction in zip(instructions, instructions[1:], instructions[2:]):
            if instruction.opname == "IMPORT_NAME" and level.argval in (0, None):
                found.add(str(instruction.argval).partition(".")[0])
    for constant in code.co_consts:
        if type(constant) is _CODE:
            _scan(constant, loaded, found)
