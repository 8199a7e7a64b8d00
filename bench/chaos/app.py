"""One app of the chaos: its files, and what has been in them so far, step by step."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import sys

SERVING = pathlib.Path(__file__).with_name("serving.py")
BULK = 100
OK, TORN, BROKEN, GONE = "ok", "torn", "broken", "gone"

# What sets an app apart, beside WSGI or ASGI. Half of each kind are of the one interface, half of the other.
TRAITS = (
    {"env"}, {"env", "thread"}, {"venv"}, {"venv", "pool"}, {"thread"}, {"bulk"}, {"bulk", "pool"}, {"linked"}, {"linked", "thread"}, {"huge", "task"})


@dataclasses.dataclass(frozen=True)
class State:
    """What was on disk at one time: whether an app can be made of it, the text of each part, and which folder it was."""
    kind: str
    parts: dict
    folder: pathlib.Path


class App:
    def __init__(self, number, root, store, packages):
        self.name = f"app{number}"
        self.interface = ("wsgi", "asgi")[(number + number // len(TRAITS)) % 2]
        self.traits = TRAITS[number % len(TRAITS)]
        self.folder = root / self.name
        self.store = store / self.name
        self.packages = packages  # where a venv keeps its packages, relative to it
        self.count = 0
        self.extra = None
        self.history = []
        self.done = 0
        self.store.mkdir()
        self.make()

    # What is on disk, and since when

    @property
    def host(self):
        return f"{self.name}.localhost"

    @property
    def parts(self):
        return self.history[-1].parts

    @property
    def helper(self):
        """Where the text of the module `helper` is, which is a package now and then."""
        package = self.folder / "helper" / "inner.py"
        return package if package.exists() else self.folder / "helper.py"

    def next(self):
        """A text that was in no file before, and as long as all others: neither size nor second of a change are needed to notice it."""
        self.count += 1
        return f"{self.count:06}"

    @contextlib.contextmanager
    def step(self, kind=OK, **parts):
        """One change, which is whole when this ends. Requests that are sent from then on have to notice it."""
        self.note(kind, {**self.parts, **parts})
        yield
        self.done = len(self.history) - 1

    def tear(self, **parts):
        """Files are in between from now on: an answer may be of the old texts, of the new ones, or a failure."""
        self.note(TORN, self.parts)
        self.done = len(self.history) - 1
        self.note(TORN, {**self.parts, **parts})

    def note(self, kind, parts):
        self.history.append(State(kind, parts, self.release))

    # Files

    def make(self):
        """All files, anew."""
        parts = dict.fromkeys(("main", "helper", "lib", "link", "page"), None)
        for trait in ("env", "bulk", "venv", "huge"):
            if trait in self.traits:
                parts[trait] = None
        parts = {name: self.next() for name in parts}
        self.release = self.folder
        if "linked" in self.traits:
            self.make_release(parts)
            os.replace(self.store / "current", self.folder)
        else:
            self.fill(self.folder, parts)
        self.note(OK, parts)
        self.done = len(self.history) - 1

    def make_release(self, parts):
        """A folder beside, and a link to it that only has to be renamed."""
        self.release = self.store / f"release{self.count}"
        self.fill(self.release, parts)
        (self.store / "current").symlink_to(self.release)

    def fill(self, folder, parts):
        (folder / "lib").mkdir(parents=True)
        shutil.copy(SERVING, folder / "serving.py")
        (folder / f"{self.name}.here").touch()
        (folder / "lib" / "__init__.py").touch()
        (folder / "lib" / "part.py").write_text(self.version(parts["lib"]))
        (folder / "helper.py").write_text(self.version(parts["helper"]))
        (folder / "page.html").write_text(parts["page"])
        target = self.target(parts["link"])
        (folder / "link.py").symlink_to(target)
        if "bulk" in parts:
            (folder / "bulk").mkdir()
            self.write_bulk(folder, parts["bulk"])
        if "env" in parts:
            (folder / ".env").write_text(self.environment(parts["env"]))
        if "huge" in parts:
            (folder / "huge.py").write_text(self.huge(parts["huge"]))
        if "venv" in parts:
            self.make_venv(folder / ".venv", parts["venv"])
        (folder / "main.py").write_text(self.main(parts["main"], parts))

    def make_venv(self, venv, text):
        python = pathlib.Path(os.path.realpath(sys.executable))
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python3").symlink_to(python)
        (venv / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")
        (venv / self.packages).mkdir(parents=True)
        self.install(venv, text)

    def install(self, venv, text):
        """As an installer does: the package, then what says that it is there."""
        packages = venv / self.packages
        for old in packages.glob("installed*"):
            shutil.rmtree(old)
        (packages / "installed").mkdir()
        (packages / "installed" / "__init__.py").write_text(self.version(text))
        information = packages / f"installed-{int(text)}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: installed\nVersion: {int(text)}\n")
        (information / "top_level.txt").write_text("installed\n")
        (information / "RECORD").write_text("".join(
            f"{name},,\n" for name in ("installed/__init__.py", *(f"{information.name}/{file}" for file in ("METADATA", "top_level.txt", "RECORD")))))

    def target(self, text):
        """A file outside of the folder for a link to point to."""
        target = self.store / f"link{text}.py"
        target.write_text(self.version(text))
        return target

    def write_bulk(self, folder, text):
        for number in range(BULK):
            (folder / "bulk" / f"m{number}.py").write_text(self.version(text))
        (folder / "bulk" / "__init__.py").write_text(
            f"import importlib\nTEXTS = {{importlib.import_module(f'bulk.m{{n}}').TEXT for n in range({BULK})}}\nTEXT = ' '.join(sorted(TEXTS))\n")

    def main(self, text, parts):
        """The text of main.py: it imports all, and an extra module while there is one."""
        modules = {"helper": "helper", "lib": "lib.part", "link": "link", "bulk": "bulk", "venv": "installed", "huge": "huge"}
        used = {part: module for part, module in modules.items() if part in parts}
        if self.extra is not None:
            used["extra"] = self.extra
        values = [f'"{part}": {module}.TEXT' for part, module in used.items()]
        if "env" in parts:
            values.append('"env": os.environ["TEXT"]')
        return (
            f"TEXT = {text!r}\nimport os\nimport serving\n"
            + "".join(f"import {module}\n" for module in used.values())
            + "with open('page.html') as page:\n    PAGE = page.read()\n\n"
            + f"def parts():\n    return {{'main': TEXT, 'page': PAGE, {', '.join(values)}}}\n\n"
            + f"app = serving.{self.interface}({self.name!r}, parts, {sorted(self.traits)!r})\n")

    def version(self, text):
        return f"TEXT = {text!r}\n"

    def environment(self, text):
        return f"NAME={self.name}\nTEXT={text}\n"

    def huge(self, text):
        return self.version(text) + "DATA = [\n" + "    'a line of data, one of very many',\n" * 30_000 + "]\n"
