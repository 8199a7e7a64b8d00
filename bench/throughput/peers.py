"""The servers: how each is started on an app, and the gateway on all of them."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

PYTHON = "/usr/bin/python3"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

WSGI = {
    "gunicorn gthread x4": [PYTHON, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "-b", "127.0.0.1:PORT", "main:app"],
    "gunicorn sync x2": [PYTHON, "-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:PORT", "main:app"],
    "uWSGI": ["uwsgi", "--plugin", "python3", "--plugin", "http", "--http", "127.0.0.1:PORT", "--http-keepalive", "--module", "main:app", "--threads", "2",
              "--disable-logging", "--die-on-term", "--buffer-size", "16384"],
}
ASGI = {
    "uvicorn": [PYTHON, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--port", "PORT",
                "main:app"],
    "hypercorn": [PYTHON, "-m", "hypercorn", "-k", "uvloop", "--log-level", "WARNING", "-b", "127.0.0.1:PORT", "main:app"],
    "Daphne": [PYTHON, "-m", "daphne", "-v", "0", "-p", "PORT", "main:app"],
}


def use(python):
    """The interpreter of all servers that are started from now on. uWSGI's and Caddy's programs are the machine's."""
    global PYTHON
    for commands in (WSGI, ASGI):
        for command in commands.values():
            command[:] = [python if part == PYTHON else part for part in command]
    PYTHON = python


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server in a process group of its own, ended by the group's id."""

    def __init__(self, command, folder, port=None, environment=None):
        self.port = port or free_port()
        self.log = tempfile.TemporaryFile("w+")
        keys = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            [part.replace("PORT", str(self.port)) for part in command], cwd=folder, env=keys | (environment or {}),
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True)

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self):
        """Until the port is open."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise SystemExit(f"{self.process.args} did not come up:\n{self.output()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def publish():
    """The gateway as it is deployed; the path of its program."""
    target = REPOSITORY / "artifacts" / "bench"
    subprocess.run(["dotnet", "publish", "SnakeHost.Gateway", "-c", "Release", "-v", "quiet", "-o", target], cwd=REPOSITORY, check=True)
    return target / "SnakeHost.Gateway.dll"


def gateway(program, root, *options, environment=None):
    """SnakeHost on a folder of apps, with default settings."""
    server = Server(
        ["dotnet", str(program), "--root", str(root), "--listen", "127.0.0.1:PORT", "--admin", "off", "--Logging:LogLevel:Default=Warning", *options],
        root, environment={"SnakeHost__Python__Executable": PYTHON} | (environment or {}))
    return server.wait()


def behind_caddy(port, folder):
    """Caddy in front of a server."""
    own = free_port()
    path = pathlib.Path(folder) / "Caddyfile"
    path.write_text(f"{{\n\tadmin off\n}}\nhttp://:{own} {{\n\tbind 127.0.0.1\n\treverse_proxy 127.0.0.1:{port}\n}}\n")
    return Server(["caddy", "run", "--adapter", "caddyfile", "--config", str(path)], folder, own).wait()


def python_name():
    """As cpython-3.11."""
    return subprocess.run([PYTHON, "-c", "import sys; print('%s-%d.%d' % (sys.implementation.name, *sys.version_info[:2]))"], capture_output=True, text=True, check=True).stdout.strip()


def version_line():
    def first(command, pattern):
        text = subprocess.run(command, capture_output=True, text=True, check=False)
        match = re.search(pattern, text.stdout + text.stderr)
        return match[1] if match else "?"

    return ", ".join([
        "CPython " + first([PYTHON, "-V"], r"([\d.]+)"), "gunicorn " + first([PYTHON, "-m", "gunicorn", "--version"], r"version ([\d.]+)"),
        "uvicorn " + first([PYTHON, "-m", "uvicorn", "--version"], r"uvicorn ([\d.]+)"), "uWSGI " + first(["uwsgi", "--version"], r"([\d.]+)"),
        ".NET " + first(["dotnet", "--version"], r"([\d.]+)")])
