"""The workloads. Each starts its servers once, then measures them in turn, round by round: noise of the machine meets all alike."""
import collections
import contextlib
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request
from typing import NamedTuple

import load
import peers
import processes

sys.path.insert(0, str(peers.REPOSITORY / "bench" / "reload"))
import reload  # noqa: E402

OURS = "SnakeHost"
TRACED = "SnakeHost, traced"
WARM_UP = 3  # seconds: .NET compiles its hot code anew while it runs


class Row(NamedTuple):
    workload: str
    server: str
    rate: float
    p99: float
    cpu: float  # seconds of all the server's processes per 1,000 answers
    python_cpu: float | None  # of the Python thread or worker alone
    errors: int


class Bench:
    def __init__(self, program, root, rounds, seconds, collector):
        self.program = program
        self.root = pathlib.Path(root)
        self.rounds = rounds
        self.seconds = seconds
        self.collector = collector
        self.rows = []
        self.facts = []  # (name, ours, peer, of the peer)

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def servers(self, app, kinds, caddy=None, options=(), traced=False, variants=None):
        """name → server, ours first."""
        with contextlib.ExitStack() as stack:
            running = {}

            def add(name, server):
                stack.callback(server.stop)
                running[name] = server

            add(OURS, peers.gateway(self.program, self.root, *options))
            if traced:
                add(TRACED, peers.gateway(self.program, self.root, *options, environment={
                    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.collector}", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}))
            for name, more in (variants or {}).items():
                add(name, peers.gateway(self.program, self.root, *options, *more))
            for name, command in kinds.items():
                add(name, peers.Server(command, self.root / app).wait())
            if caddy:
                add(f"Caddy, {caddy}", peers.behind_caddy(running[caddy].port, self.root / app))
            yield running

    def measure(self, workload, app, kinds, run=None, **options):
        """run(port, host, seconds) → load.Result."""
        run = run or (lambda port, host, seconds: load.wrk(port, host, seconds=seconds))
        found = collections.defaultdict(list)
        host = f"{app}.localhost"
        with self.servers(app, kinds, **options) as running:
            pids = {name: processes.group(server.process.pid) for name, server in running.items()}
            for round in range(self.rounds + 1):
                for name, server in running.items():
                    ours = name in (OURS, TRACED)
                    before, thread = processes.cpu(pids[name]), processes.thread_cpu(server.process.pid, f"{app}#1") if ours else 0
                    began = time.perf_counter()
                    result = run(server.port, host, WARM_UP if round == 0 else self.seconds)
                    answers = max(result.rate * (time.perf_counter() - began), 1)
                    spent = (processes.cpu(pids[name]) - before) / answers * 1000
                    alone = (processes.thread_cpu(server.process.pid, f"{app}#1") - thread) / answers * 1000 if ours else spent
                    if round > 0:  # the first one warms up
                        found[name].append((result, spent, alone))
                    pids[name] = processes.group(server.process.pid)
        for name, values in found.items():
            self.rows.append(Row(
                workload, name, statistics.median(v[0].rate for v in values), statistics.median(v[0].p99 for v in values),
                statistics.median(v[1] for v in values), None if name.startswith("Caddy") else statistics.median(v[2] for v in values),
                sum(v[0].errors for v in values)))
            self.say(f"  {workload}: {name} {self.rows[-1].rate:.0f}/s p99 {self.rows[-1].p99:.1f} ms")

    def ceiling(self, workload, app, kind):
        script = pathlib.Path(__file__).with_name("ceiling.py")
        values = [
            float(subprocess.run([peers.PYTHON, script, self.root / app, kind], check=True, capture_output=True, text=True).stdout)
            for _ in range(self.rounds)]
        self.rows.append(Row(workload, "in-process ceiling", statistics.median(values), 0, 0, None, 0))

    def rate_of(self, workload, server):
        return next(row.rate for row in self.rows if (row.workload, row.server) == (workload, server))

    # The workloads, in the order of the table.
    def hello(self):
        gunicorn = {name: peers.WSGI[name] for name in ("gunicorn gthread x4", "gunicorn sync x2")}
        self.measure("bare WSGI", "wsgi", peers.WSGI, traced=True)
        self.ceiling("bare WSGI", "wsgi", "wsgi")
        self.measure("Flask JSON", "flask", peers.WSGI, caddy="gunicorn gthread x4", traced=True)
        self.ceiling("Flask JSON", "flask", "wsgi")
        self.measure("Django JSON", "django", gunicorn)
        self.ceiling("Django JSON", "django", "wsgi")
        self.measure("bare ASGI", "asgi", peers.ASGI, traced=True)
        self.ceiling("bare ASGI", "asgi", "asgi")
        self.measure("FastAPI JSON", "fastapi", {"uvicorn": peers.ASGI["uvicorn"]}, caddy="uvicorn", traced=True)
        self.ceiling("FastAPI JSON", "fastapi", "asgi")

    def single(self):
        """One client that asks one thing after the other."""
        def run(port, host, seconds):
            return load.wrk(port, host, seconds=seconds, connections=1)

        uvicorn = {"uvicorn": peers.ASGI["uvicorn"]}
        for workload, app, others in (("bare WSGI", "wsgi", peers.WSGI), ("Flask JSON", "flask", peers.WSGI), ("bare ASGI", "asgi", uvicorn), ("FastAPI JSON", "fastapi", uvicorn)):
            self.measure(f"{workload}, one connection", app, others, run)

    def bodies(self):
        for kind, others in (("wsgi", {name: peers.WSGI[name] for name in ("gunicorn gthread x4", "uWSGI")}), ("asgi", {"uvicorn": peers.ASGI["uvicorn"]})):
            for size, label in (("10k", "10 KB"), ("1m", "1 MB")):
                connections = 64 if size == "10k" else 16
                script = load.post(10_000 if size == "10k" else 1_000_000)
                self.measure(f"{label} response, {kind.upper()}", f"{kind}-bodies", others,
                             lambda port, host, s: load.wrk(port, host, f"/{size}", s, connections))
                self.measure(f"{label} upload, {kind.upper()}", f"{kind}-bodies", others,
                             lambda port, host, s: load.wrk(port, host, "/", s, connections, script))

    def waiting(self):
        def run(port, host, seconds):
            return load.wrk(port, host, seconds=seconds, connections=512)

        self.measure("10 ms wait, 512 connections, WSGI", "wsgi-wait", peers.WSGI, run)
        self.measure("10 ms wait, 512 connections, ASGI", "asgi-wait", {"uvicorn": peers.ASGI["uvicorn"]}, run)

    def sockets(self):
        self.measure("WebSocket echo", "echo", {"uvicorn": peers.ASGI["uvicorn"]}, load.echo)

    def latency(self):
        """All at 70 % of what the best peer can do."""
        for workload, app, others in (
                ("Flask JSON", "flask", {"gunicorn gthread x4": peers.WSGI["gunicorn gthread x4"], "gunicorn sync x2": peers.WSGI["gunicorn sync x2"]}),
                ("FastAPI JSON", "fastapi", {"uvicorn": peers.ASGI["uvicorn"]})):
            rate = 0.7 * max(self.rate_of(workload, name) for name in others)
            self.measure(f"p99 at {rate:.0f}/s, {workload}", app, others, lambda port, host, s: load.paced(port, host, rate, s))

    def tenants(self):
        names = [f"tenant{n}" for n in range(100)]
        for name in names:
            folder = self.root / name
            folder.mkdir()
            (folder / "main.py").write_text((self.root / "flask" / "main.py").read_text())
        hosts = [f"{name}.localhost" for name in names]
        script = load.round_robin(hosts)
        server = peers.gateway(self.program, self.root)
        try:
            first, before = [], None
            for n, host in enumerate(hosts):
                began = time.perf_counter()
                request = urllib.request.Request(f"http://127.0.0.1:{server.port}/", headers={"Host": host})
                urllib.request.urlopen(request, timeout=60).read()
                first.append((time.perf_counter() - began) * 1000)
                if n == 9:
                    before = processes.proportional([server.process.pid])
            each = (processes.proportional([server.process.pid]) - before) / (len(hosts) - 10)
            values = collections.defaultdict(list)
            for round in range(self.rounds + 1):
                for name, call in (("one", lambda s: load.wrk(server.port, hosts[0], seconds=s, script=load.round_robin(hosts[:1]))), ("all", lambda s: load.wrk(server.port, hosts[0], seconds=s, script=script))):
                    rate = call(self.seconds).rate
                    if round:
                        values[name].append(rate)
        finally:
            server.stop()
        one, all = (statistics.median(values[name]) for name in ("one", "all"))
        self.facts.append(("100 tenants round-robin beside one, Flask, requests/s", f"{all:.0f}", f"{one:.0f}", all / one))
        process = peers.Server(peers.WSGI["gunicorn sync x2"], self.root / "flask").wait()
        try:
            load.wrk(process.port, "localhost", seconds=1)
            whole = processes.proportional(processes.group(process.process.pid))
        finally:
            process.stop()
        self.facts.append(("memory of one more Flask tenant beside a gunicorn of two workers, MiB", f"{each:.2f}", f"{whole:.1f}", each / whole))
        self.facts.append(("first request of the 10th to 100th Flask tenant, median ms", f"{statistics.median(first[10:]):.1f}", "–", None))

    def processes(self):
        """Apps in processes of their own beside shared ones, and several gateways at one address beside one."""
        variants = {"in a process": ("--isolation", "process"), "in two processes": ("--isolation", "process", "--processes", "2"), "--workers 2": ("--workers", "2")}
        for workload, app in (("bare WSGI", "wsgi"), ("Flask JSON", "flask"), ("bare ASGI", "asgi"), ("FastAPI JSON", "fastapi")):
            self.measure(f"{workload}, processes", app, {}, variants=variants)
            for name in variants:
                ours, theirs = self.rate_of(f"{workload}, processes", name), self.rate_of(f"{workload}, processes", OURS)
                self.facts.append((f"{workload}, {name} beside shared, requests/s", f"{ours:.0f}", f"{theirs:.0f}", ours / theirs))
        self._worker_memory()
        self._neighbour()

    def _worker_memory(self):
        server = peers.gateway(self.program, self.root, "--isolation", "process")
        try:
            self._get(server, "wsgi")
            worker = [pid for pid in processes.group(server.process.pid) if pid != server.process.pid]
            self.facts.append(("an idle worker's memory, bare WSGI, MiB (Pss)", f"{processes.proportional(worker):.1f}", "–", None))
        finally:
            server.stop()

    def _neighbour(self):
        """A shared app under load, while a neighbour's process ends with every tenth of its requests, and while it does not."""
        (self.root / "fragile").mkdir()
        (self.root / "fragile" / "main.py").write_text(
            "import os\nn = 0\ndef app(environ, start_response):\n    global n\n    n += 1\n    if n % 10 == 0 and environ['PATH_INFO'] == '/fragile':\n        os._exit(1)\n"
            "    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'x']\n")
        routes = [f"--SnakeHost:Routes:{number}:{key}={value}" for number, route in enumerate((
            {"Host": "*.localhost"}, {"Host": "fragile.localhost", "WorkingDirectory": "fragile", "Isolation": "process"})) for key, value in route.items()]
        routes.append("--SnakeHost:Routes:0:WorkingDirectory={http.request.host.labels.1}")
        server = peers.gateway(self.program, self.root, *routes, "--Logging:LogLevel:Default=Critical")
        try:
            for app in ("flask", "fragile"):
                self._get(server, app)
            found = {"/": [], "/fragile": []}
            for _ in range(2 * self.rounds):
                for path, values in found.items():
                    with subprocess.Popen(["wrk", "-t1", "-c2", f"-d{self.seconds}s", "-H", "Host: fragile.localhost", f"http://127.0.0.1:{server.port}{path}"], stdout=subprocess.DEVNULL):
                        values.append(load.paced(server.port, "flask.localhost", 200, self.seconds))
        finally:
            server.stop()
        calm, ending = (statistics.median(result.p99 for result in found[path]) for path in ("/", "/fragile"))
        self.facts.append(("p99 of a shared app beside a process that ends every tenth request, ms, beside one that does not", f"{ending:.1f}", f"{calm:.1f}", ending / calm))
        self.facts.append(("its failures", str(sum(result.errors for result in found["/fragile"])), str(sum(result.errors for result in found["/"])), None))

    def _get(self, server, app):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/", headers={"Host": f"{app}.localhost"})
        return urllib.request.urlopen(request, timeout=60).read()

    def reload(self):
        rows = reload.compare(peers.PYTHON, 4 * self.rounds, program=self.program)
        for framework in ("flask", "fastapi"):
            medians = {server: statistics.median(times) for app, server, times, *_ in rows if app == framework}
            ours = medians.pop(OURS)
            theirs = min(medians.values())
            self.facts.append((f"save to first new answer, {framework}, beside the best peer, ms", f"{ours:.0f}", f"{theirs:.0f}", ours / theirs))

    def start(self):
        ours, theirs = [], []
        for _ in range(self.rounds + 1):
            for app, times, start in (
                    ("asgi", ours, lambda: peers.gateway(self.program, self.root)),
                    ("asgi", theirs, lambda: peers.Server(peers.ASGI["uvicorn"], self.root / "asgi").wait())):
                began = time.perf_counter()
                server = start()
                try:
                    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server.port}/", headers={"Host": f"{app}.localhost"}), timeout=60).read()
                    times.append((time.perf_counter() - began) * 1000)
                finally:
                    server.stop()
        ours, theirs = statistics.median(ours), statistics.median(theirs)
        self.facts.append(("start to first answer, bare ASGI, beside uvicorn, ms", f"{ours:.0f}", f"{theirs:.0f}", ours / theirs))
