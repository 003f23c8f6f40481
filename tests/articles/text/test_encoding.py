import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from articles.text.encoding import codec_of_label, decode_page

RUSSIAN = "<p>Мост через гавань закроют на девять недель, сообщили во вторник в управлении порта.</p>"
JAPANESE = "<p>港町の古い灯台は、住民の手で宿泊施設に生まれ変わった。</p>"
GERMAN = "<p>Wir können das Geld nur einmal ausgeben – „und die Schulen haben kein Dach“.</p>"


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        (RUSSIAN, "cp1251", '<meta charset="windows-1251">'),
        (RUSSIAN, "koi8-r", '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=KOI8-R">'),
        (RUSSIAN, "cp1251", "<?xml version='1.0' encoding='windows-1251'?>"),
        (JAPANESE, "cp932", "<meta charset=shift_jis>"),
        (JAPANESE, "euc_jp", "<meta charset='x-euc-jp'>"),
        (JAPANESE, "iso2022_jp", "<meta charset=iso-2022-jp>"),
        (
            GERMAN,
            "cp1252",
            "<meta charset=iso-8859-1>",
        ),  # the label's own standard has no such quotation marks
        (GERMAN, "utf-8", "<meta charset=utf-16>"),  # cannot be: it was read as ASCII
    ],
)
def test_a_page_is_read_as_it_says_of_itself(text: str, codec: str, declared: str) -> None:
    assert decode_page((declared + text).encode(codec)) == declared + text


def test_the_http_header_goes_before_the_pages_own_word() -> None:
    body = ("<meta charset=iso-8859-1>" + RUSSIAN).encode("cp1251")
    assert RUSSIAN in decode_page(body, content_type='text/html; charset="Windows-1251"')


def test_a_byte_order_mark_goes_before_everything() -> None:
    body = codecs.BOM_UTF16_LE + RUSSIAN.encode("utf-16-le")
    assert decode_page(body, content_type="text/html; charset=koi8-r") == RUSSIAN


def test_well_formed_utf8_is_utf8_whatever_is_declared() -> None:
    body = ("<meta charset=windows-1251>" + RUSSIAN).encode()
    assert RUSSIAN in decode_page(body, content_type="text/html; charset=iso-8859-1")


def test_a_declaration_inside_a_comment_is_none() -> None:
    body = ("<!-- <meta charset=koi8-r> --><meta charset=windows-1251>" + RUSSIAN).encode("cp1251")
    assert RUSSIAN in decode_page(body)


def test_a_page_that_wrongly_claims_utf8_is_guessed() -> None:
    body = ("<meta charset=utf-8>" + RUSSIAN * 20).encode("cp1251")
    assert RUSSIAN in decode_page(body)


def test_one_broken_character_does_not_put_utf8_in_doubt() -> None:
    body = ("<meta charset=utf-8>" + RUSSIAN).encode() + b"\xff"
    assert decode_page(body).endswith(RUSSIAN + "\ufffd")


@pytest.mark.parametrize("label", ["utf-7", "rot13", "idna", "cp037", "hz-gb-2312", "undefined"])
def test_no_page_names_a_codec_that_browsers_do_not_know(label: str) -> None:
    assert codec_of_label(label) is None
    assert "+ADw-" in decode_page(f"<meta charset={label}>+ADw-script+AD4-".encode())


def test_every_label_of_the_encoding_standard_has_a_codec() -> None:
    known = [codec for label in LABELS if (codec := codec_of_label(label)) is not None]
    assert len(known) == 221  # 228, less the seven of "replacement" and "x-user-defined"
    assert all(codecs.lookup(codec) for codec in known)


@given(st.binary(max_size=500), st.text(max_size=60))
def test_any_bytes_become_text(body: bytes, header: str) -> None:
    assert isinstance(decode_page(body, content_type=header), str)
