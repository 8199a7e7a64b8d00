"""Makes the virtual environment of an app of what the app's folder says, and brings it up to date: python3 sync.py DIR.

Run by the Python that is to load the app, from 3.10 on, with nothing but its standard library. What is done, and what the installer prints, goes to stdout;
why it could not be done goes to stderr, as one sentence.
"""
import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

LOCK, REQUIREMENTS, PROJECT = "uv.lock", "requirements.txt", "pyproject.toml"
STAMP = "snakehost-sync-"  # begins the names of files in the environment: what it was made of, one for each app

_INCLUDED = re.compile(r"^\s*(?:-[rc]\s*|--(?:requirement|constraint)(?:\s+|=))(\S+)")
# A folder, a file or an address, whose content changes without what names it: in a line of requirements, in a project, and in a lock file, where the project itself is none.
_UNKNOWN = re.compile(r"^\s*(?:-e|--editable\b|\.|(?![-#\s])[^#]*(?:[/@$]|\.(?:whl|zip|tar|t[bgx]z|tlz)\b))")
_UNKNOWN_IN = {
    PROJECT: re.compile(r"@\s*(?:[\w+.-]+:|\{)|\buv\.sources\b|^[ \t]*sources\b[^\n]*\{", re.MULTILINE),
    LOCK: re.compile(r"\b(?:directory|editable|path|virtual) = \"(?!\.\")"),
}
_HAS_PROJECT = re.compile(r"^[ \t]*\[project\]", re.MULTILINE)
_HAS_DEPENDENCIES = re.compile(r"^[ \t]*dependencies[ \t]*=[ \t]*\[(?:\s|#[^\n]*\n)*[\"']", re.MULTILINE)

# Run by a Python with pip, since 3.10 has no tomllib, and none has what compares versions.
_READ_PROJECT = """
import json, platform, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
from pip._vendor.packaging.specifiers import SpecifierSet
with open(sys.argv[1], "rb") as file:
    found = tomllib.load(file)
project = found.get("project", {})
requires = project.get("requires-python", "")
print(json.dumps([project.get("dependencies", []), "build-system" in found, requires, SpecifierSet(requires).contains(platform.python_version(), prereleases=True)]))
"""

# The first that an installer's output matches says why it has failed.
_CAUSES = (
    (r"No space left on device", "there is no space left on the disk"),
    (r"Read-only file system|Permission denied|os error (?:13|30)\b", "{environment} may not be written: give this user the right to, or sync as the folder's owner"),
    (r"Invalid requirement: (.+)", "{file} has a line that is no requirement: {match}"),
    (r"Couldn't parse requirement in .*", "{file} has a line that is no requirement: {last}"),
    (r"(?:Could not open requirements file|File not found: ).*", "{match}"),
    (r"Failed to parse(?: |: )`?\S*pyproject\.toml|TOMLDecodeError", "pyproject.toml cannot be read: {last}"),
    (r"connection broken by|Failed to establish a new connection|Max retries exceeded|NameResolutionError|name resolution|error sending request|dns error|network was disabled",
     "the package index cannot be reached: look at the network, or name an index that can be (PIP_INDEX_URL, UV_INDEX_URL)"),
    (r"requires a different Python: (.+)", "it wants another Python: {match}"),
    (r"incompatible with the project's Python requirement: (.+)", "the project wants Python {match}, and the gateway's is {python}: change requires-python, or start the gateway with such a Python"),
    (r"No matching distribution found for (.+)", "the index has no {match} for Python {python}"),
    (r"Because (?:there (?:is|are) no versions? of )?(\S+) (?:was not found|has no|and)", "the index has nothing that suits {match}"),
    (r"ResolutionImpossible|conflicting dependencies|No solution found", "its requirements contradict each other"),
    (r"Failed(?: to build (?:installable )?wheels? (?:for|when)|building wheel for| to build) (.+)", "{match} has no wheel for Python {python}, and cannot be built here"),
    (r"metadata-generation-failed|subprocess-exited-with-error|Build backend", "a package has no wheel for Python {python}, and cannot be built here"),
)


