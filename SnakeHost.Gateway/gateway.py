"""The gateway, begun in Python: `python3 gateway.py ARGUMENT...`, with the arguments of the gateway. It lies beside the gateway's assembly.

.NET starts once, inside this interpreter, which is the one that all apps share unless the configuration names another. Finds .NET and goes on as launch.py.
"""
import os
import sys


def versions(folder):
    """The newest first: what has a suffix comes before its release."""
    def order(name):
        number, _, suffix = name.partition("-")
        return [int(part) if part.isdigit() else 0 for part in number.split(".")], not suffix, suffix

    try:
        return sorted(os.listdir(folder), key=order, reverse=True)
    except OSError:
        return []


def roots():
    """Where .NET may be installed: as its own programs look for it, and where the command `dotnet` is."""
    architecture = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, "")
    for name in (f"DOTNET_ROOT_{architecture.upper()}", "DOTNET_ROOT"):
        yield os.environ.get(name)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        command = os.path.join(folder, "dotnet")
        if folder and os.access(command, os.X_OK):
            yield os.path.dirname(os.path.realpath(command))
    for name in (f"install_location_{architecture}", "install_location"):
        try:
            with open(f"/etc/dotnet/{name}") as file:
                yield file.readline().strip()
        except OSError:
            pass
    yield from ("/usr/share/dotnet", "/usr/lib/dotnet", "/usr/local/share/dotnet")


def host():
    """.NET's library that starts programs, of the first .NET with an ASP.NET Core that suits, else of the first, whose own words say what it lacks; None where there is none."""
    first = None
    for root in filter(None, roots()):
        folder = os.path.join(root, "host", "fxr")
        libraries = (os.path.join(folder, version, "libhostfxr.so") for version in versions(folder))
        library = next(filter(os.path.exists, libraries), None)
        if library is not None and any(version.startswith("10.") for version in versions(os.path.join(root, "shared", "Microsoft.AspNetCore.App"))):
            return library
        first = first or library
    return first


def begin():
    """The code of launch.py, with its arguments in place."""
    folder = os.path.dirname(os.path.realpath(__file__))
    library = host()
    if library is None:
        sys.exit("There is no .NET here: install the ASP.NET Core 10 runtime, or name the folder of its program `dotnet` in DOTNET_ROOT.")
    name = "SnakeHost.Gateway"
    sys.argv[1:1] = [library, os.path.join(folder, f"{name}.dll"), name, ""]
    path = os.path.join(folder, "Launch", "launch.py")
    with open(path, "rb") as file:
        return compile(file.read(), path, "exec")


if __name__ == "__main__":
    exec(begin())
