"""What processes use: CPU seconds of a whole group, and of single threads by name."""
import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")


def _fields(stat):
    """(name, fields after it) of /proc/…/stat; the name may hold spaces and parentheses."""
    name, _, rest = stat[stat.index("(") + 1:].rpartition(")")
    return name, rest.split()


def _stats(pattern):
    for path in pathlib.Path("/proc").glob(pattern):
        try:
            yield path, *_fields(path.read_text())
        except OSError:  # it has ended
            pass


def group(leader):
    """The pids of the process group and of what descends from it: a gateway's workers lead groups of their own."""
    all = {int(path.parent.name): (int(fields[1]), int(fields[2])) for path, _, fields in _stats("[0-9]*/stat")}
    found = [pid for pid, (_, own) in all.items() if own == leader]
    for pid in found:
        found += [child for child, (parent, _) in all.items() if parent == pid and child not in found]
    return found


def cpu(pids):
    """CPU seconds, user and system, of the processes together."""
    total = 0
    for pid in pids:
        try:
            _, fields = _fields(pathlib.Path(f"/proc/{pid}/stat").read_text())
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICK


def thread_cpu(pid, name):
    """CPU seconds of the threads whose name begins so: the kernel keeps 15 characters of it."""
    return sum(
        int(fields[11]) + int(fields[12]) for _, thread, fields in _stats(f"{pid}/task/[0-9]*/stat") if thread.startswith(name[:15])) / TICK


def proportional(pids):
    """Memory in MiB, shared pages counted in parts (Pss)."""
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024
