"""What `site` does for a virtual environment when its interpreter starts: .pth and .start files, sitecustomize, usercustomize."""
import os
import site
import sys

from . import context


def read(packages):
    """Process the startup files of a directory of packages. A broken one is told, and stops neither the others nor the app."""
    if hasattr(site, "StartupState"):  # 3.15: all files of the directory together
        state = _guarding(site.StartupState)(set())
        _guarded(packages, state.addsitedir, packages)
        _guarded(packages, state.process)
        return
    if packages not in sys.path:
        sys.path.append(packages)
    known = set()
    for name in sorted(os.listdir(packages)):
        if name.endswith(".pth") and not name.startswith("."):
            _guarded(os.path.join(packages, name), site.addpackage, packages, name, known)


def _guarding(state):
    """A StartupState whose steps do not fail. It guards each entry itself, but neither against a file in no encoding nor against sys.exit()."""

    def step(name):
        method = getattr(state, name)
        return lambda self, *args: _guarded(os.path.join(*args) if args else name, method, self, *args)

    steps = ("_read_pth_file", "_read_start_file", "_exec_imports", "_execute_start_entrypoints")
    return type(state.__name__, (state,), {name: step(name) for name in steps if hasattr(state, name)})


def customize(venv):
    """Import sitecustomize and, where the user's packages are seen, usercustomize, if the environment has them."""
    names = ("sitecustomize", "usercustomize") if venv.sees_system and site.ENABLE_USER_SITE else ("sitecustomize",)
    for name in names:
        if venv.owns(venv.places[name]):
            _guarded(name, __import__, name)


def tell(venv, origin, sentence):
    token = context.variable.set(context.Execution(venv, origin))
    try:
        print(f"snakehost: {sentence}", file=sys.stderr)
    finally:
        context.variable.reset(token)


def _guarded(what, function, *args):
    try:
        function(*args)
    except (Exception, SystemExit) as error:
        import traceback

        print(f"snakehost: {what}, which runs when the virtual environment is started, failed; the app is loaded without it:\n"
              + "".join(traceback.format_exception(type(error), error, error.__traceback__)), end="", file=sys.stderr)
