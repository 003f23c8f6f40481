import contextlib
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.fetching.client import BodyBroken, BodyTooLarge, read_body

LIMIT = 100_000


async def chunked(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def test_a_gzip_bomb_ends_at_the_limit() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with pytest.raises(BodyTooLarge):
        await read_body(chunked(bomb), encoding="gzip", max_bytes=LIMIT)


async def test_an_endless_run_of_empty_gzip_members_ends() -> None:
    with pytest.raises(BodyBroken, match="too many pieces"):
        await read_body(chunked(gzip.compress(b"") * 5_000), encoding="gzip", max_bytes=LIMIT)


async def test_a_truncated_gzip_is_told_from_a_whole_one() -> None:
    whole = gzip.compress(b"The news of the day. " * 1000)
    with pytest.raises(BodyBroken, match="ends too early"):
        await read_body(chunked(whole[:-20]), encoding="gzip", max_bytes=LIMIT)


async def test_a_truncated_second_member_is_noticed() -> None:
    body = gzip.compress(b"one") + gzip.compress(b"two")[:-6]
    with pytest.raises(BodyBroken, match="ends too early"):
        await read_body(chunked(body), encoding="gzip", max_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_a_body_that_is_not_encoded_as_it_claims_is_refused(encoding: str) -> None:
    with pytest.raises(BodyBroken):
        await read_body(chunked(b"<html>plain"), encoding=encoding, max_bytes=LIMIT)


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = bytes(LIMIT)
    assert await read_body(chunked(body), encoding="", max_bytes=LIMIT) == body
    with pytest.raises(BodyTooLarge):
        await read_body(chunked(body + b"x"), encoding="", max_bytes=LIMIT)


async def test_a_longer_body_can_be_cut_instead() -> None:
    cut = await read_body(chunked(bytes(LIMIT * 2)), encoding="", max_bytes=LIMIT, truncate=True)
    assert len(cut) == LIMIT


@given(st.binary(max_size=5000), st.integers(1, 700), st.sampled_from(["", "gzip", "deflate", "raw", "two"]))
async def test_every_encoding_gives_the_body_back(body: bytes, size: int, kind: str) -> None:
    raw = zlib.compressobj(wbits=-15)
    sent = {
        "": body,
        "gzip": gzip.compress(body) + b"\0\0",  # padded, as tape and some servers do
        "deflate": zlib.compress(body),
        "raw": raw.compress(body) + raw.flush(),
        "two": gzip.compress(body[:100]) + gzip.compress(body[100:]),
    }[kind]
    encoding = {"raw": "deflate", "two": "gzip"}.get(kind, kind)
    assert await read_body(chunked(sent, size), encoding=encoding, max_bytes=LIMIT) == body


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]))
async def test_any_bytes_are_read_or_refused(body: bytes, encoding: str) -> None:
    with contextlib.suppress(BodyBroken, BodyTooLarge):
        await read_body(chunked(body, 7), encoding=encoding, max_bytes=LIMIT)
