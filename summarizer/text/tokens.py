"""Text -> tokens, as parallel lists: what the rules of this package read instead of characters."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from articles.model import Span

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., D.C., J.K.
    r"|(?:Mr|Mrs|Ms|Mx|Dr|Gen|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Col|Capt|Sgt|Maj|Cmdr|Adm|Prof|Rev|Hon|St|Jr|Sr|Pres|Sec"
    r"|Amb|Atty|Supt|Det|Brig|Cpl|Pvt|Inc|Corp|Co|Ltd|Jan|Feb|Aug|Sept|Oct|Nov|Dec|Ala|Ariz|Ark|Calif|Colo|Conn|Del"
    r"|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Vt|Va|Wash|Wis|Wyo)\."
    r"|\b[A-Z]\.(?=[ \u00a0][A-Z])"  # the initial in Donald J. Trump
    r"|[@#]?\w+(?:[-’'&]\w+)*"
    r"|[^\w\s]"
)


class Tokens:
    """The tokens of a text: words (with inner apostrophes and hyphens) and single marks.

    starts, ends: offsets into the text. words: as written. lower: in lower case, typographic apostrophes
    made straight. quoted: whether the token stands in a quoted passage, marks included. paragraph: its
    number, from 0.
    """

    __slots__ = ("ends", "lower", "paragraph", "quoted", "starts", "text", "words")

    def __init__(self, text: str, paragraphs: Sequence[Span], quoted: Sequence[Span]) -> None:
        self.text = text
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.words: list[str] = []
        self.paragraph: list[int] = []
        for number, paragraph in enumerate(paragraphs):
            for match in _TOKEN.finditer(text, paragraph.start, paragraph.end):
                self.starts.append(match.start())
                self.ends.append(match.end())
                self.words.append(match[0])
            self.paragraph.extend([number] * (len(self.words) - len(self.paragraph)))
        self.lower = [word.lower().replace("’", "'") for word in self.words]
        self.quoted = [False] * len(self.words)
        for span in quoted:
            for i in range(self.at(span.start), self.at(span.end)):
                self.quoted[i] = True

    def __len__(self) -> int:
        return len(self.words)

    def at(self, offset: int) -> int:
        """The number of the first token that starts at or behind `offset`."""
        return bisect_left(self.starts, offset)

    def span(self, start: int, end: int) -> Span:
        """From the first to the last of tokens [start, end)."""
        return Span(start=self.starts[start], end=self.ends[end - 1])
