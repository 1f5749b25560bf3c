# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A small HTTP/1.1 server for test peers, on asyncio, with faults on demand.

It exists because the faults of real networks lie below what ready-made servers let one do: an answer that stops in
the middle, a connection reset before or after the request was read, an answer that drips. A peer subclasses Peer and
answers in handle(); a queue of Fault rules is consulted first. Every request is kept in `log`, newest last, at most
LOG_MAX.
"""

import asyncio
import dataclasses
import json
import socket
import struct
import time
import urllib.parse
from collections import deque

LOG_MAX = 200_000
BODY_MAX = 200 * 1024 * 1024
REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 410: "Gone", 429: "Too Many Requests", 500: "Internal Server Error",
           502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


@dataclasses.dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    at: float

    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, document, status=200, headers=None):
        return cls(status, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})})


@dataclasses.dataclass
class Fault:
    """One rule: which requests it hits (method, path prefix, `times` of them) and what happens to them.

    status/body/headers: answer so instead of asking the peer; delay_ms: wait first; cut: `before` resets the connection
    once the request was read, unhandled; `after` lets the peer do its work and resets instead of answering; `body` sends
    half of the answer and resets; drip_ms: send the answer one byte at a time with this pause.
    """
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    status: int = 0
    body: object = None
    headers: dict = dataclasses.field(default_factory=dict)
    delay_ms: int = 0
    cut: str = ""
    drip_ms: int = 0

    def takes(self, request):
        if self.times == 0 or (self.method and self.method != request.method) or not request.path.startswith(self.path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times > 0:
            self.times -= 1
        return True

    def response(self):
        body = self.body if isinstance(self.body, str) else json.dumps(self.body if self.body is not None else {})
        return Response(self.status, body.encode(), {"Content-Type": "application/json", **self.headers})


class Peer:
    """Base of the peers. `control` answers what tests ask under /_control/."""

    def __init__(self):
        self.log = deque(maxlen=LOG_MAX)
        self.faults = []
        self.server = None
        self.port = 0

    async def handle(self, request):
        raise NotImplementedError

    async def control(self, request):
        return Response.of({"error": "unknown control call"}, 404)

    async def start(self, host="127.0.0.1", port=0):
        self.server = await asyncio.start_server(self._serve, host, port, backlog=1024, limit=256 * 1024)
        self.port = self.server.sockets[0].getsockname()[1]
        return self.port

    async def _serve(self, reader, writer):
        try:
            while (request := await read_request(reader, writer)) is not None:
                if request.path.startswith("/_control/"):
                    response = await self._control(request)
                    await write_response(writer, response)
                    continue
                self.log.append(request)
                fault = next((f for f in self.faults if f.takes(request)), None)
                if not await self._answer(request, fault, writer):
                    return
                if request.headers.get("connection", "").lower() == "close":
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _answer(self, request, fault, writer):
        if fault is None:
            await write_response(writer, await self.handle(request))
            return True
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.cut == "before":
            return reset(writer)
        response = fault.response() if fault.status else await self.handle(request)
        if fault.cut == "after":
            return reset(writer)
        await write_response(writer, response, half=fault.cut == "body", drip_ms=fault.drip_ms)
        return reset(writer) if fault.cut == "body" else True

    async def _control(self, request):
        name = request.path.removeprefix("/_control/")
        if name == "faults" and request.method == "POST":
            self.faults.append(Fault(**request.json()))
            return Response.of({"faults": len(self.faults)})
        if name == "faults" and request.method == "DELETE":
            self.faults.clear()
            return Response.of({})
        if name == "requests" and request.method == "GET":
            return Response.of([{"method": r.method, "path": r.path, "headers": r.headers, "at": r.at,
                                 "body": r.body.decode("utf-8", "replace")[:65536]} for r in self.log])
        return await self.control(request)


async def read_request(reader, writer):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    start, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, target, _version = start.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await read_body(reader, headers)
    parts = urllib.parse.urlsplit(target)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, parts.path, query, headers, body, time.time())


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() == "chunked":
        chunks = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readline()
        return b"".join(chunks)
    length = int(headers.get("content-length", "0"))
    if length > BODY_MAX:
        raise ConnectionError("body too large for a test")
    return await reader.readexactly(length)


async def write_response(writer, response, half=False, drip_ms=0):
    headers = {"Content-Length": str(len(response.body)), **response.headers}
    head = f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    data = head.encode("latin-1") + (response.body[:len(response.body) // 2] if half else response.body)
    if not drip_ms:
        writer.write(data)
        await writer.drain()
        return
    for i in range(len(data)):
        writer.write(data[i:i + 1])
        await writer.drain()
        await asyncio.sleep(drip_ms / 1000)


def reset(writer):
    """Ends the connection with a TCP reset, as a crashed peer does. Returns False: nothing more is read from it."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False
