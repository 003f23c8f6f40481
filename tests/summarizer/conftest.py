"""The real sentence encoder, loaded once."""

import pytest

from summarizer.embedding.encoder import MiniLM


@pytest.fixture(scope="session")
def encoder() -> MiniLM:
    return MiniLM()
