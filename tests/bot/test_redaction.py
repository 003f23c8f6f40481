"""Secrets in log records."""

import logging

import pytest

from bot.logs import redacted


def test_a_secret_is_replaced_in_message_arguments_and_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.redaction")
    with redacted(["tests.redaction"], ["s3cret", ""]):
        refused = RuntimeError("refused: s3cret")
        logger.error("GET %s", "https://example.org/bots3cret/getMe", exc_info=refused)
        logger.warning("%d of %d", 1, 2)
    assert "s3cret" not in caplog.text
    assert "https://example.org/bot[secret]/getMe" in caplog.text
    assert "RuntimeError: refused: [secret]" in caplog.text
    assert "1 of 2" in caplog.text