class Refusal(Exception):
    """Why it cannot be done: a sentence."""


class App:
    """An app's folder, and its environment."""

    def __init__(self, directory, environment, command):
        self.directory = os.path.abspath(directory)
        self.command = command
        self.name = os.path.basename(self.directory)
        found = [path for path in (os.path.join(self.directory, name) for name in (".venv", "venv")) if os.path.isfile(os.path.join(path, "pyvenv.cfg"))]
        self.environment = os.path.join(self.directory, environment) if environment else (found or [os.path.join(self.directory, ".venv")])[0]
        self.python = os.path.join(self.environment, "bin", "python")
        holder, name = os.path.split(os.path.realpath(self.environment))
        self.aside = os.path.join(holder, f".snakehost-{name}")  # where the environment is while another is made in its place

    def path(self, file):
        return os.path.join(self.directory, file)

    def has(self, file):
        return os.path.isfile(self.path(file))

    def read(self, file):
        try:
            with open(self.path(file), encoding="utf-8", errors="replace") as text:
                return text.read()
        except OSError as e:
            raise Refusal(f"{self.path(file)} cannot be read: {e.strerror}.") from None

    def say(self, sentence):
        print(f"{self.name}: {sentence}", flush=True)

    def source(self, tool):
        """The file that says which packages it needs; None when none does. A lock file goes before requirements, and these before a project: who has both writes the first of the second."""
        if tool == "uv":
            return LOCK if self.has(LOCK) else PROJECT
        is_project = self.has(PROJECT) and _HAS_PROJECT.search(self.read(PROJECT)) and _HAS_DEPENDENCIES.search(self.read(PROJECT))
        if is_project and self.has(LOCK) and tool is None:
            return LOCK
        if self.has(REQUIREMENTS):
            return REQUIREMENTS
        return PROJECT if is_project else None

    def names_any(self, source):
        return source != REQUIREMENTS or any(line.strip() and not line.lstrip().startswith("#") for line in self.read(source).splitlines())

    def fingerprint(self, source):
        """Of what the environment is to be made of, and of what is installed in it; None where that cannot be told."""
        digest, files, seen = hashlib.sha256(), [self.path(source)], set()
        if source == LOCK:
            files.append(self.path(PROJECT))
        while files:
            file = files.pop()
            if file in seen:
                continue
            seen.add(file)
            try:
                with open(file, encoding="utf-8", errors="replace") as lines:
                    text = lines.read()
            except OSError:
                return None  # the installer says what is the matter with it
            digest.update(f"{os.path.relpath(file, self.directory)}\0{text}\0".encode(errors="replace"))
            unknown = _UNKNOWN_IN.get(os.path.basename(file))
            if unknown is not None:
                if unknown.search(text):
                    return None
                continue
            for line in text.splitlines():
                included = _INCLUDED.match(line)
                if included:
                    files.append(os.path.normpath(os.path.join(os.path.dirname(file), included[1])))
                elif _UNKNOWN.match(line):
                    return None
        return f"{digest.hexdigest()} {hashlib.sha256(repr(self.installed()).encode()).hexdigest()}"

    def installed(self):
        """What is installed, as installers note it."""
        library = os.path.join(self.environment, "lib")
        folders = [os.path.join(library, name, "site-packages") for name in (os.listdir(library) if os.path.isdir(library) else ()) if name.startswith("python")]
        return sorted(name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info")))

    def stamp_of(self, directory):
        """The file for an app. Both folders may be moved together."""
        between = os.path.relpath(os.path.realpath(directory), os.path.realpath(self.environment))
        return os.path.join(self.environment, STAMP + hashlib.sha256(between.encode(errors="surrogateescape")).hexdigest()[:16])

    def stamped(self):
        with contextlib.suppress(OSError), open(self.stamp_of(self.directory), encoding="utf-8") as stamp:
            return stamp.readline().rstrip("\n")
        return None

    def stamp(self, fingerprint):
        """Where nobody can tell what it has been made of, the stamp still says that something was installed, and is another one each time."""
        path = self.stamp_of(self.directory)
        with open(path + ".new", "w", encoding="utf-8", errors="surrogateescape") as stamp:
            stamp.write(f"{fingerprint or f'at {time.time_ns()}'}\n{self.directory}\n")
        os.replace(path + ".new", path)

    def unstamp(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.stamp_of(self.directory))

    def others(self):
        """The folders of the other apps whose packages have been installed here."""
        found = []
        for name in sorted(os.listdir(self.environment)):
            if name.startswith(STAMP) and not name.endswith(".new"):
                with open(os.path.join(self.environment, name), encoding="utf-8", errors="surrogateescape") as stamp:
                    directory = stamp.read().rstrip("\n").partition("\n")[2]
                if os.path.isdir(directory) and os.path.realpath(directory) != os.path.realpath(self.directory):
                    found.append(directory)
        return found

    def version(self):
        """Of the environment's Python; None when there is no environment yet."""
        if not os.path.lexists(self.environment) or (os.path.isdir(self.environment) and not os.listdir(self.environment)):
            return None
        if not os.path.isfile(os.path.join(self.environment, "pyvenv.cfg")):
            if os.path.isdir(os.path.join(self.environment, "conda-meta")):
                raise Refusal(f"{self.environment} is a conda environment, whose packages conda installs.")
            raise Refusal(f"{self.environment} is there, and is no virtual environment: rename it, or remove it.")
        settings = dict(map(str.strip, line.partition("=")[::2]) for line in self.read(os.path.join(self.environment, "pyvenv.cfg")).splitlines())
        made = ".".join((settings.get("version") or settings.get("version_info") or "").split(".")[:2])
        try:
            answer = subprocess.run([self.python, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            raise Refusal(f"{self.environment} was made with a Python{made and ' ' + made} that is no longer there ({settings.get('home', self.python)}): {self.again()}") from None
        if made and answer != made:
            raise Refusal(f"{self.environment} was made with Python {made}, in whose place there is {answer} now: {self.again()}")
        return answer

    def again(self):
        return f"{self.command} --recreate {shlex.quote(self.directory)} makes it anew; so does a sync when you have removed it."


@contextlib.contextmanager
def alone(app):
    """One at a time for each app, and for each environment, which several may share. What is locked are folders, so that no file is left behind: that of the app, and the one that holds the environment."""
    holder = os.path.dirname(os.path.realpath(app.environment))
    while not os.path.isdir(holder):
        holder = os.path.dirname(holder)
    with contextlib.ExitStack() as stack:
        # In one order, so that no two wait for each other.
        for folder in sorted({os.path.realpath(app.directory), holder}):
            try:
                descriptor = os.open(folder, os.O_RDONLY)
            except PermissionError:
                continue  # of the folder that holds it, which one may go through; the app's own will be read
            stack.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                app.say("another sync is at it; this one waits for that.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError:
                pass  # not on this file system
        yield


def run(command, directory, **variables):
    """Prints what it prints. Its exit code, and its lines."""
    # Of whoever has started this, and not of the environment that is made.
    inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")}
    lines = []
    with subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=inherited | {"PYTHONUNBUFFERED": "1"} | variables) as process:
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                print(f"  {lines[-1]}", flush=True)
        except BaseException:
            process.terminate()
            raise
    return process.returncode, lines


def check(app, what, source, python, ended):
    """A sentence for an installer that has failed."""
    code, lines = ended
    if code == 0:
        return
    text = "\n".join(lines)
    last = next((re.sub(r"^(?:ERROR|Error|error):\s*|^Caused by:\s*", "", line.strip()) for line in reversed(lines) if line.strip() and not line.lstrip().startswith(("[notice]", "hint:", "╰", "note:"))), f"exit code {code}")
    for pattern, sentence in _CAUSES:
        match = re.search(pattern, text)
        if match:
            word = (match[1] if match.re.groups else match[0]).strip(" `'.,;")
            raise Refusal(f"{what}: " + sentence.format(environment=app.environment, file=source, match=word, last=last, python=python) + ".")
    raise Refusal(f"{what}: {last.rstrip('.')}.")


def make(app, uv):
    """An empty environment, of the Python that runs this. One that is only half made does not stay."""
    python = "%d.%d" % sys.version_info[:2]
    app.say(f"makes {app.environment} with Python {python}.")
    was_there = os.path.isdir(app.environment)
    try:
        if uv is None:
            without = []
            if importlib.util.find_spec("ensurepip") is None:
                if importlib.util.find_spec("pip") is None:
                    raise Refusal(f"this Python ({sys.executable}) makes no environment with pip: install its module venv (Debian and Ubuntu: apt-get install python{python}-venv), or uv.")
                without = ["--without-pip"]
            ended = run([sys.executable, "-m", "venv", *without, app.environment], app.directory)
        else:
            ended = run([*uv, "venv", "--quiet", "--python", sys.executable, app.environment], app.directory)
        check(app, "the virtual environment cannot be made", "", python, ended)
    except BaseException:
        if not was_there:
            shutil.rmtree(app.environment, ignore_errors=True)
        raise
    return python


def pip_for(app):
    """pip of the environment; one that uv has made has none."""
    if has_module(app.python, "pip"):
        return [app.python, "-m", "pip"]
    if has_module(app.python, "ensurepip"):
        check(app, "pip cannot be put into the environment", "", "", run([app.python, "-m", "ensurepip", "--default-pip"], app.directory))
        return [app.python, "-m", "pip"]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--python", app.python]
    raise Refusal(f"{app.environment} has no pip, and this Python ({sys.executable}) none to give: install its module venv (Debian and Ubuntu: apt-get install python%d.%d-venv), or uv." % sys.version_info[:2])


def has_module(python, name):
    return subprocess.run([python, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def install_by_uv(app, uv, source):
    if source in (LOCK, PROJECT):
        # Nothing goes that somebody has put there. What a lock file says is neither looked up anew nor written; an image gets the same.
        return run([*uv, "sync", "--inexact", "--no-dev", *(["--frozen"] if source == LOCK else []), "--python", app.python], app.directory, UV_PROJECT_ENVIRONMENT=app.environment)
    return run([*uv, "pip", "install", "--python", app.python, "-r", source], app.directory)


def install_by_pip(app, source, python):
    pip = pip_for(app)
    what = ["-r", source]
    if source in (LOCK, PROJECT):
        reader = app.python if pip[0] == app.python else sys.executable
        answer = subprocess.run([reader, "-c", _READ_PROJECT, app.path(PROJECT)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if answer.returncode != 0:
            raise Refusal(f"pyproject.toml cannot be read: {answer.stderr.strip().splitlines()[-1]}.")
        dependencies, is_built, requires, suits = json.loads(answer.stdout)
        if not suits:
            raise Refusal(f"the project wants Python {requires}, and the gateway's is {python}: change requires-python, or start the gateway with such a Python.")
        if source == LOCK:
            app.say(f"{LOCK} is for uv, which is not installed: pip takes the versions that {PROJECT} allows.")
        # As uv does it: what has a build system is a package itself.
        what = ["--editable", "."] if is_built else dependencies
        if not what:
            return 0, []
    return run([*pip, "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", *what], app.directory)


def find_uv():
    found = shutil.which("uv")
    return [found] if found else [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") is not None else None


@contextlib.contextmanager
def replaced(app, together):
    """Without the environment, if it is one and only this app's, or that of apps which get theirs too. What has been there comes back if none comes in its place."""
    if not os.path.isfile(os.path.join(app.environment, "pyvenv.cfg")):
        yield
        return
    if os.path.islink(app.environment):
        raise Refusal(f"{app.environment} is a link to {os.path.realpath(app.environment)}, which others may use too: remove the link, or what it leads to.")
    real = os.path.realpath(app.environment)
    if os.path.commonpath([real, os.path.realpath(app.directory)]) == real:
        raise Refusal(f"{app.environment} is not removed, since the app's folder is in it: name another environment, or move the app.")
    others = {os.path.realpath(other) for other in app.others()} - {os.path.realpath(other) for other in together}
    if others:
        raise Refusal(f"{app.environment} is not removed, since it has the packages of other apps too ({', '.join(sorted(others))}): sync --recreate without a folder makes it anew for all of them, and so does a sync of each when you have removed it.")
    app.say(f"removes {app.environment}.")
    try:
        os.rename(app.environment, app.aside)
    except OSError as e:
        raise Refusal(f"{app.environment} cannot be removed: {e.strerror}.") from None
    try:
        yield
    except BaseException:
        restore(app)
        raise
    forget(app)


def restore(app):
    """What has been there before, when what was to come in its place has not come, now or in a run that was killed."""
    if os.path.isfile(os.path.join(app.aside, "pyvenv.cfg")):
        shutil.rmtree(app.environment, ignore_errors=True)
        os.rename(app.aside, app.environment)
        app.say(f"{app.environment} is what it was before.")
    elif os.path.isdir(app.aside):
        forget(app)


def forget(app):
    """What has been there before."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(app.aside, "pyvenv.cfg"))  # first, so that it comes back no more
    shutil.rmtree(app.aside, ignore_errors=True)


def sync(app, options):
    """Does it, and says what has come of it."""
    began = time.monotonic()
    if options.tool == "venv":
        if app.version() is None:
            make(app, None)
        return "ready."

    uv = None if options.tool == "pip" else find_uv()
    if options.tool == "uv" and uv is None:
        raise Refusal("uv is not installed: https://docs.astral.sh/uv/ says how, or let pip install the packages (WithPip).")
    source = options.requirements or app.source(options.tool)
    if source is not None and not app.has(source):
        raise Refusal(f"there is no file {app.path(source)}.")
    if uv is None and source == LOCK and app.has(REQUIREMENTS):
        source = REQUIREMENTS
    if source is None or (options.tool is None and not app.names_any(source)):
        return "needs no packages: " + (f"it has neither {REQUIREMENTS} nor a {PROJECT} with dependencies." if source is None else f"{source} names none.")
    with replaced(app, options.together) if options.recreate else contextlib.nullcontext():
        version = app.version()
        if version is not None and (stamp := app.stamped()) is not None and stamp == app.fingerprint(source):
            return f"nothing to do: all that {source} says is installed."

        if version is None:
            version = make(app, uv)
        name = "pip" if uv is None else "uv"
        app.say(f"installs what {source} says, by {name}.")
        app.unstamp()
        check(app, f"{name} cannot install what {source} says", source, version, install_by_pip(app, source, version) if uv is None else install_by_uv(app, uv, source))
        app.stamp(app.fingerprint(source))
    return f"ready after {time.monotonic() - began:.1f} s: {len(app.installed())} packages in {app.environment} (Python {version})."


def main(arguments):
    parser = argparse.ArgumentParser(prog="sync.py", allow_abbrev=False)
    parser.add_argument("directory")
    parser.add_argument("--recreate", action="store_true", help="remove the virtual environment first")
    parser.add_argument("--together", metavar="DIRECTORY", action="append", default=[], help="an app that shares the environment and is brought up to date afterwards: it may be removed for that one too")
    parser.add_argument("--command", default="snakehost sync", help="what somebody types for this, for sentences")
    parser.add_argument("--tool", choices=["pip", "uv", "venv"], help="uv if it is there, else pip; venv: install nothing")
    parser.add_argument("--requirements", help="the file that names the packages")
    parser.add_argument("--environment", help="the virtual environment, if not .venv or venv")
    options = parser.parse_args(arguments)
    # An end from outside ends the installer too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app = App(options.directory, options.environment, options.command)
    try:
        with alone(app):
            restore(app)
            app.say(sync(app, options))
        return 0
    except Refusal as e:
        print(f"{app.name}: {e}", file=sys.stderr, flush=True)
    except OSError as e:
        print(f"{app.name}: {e.filename or app.directory}: {e.strerror}.", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
