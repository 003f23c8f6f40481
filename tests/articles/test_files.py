import codecs
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.errors import NotAnArticle, Unreadable
from articles.files import MAX_FILE_BYTES, decode_text, read_article_file

STORY = "The café on the Place d’Armes — the town’s oldest — closed on Monday for €3 million of repairs."
COPY = f"Café Closes\n\n{STORY}"


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "windows-1252"]
)
def test_a_text_file_is_read_in_the_encoding_it_is_in(tmp_path: Path, codec: str) -> None:
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    path = tmp_path / "cafe.txt"
    path.write_bytes(marks.get(codec, b"") + COPY.encode(codec))
    article = read_article_file(path)
    assert article.headline == "Café Closes"
    assert article.text == STORY


@pytest.mark.parametrize("name", ["cafe.html", "cafe.txt"])
def test_a_saved_page_is_read_as_a_page_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    paragraphs = "".join(f"<p>{STORY} It reopens in {year}, they say.</p>" for year in range(2030, 2040))
    body = f"<h1>Café Closes</h1><article>{paragraphs}</article>"
    path.write_text(f"<!DOCTYPE html><title>Café Closes</title><body>{body}</body>", encoding="utf-8")
    article = read_article_file(path)
    assert article.headline == "Café Closes"
    assert "<" not in article.text


def test_a_file_without_a_story_is_named_in_the_refusal(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("Share\nPrint\n", encoding="utf-8")
    with pytest.raises(NotAnArticle, match=r"labels\.txt: there is no story"):
        read_article_file(path)


def test_cyrillic_in_a_windows_code_page_is_not_taken_for_western() -> None:
    text = "Президент заявил в четверг, что переговоры будут продолжены на следующей неделе. " * 4
    assert decode_text(text.encode("windows-1251"), name="x") == text


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b" \n\n\t ", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary"),
        (bytes(range(1, 256)) * 4, "binary"),
        (b"%PDF-1.7 text", "PDF"),
        (b"PK\x03\x04word/document.xml", "office"),
        (b"{\\rtf1\\ansi Story}", "RTF"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8\x41", "UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path, body: bytes, why: str) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(body)
    with pytest.raises(Unreadable, match=why) as raised:
        read_article_file(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)  # sparse: reading it would find a binary file, not a large one
    with pytest.raises(Unreadable, match="too large: 50 MB, and 10 MB is the limit"):
        read_article_file(path)
    assert MAX_FILE_BYTES == 10_000_000


def test_a_missing_path_a_directory_a_pipe_and_an_impossible_name_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, why in [
        (tmp_path / "none.txt", "does not exist"),
        (tmp_path, "is a directory"),
        (pipe, "not a regular file"),
        (tmp_path / ("x" * 300), "cannot be read"),
        (tmp_path / "nul\0.txt", "cannot be read|does not exist"),
    ]:
        with pytest.raises(Unreadable, match=why):
            read_article_file(path)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_text_or_unreadable(body: bytes) -> None:
    try:
        text = decode_text(body, name="x")
    except Unreadable:
        return
    assert isinstance(text, str)
