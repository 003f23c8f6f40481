"""Captions of pictures, told by credits, by who stands left and right, by a present tense and a date."""

import re
from enum import StrEnum

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


# Who made the copy and who owns it: sign-offs, rights, author boxes, a press release's boilerplate.


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


# What a page or a wire carries besides the story, told by what each kind looks like, one line at a time.
#
# Interface labels are lines made of an interface's own words only, whatever their order ("Share on Facebook",
# "Print", "Accessibility links"). Everything else has its own stock of phrases.


class Furniture(StrEnum):
    """Kinds of furniture, split by what they say about their neighbours."""

    LABEL = "label"  # navigation, share bars, "Breaking News", "Advertisement"
    LINKS = "links"  # a label over a list of links: "Related", "Read more"
    PLAYER = "player"  # debris of an audio or video player; its title stands beside it
    PROMO = "promo"  # "WATCH: ..."
    CAPTION = "caption"
    CREDIT = "credit"  # who else wrote, edited, holds the rights
    PROMPT = "prompt"  # newsletter, app, donation
    NOTE = "note"  # from desk to desk: slugs, "Eds:", embargoes
    RULE = "rule"  # a line without a letter
    END = "end"  # "-30-", "###": the copy ends here


def furniture_kind(text: str) -> Furniture | None:
    """Which furniture the line is by itself; None: it may be story."""
    if len(text) > _MAX_CHARS:
        return None
    if _END.fullmatch(text):
        return Furniture.END
    if (
        not any(map(str.isalpha, text))
        and _YEAR.fullmatch(text) is None
        and not _PLAYER.fullmatch(text.strip(" •|"))
    ):
        return Furniture.RULE
    for kind, is_kind in _RECOGNISERS:
        if is_kind(text):
            return kind
    return None


def may_be_label(text: str) -> bool:
    """Whether the line is made of an interface's words, of which none is the interface's alone.

    "Video" or "Facebook" may head a section; beside other furniture it is a button.
    """
    tokens = _tokens(text)
    return 0 < len(tokens) <= _MAX_LABEL_WORDS and all(token in _VOCABULARY for token in tokens)


_YEAR = re.compile(r"(?:1[89]|20)\d\d:?")  # heads a section of a chronicle
_MAX_CHARS = 1_000  # no line of furniture is longer: a longer one is a paragraph
_MAX_LABEL_WORDS = 9
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that only an interface puts on a line of its own.
_OWN = _words(
    """
    accessibility ad ads advert advertisement advertising advertisements autoplay bookmark breadcrumb
    breaking clipboard comments cookies copied download downloads e-mail email embed embedded faq
    fullscreen gallery galleries homepage javascript linkedin loading login logout lightbox menu mute
    navigation newsletter newsletters pinterest podcast pop-out popout popup print recommended reddit
    register related rss share shares sharing sign-in sign-up signup sitemap skip slideshow sponsored
    subscribe subscription tags toggle trending tweet unmute unsubscribe whatsapp
    """
)
# Words that an interface shares with the story.
_SHARED = _words(
    """
    a about accept account additional alerts all also an and app apps are article articles at audio auto
    back below best bottom button by caption category channel click close collapse comment content
    contact continue copy day direct discover edition editors editor's enlarge enter expand facebook
    file flash follow for font form from full get go google headlines help here hide home hour hours
    image images in instagram is it items join larger last latest leave less like link links listen live
    load local log main map media message messenger minute minutes mobile more most my new news next no
    now of off official on open or our out page pages pause photo photos pick picks pictures play player
    please policy popular post prev previous privacy quality read reader reading reply report rights
    save screen scroll search section sections see send settings show sign site size smaller social
    source stories story subtitles tap telegram terms text the this to today today's top topic topics
    transcript twitter up update updates us use version via video videos view viewed viewers views wait
    watch web website week widget with world x you your youtube
    """
)
_VOCABULARY = _OWN | _SHARED
_LINKS = re.compile(
    r"(?:read|see|view|more|also|related|recommended|most|trending|popular|you (?:may"
    r"|might) (?:also )?(?:like|be)"
    r"|editors?['’]?s? picks?|top stories|latest|on the)\b.{0,40}",
    re.IGNORECASE,
)


def _tokens(text: str) -> list[str]:
    return [token.lower().replace("’", "'") for token in _WORD.findall(text)]


