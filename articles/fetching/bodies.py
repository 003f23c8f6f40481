"""Reading a response's body within bounds, whatever its sender claims about it.

httpx decompresses each chunk whole, so that 64 KB from the wire may become 64 MB at once. Here nothing is
inflated past the limit.
"""

import zlib
from collections.abc import AsyncIterator, Iterator

ACCEPT_ENCODING = "gzip, deflate"

_PIECE = 1 << 16
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window bits
_MAX_MEMBERS = 1000  # each costs a copy of what follows it; bgzip's blocks make 160 of 10 MB


class BodyTooLarge(Exception):
    """More bytes than we read, counted after decompression."""


class BodyBroken(Exception):
    """It ends too early or is not encoded as it claims. Its text is the reason, in plain words."""


async def read_body(
    chunks: AsyncIterator[bytes], *, encoding: str, max_bytes: int, truncate: bool = False
) -> bytes:
    """The whole body, decompressed.

    chunks: as they come from the wire. encoding: the Content-Encoding header, "" where there is none.
    truncate: give the first `max_bytes` of a longer body instead of raising BodyTooLarge.
    Raises BodyTooLarge, BodyBroken.
    """
    decoder = _decoder(encoding)
    body = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        for piece in decoder.feed(chunk):
            body += piece
            if len(body) > max_bytes:
                break
        # Compressed bytes count too: an endless run of empty gzip members inflates to nothing.
        if max(received, len(body)) > max_bytes:
            if truncate:
                return bytes(body[:max_bytes])
            raise BodyTooLarge
    decoder.finish()
    return bytes(body)


class _Identity:
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def finish(self) -> None:
        """Framing (Content-Length, chunks) was checked by the HTTP layer."""


class _Inflater:
    """gzip (RFC 1952, several members) and deflate (RFC 9110; zlib, or raw as some servers send it)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._held = b""  # the first bytes, until there are enough to tell zlib from raw
        self._inner = zlib.decompressobj(_GZIP) if gzip else None
        self._members = 0  # complete ones

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._inner is None:
            self._held = chunk = self._held + chunk
            if len(chunk) < 2:
                return
            self._inner = zlib.decompressobj(_ZLIB if _has_zlib_header(chunk) else _RAW)
        while chunk:
            if self._inner.eof:
                # What follows a complete stream is another member or padding, which browsers ignore.
                if not (self._gzip and chunk.startswith(b"\x1f")):
                    return
                self._inner = zlib.decompressobj(_GZIP)
            try:
                piece = self._inner.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise BodyBroken("its body is not compressed as it claims") from error
            if self._inner.eof:
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise BodyBroken("its body is compressed in too many pieces")
            chunk = self._inner.unused_data or self._inner.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        if self._inner is None or not self._inner.eof:
            raise BodyBroken("its body ends too early")


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950, 2.2: method 8 and a check sum; a raw stream passes by chance once in 500 times."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


def _decoder(encoding: str) -> _Identity | _Inflater:
    match encoding.strip().lower():
        case "" | "identity":
            return _Identity()
        case "gzip" | "x-gzip":
            return _Inflater(gzip=True)
        case "deflate":
            return _Inflater(gzip=False)
        case other:
            raise BodyBroken(f"its body is encoded in a way that we did not ask for ({other[:40]!r})")
