"""An emulator of Google's object store in a process of its own: ``python -m tests.unit.fleet.google_store`` prints its port.

Arrow holds the interpreter's lock while it waits for an answer, so the emulator cannot live in the test's process; and it
opens several connections at a time, which the emulator's own server does not take.
"""

from __future__ import annotations

import functools
import http.server

BUCKET = "bucket"


def main() -> None:
    from gcp_storage_emulator import server
    from gcp_storage_emulator.handlers import buckets

    kept = server.Storage(use_memory_fs=True)
    buckets.create_bucket(BUCKET, kept)
    handler = functools.partial(server.RequestHandler, kept)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as found:
        print(found.server_address[1], flush=True)
        found.serve_forever()


if __name__ == "__main__":
    main()
