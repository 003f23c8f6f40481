"""What a page or an agency's copy contains besides the article: labels, captions, credits, prompts, notes.

Each function decides about one line. Interface labels have only words of an interface, in any order ("Share
on Facebook", "Print", "Accessibility links"). Captions are recognised by credits, by positions in a picture,
and by a present tense with a date. The other kinds have phrases of their own, in `phrases/en.txt`.
"""

import re
from enum import StrEnum

from articles.text.dates import find_dates
from articles.text.headings import says_something
from articles.text.phrases import any_of, phrases, read_words


class Furniture(StrEnum):
    """Kinds of furniture, split by what they say about the lines next to them."""

    LABEL = "label"  # navigation, share bars, "Breaking News", "Advertisement"
    LINKS = "links"  # a label above a list of links: "Related", "Read more"
    PLAYER = "player"  # remains of an audio or video player; its title is the line before or after
    PROMO = "promo"  # "WATCH: ..."
    CAPTION = "caption"
    CREDIT = "credit"  # who else wrote, edited, owns the rights
    PROMPT = "prompt"  # newsletter, app, donation
    NOTE = "note"  # from desk to desk: slugs, "Eds:", embargoes
    RULE = "rule"  # a line without a letter
    END = "end"  # "-30-", "###": the copy ends here


_MAX_CHARS = 1_000  # a longer line is a paragraph


def furniture_kind(text: str) -> Furniture | None:
    """Which kind of furniture the line is by itself; None: it may be part of the article."""
    if len(text) > _MAX_CHARS:
        return None
    if _END.fullmatch(text):
        return Furniture.END
    if not says_something(text) and not _PLAYER.fullmatch(text.strip(" •|")):
        return Furniture.RULE
    return next((kind for kind, is_kind in _RECOGNISERS if is_kind(text)), None)


def speaks(text: str) -> bool:
    """Whether the line contains a quote or a reporting verb: then it is prose, not a caption."""
    return _SPEECH.search(text) is not None


_SPEECH = re.compile(r"[\"“”«»]|\b(?:said|says|told|added|according to)\b")
_END = re.compile(any_of("end_mark"), re.IGNORECASE)


# --- captions


def is_caption(text: str) -> bool:
    """Whether the line describes a picture: it says so, ends in a credit, or has two signs of a caption."""
    if _CAPTION_OPENING.match(text):
        return True
    credit = _PICTURE_CREDIT.search(text[-200:])
    if credit is not None and (not speaks(text) or re.search("photo|image|getty", credit[0], re.IGNORECASE)):
        return True
    if speaks(text):
        return False
    positioned = _POSITION.search(text) is not None
    posing = _POSING.search(text) is not None and _PAST.search(text) is None
    dated = any(date.full and date.end >= len(text) - 3 for date in find_dates(text))
    # A report has a date too, and an essay the present tense: two signs of three make a caption.
    return positioned + posing + dated >= 2 or (posing and _SCENE.search(text) is not None and dated)


def is_file_caption(text: str) -> bool:
    """Whether the caption is of an archive picture: its date is not the article's."""
    return _ARCHIVE.search(text) is not None


_CAPTION_OPENING = re.compile(any_of("caption_opening"), re.IGNORECASE)
_ARCHIVE = re.compile(r"\bfile\b|^in this\b", re.IGNORECASE)
_PICTURE_CREDIT = re.compile(
    # At the end: "(AP Photo/Jane Roe)", "(Jane Roe/The Post)", "REUTERS/Jane Roe", "Photo by Jane Roe"
    rf"\((?:[^()]{{0,40}}\b{any_of('picture_credit_word')}\b[^()]{{0,45}}"
    rf"|[A-Z][\w.'’ -]{{2,40}}/ ?[A-Z][^()]{{1,60}})\)\.?$|{any_of('picture_credit')}",
    re.IGNORECASE,
)
_POSITION = re.compile(any_of("caption_position"), re.IGNORECASE)
_POSING = re.compile(rf"\b{any_of('caption_verb')}\b(?! (?:that|to be)\b)")
_SCENE = re.compile(
    r"\b(?:during|ahead of|before|after|prior to|at|following) (?:a|an|the|his|her|their)\b", re.IGNORECASE
)
# A finite past; "a damaged building" and "hosted by" are none.
_PAST = re.compile(r"\b(?:was|were|had|did|would|could|(?<!\ba )(?<!\ban )(?<!\bthe )\w{3,}ed)\b(?! by)")


