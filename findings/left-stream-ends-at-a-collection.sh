#!/usr/bin/env bash
# Starlette 0.26.1 with anyio 3.6.2 (Debian 12's python3-starlette 0.26.1-1+deb12u2, python3-anyio 3.6.2-1; Starlette 1.9.0 with anyio 4.15.1 does the same): the client of a StreamingResponse goes while the
# response waits in `send`, as it does with a slow client. The request is over at once, but the generator that makes the response's parts stays at its `yield`, and so its `finally` is not run, and what
# it holds, such as a database's cursor, stays open, until Python's next garbage collection: something in a reference cycle keeps it. One that is left while it waits itself ends at once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q python3-starlette=0.26.1-1+deb12u2 python3-anyio=3.6.2-1 python3-sniffio=1.2.0-1 python3-idna > /dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
cat > streams.py << 'PYTHON'
import asyncio
import gc
import importlib.metadata

from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

ended = 0


async def numbers(request):
    async def parts():
        global ended
        try:
            for _ in range(3):
                yield b"1"
            await asyncio.Event().wait()
        finally:
            ended += 1

    return StreamingResponse(parts())


app = Starlette(routes=[Route("/", numbers)])
scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET", "path": "/", "raw_path": b"/", "root_path": "",
         "scheme": "http", "query_string": b"", "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}


async def ask(parts):
    """A client that goes when that many parts have been sent, the last of them slowly if there are more to come."""
    gone = asyncio.Event()
    sent = -1  # the first message is the start

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        nonlocal sent
        sent += 1
        if sent == parts:
            gone.set()
            if parts < 3:
                await asyncio.sleep(60)

    await app(scope, receive, send)
    await asyncio.sleep(0.1)


async def main():
    gc.disable()
    for name, parts in ("left while it waits itself", 3), ("left in send", 1):
        global ended
        ended = 0
        await ask(parts)
        before = ended
        gc.collect()
        await asyncio.sleep(0.1)
        print(f"{name}: ended {before}, after a collection {ended}")


print(importlib.metadata.version("starlette"), importlib.metadata.version("anyio"))
asyncio.run(main())
PYTHON
seen=$(PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3.11 streams.py)
printf '%s\n' "$seen"
[[ $seen == $'0.26.1 3.6.2\nleft while it waits itself: ended 1, after a collection 1\nleft in send: ended 0, after a collection 1' ]]
