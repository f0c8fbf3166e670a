"""HTTP/1.1 over asyncio: a server whose handlers may break a connection off, and a client that keeps its connections.

What Python's own modules lack for a proxy that drops answers. Knows nothing of what it carries.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass, field

HOST = "127.0.0.1"
# A payload of some megabytes may be one line of a body, never of a head.
MAX_HEAD_BYTES = 256 * 1024
# Says what the body's length says better, or is about one connection alone.
OF_THE_CONNECTION = {"connection", "content-length", "expect", "keep-alive", "transfer-encoding"}
# asyncio itself holds on to no task, nor to a connection that one reads from.
BACKGROUND = set()


def in_background(work) -> asyncio.Task:
    """Lets it run to its end, whether or not anyone waits for that."""
    task = asyncio.ensure_future(work)
    BACKGROUND.add(task)
    task.add_done_callback(BACKGROUND.discard)
    return task


@dataclass
class Request:
    method: str
    path: str
    headers: dict = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Response:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""


class Broken(ConnectionError):
    """What a handler raises to break the connection off instead of answering."""


async def read_head(reader: asyncio.StreamReader) -> tuple[str, dict] | None:
    """The first line and the headers, their names in small letters; none where the connection ended before."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines if line)
    return first, {name.strip().lower(): value.strip() for name, value in pairs}


async def read_body(reader: asyncio.StreamReader, headers: dict) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", 0)))
    chunks = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return b"".join(chunks)


def text(first: str, headers: dict, body: bytes) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items() if name.lower() not in OF_THE_CONNECTION]
    return "\r\n".join([first, *lines, f"content-length: {len(body)}", "", ""]).encode("latin-1") + body


def reset(writer: asyncio.StreamWriter):
    """Ends the connection as a peer that died does: the other side is told so, and reads nothing more."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def serve(port: int, handle) -> asyncio.Server:
    """Answers each request with what the coroutine function `handle` makes of it, whether or not anyone still listens."""

    async def connected(reader, writer):
        await in_background(answer_all(reader, writer))

    async def answer_all(reader, writer):
        try:
            while head := await read_head(reader):
                first, headers = head
                method, path, _ = first.split(" ", 2)
                if headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request = Request(method, path, headers, await read_body(reader, headers))
                answer = await handle(request)
                body = b"" if method == "HEAD" else answer.body
                writer.write(text(f"HTTP/1.1 {answer.status} -", answer.headers, body))
                await writer.drain()
        except Broken:
            reset(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(connected, HOST, port, limit=MAX_HEAD_BYTES)


class Client:
    """Sends requests to one port, each over a connection that is free."""

    def __init__(self, port: int):
        self.port = port
        self._free = []

    async def send(self, request: Request) -> Response:
        # The other side may have closed a connection that was free for long: then it has not seen the request.
        while self._free:
            reader, writer = self._free.pop()
            try:
                if answer := await self._exchange(reader, writer, request):
                    return answer
            except ConnectionError:
                pass
            writer.close()
        reader, writer = await asyncio.open_connection(HOST, self.port, limit=MAX_HEAD_BYTES)
        if answer := await self._exchange(reader, writer, request):
            return answer
        raise ConnectionError(f"port {self.port} closed the connection instead of answering")

    async def _exchange(self, reader, writer, request: Request) -> Response | None:
        try:
            headers = {"host": f"{HOST}:{self.port}"} | request.headers
            writer.write(text(f"{request.method} {request.path} HTTP/1.1", headers, request.body))
            await writer.drain()
            if not (head := await read_head(reader)):
                return None
            first, headers = head
            status = int(first.split(" ")[1])
            has_body = request.method != "HEAD" and status not in (204, 304)
            answer = Response(status, headers, await read_body(reader, headers) if has_body else b"")
        except BaseException:
            writer.close()
            raise
        if headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._free.append((reader, writer))
        return answer

    def close(self):
        for _, writer in self._free:
            writer.close()
        self._free.clear()
