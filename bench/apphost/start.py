"""From `dotnet run` to the apps in the dashboard, beside an AppHost with one plain executable.

    python3 bench/apphost/start.py [--rounds 7]

Both are built before, and started in turn, each with its orchestrator and dashboard. *Shown*: the dashboard serves its page and every
resource has been told to it. *Ready*: the executable runs; the gateway answers, so that a tenant's link leads to its app. The goal is
for the first: at most 1.2 times as long.
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import threading
import time
import uuid

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
GOAL = 1.2
PATIENCE = 120
# What is told to the dashboard, with the time at which it is.
TOLD = "Logging__LogLevel__Aspire.Hosting.ApplicationModel.ResourceNotificationService"
# Which processes are of one run: all inherit it.
MARK = "SNAKEHOST_BENCH_RUN"
STATE = re.compile(r"Resource (\S+)/\S+ changed state: (?:\w+ -> )?(\w+)")


def belongs(process, run):
    try:
        return f"{MARK}={run}".encode() in (process / "environ").read_bytes()
    except OSError:  # gone meanwhile, or somebody else's
        return False


class AppHost:
    def __init__(self, project, resources, is_ready):
        self.project, self.resources, self.is_ready = project, set(resources), is_ready

    def build(self):
        subprocess.run(["dotnet", "build", "-v", "quiet", str(REPOSITORY / self.project)], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        """Seconds until it is shown, and until it is ready."""
        run = str(uuid.uuid4())
        begin = time.perf_counter()
        process = subprocess.Popen(
            ["dotnet", "run", "--no-build", "--project", str(REPOSITORY / self.project)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, TOLD: "Debug", MARK: run})
        deadline = threading.Timer(PATIENCE, self._end, [process])
        deadline.start()
        told, served, shown, ready, lines = set(), False, None, False, []
        try:
            for line in process.stdout:
                lines.append(line)
                state = STATE.search(line)
                if state:
                    told.add(state[1])
                served = served or "Login to the dashboard at" in line
                if shown is None and served and told >= self.resources:
                    shown = time.perf_counter() - begin
                ready = ready or self.is_ready(line)
                if shown is not None and ready:
                    return shown, time.perf_counter() - begin
            raise SystemExit(f"{self.project} has ended before all was there:\n{''.join(lines)}")
        finally:
            deadline.cancel()
            self._end(process)
            for _ in process.stdout:  # it says its last words
                pass
            process.wait()
            while any(belongs(entry, run) for entry in pathlib.Path("/proc").glob("[0-9]*")):  # the orchestrator's come to their end after it
                time.sleep(0.05)

    @staticmethod
    def _end(process):
        try:
            os.killpg(process.pid, signal.SIGINT)
        except ProcessLookupError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    tenants = [folder.name for folder in (REPOSITORY / "apps").iterdir() if any(folder.glob("*.py"))]
    plain = AppHost("bench/apphost/Plain.AppHost", ["executable"], lambda line: "executable/" in line and line.rstrip().endswith("Running"))
    ours = AppHost("SnakeHost.AppHost", ["gateway", *tenants], lambda line: "The apps of gateway answer at" in line)
    both = [plain, ours]
    for host in both:
        host.build()
        host.start()
    times = {host: [] for host in both}
    for number in range(rounds):
        for host in both if number % 2 == 0 else both[::-1]:
            times[host].append(host.start())
    print(f"{rounds} rounds, {len(tenants)} tenants\n")
    print("| | plain executable, s | gateway, s | ratio of each pair, median (lowest to highest) | goal |\n|---|---|---|---|---|")
    for index, (name, goal) in enumerate([("shown", f"at most {GOAL}"), ("ready", "")]):
        one, other = ([took[index] for took in times[host]] for host in both)
        ratios = sorted(b / a for a, b in zip(one, other))
        print(f"| {name} | {statistics.median(one):.2f} | {statistics.median(other):.2f} | {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | {goal} |")


if __name__ == "__main__":
    main()
