"""A platform is named in its own adapter and where adapters are made, and nowhere else."""

import ast
import logging
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

import bot
from bot.cli.wiring import PLATFORMS, platforms
from bot.monitor import Meters
from config.settings import Settings

ROOT = Path(bot.__file__).parent
OWN = ("telegram", "discord", "console.py", "cli/wiring.py")


def named_in(file: Path) -> set[str]:
    """The platforms that string literals of the file name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    literals = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {name for name in PLATFORMS if name in literals}


def test_no_other_module_names_a_platform() -> None:
    inside = [ROOT / own for own in OWN]
    others = [
        file for file in ROOT.rglob("*.py") if not any(file == own or own in file.parents for own in inside)
    ]
    assert len(others) > 50
    assert {str(file.relative_to(ROOT)): found for file in others if (found := named_in(file))} == {}


def test_each_adapter_says_what_its_platform_can_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLQUOTE_TELEGRAM__TOKEN", "1:telegram")
    monkeypatch.setenv("PULLQUOTE_TELEGRAM__IN_FLIGHT", "3")
    monkeypatch.setenv("PULLQUOTE_DISCORD__TOKEN", "discord")
    adapters = platforms(Settings(), Meters(CollectorRegistry()))
    told = {name: adapter.capabilities for name, adapter in adapters.items()}
    assert [its.platform for its in told.values()] == list(told) == list(PLATFORMS)
    assert [name for name, its in told.items() if its.deduplicates] == ["discord"]
    assert told["telegram"].in_flight == 3
    for its in told.values():
        for name in its.noisy_loggers:
            assert logging.getLogger(name).level >= logging.WARNING
