"""Where the notes are kept."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    id: int
    text: str
    created: str


class Notebook:
    """Notes in a sqlite file. A connection a call: any number of threads may ask at once."""

    def __init__(self, path):
        self.path = path
        with closing(self._connect()) as db, db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("""
                CREATE TABLE IF NOT EXISTS note (
                    id INTEGER PRIMARY KEY,
                    text TEXT NOT NULL,
                    created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M', 'now')))
            """)

    @classmethod
    def open(cls):
        """The file is NOTES_DB, or notes.db in the app's own folder."""
        return cls(os.path.abspath(os.environ.get("NOTES_DB") or "notes.db"))

    def search(self, text=""):
        # LIKE's own wildcards are plain characters to whoever types them.
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with closing(self._connect()) as db:
            rows = db.execute(
                "SELECT id, text, created FROM note WHERE text LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT 200", (pattern,))
            return [Note(*row) for row in rows]

    def add(self, text):
        with closing(self._connect()) as db, db:
            return db.execute("INSERT INTO note (text) VALUES (?)", (text,)).lastrowid

    def delete(self, number):
        if number >= 2**63:
            return False
        with closing(self._connect()) as db, db:
            return db.execute("DELETE FROM note WHERE id = ?", (number,)).rowcount == 1

    def _connect(self):
        return sqlite3.connect(self.path, timeout=10)
