"""Clients, each of which asks the apps at random, one request after the other, and judges what comes."""
import asyncio
import collections
import json
import os
import struct

from app import BROKEN, GONE, OK, TORN

STATUS = {OK: {200}, TORN: {200, 404, 500}, BROKEN: {500}, GONE: {404}}
FAULTS = ("failed", "stale", "mixed", "cut", "hung")
PATHS = ("/", "/", "/", "/stream", "/large", "/upload")
UPLOAD = 40_000
RESTART, AWAY = 1012, 1001  # the codes with which a WebSocket ends when its generation does


class Cut(Exception):
    """An answer, or a conversation, that breaks off."""


class Results:
    def __init__(self):
        self.counts = collections.Counter()
        self.faults = []

    def fault(self, what, app, text):
        self.counts[what] += 1
        self.faults.append(f"{what}: {app.name} ({app.interface}, {', '.join(sorted(app.traits))}): {text}")

    def judge(self, app, since, sent, status, body):
        """Of an answer to a request that was sent when the app's state `since` was the last one that was whole."""
        window = app.history[since:]
        kinds = {state.kind for state in window}
        if len({state.folder for state in window}) > 1:
            kinds.add(TORN)  # the former folder has gone, perhaps while it was loaded
        if status not in set().union(*(STATUS[kind] for kind in kinds)):
            before = {state.kind for state in app.history[max(0, since - 4):since]}
            stale = any(status in STATUS[kind] for kind in before)
            self.fault("stale" if stale else "failed", app, f"{sent}: {status}, with the files {kinds}: {body[-600:]!r}")
            return
        if status != 200:
            return
        lines = [json.loads(line) for line in set(body.splitlines())]
        here = [line.pop("here") for line in lines]
        found = lines[0]
        if found["name"] != app.name or found["id"] != sent or found["faults"] or any(line != found for line in lines):
            self.fault("mixed", app, f"{sent}: {lines}")
        elif not all(here) and not kinds & {TORN, GONE}:
            self.fault("mixed", app, f"{sent}: another working directory")
        else:
            self.compare(app, since, sent, found["parts"], window)

    def compare(self, app, since, sent, parts, window):
        # One part is made of many files, which a load may have found half changed: each of its texts counts.
        for part, text in ((part, text) for part, texts in parts.items() for text in texts.split()):
            if not any(state.parts.get(part) == text for state in window):
                known = any(state.parts.get(part) == text for state in app.history[:since])
                wanted = sorted({str(state.parts.get(part)) for state in window})
                self.fault("stale" if known else "mixed", app, f"{sent}: {part} is {text}, not {' or '.join(wanted)}")
                return


class Client:
    def __init__(self, number, port, apps, results, random, patience):
        self.number = number
        self.port = port
        self.apps = apps
        self.results = results
        self.random = random
        self.patience = patience
        self.sent = 0
        self.path = None
        self.connection = None

    async def run(self, until):
        while not until.is_set():
            app = self.random.choice(self.apps)
            talk = self.converse if app.interface == "asgi" and self.random.random() < 0.2 else self.ask
            try:
                await asyncio.wait_for(talk(app), self.patience)
            except asyncio.TimeoutError:
                self.results.fault("hung", app, f"{self.path}, {self.identity}: nothing for {self.patience} s")
                self.close()
            except (Cut, OSError, asyncio.IncompleteReadError) as error:
                self.results.fault("cut", app, f"{self.path}, {self.identity}: {error!r}")
                self.close()
        self.close()

    @property
    def identity(self):
        return f"{self.number}-{self.sent}"

    def close(self):
        if self.connection is not None:
            self.connection[1].close()
            self.connection = None

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    async def ask(self, app):
        """One request on the client's own connection, which is kept."""
        if self.connection is None:
            self.connection = await self.connect()
        reader, writer = self.connection
        path = self.random.choice(PATHS)
        self.sent += 1
        self.path = path
        upload = UPLOAD if path == "/upload" else 0
        head = f"{'POST' if upload else 'GET'} {path} HTTP/1.1\r\nHost: {app.host}\r\nX-Number: {self.identity}\r\n"
        since = app.done
        writer.write((head + (f"Content-Length: {upload}\r\n" if upload else "") + "\r\n").encode() + b"u" * upload)
        status, body, closes = await self.read_answer(reader)
        if closes:
            self.close()
        self.results.counts["requests"] += 1
        self.results.judge(app, since, f"{self.identity}:{upload}" if upload else self.identity, status, body)

    async def read_answer(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        if b"content-length" in fields:
            body = await reader.readexactly(int(fields[b"content-length"]))
        elif fields.get(b"transfer-encoding") == b"chunked":
            parts = []
            while size := int(await reader.readuntil(b"\r\n"), 16):
                parts.append((await reader.readexactly(size + 2))[:-2])
            await reader.readexactly(2)
            body = b"".join(parts)
        else:
            raise Cut(f"an answer without an end: {head!r}")
        return int(head[9:12]), body, fields.get(b"connection") == b"close"

    async def converse(self, app):
        """A WebSocket and some messages: all are answered by the generation that took the handshake."""
        reader, writer = await self.connect()
        try:
            self.sent += 1
            self.path = "/echo"
            since = app.done
            writer.write((
                f"GET /echo HTTP/1.1\r\nHost: {app.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
            head = await reader.readuntil(b"\r\n\r\n")
            self.results.counts["requests"] += 1
            if not head.startswith(b"HTTP/1.1 101"):
                self.results.judge(app, since, self.identity, int(head[9:12]), head)
                return
            answers = []
            for _ in range(self.random.randrange(1, 12)):
                writer.write(frame(1, self.identity.encode()))
                code, payload = await self.read_frame(reader)
                if code == 8:
                    if struct.unpack("!H", payload[:2])[0] not in (RESTART, AWAY):
                        raise Cut(f"closed with {payload!r}")
                    return
                self.results.counts["messages"] += 1
                answers.append(payload)
                await asyncio.sleep(self.random.random() * 0.02)
            self.results.judge(app, since, self.identity, 200, b"".join(answers))
            writer.write(frame(8, struct.pack("!H", 1000)))
            while (await self.read_frame(reader))[0] != 8:
                pass
        finally:
            writer.close()

    async def read_frame(self, reader):
        """(opcode, payload) of the next frame that is no ping."""
        code, length = struct.unpack("!BB", await reader.readexactly(2))
        if length == 126:
            length, = struct.unpack("!H", await reader.readexactly(2))
        payload = await reader.readexactly(length)
        return (code & 15, payload) if code & 15 not in (9, 10) else await self.read_frame(reader)


def frame(code, payload):
    """A masked frame (RFC 6455, 5.2) of less than 126 bytes."""
    mask = os.urandom(4)
    return struct.pack("!BB4s", 0x80 | code, 0x80 | len(payload), mask) + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
