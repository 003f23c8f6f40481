"""What the log writes, and what it does not."""

import json
import logging

import pytest

from bot.logs import LogFormat, set_up_logs

SECRET = 'to"ken\\1'


def write_all_kinds() -> None:
    refused = ValueError(f"refused {SECRET}")
    facts = {"url": f"https://x/{SECRET}", "n": 3}
    logging.getLogger("tests.logs").error("fetch failed", exc_info=refused, extra=facts)


@pytest.mark.parametrize("written_as", LogFormat)
def test_no_secret_is_in_message_facts_or_traceback(
    written_as: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(logging.INFO, secrets=[SECRET], written_as=written_as)
    write_all_kinds()
    written = capsys.readouterr().err
    assert "fetch failed" in written
    assert "ken" not in written
    assert written.count("[secret]") >= 2


def test_as_json_a_record_is_one_object_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(logging.INFO, secrets=[SECRET], written_as=LogFormat.JSON)
    write_all_kinds()
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert (record["level"], record["logger"], record["event"], record["n"]) == (
        "ERROR",
        "tests.logs",
        "fetch failed",
        3,
    )
    assert record["time"].endswith("+00:00")
    assert "ValueError: refused [secret]" in record["exc_info"]


def test_as_text_a_record_is_one_line_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(logging.INFO, secrets=[], written_as=LogFormat.TEXT)
    logging.getLogger("tests.logs").warning("feed paused", extra={"feed": 7})
    assert capsys.readouterr().err.endswith("WARNING tests.logs feed paused feed=7\n")