def _is_label(text: str) -> bool:
    if _STOCK_LABEL.fullmatch(text.strip(" .:…»›>")):
        return True
    return may_be_label(text) and any(token in _OWN for token in _tokens(text))


_STOCK_LABEL = re.compile(
    r"(?:read|see|view|show|load|watch|listen|learn) (?:more|all|also|now|live|here"
    r"|the full (?:story|article))"
    r"|(?:see|read|watch) also|live(?: updates?)?|top stories|most (?:read|viewed"
    r"|popular)(?: stories| articles)?"
    r"|(?:back )?to (?:the )?top|click here|also (?:on|from|in) \w+|copy (?:link|url)|log ?(?:in"
    r"|out)|sign ?(?:in|up|out)|follow us"
    r"|contact us|continue reading"
    r"|you (?:may|might) (?:also )?(?:like|be interested in)|(?:terms of use"
    r"|privacy policy)(?: .*)?|editors?['’]?s? picks?|more (?:stories|news|from|on|in)\b.*"
    r"|story continues below.*|(?:latest|top) (?:news|headlines)|please wait"
    r"|\d+ *[x×] *\d+ *(?:image|photo|video)s?"
    r"|\d+ (?:minute|min)s? read|(?:image |photo |slide |page )?\d+ (?:of|/) \d+|on the (?:net|web)"
    r"|listen to (?:this|the) (?:article|story)",
    re.IGNORECASE,
)


def _is_links_label(text: str) -> bool:
    return _is_label(text) and _LINKS.match(text) is not None


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_PLAYER = re.compile(
    rf"(?:-?{_CLOCK}(?: ?[/|–-]? ?-?{_CLOCK})*|\d+(?:p|k)(?: ?[|/] ?[\d.]+ ?[KMG]B)?|auto(?: \d+p)+"
    r"|please wait[. …]*|loading[. …]*|(?:play|pause|mute|unmute|rewind|replay|play video|pop-?out player)"
    r"|(?:embed|share|width|height)(?: (?:embed|share|width|height|px|\d+))+)",
    re.IGNORECASE,
)
_PLAYER_TALK = re.compile(
    r"\bno (?:media|video|audio|live)?\s?(?:source|stream)s? (?:is |are )?(?:currently |now )?available"
    r"|\b(?:browser|player|device)\b.*\b(?:support|enable|outdated|javascript|html5)"
    r"|\b(?:code|url|link|address)\b.*\bcopied to\b|\b(?:enable|requires?|turn on|activate) javascript\b"
    r"|\b(?:video|audio|media|stream|content|player|playback)\b (?:is |are )?(?:(?:currently "
    r"|not )+(?:available|loaded)"
    r"|unavailable|can(?: ?no|['’])t be played|could not be loaded|failed to load|will (?:begin|start"
    r"|resume|play) (?:in|after))"
    r"|^(?:an error (?:has )?occurred|something went wrong)\b|\bvideo player is loading"
    r"|^this is a modal window",
    re.IGNORECASE,
)


def _is_player(text: str) -> bool:
    if _PLAYER.fullmatch(text.strip(" •|")):
        return True
    return len(text.split()) <= 16 and not speaks(text) and _PLAYER_TALK.search(text) is not None


_PROMOS = (
    # "WATCH: ...", "Read more | ...", "Related story: ..."
    re.compile(
        r"(?:(?:watch|listen|video|audio|podcast|photos?|pictures|gallery|slideshow|infographic|graphic"
        r"|interactive|live blog|live)"
        r"(?: (?:live|now|here|more|also|again|below|above|gallery|the video|to this (?:story|article)))*"
        r"|(?:read|see|view) (?:more|also|next|here|our .{3,30})|also (?:read|see|watch|on .{2,30})"
        r"|more|more (?:on|from|in) .{2,40}|recommended|don['’]t miss|(?:click|tap) here"
        r"|related(?: (?:story|stories|articles?|content|coverage|news|video|links?"
        r"|reading))?)\s*[:|»>]\s*\S.*",
        re.IGNORECASE,
    ),
    # Without its colon the word is shouted: "WATCH Mattis on NATO", never "Watch officers said ...".
    re.compile(r"(?:WATCH|READ|READ MORE|SEE ALSO|LISTEN|VIDEO)(?::|\s+[-–—]?)\s*[A-Z“\"'].*"),
    re.compile(
        r"\[?(?:click|tap) (?:here )?(?:to|for) (?:read|watch|see|view|listen|more|expand|enlarge"
        r"|subscribe|the)\b.*",
        re.IGNORECASE,
    ),
)


