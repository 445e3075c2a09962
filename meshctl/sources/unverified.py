"""TLS without verification, ended in this process: a Unix socket in a folder of our own, whose bytes go to a server over TLS.

For ``--insecure`` only: gRPC's own TLS always verifies.
"""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence

from meshctl.sources.tls import Trust, context_of

_CHUNK = 1 << 16


@contextlib.contextmanager
def tunnel(address: str, identity: Sequence[bytes | None], patience: float) -> Iterator[str]:
    """A socket's path; identity: our certificate and its key, if any. Raises OSError where nobody listens. Only this user can reach it, and it goes when we do."""
    certificate, key = identity or (None, None)
    context = context_of(Trust(None, certificate or b"", key or b"", insecure=True), "--cert-dir")
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), patience or None):
        pass  # what cannot be reached at all is told as that
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "xds")
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(
            asyncio.start_unix_server(_bridge(host.strip("[]"), int(port), context), path)
        )
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            asyncio.run_coroutine_threadsafe(_ended(server), loop).result(1.0)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(1.0)
            loop.close()


async def _ended(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


Accepted = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _bridge(host: str, port: int, context: ssl.SSLContext) -> Accepted:
    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            far_reader, far_writer = await asyncio.open_connection(host, port, ssl=context)
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        writer.close()

    return accepted


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()
