"""The tested versions, which every fresh machine installs."""

import re
from pathlib import Path

import pytest

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


@pytest.mark.slow
def test_the_tested_versions_name_no_place_on_one_machine() -> None:
    lines = CONSTRAINTS.read_text(encoding="utf-8").split("\n")
    assert len(lines) > 80
    assert [line for line in lines if line and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
