"""Files that come with Pullquote: the sample article and the default feeds."""

import json
from dataclasses import dataclass
from pathlib import Path

_SAMPLE = Path(__file__).parent / "sample" / "voa-mattis-russia-2017"

DEFAULT_FEEDS = Path(__file__).parent / "feeds.opml"
"""The public feeds that a new installation follows, as OPML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A plain-text article, with the facts that its text does not have."""

    path: Path
    publisher: str
    url: str | None


def sample_article() -> Sample:
    """The article for trying a new installation (public domain)."""
    about = json.loads(_SAMPLE.with_suffix(".json").read_text("utf-8"))
    return Sample(path=_SAMPLE.with_suffix(".txt"), publisher=about["publisher"], url=about["url"])
