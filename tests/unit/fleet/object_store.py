"""A stand-in for an object store that speaks as much of S3 as Arrow needs; on loopback, in memory."""

from __future__ import annotations

import contextlib
import http.server
import itertools
import re
import threading
import urllib.parse
from collections.abc import Iterator
from xml.sax.saxutils import escape

BUCKET, KEY = "bucket", "AKIAKNOWN"
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


class Store(http.server.ThreadingHTTPServer):
    """What is stored: objects by key, and the parts of uploads that are not complete."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.numbers = itertools.count()  # several writers begin at once

    def uri(self, path: str) -> str:
        port = self.server_address[1]
        return f"s3://{BUCKET}/{path}?endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, f"{_XML}<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _handle(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        bucket, _, key = urllib.parse.unquote(url.path).strip("/").partition("/")
        data = self._body()
        if KEY not in self.headers.get("Authorization", ""):
            return self._refuse(403, "AccessDenied")
        if bucket != BUCKET:
            return self._refuse(404, "NoSuchBucket")
        handler = getattr(self, f"_{self.command.lower()}")
        handler(key, query, data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle

    def _body(self) -> bytes:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        if not self.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            return data
        whole = b""
        while data:  # SIZE;…\r\nDATA\r\n
            size_text, _, rest = data.partition(b"\r\n")
            length = int(size_text.partition(b";")[0], 16)
            if not length:
                break
            whole, data = whole + rest[:length], rest[length + 2 :]
        return whole

    def _get(self, key: str, query: dict[str, str], data: bytes) -> None:
        if "list-type" in query:
            return self._list(query)
        if key not in self.server.objects:
            return self._refuse(404, "NoSuchKey")
        found = self.server.objects[key]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            return self._answer(200, found, ETag='"e"', Last_Modified="Thu, 26 Nov 2026 00:00:00 GMT")
        first, last = int(wanted[1]), min(int(wanted[2] or len(found)), len(found) - 1)
        part = found[first : last + 1]
        self._answer(206, part, Content_Range=f"bytes {first}-{last}/{len(found)}", ETag='"e"')

    def _head(self, key: str, query: dict[str, str], data: bytes) -> None:
        if key and key not in self.server.objects:
            return self._answer(404)
        size = str(len(self.server.objects.get(key, b"")))
        self._answer(200, Content_Length=size, ETag='"e"', Last_Modified="Thu, 26 Nov 2026 00:00:00 GMT")

    def _list(self, query: dict[str, str]) -> None:
        prefix, mark = query.get("prefix", ""), query.get("delimiter", "")
        keys = [key for key in sorted(self.server.objects) if key.startswith(prefix)]
        deeper = {k[: k.index(mark, len(prefix)) + 1] for k in keys if mark and mark in k[len(prefix) :]}
        own = [k for k in keys if not (mark and mark in k[len(prefix) :])]
        rows = "".join(
            f"<Contents><Key>{escape(k)}</Key><Size>{len(self.server.objects[k])}</Size>"
            "<LastModified>2026-11-26T00:00:00.000Z</LastModified></Contents>"
            for k in own
        )
        rows += "".join(
            f"<CommonPrefixes><Prefix>{escape(p)}</Prefix></CommonPrefixes>" for p in sorted(deeper)
        )
        count = len(own) + len(deeper)
        head = f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>"
        self._answer(200, f"{_XML}<ListBucketResult>{head}{rows}</ListBucketResult>".encode())

    def _put(self, key: str, query: dict[str, str], data: bytes) -> None:
        if "uploadId" in query:
            self.server.uploads[query["uploadId"]][int(query["partNumber"])] = data
        else:
            self.server.objects[key] = data
        self._answer(200, ETag='"e"')

    def _post(self, key: str, query: dict[str, str], data: bytes) -> None:
        if "uploads" in query:
            name = f"u{next(self.server.numbers)}"
            self.server.uploads[name] = {}
            body = (
                f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            )
        elif "delete" in query:
            for found in re.findall(rb"<Key>(.*?)</Key>", data):
                self.server.objects.pop(found.decode(), None)
            body = "<DeleteResult></DeleteResult>"
        else:
            parts = self.server.uploads[query["uploadId"]]
            self.server.objects[key] = b"".join(parts[number] for number in sorted(parts))
            body = f"<CompleteMultipartUploadResult><Key>{escape(key)}</Key><ETag>e</ETag></CompleteMultipartUploadResult>"
        self._answer(200, (_XML + body).encode())

    def _delete(self, key: str, query: dict[str, str], data: bytes) -> None:
        self.server.objects.pop(key, None)
        self._answer(204)


@contextlib.contextmanager
def serving() -> Iterator[Store]:
    """The store, for as long as the context lasts."""
    with Store() as store:
        threading.Thread(target=store.serve_forever, daemon=True).start()
        yield store
        store.shutdown()
