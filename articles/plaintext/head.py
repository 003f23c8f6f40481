"""What stands above the lede of plain copy: headline, deck, names, a dateline on a line of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from articles.plaintext.roles import Part, Placed, first_prose, leads_to_prose
from articles.text.bylines import Dateline, dateline_alone, is_name
from articles.text.furniture import Furniture
from articles.text.headings import count_words, in_title_case, plain_title

MIN_DECK_WORDS = 6  # above the lede: a deck; shorter, with the lede right below: the first section's heading
MIN_HEADLINE_WORDS = 4  # of a page whose navigation was copied too: what is shorter may be part of that


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the lede, and all from there on."""

    headline: str | None
    names: str | None  # the lines that are only a name
    dateline: Dateline | None  # on a line of its own
    body: tuple[Placed, ...]


_KICKER = re.compile(
    r"(?:(?:the|us|u\.s\.|uk|world|national|local|international|latest|top|breaking) )?(?:world"
    r"|europe|africa|asia|americas?"
    r"|usa?|u\.s\.|uk|middle east|politics|business|economy|markets|sports?|news|opinion|analysis"
    r"|health|science"
    r"|technology|tech|culture|arts|entertainment|environment|climate|travel|lifestyle|education"
    r"|crime|community|regional"
    r"|exclusive|feature|features|explainer|interview|commentary|editorial|transcript"
    r"|update)(?: news| desk)?",
    re.IGNORECASE,
)
# A wire's note on which version this is: "UPDATE 2-", "RPT-", "WRAPUP 3-".
_VERSION = re.compile(r"(?:(?:UPDATE|WRAPUP|REFILE|RPT|CORRECTED|REPEAT|RECAST)[ -]?\d*-)+\s*(?=\S)")


def read_head(placed: Sequence[Placed]) -> Head:
    lede = first_prose(placed)
    titles = _from_the_headline([i for i in range(lede) if placed[i].role is Part.TITLE], placed)
    if not titles and lede and placed[0].role is Furniture.PROMO:
        return Head(placed[0].text, None, None, tuple(placed[lede:]))  # "WATCH ..." heads some stories
    if not titles:
        if _is_stopped_headline(placed, lede):
            return Head(placed[lede].text.rstrip("."), None, None, tuple(placed[lede + 1 :]))
        return Head(None, None, None, tuple(placed[lede:]))
    headline = _VERSION.sub("", plain_title(placed[titles[0]].text))
    names: list[str] = []
    dateline: Dateline | None = None
    body: list[Placed] = []
    common = _common_words(placed) if len(titles) > 1 else frozenset[str]()
    for index in titles[1:]:
        p = placed[index]
        alone = dateline_alone(p.text, bare=index == lede - 1 and not _has_shouted_headings(placed, lede))
        if alone is not None:
            dateline = alone
        elif is_name(p.text) and common.isdisjoint(w.lower() for w in p.text.split()):
            names.append(p.text)
        elif count_words(p.text) >= MIN_DECK_WORDS:
            body.append(Placed(p.block, Part.PROSE))
        elif index == lede - 1:
            body.append(p)
    return Head(headline, ", ".join(names) or None, dateline, (*body, *placed[lede:]))


def _from_the_headline(titles: list[int], placed: Sequence[Placed]) -> list[int]:
    """The titles without what stands above the headline: navigation, kickers, the page's own title."""
    titles = [i for i in titles if _KICKER.fullmatch(placed[i].text) is None] or titles
    if any(p.role in _NAVIGATION for p in placed[: titles[0] if titles else 0]):
        long = [n for n, i in enumerate(titles) if count_words(placed[i].text) >= MIN_HEADLINE_WORDS]
        titles = titles[long[0] :] if long else titles
    # "Oil prices steady | Meridian News", and then the headline itself.
    again = [n for n, i in enumerate(titles[1:], 1) if _names_page(placed[titles[0]].text, placed[i].text)]
    return titles[again[0] :] if again else titles


_NAVIGATION = frozenset({Furniture.LABEL, Furniture.LINKS})
_SITE = re.compile(r"\s+[|–—-]\s+\S.{0,60}")


def _names_page(page_title: str, headline: str) -> bool:
    return page_title.startswith(headline) and _SITE.fullmatch(page_title[len(headline) :]) is not None


def _is_stopped_headline(placed: Sequence[Placed], lede: int) -> bool:
    """Whether the copy opens with a headline that ends in a full stop."""
    return lede < len(placed) and in_title_case(placed[lede].text) and leads_to_prose(placed, lede)


def _common_words(placed: Sequence[Placed]) -> frozenset[str]:
    """The words that the copy has without a capital: with "points", "Key Points" is nobody's name."""
    return frozenset(w for p in placed if p.role is Part.PROSE for w in p.text.split() if w.islower())


def _has_shouted_headings(placed: Sequence[Placed], lede: int) -> bool:
    return any(p.role is Part.TITLE and p.text.isupper() for p in placed[lede:])
