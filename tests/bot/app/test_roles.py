"""What a process is told to do, and what is refused."""

from pathlib import Path

import pytest

from bot.app.process import NotAlone, Roles, UnknownRole, all_roles, alone_with, parse_roles

POSSIBLE = ("telegram", "discord")


def test_a_process_does_all_of_it_unless_it_is_told_otherwise() -> None:
    assert all_roles(["telegram"]) == Roles(serving=frozenset({"telegram"}), schedules=True, works=True)


def test_roles_are_named_with_commas() -> None:
    roles = parse_roles("telegram, worker", platforms=["telegram", "discord"], possible=POSSIBLE)
    assert roles == Roles(serving=frozenset({"telegram"}), schedules=False, works=True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("worker,boss", "there is no role “boss”; there are: telegram, discord, scheduler, worker"),
        ("discord", "the role discord needs its token: set PULLQUOTE_DISCORD__TOKEN"),
        (" , ", "no role is named"),
    ],
)
def test_a_role_that_cannot_be_had_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(UnknownRole, match=why):
        parse_roles(text, platforms=["telegram"], possible=POSSIBLE)


def test_on_sqlite_a_second_bot_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    database = tmp_path / "pullquote.db"
    refused = pytest.raises(NotAlone, match="several can share a PostgreSQL database")
    with alone_with(database), refused, alone_with(database):
        pass
    with alone_with(database):
        pass


def test_a_lock_that_is_not_ours_to_write_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "pullquote.db.running").mkdir()  # not even root writes to that
    told = r"cannot write .*pullquote\.db\.running .*: make it .* writable"
    with pytest.raises(NotAlone, match=told), alone_with(tmp_path / "pullquote.db"):
        pass
