"""Callback data: within 64 bytes, ours alone, and for one chat."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.table import COMMANDS
from bot.reply import MAX_COMMAND_BYTES, Button, Prose, Reply
from bot.telegram.outbound import Buttons

buttons = Buttons("4242:token")
OLD_BUTTONS = [  # for chat "1", as they were made when a code was the command's place in the table
    ("/brief #12", "61eg2JUGa #12"),
    ("/unsubscribe #4", "e9R8568nn #4"),
    ("/forget yes", "jFZYST9Zv yes"),
    ("/start", "PTO47pB_y"),
]
names = st.sampled_from([f"/{command.name}" for command in COMMANDS])
arguments = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60).map(str.strip)


@st.composite
def commands(draw: st.DrawFn) -> str:
    """Any command that a `Button` takes."""
    name, argument = draw(names), draw(arguments)
    line = f"{name} {argument}" if argument else name
    return line.encode()[:MAX_COMMAND_BYTES].decode(errors="ignore").rstrip()


@given(commands(), st.integers().map(str))
def test_any_command_fits_into_callback_data_and_comes_back_as_it_was(command: str, chat: str) -> None:
    data = buttons.data(command, chat=chat)
    assert len(data.encode()) <= 64
    assert buttons.command(data, chat=chat) == command


@given(st.text(max_size=64))
def test_what_we_did_not_write_is_no_command(data: str) -> None:
    assert buttons.command(data, chat="1") is None


@given(commands(), st.data())
def test_a_changed_character_makes_it_worthless(command: str, data: st.DataObject) -> None:
    signed = buttons.data(command, chat="1")
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda char: char != signed[at]))
    assert buttons.command(signed[:at] + other + signed[at + 1 :], chat="1") is None


@pytest.mark.parametrize("reader", [Buttons("4242:token"), buttons])
def test_a_button_outlives_a_restart(reader: Buttons) -> None:
    assert reader.command(buttons.data("/full #1", chat="1"), chat="1") == "/full #1"


def test_a_button_of_another_chat_or_of_an_older_token_is_refused() -> None:
    data = buttons.data("/unsubscribe #1", chat="1")
    assert buttons.command(data, chat="2") is None
    assert Buttons("4242:newer").command(data, chat="1") is None


def test_inserting_a_command_anywhere_leaves_all_other_codes_and_buttons_as_they_were() -> None:
    sent = {command: buttons.data(f"/{command.name} #1", chat="1") for command in COMMANDS}
    new = replace(COMMANDS[0], name="news", code="Z")
    for at in range(len(COMMANDS) + 1):
        newer = Buttons("4242:token", commands=(*COMMANDS[:at], new, *COMMANDS[at:]))
        for command, data in sent.items():
            assert newer.data(f"/{command.name} #1", chat="1") == data
            assert newer.command(data, chat="1") == f"/{command.name} #1"
        assert newer.command(newer.data("/news", chat="1"), chat="1") == "/news"


@pytest.mark.parametrize(("command", "data"), OLD_BUTTONS)
def test_a_button_from_before_codes_had_a_field_of_their_own_still_works(command: str, data: str) -> None:
    assert buttons.command(data, chat="1") == command
    assert buttons.data(command, chat="1") == data


def test_a_reply_without_buttons_has_no_keyboard() -> None:
    assert buttons.keyboard(Reply(blocks=(Prose(text="x"),), buttons=((),)), chat="1") is None


def test_a_keyboard_keeps_its_rows() -> None:
    rows = (
        (Button(label="A", command="/full"), Button(label="B", command="/more")),
        (),
        (Button(label="C", command="/source"),),
    )
    made = buttons.keyboard(Reply(blocks=(), buttons=rows), chat="1")
    assert made is not None
    assert [[button.text for button in row] for row in made.inline_keyboard] == [["A", "B"], ["C"]]
