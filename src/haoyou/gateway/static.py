"""The web app's files: hashed names are kept for ever, the page itself is always asked for.

Compressed twins (.br, .gz) are made at build time.
"""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Send

_FOREVER = b"public, max-age=31536000, immutable"
_ASK = b"no-cache"


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    encoding: bytes | None


class Site:
    """Reads the built files once; a bank's web app is a few megabytes."""

    def __init__(self, root: Path | None) -> None:
        self._files: dict[str, dict[bytes, _File]] = {}
        for path in sorted(root.rglob("*")) if root and root.is_dir() else ():
            if not path.is_file():
                continue
            name = "/" + path.relative_to(root).as_posix() if root else ""
            encoding = {".br": b"br", ".gz": b"gzip"}.get(path.suffix)
            key = name.removesuffix(path.suffix) if encoding else name
            self._files.setdefault(key, {})[encoding or b""] = _File(path.read_bytes(), encoding)

    async def send(
        self, send: Send, *, path: str, accepts: bytes, method: str, headers: list[tuple[bytes, bytes]]
    ) -> int:
        """Answer with the file, or with the page for any address that is not a file. Answers the status."""
        found = self._files.get(path)
        if found is None and "." not in path.rsplit("/", 1)[-1]:
            path, found = "/index.html", self._files.get("/index.html")
        if found is None or method not in ("GET", "HEAD"):
            status = 404 if found is None else 405
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return status
        file = next((found[e] for e in (b"br", b"gzip") if e in accepts and e in found), None) or found[b""]
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        if kind.startswith("text/") or kind in ("application/javascript", "application/json"):
            kind += "; charset=utf-8"
        answer = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(file.body)).encode()),
            (b"cache-control", _FOREVER if path.startswith("/assets/") else _ASK),
            (b"vary", b"accept-encoding"),
            *headers,
        ]
        if file.encoding:
            answer.append((b"content-encoding", file.encoding))
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        await send({"type": "http.response.body", "body": file.body if method == "GET" else b""})
        return 200
