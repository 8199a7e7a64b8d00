"""ASGI 3.0: a WebSocket's receive and send (ASGI HTTP & WebSocket 2.5).

Until it is accepted it is an HTTP request, answered by the native functions of one. The native functions for what follows are
described in Asgi/AsgiSocketFunctions.cs.
"""

import asyncio
import sys
from collections import deque

from . import notes
from .protocol import CLOSE, CLOSED, COMPLETE, DISCONNECT, DRAINED, MESSAGE, ClientDisconnected, SocketClosed, is_disconnect
from .tracebacks import describe

# The states of a socket, beside COMPLETE.
EXPECT_ACCEPT, OPEN, REJECTING = 0, 1, 3

# So many messages, or bytes of them, that the app has waited for and received are told .NET together. Less than half of what .NET reads ahead
# (Asgi/WebSocketExchange.cs): it must not wait for what is not told.
_TELL_MESSAGES, _TELL_BYTES = 8, 16 * 1024

# Close codes of RFC 6455, section 7.4, and its registry.
NORMAL, ABNORMAL, SERVICE_RESTART = 1000, 1006, 1012


def socket_class(loop, http, accept, taken, send, close):
    """The class of a WebSocket; `http` are the functions for requests."""
    native_send, native_close = send, close
    start, body, watch, fail, note = http["start"], http["body"], http["watch"], http["fail"], http["note"]

    class Socket:
        __slots__ = ("id", "task", "scope", "size", "state", "connected", "inbox", "head", "gone", "goodbye", "receiving", "sending", "taken", "taken_bytes")

        def __init__(self, id):
            self.id = id
            self.task = self.head = self.sending = None
            self.receiving = []  # futures of those that wait for a message
            self.taken = self.taken_bytes = 0  # of messages that .NET has not been told of
            self.scope = self.size = None  # of a request that is measured, and how much was in it at first
            self.state = EXPECT_ACCEPT
            self.connected = False  # websocket.connect has been received
            self.inbox = deque()
            self.gone = False  # the client is
            self.goodbye = None  # the code and the reason that disconnect tells

        async def receive(self):
            if not self.connected and self.state != COMPLETE:
                self.connected = True
                return {"type": "websocket.connect"}
            lies = True
            while not self.inbox:
                lies = False
                if self.goodbye is not None:
                    code, reason = self.goodbye
                    return {"type": "websocket.disconnect", "code": code, "reason": reason}
                if self.state in (EXPECT_ACCEPT, REJECTING):
                    watch(self.id)
                await self.news()
            data, is_text = self.inbox.popleft()
            self.taken += 1
            self.taken_bytes += len(data)
            # Where messages lie .NET may have stopped reading, and while it has it sees no pong: it hears of room before the app works on this one.
            if lies or self.inbox or self.taken >= _TELL_MESSAGES or self.taken_bytes >= _TELL_BYTES:
                taken(self.id, self.taken, self.taken_bytes)
                self.taken = self.taken_bytes = 0
            if is_text:
                return {"type": "websocket.receive", "text": str(data, "utf-8")}
            return {"type": "websocket.receive", "bytes": data}

        async def news(self):
            """A future for each receive: one that is cancelled, by a timeout say, takes nothing from another, and loses nothing, since what arrives waits in the inbox."""
            future = loop.create_future()
            self.receiving.append(future)
            try:
                await future
            except BaseException:
                if future in self.receiving:
                    self.receiving.remove(future)
                raise

        async def send(self, message):
            kind = message["type"]
            while self.sending is not None:
                await asyncio.shield(self.sending)
            if self.gone:
                raise ClientDisconnected("the client has closed the connection")
            state = self.state
            if state == OPEN and kind == "websocket.send":
                wait = self.deliver(message)
                if wait:
                    await self.sent()
                elif wait is False:
                    self.gone = True
                    raise ClientDisconnected("the client has closed the connection")
            elif state == OPEN and kind == "websocket.close":
                self.close(message.get("code", NORMAL), message.get("reason") or "")
            elif state == EXPECT_ACCEPT and kind == "websocket.accept":
                await self.accept(message)
            elif state == EXPECT_ACCEPT and kind == "websocket.close":
                start(self.id, 403, [], b"", False)
                self.end(ABNORMAL, "")
            elif state == EXPECT_ACCEPT and kind == "websocket.http.response.start":
                self.head = (message["status"], list(message.get("headers", ())))
                self.state = REJECTING
                self.note(message["status"])
            elif state == REJECTING and kind == "websocket.http.response.body":
                await self.reject(message)
            elif state == COMPLETE:
                raise SocketClosed(f"unexpected ASGI message {kind!r}: the socket is closed")
            else:
                raise RuntimeError(f"unexpected ASGI message {kind!r}: the socket {_STATES[state]}")

        async def accept(self, message):
            subprotocol = message.get("subprotocol")
            if subprotocol is not None and not (subprotocol.isascii() and subprotocol.isprintable()):
                raise ValueError(f"the subprotocol {subprotocol!r} is not a token")
            headers = list(message.get("headers", ()))
            if any(bytes(name).lower() == b"sec-websocket-protocol" for name, _ in headers):
                raise ValueError("a websocket.accept names the subprotocol by its key, not by a header (ASGI, \"Accept\")")
            if not accept(self.id, subprotocol, headers):
                self.gone = True
                raise ClientDisconnected("the client has closed the connection")
            self.state = OPEN
            self.note(101)
            await self.sent()

        def note(self, status):
            """Tells what the framework knows of a request that is measured."""
            if self.scope is not None:
                notes.of_scope(note, self.id, self.scope, status)

        def deliver(self, message):
            data = message.get("bytes")
            is_text = data is None
            if is_text:
                text = message.get("text")
                if text is None:
                    raise ValueError("a websocket.send needs 'bytes' or 'text'")
                data = text.encode()
            elif type(data) is not bytes:
                data = bytes(memoryview(data))
            return native_send(self.id, data, is_text)

        async def reject(self, message):
            more = message.get("more_body", False)
            data = bytes(message.get("body", b""))
            head, self.head = self.head, None
            wait = body(self.id, data, more) if head is None else start(self.id, *head, data, more)
            if not more:
                self.end(ABNORMAL, "")
            if wait:
                await self.sent()
            elif wait is False:
                self.gone = True
                raise ClientDisconnected("the client has closed the connection")

        async def sent(self):
            """Waits until .NET has sent; a cancelled task does not cancel that, and the next sender still waits for it."""
            future = self.sending = loop.create_future()
            # A client may close right behind it: what has been sent was sent, and receive() tells of the close.
            if not await asyncio.shield(future):
                raise ClientDisconnected("the client has closed the connection")

        def close(self, code, reason):
            native_close(self.id, code, reason)
            self.end(code, reason)

        def end(self, code, reason):
            self.state = COMPLETE
            if self.goodbye is None:
                self.goodbye = (code, reason)
            self.wake_receiver()

        def stop(self):
            """The app is to end. The client may come back to the next one: 1012."""
            if self.state == OPEN and not self.gone:
                self.gone = True
                self.close(SERVICE_RESTART, "")

        def tell(self, kind, payload):
            if kind == MESSAGE:
                self.inbox.append(payload)
                self.wake_receiver()
            elif kind == DRAINED:
                self.wake_sender(True)
            elif kind == CLOSE:
                self.stop()
            elif kind == CLOSED or kind == DISCONNECT:
                self.gone = self.gone or self.state != COMPLETE
                if self.goodbye is None and (kind == CLOSED or self.state != OPEN):
                    self.goodbye = payload or (ABNORMAL, "")
                self.wake_sender(False)
                self.wake_receiver()

        def wake_receiver(self):
            if self.receiving:
                waiting, self.receiving = self.receiving, []
                for future in waiting:
                    if not future.done():
                        future.set_result(None)

        def wake_sender(self, is_sent):
            future, self.sending = self.sending, None
            if future is not None and not future.done():
                future.set_result(is_sent)

        def incomplete(self):
            """The app has returned without a close."""
            if self.state == OPEN:
                if not self.gone:
                    self.close(NORMAL, "")
            elif self.gone:
                fail(self.id, None)
            else:
                fail(self.id, "The app returned without accepting the WebSocket or answering in its place (ASGI, \"Accept\").")

        def failed(self, error):
            expected = is_disconnect(error) and not isinstance(error, SocketClosed)
            over = self.state == COMPLETE or self.state == OPEN and self.gone
            if over or not fail(self.id, None if expected else describe(error)):
                if not expected and not isinstance(error, asyncio.CancelledError):
                    sys.stderr.write(f"The app raised after its socket was closed: {error!r}\n")

    return Socket


_STATES = {EXPECT_ACCEPT: "is not accepted", OPEN: "is open", REJECTING: "is being rejected"}
