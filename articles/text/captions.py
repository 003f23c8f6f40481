"""Captions of pictures, told by credits, by who stands left and right, by a present tense and a date."""

import re

from articles.text.dates import find_dates


def is_caption(text: str) -> bool:
    """Whether the line describes a picture: it says so, ends in a credit, or has two of a caption's signs."""
    if _FILE.match(text):
        return True
    credit = _CREDIT_END.search(text[-200:])
    if credit is not None and (not speaks(text) or re.search("photo|image|getty", credit[0], re.IGNORECASE)):
        return True
    if speaks(text):
        return False
    placed = _PLACED.search(text) is not None
    posing = _POSING.search(text) is not None and _PAST.search(text) is None
    dated = any(date.full and date.end >= len(text) - 3 for date in find_dates(text))
    # A report has a date too, and an essay the present tense: two signs of three make a caption.
    return placed + posing + dated >= 2 or (posing and _SCENE.search(text) is not None and dated)


def is_file_caption(text: str) -> bool:
    """Whether the caption is of an archive picture: its date says nothing of the story's."""
    return _ARCHIVE.search(text) is not None


def speaks(text: str) -> bool:
    """Whether somebody is quoted or told to have said something: a story's prose, not a caption's."""
    return _SPEECH.search(text) is not None


_SPEECH = re.compile(r"[\"“”«»]|\b(?:said|says|told|added|according to)\b")
_FILE = re.compile(
    r"(?:\(?file(?: photo| image| picture| pic)?\)?\s*[:–—-]|\[?(?:photo|image|picture|caption"
    r"|graphic|pictured)s?"
    r"(?: \d+)?\s*[:|]|in this\b.{0,60}?\b(?:photo|image|picture|photograph|frame grab|still|video"
    r"|screenshot|handout)\b"
    r"|(?:an? |this )?(?:undated |file |handout |aerial |combination |combo |satellite "
    r"|general )+(?:photo|image|picture|view|photograph)s?\b"
    r"|(?:this |the )?(?:photo|image|picture|still|screenshot|(?:frame|image|video"
    r"|screen) grab) (?:shows?|taken|provided|released)\b)",
    re.IGNORECASE,
)
_ARCHIVE = re.compile(r"\bfile\b|^in this\b", re.IGNORECASE)
_CREDIT_WORD = (
    r"(?:photos?|photographs?|photography|pictures?|images?|illustration|graphic|video still"
    r"|screen ?(?:shot|grab|capture)"
    r"|handout|courtesy|getty|reuters|afp|epa|shutterstock|istock|alamy|\bAP\b|pool|via|associated press)"
)
_CREDIT_END = re.compile(
    # At the end: "(AP Photo/Jane Roe)", "(Jane Roe/The Post)", "REUTERS/Jane Roe", "Photo by Jane Roe"
    rf"\((?:[^()]{{0,40}}\b{_CREDIT_WORD}\b[^()]{{0,45}}|[A-Z][\w.'’ -]{{2,40}}/ ?[A-Z][^()]{{1,60}})\)\.?$"
    r"|\b(?:REUTERS|AP Photo|EPA|AFP(?: Photo)?|Getty(?: Images)?|Pool|Handout"
    r"|Reuters) ?/ ?(?-i:[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3})\.?$"
    r"|(?:^|[.!?)\]|] ?)(?:photo(?:graph)?s?|pictures?|images?|credits?)(?: credit| courtesy)? ?(?:by|:|/"
    r"|courtesy of) ?\S[^.;!?]{1,60}\.?$"
    r"|(?:/|\bvia )(?:getty images|afp|ap|reuters|shutterstock|epa)\.?$|\bGetty Images\.?$",
    re.IGNORECASE,
)
_PLACED = re.compile(
    r",? \(?(?:(?:top|bottom|front|back|far|second|third|fourth|fifth|seated|standing)(?: row)?,? )*"
    r"(?:left|right|center|centre|foreground|background)(?: to right)?\)?,|\bfrom (?:the )?(?:left|right)\b"
    r"|\((?:[LRC]|left|right|cent(?:er|re))\)|, (?:left|right|center|centre)\.?$|\b(?:left"
    r"|right) to (?:left|right)\b"
    r"|^(?:left|right|above|below)\s*[:,]|\bpictured\b|\b(?:is|are) (?:seen|shown|pictured)\b"
    r"|\bseen here\b",
    re.IGNORECASE,
)
_POSING = re.compile(
    r"\b(?:speaks?|walks?|stands?|sits?|poses?|attends?|arrives?|shakes?|looks?|waves?|gestures?"
    r"|listens?|holds?|addresse?s?"
    r"|talks?|inspects?|greets?|welcomes?|watch(?:es)?|leaves?|smiles?|rides?|carr(?:y|ies)"
    r"|marche?s?|gathers?|queues?"
    r"|delivers?|reacts?|embraces?|hugs?|kneels?|prays?|cheers?|chants?|protests?|clears?"
    r"|searche?s?|work|passe?s?"
    r"|lines?|rises?|burns?|hangs?|patrols?|guards?|chats?|review|reviews|participates?|takes? part"
    r"|prepares?)\b"
    r"(?! (?:that|to be)\b)"
)
_SCENE = re.compile(
    r"\b(?:during|ahead of|before|after|prior to|at|following) (?:a|an|the|his|her|their)\b", re.IGNORECASE
)
# A finite past; "a damaged building" and "hosted by" are none.
_PAST = re.compile(r"\b(?:was|were|had|did|would|could|(?<!\ba )(?<!\ban )(?<!\bthe )\w{3,}ed)\b(?! by)")
