"""How long each module of a load took: what makes a slow start readable in its trace."""
import time

from .importing import look_frozen

# Spans; LEAST and LEAST_SHOWN are nanoseconds.
_MOST = 25
LEAST = 2_000_000
# In a picture of the load.
MOST_SHOWN, LEAST_SHOWN = 1000, 100_000


class Profile:
    """The modules that one thread loads, each with the one that imports it."""

    def __init__(self):
        self.modules = []  # [name, start, duration, duration of what it imports, index of the importing one]
        self.lazy = set()  # names of those that were imported lazily, and used before the load's end
        self.current = -1
        self.epoch = time.time_ns() - time.perf_counter_ns()

    @look_frozen
    def run(self, load, spec):
        parent = self.current
        self.current = len(self.modules)
        module = [spec.name, time.perf_counter_ns(), 0, 0, parent]
        self.modules.append(module)
        try:
            return load(spec)
        finally:
            module[2] = time.perf_counter_ns() - module[1]
            if parent >= 0:
                self.modules[parent][3] += module[2]
            self.current = parent

    def slowest(self, most=_MOST, least=LEAST):
        """[(name, start in ns since 1970, duration, own duration, index in this list of the nearest importing one or -1, whether lazily)]"""
        slow = [index for index, module in enumerate(self.modules) if module[2] >= least]
        slow = sorted(sorted(slow, key=lambda index: -self.modules[index][2])[:most])
        places = {index: place for place, index in enumerate(slow)}
        found = []
        for index in slow:
            name, start, duration, nested, parent = self.modules[index]
            while parent >= 0 and parent not in places:
                parent = self.modules[parent][4]
            found.append((name, self.epoch + start, duration, duration - nested, places.get(parent, -1), name in self.lazy))
        return found
