"""The catalogue: kept in memory, read once from a file."""

import json
import threading
from dataclasses import asdict, dataclass


class Invalid(ValueError):
    """The data is not a snake; says why."""


@dataclass(frozen=True)
class Snake:
    id: int
    name: str
    latin: str
    length_m: float
    venomous: bool

    @classmethod
    def of(cls, id, data):
        if not isinstance(data, dict):
            raise Invalid("A snake is an object.")
        if unknown := data.keys() - {"id", "name", "latin", "length_m", "venomous"}:
            raise Invalid(f"Unknown members: {', '.join(sorted(unknown))}.")
        name, latin = data.get("name"), data.get("latin", "")
        length, venomous = data.get("length_m"), data.get("venomous", False)
        if not isinstance(name, str) or not name.strip():
            raise Invalid("name must be a text that is not empty.")
        if not isinstance(latin, str):
            raise Invalid("latin must be a text.")
        # NaN fails the comparison too.
        if isinstance(length, bool) or not isinstance(length, (int, float)) or not 0 < length < 20:
            raise Invalid("length_m must be a number between 0 and 20.")
        if not isinstance(venomous, bool):
            raise Invalid("venomous must be true or false.")
        return cls(id, name.strip(), latin.strip(), float(length), venomous)


class Catalogue:
    def __init__(self, snakes):
        self._snakes = {snake.id: snake for snake in snakes}
        self._next = max(self._snakes, default=0) + 1
        self._lock = threading.Lock()

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls([Snake.of(number, data) for number, data in enumerate(json.load(file), 1)])

    def page(self, number, size, name=""):
        with self._lock:
            found = [s for _, s in sorted(self._snakes.items()) if name.casefold() in s.name.casefold()]
        return [asdict(s) for s in found[(number - 1) * size:number * size]], len(found)

    def get(self, id):
        snake = self._snakes.get(id)
        return asdict(snake) if snake else None

    def add(self, data):
        with self._lock:
            snake = Snake.of(self._next, data)
            self._snakes[snake.id] = snake
            self._next += 1
        return asdict(snake)

    def replace(self, id, data):
        with self._lock:
            if id not in self._snakes:
                return None
            self._snakes[id] = Snake.of(id, data)
            return asdict(self._snakes[id])

    def delete(self, id):
        with self._lock:
            return self._snakes.pop(id, None) is not None
