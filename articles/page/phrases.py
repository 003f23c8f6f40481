"""The words by which pages ask, sell, share and lead elsewhere, by language; stems, to match inflections."""

import re
from collections.abc import Iterable

from articles.text.furniture import Furniture, furniture_kind


def _any_of(by_language: dict[str, Iterable[str]]) -> str:
    return "(?:" + "|".join(phrase for phrases in by_language.values() for phrase in phrases) + ")"


def _find(by_language: dict[str, Iterable[str]]) -> re.Pattern[str]:
    return re.compile(_any_of(by_language), re.IGNORECASE)


# To subscribe, to register, to sign in: as a page asks it of the reader. "Member states" and a treaty that is
# signed must not match, in any language.
SUBSCRIBING = _find(
    {
        "en": (
            r"\bsubscri",
            r"\bsign[ -](?:in|up)\b",
            r"\blog[ -]?in\b",
            r"\bregister (?:now|today|here|for|to)\b",
        ),
        "en, membership": (
            r"\b(?:become|are you|already) a member\b",
            r"\bmembers[ -]only\b",
            r"\bmembership\b",
        ),
        "en, what is free": (r"\bfree (?:trial|account|articles?)\b",),
        "de": (r"\babonn", r"\babo\b", "einlogg", r"\b(?:hier|jetzt) (?:anmelden|registrieren)"),
        "fr": (r"\babonn", "inscrivez-vous", "connectez-vous", "identifiez-vous"),
        "es": ("suscr[ií]", r"inicia(?:r)? sesión", "regístrate"),
        "it": (r"\babbon", r"\baccedi\b", "registrati"),
        "pt": (r"\bassin(?:e|ante|atura)", "faça login"),
        "nl": (r"\babon(?:nee|nement|neer)", r"\blog in\b"),
        "sv, da, no": ("prenumer", r"\babonn", "logga in", "logg inn"),
        "fi": ("tilaa", "tilaaja"),
        "ru": ("подписк", "подписчик", "подпишитесь", "войдите", "авторизуй", "зарегистрируй"),
        "zh": ("订阅", "訂閱", "登录", "登入", "注册", "会员", "會員"),
        "ja": ("会員", "ログイン", "購読"),
        "ko": ("구독", "로그인", "유료 ?회원"),
        "ar": ("اشترك", "مشترك", "تسجيل الدخول", "سجل الآن"),
    }
)
# To read on, the whole, the rest: what is held out for it.
READING_ON = _find(
    {
        "en": (
            r"\b(?:continue|keep|finish) reading\b",
            r"\bto (?:continue|read (?:on|more|this|the (?:full|rest|whole|entire)))\b",
            r"\b(?:full|unlimited|complete|digital) access\b",
            r"\b(?:full|whole|entire|rest of (?:the|this)) (?:article|story|text|report)\b",
            r"\bunlock\b",
            r"\b(?:for|to) (?:our |paying |registered )?(?:subscribers|members)\b",
            r"\balready (?:a (?:subscriber|member)|have an account|registered|subscribed)\b",
            r"\b(?:your|free) (?:article )?limit\b|\bfree articles? (?:left|remaining|this)\b",
        ),
        "de": (
            r"weiter ?(?:zu)?lesen",
            r"(?:ganzen|vollständigen|alle) artikel",
            r"vollen? zugriff",
            r"bereits (?:abonn|regist|kund)",
            r"(?:nur|exklusiv) für (?:\w+ )?(?:abonn|mitglieder)",
            "freischalten",
        ),
        "fr": (
            "lire la suite",
            r"(?:la )?suite de (?:cet|l)",
            r"réservée?s? (?:aux|à nos) abonn",
            "déjà abonn",
            r"il vous reste .{1,20}(?:à lire|article)",
            "accès illimité",
        ),
        "es": (
            r"(?:seguir|continuar|sigue) leyendo",
            r"exclusiv\w+ (?:para|de) (?:\w+ )?suscriptor",
            "ya eres suscriptor",
            r"(?:artículo|noticia) completo?a?",
            "acceso ilimitado",
        ),
        "it": ("continua a leggere", r"riservat\w+ agli abbonati", "sei già abbonato", "articolo completo"),
        "pt": (r"continu\w+ (?:lendo|a ler)", "já é assinante", r"exclusivo para (?:\w+ )?assinantes"),
        "nl": (r"verder ?(?:te )?lez", r"(?:alleen|exclusief) voor abonnees", r"al (?:een )?abonnee"),
        "sv, da, no": (r"läsa? vidare", r"les(?:e)? videre", r"læs(?:e)? videre", "hela artikeln"),
        "ru": (
            r"читать (?:далее|дальше|полностью)",
            r"полн\w+ (?:текст|доступ|верси)",
            r"продолж\w+ чтени",
            r"чтобы (?:про)?(?:читать|должить)",
            r"(?:только|доступ\w+) .{0,12}подписчик",
        ),
        "zh": (
            r"(?:阅读|閱讀|查看|浏览)全文",
            r"(?:继续|繼續)(?:阅读|閱讀)",
            r"剩余.{0,10}(?:%|字|内容)",
            "解锁",
        ),
        "ja": (r"続きを?(?:お)?読", r"残り.{0,8}文字", "会員限定", "全文を?(?:お)?読"),
        "ko": (r"계속 (?:읽|보)", r"전용 (?:기사|콘텐츠)", "기사 전문"),
        "ar": ("لقراءة", "للقراءة", "لمتابعة القراءة", "للمشتركين فقط"),
    }
)
CUT_OFF = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.\.\.)\]|"
    + _any_of(
        {
            "en": (r"(?:read|continue|keep) (?:more|reading)\b.{0,20}",),
            "de": ("weiterlesen",),
            "fr": ("lire la suite",),
            "es": ("leer más", "seguir leyendo"),
            "it": ("leggi tutto", "continua a leggere"),
            "pt": ("leia mais",),
            "nl": ("lees verder",),
            "sv": ("läs mer",),
            "ru": (r"читать (?:далее|полностью)",),
            "zh": ("阅读全文", "閱讀全文"),
            "ja": ("続きを読む",),
            "ko": ("더 보기",),
            "ar": ("اقرأ المزيد",),
        }
    )
    + r")\W*$",
    re.IGNORECASE,
)
CONSENT = _find(
    {
        "many": (r"cookies?\b", "consent", "privacy"),
        "en": ("legitimate interest", r"personali[sz]ed (?:ads|advertising|content)", "personal data"),
        "de": ("einwillig", "zustimm", r"berechtigt\w+ interesse", "personenbezogen", "datenschutz"),
        "fr": ("intérêt légitime", "données personnelles", "confidentialité"),
        "es": ("interés legítimo", "datos personales", "privacidad"),
        "it": ("consenso", "dati personali"),
        "nl": ("toestemming",),
        "sv, da": ("samtyck", "samtykke"),
        "ru": ("куки", "согласи", r"персональн\w+ данн"),
        "zh": ("同意", "个人数据", "隐私", "隱私"),
        "ja": ("クッキー", "個人情報", "プライバシー"),
        "ko": ("쿠키", "동의", "개인 ?정보"),
        "ar": ("ملفات تعريف", "موافق", "البيانات الشخصية"),
        "partners": (
            r"(?:our|unsere|nos|nuestros|nostri|nossos|onze|våra) \w* ?"
            r"(?:partner|vendor|socios|parceiros|fournisseurs)",
        ),
    }
)
# The reader is spoken to, or the site speaks of itself.
ADDRESSED = re.compile(
    r"\b"
    + _any_of(
        {
            "en": ("you", "your", "we", "our", "us"),
            "de": ("sie", r"ihre?n?", "wir", r"unsere?"),
            "fr": ("vous", "votre", "vos", "nous", "notre"),
            "es": ("usted", "tu", "su", "nosotros", r"nuestr\w+"),
            "it": ("noi", r"nostr\w+"),
            "pt": ("você", "seu", "nós", r"noss\w+"),
            "nl": ("u", "uw", "wij", "onze"),
            "sv": ("du", "din", "vi"),
            "ru": ("вы", r"ваш\w*", "мы", r"наш\w*"),
        }
    )
    + r"\b|我们|我們|您|お客様|当社|弊社|저희|귀하|نحن|أنت",
    re.IGNORECASE,
)