def _is_promo(text: str) -> bool:
    return len(text.split()) <= 30 and any(promo.fullmatch(text) for promo in _PROMOS)


_PROMPT = re.compile(
    r"(?:please |you can |to |want |why not )*(?:sign up|subscribe|follow|get|receive|download|join"
    r"|like|click|support"
    r"|donate|register|log in|enter|create|become|start|try|stay|never miss|don['’]t miss|make sure"
    r"|help us|thank you for|catch|check out|stay tuned"
    r"|already a|not a|for more|this (?:site|website|page)|we use|by (?:clicking|signing|continuing"
    r"|subscribing)"
    r"|have (?:a|you)|got a|do you|read more|find more|see more|listen to|watch)\b.*\b"
    r"(?:newsletters?|inbox|e-?mails?|apps?|facebook|twitter|instagram|whatsapp|telegram|youtube"
    r"|podcasts?|accounts?"
    r"|alerts?|subscri(?:be|bers?|ption|ptions)|cookies?|journalism|(?:story|news) tips?"
    r"|click(?:ing)? here|here to"
    r"|privacy policy|terms of (?:use|service)|your (?:browser|device|phone)|members?(?:hip)?"
    r"|free trial|unlimited access"
    r"|breaking news|visit (?:our|the|www)|https?:|www\.)",
    re.IGNORECASE,
)


_ABOUT_COMMENTS = re.compile(
    r"\bno comments (?:yet|in this)|\bbe (?:the )?first (?:to comment|and add)"
    r"|\bcomments are (?:closed|moderated)",
    re.IGNORECASE,
)


def _is_prompt(text: str) -> bool:
    short = len(text.split()) <= 45 and not speaks(text)
    return short and (_PROMPT.match(text) is not None or _ABOUT_COMMENTS.search(text) is not None)


_NOTE = re.compile(
    # "BC-EU--NATO,2nd Ld-Writethru", "Eds: Updates with quotes.", "(Adds comment, background)"
    r"(?:[A-Z]{2,}-){1,3}-?[\w,. /-]*|.{0,50}\b\d(?:st|nd|rd|th) (?:ld|lead)\b.{0,40}"
    r"|.{0,40}\bwritethru\b.{0,30}"
    r"|\(?(?:eds|editors|note to editors|editor['’]?s['’]? note|desk)\s*[:.].*|\((?:adds?|updates?"
    r"|recasts?|corrects?|repeats?|refiles?|changes?"
    r"|recast|with|writes through)\b[^)]*\)"
    r"|(?:strictly )?(?:embargoed|not for release|hold for release|under embargo)\b.*"
    r"|for immediate release\b.*"
    r"|(?:slug|word ?count|words|length|priority|category|keywords?|topic|moved|byline|desk|section"
    r"|tags?|filed under|(?:media |press )?contacts?|e-?mail|phone|tel)\s*: ?.{0,120}"
    r"|urgent|bulletin|flash|snap|developing story|press release|news release|media release"
    r"|statement|exclusive"
    r"|\(?(?:more|continues|continued)(?: on .*)?\)?|- ?more ?-|page \d+(?: of \d+)?",
    re.IGNORECASE,
)
_SLUG = re.compile(r"(?:[A-Z]{2,}-){1,3}-?[A-Za-z][\w,./-]*(?: (?:Ld|Lead)\b.*)?")


def _is_note(text: str) -> bool:
    match = _NOTE.fullmatch(text) if len(text.split()) <= 40 else None
    return match is not None and (not re.match(r"[A-Za-z]{2,}-", text) or bool(_SLUG.fullmatch(text)))


_END = re.compile(
    r"[\s*_–—-]*(?:# ?# ?#(?: ?#)*|[–—-] ?(?:30|0) ?[–—-])[\s*_–—-]*|\W*\b(?:ends?|the end"
    r"|end of (?:story|article|transcript|text|release|statement))\b\W*"
    r"|(?:\(END\)|/?ENDS?/?|EndIt|xxx)",
    re.IGNORECASE,
)
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
