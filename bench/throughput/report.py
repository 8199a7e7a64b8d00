"""The figures as Markdown, with the goals and a chart."""
from workloads import OURS, TRACED

CEILING = "in-process ceiling"

# (workload, against, at least); against: a peer's name, "best" of all peers, or the ceiling.
GOALS = [
    ("Flask JSON", "best", 2.9), ("Flask JSON", CEILING, 0.85), ("bare WSGI", "uWSGI", 4), ("Django JSON", "best gunicorn", 2),
    ("bare ASGI", "uvicorn", 1.5), ("FastAPI JSON", "uvicorn", 2.2), ("FastAPI JSON", CEILING, 0.85), ("WebSocket echo", "uvicorn", 1.5),
    ("1 MB response, WSGI", "best", 1), ("1 MB upload, WSGI", "best", 1), ("1 MB response, ASGI", "uvicorn", 1.2), ("1 MB upload, ASGI", "best", 1),
    ("10 ms wait, 512 connections, WSGI", "best", 1), ("10 ms wait, 512 connections, ASGI", "best", 1),
]
BUSY_GOALS = [("bare ASGI", "uvicorn", 1), ("FastAPI JSON", "uvicorn", 1)]
TRACED_GOAL = 0.95  # of the rate without
CPU_GOALS = [("bare ASGI", "uvicorn", 0.5), ("bare WSGI", "gunicorn sync x2", 0.25)]
FACT_GOALS = {
    "100 tenants": ("at least", 0.9), "memory": ("at most", 1 / 60), "start": ("at most", 1.3),
    "bare WSGI, in a process": ("at least", 0.55), "Flask JSON, in a process": ("at least", 0.7), "FastAPI JSON, in a process": ("at least", 0.7),
    "Flask JSON, --workers 2": ("at least", 1.5), "p99 of a shared app": ("at most", 1.1),
}


def _peers(rows, workload, against):
    for row in rows:
        if row.workload == workload and row.server not in (OURS, TRACED):
            if against == row.server or against == "best" and row.server != CEILING or against == "best gunicorn" and row.server.startswith("gunicorn"):
                yield row


def _find(rows, workload, server):
    return next((row for row in rows if (row.workload, row.server) == (workload, server)), None)


def _verdict(reached):
    return "yes" if reached else "no"


def _goals(rows, facts, busy):
    yield "| workload | against | goal | measured | reached |\n|---|---|---:|---:|---|"
    for workload, against, least in BUSY_GOALS if busy else GOALS:
        ours, others = _find(rows, workload, OURS), list(_peers(rows, workload, against))
        if ours and others:
            ratio = ours.rate / max(row.rate for row in others)
            yield f"| {workload} | {against} | ≥ {least} | {ratio:.2f} | {_verdict(ratio >= least)} |"
    if busy:
        return
    for row in rows:
        if row.server == TRACED:
            ratio = row.rate / _find(rows, row.workload, OURS).rate
            yield f"| {row.workload}, traced | untraced | ≥ {TRACED_GOAL} | {ratio:.2f} | {_verdict(ratio >= TRACED_GOAL)} |"
    for workload, against, most in CPU_GOALS:
        ours, other = _find(rows, workload, OURS), _find(rows, workload, against)
        if ours and other:
            ratio = ours.python_cpu / other.python_cpu
            yield f"| CPU of the Python thread, {workload} | {against} | ≤ {most} | {ratio:.2f} | {_verdict(ratio <= most)} |"
    for workload in dict.fromkeys(row.workload for row in rows if row.workload.startswith("p99")):
        best = min(row.p99 for row in rows if row.workload == workload and row.server != OURS)
        ours = _find(rows, workload, OURS)
        yield f"| {workload} | best | ≤ 1 | {ours.p99 / best:.2f} | {_verdict(ours.p99 <= best)} |"
    for what, _, _, ratio in facts:
        goal = next((goal for start, goal in FACT_GOALS.items() if what.startswith(start)), None)
        if goal is not None:
            reached = ratio >= goal[1] if goal[0] == "at least" else ratio <= goal[1]
            yield f"| {what} | | {'≥' if goal[0] == 'at least' else '≤'} {goal[1]:.3g} | {ratio:.3f} | {_verdict(reached)} |"


def _table(rows):
    yield "| workload | server | answers/s | beside ours | p99 ms | CPU s per 1,000 | of it Python | errors |\n|---|---|---:|---:|---:|---:|---:|---:|"
    for row in rows:
        ours = _find(rows, row.workload, OURS)
        if row.server == CEILING:
            yield f"| {row.workload} | {row.server} | {row.rate:.0f} | {row.rate / ours.rate:.2f} | | | | |"
            continue
        python = "" if row.python_cpu is None else f"{row.python_cpu:.3f}"
        yield (f"| {row.workload} | {row.server} | {row.rate:.0f} | {row.rate / ours.rate:.2f} | {row.p99:.1f} | {row.cpu:.3f} | {python} |"
               f" {row.errors or ''} |")


def _chart(rows):
    """Ours as a multiple of the best peer."""
    names, values = [], []
    for workload in dict.fromkeys(row.workload for row in rows if not row.workload.startswith("p99")):
        ours, others = _find(rows, workload, OURS), list(_peers(rows, workload, "best"))
        if ours and others:
            names.append(f'"{workload.replace(", 512 connections", "")}"')
            values.append(f"{ours.rate / max(row.rate for row in others):.2f}")
    if not names:
        return
    yield "```mermaid\nxychart-beta horizontal"
    yield '    title "SnakeHost, answers per second as a multiple of the best peer"'
    yield f"    x-axis [{', '.join(names)}]"
    yield f"    bar [{', '.join(values)}]"
    yield "```"


def markdown(rows, facts, command, versions, busy):
    lines = ["# Beside the peers", "", f"Written by `{command}`. Medians; read the ratios, not the figures: they are of one machine with two cores that load and server share.",
             f"Versions: {versions}.", "", "## Goals", "", *_goals(rows, facts, busy), "", "## Figures", "", *_table(rows), ""]
    if facts:
        lines += ["| | ours | theirs | ratio |", "|---|---:|---:|---:|"]
        lines += [f"| {what} | {ours} | {theirs} | {'' if ratio is None else f'{ratio:.3f}'} |" for what, ours, theirs, ratio in facts]
        lines.append("")
    lines += _chart(rows)
    return "\n".join(lines) + "\n"