# A share bar: blocks made of nothing but these.
_SHARING = _any_of(
    {
        "verbs": (
            "share",
            "tweet",
            r"pin(?: it)?",
            "print",
            r"copy(?: (?:the )?link)?",
            r"link copied!?",
            "save",
            "follow",
            "like",
            r"comments?",
            r"e-?mail",
        ),
        "networks": (
            "facebook",
            "twitter",
            "x",
            r"whats ?app",
            "telegram",
            r"linked ?in",
            "reddit",
            "pinterest",
            "messenger",
            "flipboard",
            "pocket",
            "instagram",
            "youtube",
            "tumblr",
            "vk",
            "viber",
            "line",
            "mail",
            "bluesky",
            "threads",
            "mastodon",
            "xing",
            "sms",
        ),
        "de": ("teilen", "drucken"),
        "fr": ("partager", "imprimer", "envoyer"),
        "es, pt": ("compartir", "imprimir", "compartilhar"),
        "it": ("condividi", "stampa"),
        "nl, sv, da": ("delen", "dela", "del"),
        "ru": ("поделиться", "отправить", "печать"),
        "zh": (r"分享到?", "微信", "微博", "打印"),
        "ja": ("シェア", "ツイート"),
        "ko": ("공유",),
        "ar": ("شارك", "مشاركة", "طباعة"),
    }
)
_FILLING = r"(?:this|the|an?|article|story|page|post|on|via|by|to|with|friends?|\d[\d.,]*k?)"
_SHARE_BAR = re.compile(
    rf"[\W_]*+(?:{_FILLING}[\W_]++)*(?:(?>{_SHARING})(?![^\W\d_])[\W_]*+(?:{_FILLING}(?![^\W_])[\W_]*+)*+)++",
    re.IGNORECASE,
)
_MAX_SHARE_BAR_CHARS = 120
_KINDS = frozenset((Furniture.LABEL, Furniture.LINKS, Furniture.PLAYER, Furniture.PROMO))
_ADVERTISEMENT = re.compile(
    r"\W*"
    + _any_of(
        {
            "en": (r"scroll (?:to continue|for more)",),
            "de": ("anzeige", "werbung"),
            "fr": ("publicité",),
            "es, pt, it": ("publicidad", "publicidade", "pubblicità"),
            "nl, sv": ("advertentie", "annons"),
            "ru": ("реклама",),
            "zh, ja, ko": ("广告", "廣告", "広告", "광고"),
            "ar": ("إعلان",),
        }
    )
    + r"\W*",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\W*"
    + _any_of(
        {
            "de": ("lesen sie auch", "mehr zum thema", "auch interessant"),
            "fr": (r"(?:à )?lire aussi", "voir aussi"),
            "es": (r"le[ae] también", r"[lt]e puede interesar"),
            "it": ("leggi anche",),
            "pt": (r"(?:leia|veja) também",),
            "nl, sv, da": ("lees ook", "läs också", "les også"),
            "ru": (r"чита(?:йте|ть) также", "смотрите также", "по теме"),
            "zh": ("相关阅读", "相關新聞", "延伸阅读", "延伸閱讀"),
            "ja": ("関連記事", "あわせて読みたい"),
            "ko": ("관련기사",),
            "ar": ("اقرأ أيض[اً]+",),
        }
    )
    + r"\s*(?:[:：|»>→].*|\W*$)",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"\W*"
    + _any_of(
        {
            "en": (
                r"(?:please )?(?:sign ?up|subscribe|register)(?: (?:now|here|today|free))?,? (?:to|for)\b.*"
                r"\b(?:newsletters?|inbox|e-?mails?|alerts?|briefings?|bulletin|updates|channel|podcast)\b.*",
                r"(?:get|receive)\b.{0,80}\b(?:in|to) your (?:inbox|e-?mail)\b.*",
                r"download (?:the|our)\b.{0,60}\bapps?\b.*",
                r"(?:follow|like|join) us on\b.*",
                r"(?:leave|post|add|write) a (?:comment|reply)",
                r"(?:view|show|load|read)(?: all)?(?: \d+)? comments?",
                r"comments are closed.*",
            ),
            "de": (r"(?:melden sie sich|jetzt) .{0,60}newsletter.*",),
            "fr": (r"inscrivez-vous (?:à|a) .{0,60}newsletter.*",),
            "es": (r"suscríb(?:e|a)(?:te|se) a .{0,60}(?:newsletter|boletín).*",),
            "it": (r"iscriviti alla .{0,40}newsletter.*",),
            "ru": (r"подписывайтесь на .{0,60}(?:канал|нас|telegram|телеграм).*",),
        }
    )
    + r"\W*",
    re.IGNORECASE,
)
_RIGHTS = re.compile(r"\W*(?:©|\(c\)|copyright\b).{0,160}|all rights reserved\W*", re.IGNORECASE)


def is_furniture_line(text: str) -> bool:
    """Whether a line is a share bar, an advertisement's label, a link elsewhere, a prompt or a notice.

    English is told by `articles.text.furniture`, in those of its kinds that are safe on any page: its
    prompts and captions are a wire's.
    """
    if furniture_kind(text) in _KINDS or any(
        pattern.fullmatch(text) for pattern in (_ADVERTISEMENT, _ELSEWHERE, _PROMPT, _RIGHTS)
    ):
        return True
    return len(text) <= _MAX_SHARE_BAR_CHARS and _SHARE_BAR.fullmatch(text) is not None
