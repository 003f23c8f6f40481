"""Who made the copy and who owns it: sign-offs, rights, author boxes, a press release's boilerplate."""

import re

from articles.text.captions import speaks


def is_credit(text: str) -> bool:
    """Whether the line says who else worked on the story, who holds its rights, or where to write to."""
    if _RIGHTS.search(text) and not speaks(text):
        return True
    if _FILED_FROM.fullmatch(text):
        return True
    short = len(text.split()) <= 50
    return short and (_CREDIT.fullmatch(text) is not None or _INITIALS.fullmatch(text) is not None)


def is_rights_line(text: str) -> bool:
    """Whether the line states who holds the rights: its year is the copy's."""
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
    signs = sum(pattern.search(text) is not None for pattern in _ABOUT_AUTHOR)
    return bool(_BIO.match(text)) or (signs >= 2 and _OF_THE_PRESS.search(text) is not None)


def is_bio(text: str, *, of: str) -> bool:
    """Whether the paragraph says of the person named `of` that they are a journalist."""
    return text.startswith(of) and not speaks(text) and _OF_THE_PRESS.search(text) is not None


_CREDIT = re.compile(
    r"\(?(?:additional |with )?(?:reporting|writing|editing|compiled|edited|produced|translated"
    r"|illustration|graphics?)"
    r"(?: and (?:writing|editing|reporting))? by\b.*"
    r"|.{0,160}\bcontribut(?:ed|ing)(?: \w+)? to (?:this|the) (?:report|story|article|dispatch)\b.*"
    r"|(?:some |parts? of )?(?:information|material|report(?:ing|s)?|content)\b.{0,40}\b(?:was|were"
    r"|is|came|comes) (?:provided by|from)\b.*"
    r"|(?:with|from) (?:files|reporting|reports|material|information|additional reporting) (?:from|by)\b.*"
    r"|(?:our standards|read our standards)\s*:.*"
    r"|[(\[]?(?:AP|Reuters|AFP|dpa|VOA|UPI|BBC)[)\]]?"
    r"|(?:source|via)\s*: ?.{2,60}|\(?(?:follow|find|reach|contact|call|e-?mail) .{2,60}(?:@"
    r"|\bon (?:twitter|x|facebook)\b|\bat \S*[@\d]).*"
    r"|@\w{2,30}|\S+@\S+\.\S+",
    re.IGNORECASE,
)
# "Jane Roe and Max Poe reported from Riga."
_FILED_FROM = re.compile(
    r"(?:[A-Z][\w.'’-]+,? (?:and )?){2,8}(?:reported|contributed|wrote) from [A-Z][\w, .]{2,60}"
)
# The desks' initials at the end of a dispatch: lb/cw-jt
_INITIALS = re.compile(r"[a-z]{2,5}(?:-[a-z]{2,5})*(?:/[a-z]{2,5}(?:-[a-z]{2,5})*)+")
_RIGHTS = re.compile(
    r"(?:^|\s)©\s?\w|\ball rights reserved\b|^\(c\) ?(?:19|20)\d\d|^(?:\(c\) ?)?copyright\b"
    r"|\bmay not be (?:published|reproduced|copied|broadcast)\b"
    r"|\b(?:republish(?:ed)?|reprint(?:ed)?) (?:with|by|under) (?:the )?(?:permission|licen[cs]e)\b",
    re.IGNORECASE,
)
_OF_THE_PRESS = re.compile(
    r"\b(?:byline|newsroom|wire services?|journalists?|reporters?|correspondents?|editors?"
    r"|columnists?|broadcaster"
    r"|writers?|contributors?|news (?:agency|organi[sz]ation|service|outlet)|bureau|covers)\b",
    re.IGNORECASE,
)
_ABOUT_AUTHOR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:byline|newsroom|wire services?|journalists?|reporters?|correspondents?|editors?"
        r"|columnists?|broadcaster)\b",
        r"\bprovides? (?:\w+ ){0,3}(?:news|information|coverage|reporting)\b|\bnews (?:agency"
        r"|organi[sz]ation|service|outlet)\b",
        r"\b(?:audience|readers|listeners|viewers|subscribers)\b|\b\d+ (?:languages|countries)\b",
        r"\b(?:is|are) (?:a|an|the|VOA['’]s|our)\b|\bcovers?\b|\bjoined\b|\bpreviously (?:worked"
        r"|covered|reported)\b",
        r"\bbased in\b|\baward-winning\b|\bgraduate of\b|\bnonprofit\b|\bnon-profit\b"
        r"|\bindependent\b|\bsince (?:19|20)\d\d\b",
        r"\bcan be (?:reached|contacted)\b|\bfollow (?:him|her|them|us|me)\b|@\w|\bthis (?:story"
        r"|article|report) (?:was|is|has)\b",
    )
)
_BIO = re.compile(
    r"(?:[A-Z][\w.'’-]+ ){2,4}(?:is|are|was) (?:a|an|the"
    r"|[A-Z][\w'’]+['’]s?)\b[^.]{0,60}\b(?:reporter|journalist|correspondent"
    r"|editor|writer|columnist|producer|photographer|bureau chief|contributor|fellow|author of)\b"
)
_OPENING_CHARS = 60
_ABOUT = re.compile(r"(?:About|ABOUT) (?:[Tt]he )?(?P<who>[A-Z0-9][\w&.,'’ -]{1,60}):?")
_BOILERPLATE = re.compile(
    r"(?:media|press|news|investor)(?: relations)? (?:contacts?|enquiries|inquiries)\b:?.*"
    r"|contacts?(?: information| details)?:?|notes to editors:?|for (?:more|further) information.*"
    r"|forward-looking statements?.*|safe harbor.*",
    re.IGNORECASE,
)
