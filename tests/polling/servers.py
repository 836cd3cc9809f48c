"""Servers on loopback addresses that answer well, badly, or not at all.

The path of a request says how: see ANSWERS. All addresses have the same port. Only
Linux has more than one of them.
"""

import asyncio
import socket
import threading
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\n"
LONG = 3 << 20


def answer(body=b"", status=b"200 OK", headers=b""):
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 %b\r\n%b%bConnection: close\r\n\r\n%b" % (
        *(status, length, headers),
        body,
    )


def moved(location):
    return answer(status=b"302 Found", headers=b"Location: %b\r\n" % location)


def in_charset(name):
    return b"Content-Type: text/plain; charset=%b\r\n" % name


JSON = b'{"store": {"open": true, "tills": [1, {"a/b": "free"}], "staff": 1}}'
# What is sent before the connection ends.
ANSWERS = {
    "/ok": answer(b"Welcome, we are open"),
    "/closed": answer(b"Sorry, we are closed"),
    "/json": answer(JSON),
    "/deep": answer(b"[" * 200_000),
    "/latin": answer("Café".encode("latin-1"), headers=in_charset(b"latin-1")),
    "/no-charset": answer(b"ok", headers=in_charset(b"klingon")),
    "/long": answer(b"x" * LONG + b"end"),
    "/503": answer(status=b"503 Service Unavailable"),
    "/loop": moved(b"/loop"),
    "/moved": moved(b"/ok"),
    "/ftp": moved(b"ftp://example.com/"),
    "/odd": moved(b"http://[::1/"),
    "/no-host": moved(b"http://%b.example/" % (b"x" * 64)),
    "/nowhere": answer(status=b"302 Found"),
    "/reset": b"",
    "/garbage": b"\x00\xff garbage \r\n\r\n" * 50,
    "/short": OK + b"Content-Length: 1000\r\n\r\nWelcome",
    "/zip": OK + b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nWelcome",
    "/header": OK + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
    "/cookies": OK + b"Set-Cookie: a=b\r\n" * 20 + b"\r\n",
}  # fmt: skip
SLOW = {"/slow"}  # one header after the other
FOR_EVER = {"/hang", *SLOW}


class Servers:
    """One behaviour at many addresses. `count` and `seen` are for all of them."""

    def __init__(self):
        self.answers = dict(ANSWERS)
        self.requests = []  # the path and the headers of each
        self.at_once = self.most_at_once = 0
        self.over = None  # set when the servers end

    def url(self, path, address="127.0.0.1"):
        return f"http://{address}:{self.port}{path}"

    def paths(self):
        return [path for path, _ in self.requests]

    async def serve(self, reader, writer):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.reply(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has gone
        finally:
            self.at_once -= 1
            writer.close()

    async def reply(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split()[1]
        self.requests.append((path, head))
        if path in SLOW:
            writer.write(OK)
        while path in FOR_EVER and not self.over.is_set() and not reader.at_eof():
            if path in SLOW:
                writer.write(b"X: y\r\n")
                await writer.drain()
            await asyncio.wait({self.waiting}, timeout=0.05)
        if path == "/reset":
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            opened = writer.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif path not in FOR_EVER:
            writer.write(self.answers[path])
            await writer.drain()


@contextmanager
def serving(addresses=("127.0.0.1",), tls=None):
    """Serve at addresses, with the SSLContext if given; yield the Servers."""
    servers, is_ready = Servers(), threading.Event()
    sockets = listening(addresses)
    servers.port = sockets[0].getsockname()[1]
    loop = asyncio.new_event_loop()

    async def run():
        servers.over = asyncio.Event()
        servers.waiting = asyncio.ensure_future(servers.over.wait())
        started = [
            await asyncio.start_server(servers.serve, sock=one, ssl=tls)
            for one in sockets
        ]
        is_ready.set()
        await servers.over.wait()
        for server in started:
            server.close()
        await asyncio.sleep(0.1)

    thread = threading.Thread(target=loop.run_until_complete, args=[run()])
    thread.start()
    is_ready.wait()
    try:
        yield servers
    finally:
        loop.call_soon_threadsafe(servers.over.set)
        thread.join()
        loop.close()


def listening(addresses):
    """Return sockets that listen at addresses, all with the same free port."""
    first = socket.create_server((addresses[0], 0))
    port = first.getsockname()[1]
    return [first, *(socket.create_server((a, port)) for a in addresses[1:])]
