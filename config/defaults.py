"""What comes with Pullquote: the sample article, and feeds to start with."""

import json
from dataclasses import dataclass
from pathlib import Path

_SAMPLE = Path(__file__).parent / "sample" / "voa-mattis-russia-2017"

DEFAULT_FEEDS = Path(__file__).parent / "feeds.opml"
"""Public feeds that a fresh installation follows, as OPML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file of plain copy, and what the copy itself does not say."""

    path: Path
    publisher: str
    url: str | None


def sample_article() -> Sample:
    """The article that a fresh installation can be tried on (public domain)."""
    about = json.loads(_SAMPLE.with_suffix(".json").read_text("utf-8"))
    return Sample(path=_SAMPLE.with_suffix(".txt"), publisher=about["publisher"], url=about["url"])
