"""A ring of points that walks at random, pulled back to where it began."""

import random
import time
from collections import deque


class Series:
    def __init__(self, size, start=100.0, seed=None):
        self.points = deque(maxlen=size)
        self.started = time.time()
        self.ticks = 0
        self._start = self._value = start
        self._random = random.Random(seed)

    def step(self):
        self._value += self._random.gauss(0, 1.2) + (self._start - self._value) * 0.02
        self.ticks += 1
        self.points.append((round(time.time(), 3), round(self._value, 2)))

    def summary(self):
        values = [value for _, value in self.points]
        return {
            "ticks": self.ticks,
            "upSeconds": round(time.time() - self.started, 1),
            "points": list(self.points),
            "low": min(values, default=None),
            "high": max(values, default=None),
            "last": values[-1] if values else None,
        }
