"""A page's metadata: the headline, byline, date, publisher, language and URL that it declares."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath, _Element

from articles.page.json_ld import LinkedData, read_linked_data
from articles.page.page_blocks import select, words_in
from articles.page.phrases import any_of
from articles.text.phrases import read_phrases

_META_NAMES = read_phrases(__package__)  # the text file beside this one

_BY = re.compile(rf"^{any_of('by')}\s*:?\s+", re.IGNORECASE)
_LANGUAGE = re.compile(r"^([a-z]{2})(?:[-_][A-Za-z]|$)")
_TITLE_TAIL = re.compile(r"\s+[-–—|•·»:]\s+[^-–—|•·»:]{2,60}$")
_MOBILE = re.compile(r"^(?:www|m|mobile|amp|edition|touch)\.")
# Hosts that serve other publishers' pages unchanged: the canonical URL there may be another publisher's.
_AMP_CACHES = ("cdn.ampproject.org", "google.com", "bing-amp.com", "ampproject.net")

_HEADINGS = XPath("//h1[not(ancestor::nav or ancestor::footer or ancestor::aside)]")
_TIMES = XPath("//time[@datetime][not(ancestor::nav or ancestor::footer or ancestor::aside)]")
_AUTHORS = XPath(
    "//a[contains(@rel, 'author')] | //*[@itemprop='author'][not(self::meta)]"
    "| //*[contains(@class, 'uthor') or contains(@class, 'yline')]"
)
_AUTHOR_CLASS = re.compile(r"(?:^|\s|[-_])(?:by-?line|author)(?:[-_]+(?:name|link))?(?:\s|$)", re.IGNORECASE)
# Two to five words, or a name in a script without spaces.
_NAME = re.compile(r"(?:[^\W\d_][\w.’'-]*\s+){1,4}[^\W\d_][\w.’'-]*|[\u3040-\u9fff\uac00-\ud7af]{2,8}")
_DATED = XPath("//*[@itemprop='datePublished']")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """What the page declares about its article. None: it does not say."""

    headline: str | None
    byline: str | None
    published: datetime | None
    publisher: str | None
    language: str | None  # as declared, ISO 639-1
    url: str | None  # the canonical URL, if the page may name it
    page_type: str | None  # og:type
    linked: LinkedData


def read_metadata(tree: _Element, *, url: str | None) -> PageMetadata:
    """The page's metadata. url: where it was fetched, None for a file."""
    linked = read_linked_data(tree)
    metas = _metas(tree)
    canonical = _canonical(tree, metas, linked, fetched=url)
    return PageMetadata(
        headline=_headline(tree, metas, linked),
        byline=_byline(tree, metas, linked),
        published=first_instant(_dates(tree, metas, linked)),
        publisher=_publisher(metas, linked, canonical),
        language=_language(tree, metas, linked),
        url=canonical,
        page_type=metas.get("og:type", "").lower() or None,
        linked=linked,
    )


def _metas(tree: _Element) -> dict[str, str]:
    """The content of each <meta> by its name or property in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv")
        content = " ".join(meta.get("content", "").split())
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _first(metas: dict[str, str], kind: str) -> str | None:
    return next((metas[name] for name in _META_NAMES[kind] if name in metas), None)


def _headline(tree: _Element, metas: dict[str, str], linked: LinkedData) -> str | None:
    """The <h1> if the metadata have it too, else the headline of the metadata."""
    title_element = next(tree.iter("title"), None)
    title = words_in(title_element) if title_element is not None else ""
    told = [t for t in (linked.headline, metas.get("og:title"), metas.get("twitter:title"), title) if t]
    shown = [words for h1 in select(_HEADINGS, tree) if 2 < len(words := words_in(h1)) < 400]
    known = [(words, max(_common(words, other) for other in told)) for words in shown] if told else []
    if known and (best_known := max(known, key=lambda each: each[1]))[1]:
        return best_known[0]  # if the site's name is in an <h1> too, this is the headline
    if told:
        # Some publishers cut the JSON-LD headline at 110 characters, and titles contain the site's name.
        best = next((t for t in told if not t.endswith(("…", "..."))), told[0])
        site = metas.get("og:site_name", "")
        return _without_site(best, site)
    return shown[0] if len(shown) == 1 else None


def _common(heading: str, title: str) -> int:
    """How many words a heading and a title share if they are the same headline; else 0."""
    ours, theirs = set(heading.casefold().split()), set(title.casefold().split())
    common = len(ours & theirs)
    is_same = common >= 0.6 * min(len(ours), len(theirs)) and len(theirs) <= 3 * len(ours) + 8
    return common if is_same else 0


def _without_site(title: str, site: str) -> str:
    for separator in (" - ", " | ", " – ", " — ", " :: ", " • "):
        if site and title.endswith(separator + site):
            return title[: -len(separator + site)].strip()
    shorter = _TITLE_TAIL.sub("", title)
    tail = title[len(shorter) :]
    return shorter if 0 < len(tail.split()) <= 4 and len(shorter.split()) >= 4 else title


def _byline(tree: _Element, metas: dict[str, str], linked: LinkedData) -> str | None:
    names = list(linked.authors)
    if not names:
        written = _first(metas, "author")
        if written and not written.lower().startswith(("http:", "https:", "@")) and len(written) < 200:
            names = [written]
    if not names and (found := _author_on_page(tree)):
        names = [found]
    byline = ", ".join(_BY.sub("", name).strip(" ,;") for name in names)
    return byline or None


def _author_on_page(tree: _Element) -> str | None:
    """The name in an element that is marked as the author's by rel, microdata or class."""
    for element in select(_AUTHORS, tree):
        if element.tag not in {"a", "meta"} and not (
            element.get("itemprop") == "author" or _AUTHOR_CLASS.search(element.get("class", ""))
        ):
            continue
        name = _BY.sub("", words_in(element)).strip(" ,;|·")
        if _NAME.fullmatch(name):
            return name
    return None


