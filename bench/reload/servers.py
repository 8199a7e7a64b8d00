"""Servers under test: started on a free loopback port, ended by their own process group."""
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
GATEWAY = REPOSITORY / "SnakeHost.Gateway" / "bin" / "Release" / "net10.0" / "SnakeHost.Gateway.dll"

APPS = {
    "flask": """from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return "VERSION"
""",
    "fastapi": """from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()

@app.get("/", response_class=PlainTextResponse)
async def index():
    return "VERSION"
""",
}


def source(framework, version):
    # Another length each time: a peer that trusts a .pyc by second and size would otherwise stay stale for good.
    return APPS[framework].replace("VERSION", f"v{version}") + "#" * (version + 1) + "\n"


def save(directory, framework, version):
    """As an editor does: written aside, then renamed. The save has returned when this returns."""
    path = directory / "main.py"
    aside = directory / ".main.py.new"
    aside.write_text(source(framework, version))
    os.replace(aside, path)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process on the folder of one app, or of several."""

    def __init__(self, command, cwd, port, host="localhost", keys=None):
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | (keys or {})
        self.host = host
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.port = port

    def get(self, timeout=10, host=None):
        """(status, text); (0, reason) when there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", "/", headers={"Host": host or self.host})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, repr(error)
        finally:
            connection.close()

    def wait(self, expected, host=None):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.get(host=host) == (200, expected):
                return self
            time.sleep(0.05)
        self.stop()
        raise SystemExit(f"{self.process.args} did not come up:\n{self.output()}")

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # a reloader's children
        except ProcessLookupError:
            pass


def gateway(root, python, *options, keys=None, program=GATEWAY):
    """SnakeHost on a folder of apps; `keys` are further environment variables."""
    if not program.exists():
        raise SystemExit("build it first: dotnet build SnakeHost.Gateway -c Release")
    server = Server(
        ["dotnet", str(program), "--root", str(root), "--listen", "127.0.0.1:0", *([] if "--admin" in options else ["--admin", "off"]), *options],
        root, None, keys={"SnakeHost__Python__Executable": python, **(keys or {})})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.process.poll() is None:
        match = re.search(r"listening on http://127\.0\.0\.1:(\d+)", server.output())
        if match:
            server.port = int(match[1])
            return server
        time.sleep(0.05)
    raise SystemExit(f"the gateway did not come up:\n{server.output()}")


def peers(framework, python):
    """Name → command line with a placeholder for the port."""
    if framework == "flask":
        return {
            "flask run --reload": [python, "-m", "flask", "--app", "main", "run", "--reload", "--port", "PORT"],
            "gunicorn --reload": [python, "-m", "gunicorn", "--reload", "--threads", "8", "-b", "127.0.0.1:PORT", "main:app"],
        }
    # Not gunicorn's UvicornWorker: it logs that it reloads and goes on with the old code (gunicorn 20.1, uvicorn 0.17.6).
    return {"uvicorn --reload": [python, "-m", "uvicorn", "--reload", "--port", "PORT", "main:app"]}
