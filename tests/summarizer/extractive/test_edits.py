"""Edits of an article's own sentences that would change what it says, undone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.model import Span
from summarizer.extractive import Extractive
from summarizer.extractive.compression import apply_edits, undo_unsound_edits
from summarizer.model import Bullet, Edit, EditKind
from summarizer.quotes import find_quotes
from tests.summarizer import made

TEXT = (
    "But Jim Mattis (the minister) said on Thursday, “It is late (very late) on Thursday,” which was met "
    "with silence, a witness said."
)
SOURCE = replace(made.article(TEXT), published=datetime(2017, 2, 16, 12, 0, tzinfo=UTC))
QUOTES = find_quotes(SOURCE.text, [paragraph.span for paragraph in SOURCE.paragraphs()])
WHOLE = Span(start=0, end=len(TEXT))


def edit_of(words: str, text: str, kind: EditKind, *, last: bool = False) -> Edit:
    at = TEXT.rindex(words) if last else TEXT.index(words)
    return Edit(span=Span(start=at, end=at + len(words)), text=text, kind=kind)


def bullet_of(*edits: Edit) -> Bullet:
    return Bullet(text=apply_edits(TEXT, WHOLE, edits), spans=(WHOLE,), evidence=(0,), edits=edits)


@pytest.mark.parametrize(
    "edit",
    [
        edit_of("But J", "J", EditKind.CONNECTIVE),
        edit_of(" (the minister)", "", EditKind.ASIDE),
        edit_of("Thursday", "Thursday 16 February", EditKind.DATE),
    ],
)
def test_an_edit_that_keeps_what_is_said_stays(edit: Edit) -> None:
    bullet = bullet_of(edit)
    assert undo_unsound_edits(SOURCE, QUOTES, bullet) is bullet


@pytest.mark.parametrize(
    "edit",
    [
        edit_of("But Jim M", "M", EditKind.CONNECTIVE),
        edit_of("But J", "X", EditKind.CONNECTIVE),
        edit_of(" (the minister)", " (the king)", EditKind.ASIDE),
        edit_of(" (very late)", "", EditKind.ASIDE),
        edit_of(", a witness said", "", EditKind.CLAUSE),
        edit_of("Thursday", "Thursday 9 February", EditKind.DATE),
        edit_of("Thursday", "Friday 17 February", EditKind.DATE),
        edit_of("Thursday", "Thursday 16 February", EditKind.DATE, last=True),
        edit_of("It", "Jim Mattis", EditKind.PRONOUN),
        edit_of("a witness", "Sergei Shoigu", EditKind.PRONOUN),
    ],
)
def test_an_edit_that_changes_what_is_said_is_undone(edit: Edit) -> None:
    good = edit_of(" (the minister)", "", EditKind.ASIDE)
    both = sorted({edit, good} if edit.span != good.span else {edit}, key=lambda one: one.span)
    mended = undo_unsound_edits(SOURCE, QUOTES, bullet_of(*both))
    assert edit not in mended.edits
    assert mended.text == apply_edits(TEXT, WHOLE, mended.edits)
    assert len(mended.edits) == len(both) - 1


def test_a_bullet_whose_text_does_not_match_its_edits_is_rewritten() -> None:
    bullet = replace(bullet_of(), text="Jim Mattis resigned.")
    assert undo_unsound_edits(SOURCE, QUOTES, bullet).text == TEXT


@pytest.mark.parametrize(
    ("text", "cut", "kind", "left"),
    [
        ("The war, the general warned, will last.", ", the general warned,", EditKind.ASIDE, ""),
        ("The bill, once signed, will ban it.", ", once signed,", EditKind.ASIDE, ""),
        ("The man (the police insisted) was armed.", " (the police insisted)", EditKind.ASIDE, ""),
        ("So far, 12 people have died.", "So f", EditKind.CONNECTIVE, "F"),
        ("But for the rain, they would have lost.", "But f", EditKind.CONNECTIVE, "F"),
    ],
)
def test_a_cut_that_would_make_a_claim_or_a_condition_a_fact_is_undone(
    text: str, cut: str, kind: EditKind, left: str
) -> None:
    source, whole = made.article(text), Span(start=0, end=len(text))
    at = text.index(cut)
    edit = Edit(span=Span(start=at, end=at + len(cut)), text=left, kind=kind)
    bullet = Bullet(text=apply_edits(text, whole, (edit,)), spans=(whole,), evidence=(0,), edits=(edit,))
    assert undo_unsound_edits(source, (), bullet).text == text


PIECES = st.sampled_from(
    [
        *("But ", "Meanwhile, ", "Jim Mattis ", "he ", "said ", "on Thursday ", "(all) ", "“", "”", '"', "‘"),
        *("who was there, ", "will ", "was late", ". He said ", "“It is late,” ", "yesterday ", ". ", ", "),
    ]
)


@pytest.mark.slow
@settings(deadline=None)  # the first example reads the word lists
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=4))
def test_every_quotation_of_an_extractive_brief_is_verbatim_and_every_edit_can_be_undone(
    paragraphs: list[str],
) -> None:
    source = replace(made.article(*paragraphs), published=datetime(2017, 2, 16, 12, 0, tzinfo=UTC))
    quotes = find_quotes(source.text, [paragraph.span for paragraph in source.paragraphs()])
    plain = " ".join(source.text.split())
    for bullet in EXTRACTIVE.brief(source, quotes).bullets:
        hull = Span(start=bullet.spans[0].start, end=bullet.spans[-1].end)
        assert apply_edits(source.text, hull, bullet.edits) == bullet.text
        assert " ".join(hull.of(source.text).split()) in plain
        assert undo_unsound_edits(source, quotes, bullet) == bullet
        pieces = bullet.text.split("“")
        for piece in pieces[1:]:
            if "”" in piece:
                assert piece[: piece.index("”")] in plain


EXTRACTIVE = Extractive()
