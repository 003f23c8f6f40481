"""What the learned scorers look at."""

import os
import subprocess
import sys

_PRINTS_FEATURES = """
from bench.paragraphs import paragraphs_of
from summarizer.quotes.attribution import attribute_by_rules
from summarizer.quotes.features import speech_features
from summarizer.quotes.document import Document

text = "The “very long harbor wall” is old, Jane Doe said."
doc = Document(text, paragraphs_of(text))
print(speech_features(doc, 0, attribute_by_rules(doc)[0]))
"""


def features_with(seed: str) -> str:
    """As a process prints them whose sets of strings are ordered by this seed."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, "-c", _PRINTS_FEATURES]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_features_come_in_one_order_in_every_process() -> None:
    """Training drops features by their place: another order would be other weights."""
    assert features_with("1") == features_with("2") != ""
