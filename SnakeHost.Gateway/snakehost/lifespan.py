"""The lifespan protocol (ASGI lifespan 2.0): tells an app of its start and its end, on the loop that serves it."""

import asyncio
import json
import sys

from .tracebacks import describe


# Seconds: what code gets that has been cancelled. It may well ignore that.
LAST = 1


class Lifespan:
    """One per loop. Mode is "on", "off" or "auto": then an app that raises before it has answered does not know the protocol."""

    def __init__(self, app, mode):
        self._app = app
        self._mode = mode
        self._inbox = None
        self._task = None
        self._started = None
        self._stopped = None
        self._failure = None
        self._started_well = self._stopping = False
        self.state = None if mode == "off" else {}

    async def startup(self, stopping):
        """None when the app has started, else why not: the JSON of `describe`, or a sentence. It is given up when the future `stopping` is done."""
        if self._mode == "off":
            return None
        loop = asyncio.get_running_loop()
        self._inbox = asyncio.Queue()
        self._started = loop.create_future()
        self._stopped = loop.create_future()
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = loop.create_task(self._run())
        await asyncio.wait({self._started, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not self._started.done():
            await self._cancel()
            return "The app was told to end before its lifespan.startup was complete."
        return self._failure

    async def shutdown(self, seconds):
        """Exactly once, after the last request; does nothing for an app that has not started. What takes longer (None: nothing does) is cancelled."""
        if self._task is None or self._task.done():
            return
        self._stopping = True
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._stopped}, timeout=seconds)
        if not self._stopped.done():
            sys.stderr.write(f"The app's lifespan.shutdown did not complete within {round(seconds, 1):g} s and is cancelled.\n")
            await self._cancel()
        elif self._failure is not None:
            sys.stderr.write(f"The app's shutdown failed: {self._failure}\n")

    async def _cancel(self):
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=LAST)

    async def _run(self):
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._inbox.get, self._send)
        except BaseException as error:
            if not self._started.done():
                if self._mode == "on":
                    self._failure = describe(error)
                else:
                    self.state = None
            elif not isinstance(error, Exception):
                pass  # cancelled at the end
            elif not self._started_well:
                self._failure = describe(error)
            elif self._stopping:
                self._failure = _traceback(error)
            else:
                # Its requests are answered all the same, but there will be no shutdown.
                sys.stderr.write(f"The app's lifespan ended with an exception: {_traceback(error)}\n")
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            if not self._started.done():
                self._started.set_result(None)
            if not self._stopped.done():
                self._stopped.set_result(None)

    async def _send(self, message):
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._settle(self._started, kind)
            self._started_well = True
        elif kind == "lifespan.startup.failed":
            self._failure = "The app refused to start: " + (message.get("message") or "it gave no reason.")
            self._settle(self._started, kind)
        elif kind == "lifespan.shutdown.complete":
            self._settle(self._stopped, kind)
        elif kind == "lifespan.shutdown.failed":
            self._failure = message.get("message") or "it gave no reason."
            self._settle(self._stopped, kind)
        else:
            raise RuntimeError(f"unexpected ASGI message {kind!r} in the lifespan")

    @staticmethod
    def _settle(future, kind):
        if future.done():
            raise RuntimeError(f"unexpected ASGI message {kind!r}: it has been sent already")
        future.set_result(None)


def _traceback(error):
    return json.loads(describe(error))["traceback"].rstrip()