# --- credits: sign-offs, rights, author boxes, a press release's boilerplate


def is_credit(text: str) -> bool:
    """Whether the line says who else worked on the article, who owns the rights, or where to write to."""
    if _RIGHTS.search(text) and not speaks(text):
        return True
    if _FILED_FROM.fullmatch(text):
        return True
    short = len(text.split()) <= 50
    return short and (_CREDIT.fullmatch(text) is not None or _INITIALS.fullmatch(text) is not None)


def is_rights_line(text: str) -> bool:
    """Whether the line says who owns the rights: its year is that of the copy."""
    return _RIGHTS.search(text) is not None


def is_boilerplate_heading(text: str, *, followed_by: str) -> bool:
    """Whether it heads a release's boilerplate: "Media contacts", or "About Acme" over "Acme is ..."."""
    about = _ABOUT.fullmatch(text)
    if about is not None:
        opening = followed_by[: len(text) + _OPENING_CHARS].casefold()
        return about["who"].split()[0].casefold() in opening.split()
    return _BOILERPLATE.fullmatch(text) is not None


def is_author_box(text: str) -> bool:
    """Whether a paragraph at the end of the copy describes its author or its publisher, not events."""
    if speaks(text):
        return False
    signs = sum(sign.search(text) is not None for sign in _AUTHOR_BOX)
    return bool(_BIO.match(text)) or (signs >= 2 and _OF_THE_PRESS.search(text) is not None)


def is_bio(text: str, *, of: str) -> bool:
    """Whether the paragraph says that the person named `of` is a journalist."""
    return text.startswith(of) and not speaks(text) and _OF_THE_PRESS.search(text) is not None


_CREDIT = re.compile(any_of("credit"), re.IGNORECASE)
# "Jane Roe and Max Poe reported from Riga."
_FILED_FROM = re.compile(
    r"(?:[A-Z][\w.'’-]+,? (?:and )?){2,8}(?:reported|contributed|wrote) from [A-Z][\w, .]{2,60}"
)
# The desks' initials at the end of a dispatch: lb/cw-jt
_INITIALS = re.compile(r"[a-z]{2,5}(?:-[a-z]{2,5})*(?:/[a-z]{2,5}(?:-[a-z]{2,5})*)+")
_RIGHTS = re.compile(any_of("rights"), re.IGNORECASE)
_OF_THE_PRESS = re.compile(rf"\b{any_of('of_the_press')}\b", re.IGNORECASE)
_AUTHOR_BOX = tuple(re.compile(sign, re.IGNORECASE) for sign in phrases("author_box"))
_BIO = re.compile(
    r"(?:[A-Z][\w.'’-]+ ){2,4}(?:is|are|was) (?:a|an|the"
    r"|[A-Z][\w'’]+['’]s?)\b[^.]{0,60}\b(?:reporter|journalist|correspondent"
    r"|editor|writer|columnist|producer|photographer|bureau chief|contributor|fellow|author of)\b"
)
_OPENING_CHARS = 60
_ABOUT = re.compile(r"(?:About|ABOUT) (?:[Tt]he )?(?P<who>[A-Z0-9][\w&.,'’ -]{1,60}):?")
_BOILERPLATE = re.compile(any_of("boilerplate_heading"), re.IGNORECASE)


# --- labels, links


def may_be_label(text: str) -> bool:
    """Whether the line has only words of an interface, although articles use all of them too.

    "Video" or "Facebook" may head a section; next to other furniture it is a button.
    """
    tokens = _tokens(text)
    return 0 < len(tokens) <= _MAX_LABEL_WORDS and all(token in _VOCABULARY for token in tokens)