def _dates(tree: _Element, metas: dict[str, str], linked: LinkedData) -> Iterator[str | None]:
    """Dates that the page states, most reliable first; never guessed from its text or its URL."""
    yield linked.published
    for name in _META_NAMES["date"]:
        yield metas.get(name)
    for element in select(_DATED, tree):
        yield element.get("datetime") or element.get("content") or words_in(element)
    times = {value.strip() for element in select(_TIMES, tree) if (value := element.get("datetime"))}
    if len(times) == 1:  # of several times, we could only guess which one is the article's
        yield times.pop()


def _publisher(metas: dict[str, str], linked: LinkedData, url: str | None) -> str | None:
    named = linked.publisher or _first(metas, "publisher")
    if named and not named.startswith(("http:", "https:", "@")) and len(named) < 100:
        return named
    return _MOBILE.sub("", _host(url)) or None if url else None


def _language(tree: _Element, metas: dict[str, str], linked: LinkedData) -> str | None:
    declared = [tree.get("lang"), tree.get("{http://www.w3.org/XML/1998/namespace}lang"), linked.language]
    declared += [metas.get(name) for name in _META_NAMES["language"]]
    votes = Counter(
        found[1] for value in declared if value and (found := _LANGUAGE.match(value.strip().lower()))
    )
    return votes.most_common(1)[0][0] if votes else None


def _canonical(
    tree: _Element, metas: dict[str, str], linked: LinkedData, *, fetched: str | None
) -> str | None:
    """The URL that the page declares as its own; a page cannot claim another publisher's URL."""
    named = [
        link.get("href") for link in tree.iter("link") if "canonical" in link.get("rel", "").lower().split()
    ]
    for candidate in (*named, metas.get("og:url"), linked.url):
        try:
            absolute = urljoin(fetched or "", (candidate or "").strip())
            parts = urlsplit(absolute)
        except ValueError:
            continue
        if parts.scheme not in {"http", "https"} or not parts.hostname or len(absolute) > 2_000:
            continue
        if fetched is None or _may_name(fetched, absolute):
            return parts._replace(fragment="").geturl()
    return fetched


def _may_name(fetched: str, canonical: str) -> bool:
    here, there = _MOBILE.sub("", _host(fetched)), _MOBILE.sub("", _host(canonical))
    if any(here == cache or here.endswith("." + cache) for cache in _AMP_CACHES):
        return True
    if urlsplit(canonical).path in {"", "/"} and urlsplit(fetched).path not in {"", "/"}:
        return False  # a template that declares the front page on every page
    return here == there or here.endswith("." + there) or there.endswith("." + here)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


# Dates, in the formats that publishers write for machines.

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)|(\d{4})(\d{2})(\d{2})(?!\d)")
_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$", re.IGNORECASE)
_FRACTION = re.compile(r"[.,](\d{1,6})\d*(?=\D|$)")
_YEARS = range(1990, 2100)  # other years are placeholders; and time can be added to 2099 without an overflow


def first_instant(candidates: Iterable[str | None]) -> datetime | None:
    """The first candidate that is an instant, else the first that is a day, as midnight UTC, else None.

    A time without a zone is not an instant; only its day counts.
    """
    day: datetime | None = None
    for candidate in candidates:
        if not candidate:
            continue
        instant = _instant(candidate.strip())
        if instant is not None:
            return instant
        day = day or _day(candidate.strip())
    return day


def _instant(written: str) -> datetime | None:
    if not _ZONE.search(written):
        return None
    for parse in (_from_iso, parsedate_to_datetime):
        try:
            found = parse(written)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found.tzinfo is not None and found.year in _YEARS:
            return found.astimezone(UTC)
    return None


def _from_iso(written: str) -> datetime:
    written = re.sub(r"\s*(?:UTC|GMT)$", "Z", written, flags=re.IGNORECASE)
    # "2018-05-01 08:00:00 -0500": ISO 8601 has no space before the offset
    written = re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$)", "", written)
    written = re.sub(r"(?<=\d)\s*([+-]\d{2})$", r"\g<1>:00", written) if "T" in written else written
    if _DAY.fullmatch(written) or ("-" not in written[:6] and not written[:8].isdigit()):
        raise ValueError("not ISO 8601 with a clock time")
    return datetime.fromisoformat(_FRACTION.sub(lambda digits: "." + digits[1].ljust(6, "0"), written))


def _day(written: str) -> datetime | None:
    found = _DAY.match(written)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return datetime(year, month, day, tzinfo=UTC) if year in _YEARS else None
    except ValueError:
        return None
