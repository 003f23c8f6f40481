"""The real sentence encoder, loaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from summarizer.embedding import MiniLM


@pytest.fixture(scope="session")
def encoder() -> MiniLM:
    from summarizer.embedding import MiniLM

    return MiniLM()