def _is_label(text: str) -> bool:
    if _LABEL.fullmatch(text.strip(" .:…»›>")):
        return True
    return may_be_label(text) and any(token in _INTERFACE_WORDS for token in _tokens(text))


def _is_links_label(text: str) -> bool:
    return _is_label(text) and _LINKS_LABEL.match(text) is not None


def _tokens(text: str) -> list[str]:
    return [token.lower().replace("’", "'") for token in _WORD.findall(text)]


_MAX_LABEL_WORDS = 9
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_INTERFACE_WORDS = read_words("articles.text", "interface_words.txt")
_VOCABULARY = _INTERFACE_WORDS | read_words("articles.text", "shared_words.txt")
_LABEL = re.compile(any_of("label"), re.IGNORECASE)
_LINKS_LABEL = re.compile(rf"{any_of('links_label')}\b.{{0,40}}", re.IGNORECASE)


# --- players, promos, prompts, notes


def _is_player(text: str) -> bool:
    if _PLAYER.fullmatch(text.strip(" •|")):
        return True
    return len(text.split()) <= 16 and not speaks(text) and _PLAYER_MESSAGE.search(text) is not None


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_PLAYER = re.compile(
    rf"(?:-?{_CLOCK}(?: ?[/|–-]? ?-?{_CLOCK})*|\d+(?:p|k)(?: ?[|/] ?[\d.]+ ?[KMG]B)?|auto(?: \d+p)+"
    r"|please wait[. …]*|loading[. …]*|(?:play|pause|mute|unmute|rewind|replay|play video|pop-?out player)"
    r"|(?:embed|share|width|height)(?: (?:embed|share|width|height|px|\d+))+)",
    re.IGNORECASE,
)
_PLAYER_MESSAGE = re.compile(any_of("player_message"), re.IGNORECASE)


def _is_promo(text: str) -> bool:
    return len(text.split()) <= 30 and any(promo.fullmatch(text) for promo in _PROMOS)


_PROMOS = (
    re.compile(rf"{any_of('promo_label')}\s*[:|»>]\s*\S.*|{any_of('promo')}", re.IGNORECASE),
    # Without a colon the word is in capitals: "WATCH Mattis on NATO", never "Watch officers said ...".
    re.compile(r"(?:WATCH|READ|READ MORE|SEE ALSO|LISTEN|VIDEO)(?::|\s+[-–—]?)\s*[A-Z“\"'].*"),
)


def _is_prompt(text: str) -> bool:
    short = len(text.split()) <= 45 and not speaks(text)
    return short and (_PROMPT.match(text) is not None or _ABOUT_COMMENTS.search(text) is not None)


_PROMPT = re.compile(
    rf"(?:please |you can |to |want |why not )*{any_of('prompt_opening')}\b.*\b{any_of('prompt_object')}",
    re.IGNORECASE,
)
_ABOUT_COMMENTS = re.compile(any_of("comments"), re.IGNORECASE)


def _is_note(text: str) -> bool:
    match = _NOTE.fullmatch(text) if len(text.split()) <= 40 else None
    return match is not None and (not re.match(r"[A-Za-z]{2,}-", text) or bool(_SLUG.fullmatch(text)))


_NOTE = re.compile(any_of("desk_note"), re.IGNORECASE)
# "BC-EU--NATO,2nd Ld-Writethru"
_SLUG = re.compile(r"(?:[A-Z]{2,}-){1,3}-?[A-Za-z][\w,./-]*(?: (?:Ld|Lead)\b.*)?")

_RECOGNISERS = (
    (Furniture.PLAYER, _is_player),
    (Furniture.LINKS, _is_links_label),
    (Furniture.LABEL, _is_label),
    (Furniture.PROMO, _is_promo),
    (Furniture.CAPTION, is_caption),
    (Furniture.CREDIT, is_credit),
    (Furniture.PROMPT, _is_prompt),
    (Furniture.NOTE, _is_note),
)
