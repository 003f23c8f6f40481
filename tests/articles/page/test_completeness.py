import pytest

from articles.errors import NotAnArticle
from articles.model import Completeness
from articles.page import parse_page
from articles.page.phrases import READING_ON, SUBSCRIBING

SENTENCES = [
    f"On day {number} of the closure, {number + 3} ferries crossed the harbour in place of the bridge, "
    "and the queue on the eastern side was shorter than the authority had feared."
    for number in range(1, 30)
]


def page(paragraphs: list[str], *, head: str = "", after: str = "") -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<!DOCTYPE html><html><head><title>Bridge to close</title>{head}</head>"
        f"<body><article><h1>Bridge to close</h1>{body}</article>{after}</body></html>"
    ).encode()


def linked(**fields: str) -> str:
    told = "".join(f', "{name}": {value}' for name, value in fields.items())
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "x"{told}}}</script>'


def completeness(body: bytes) -> Completeness:
    return parse_page(body, url=None).completeness


@pytest.mark.parametrize(
    "request_to_subscribe",
    [
        "Subscribe to continue reading. Already a subscriber? Log in",
        "This article is for members only. Sign in to read the full story.",
        "Weiterlesen mit Plus: jetzt abonnieren",
        "La suite de cet article est réservée aux abonnés.",
        "Contenido exclusivo para suscriptores. Inicia sesión.",
        "Contenuto riservato agli abbonati. Abbonati o accedi.",
        "Já é assinante? Faça login.",
        "Alleen voor abonnees. Al abonnee? Log in om verder te lezen.",
        "Чтобы читать дальше, оформите подписку.",
        "登录会员后阅读全文",
        "この記事は会員限定です。ログインして続きを読む",
        "구독하고 계속 읽기",
        "اشترك لقراءة المقال",
    ],
)
def test_a_short_text_with_a_request_to_subscribe_is_a_stub(request_to_subscribe: str) -> None:
    body = page(SENTENCES[:2], after=f"<div><p>{request_to_subscribe}</p></div>")
    assert completeness(body) is Completeness.STUB


@pytest.mark.parametrize(
    "news",
    [
        "EU member states agreed to continue talks that are open only to members of the bloc.",
        "The treaty was signed in 1987 and registered with the United Nations, which continues the work.",
        "Россия и Китай подписали договор и продолжат переговоры, доступные только для членов совета.",
        "会员国代表注册后继续开会，会议全文将于明天公布。",
        "Die Mitglieder meldeten sich an; die Regel gilt nur für Betriebe mit mehr als fünfzig Leuten.",
    ],
)
def test_news_about_members_and_treaties_is_no_request_to_subscribe(news: str) -> None:
    assert not (SUBSCRIBING.search(news) and READING_ON.search(news))
    assert completeness(page([*SENTENCES[:2], news])) is Completeness.WHOLE


def test_a_long_text_is_whole_whatever_the_page_sells() -> None:
    body = page(SENTENCES, after="<p>Subscribe to continue reading. Already a subscriber? Log in</p>")
    assert completeness(body) is Completeness.WHOLE


def test_a_page_declared_not_free_is_a_stub_where_little_of_it_is_there() -> None:
    assert completeness(page(SENTENCES[:4], head=linked(isAccessibleForFree="false"))) is Completeness.STUB
    assert completeness(page(SENTENCES, head=linked(isAccessibleForFree="false"))) is Completeness.WHOLE


def test_the_publishers_own_word_count_says_what_is_missing() -> None:
    paid = linked(isAccessibleForFree='"False"', wordCount="2400")
    assert completeness(page(SENTENCES, head=paid)) is Completeness.STUB
    all_there = linked(isAccessibleForFree='"False"', wordCount="115")
    assert completeness(page(SENTENCES[:4], head=all_there)) is Completeness.WHOLE


def test_text_that_only_the_structured_data_hold_is_not_read_past_the_paywall() -> None:
    hidden = linked(isAccessibleForFree="false", articleBody='"' + " ".join(SENTENCES) + '"')
    article = parse_page(page(SENTENCES[:2], head=hidden), url=None)
    assert article.completeness is Completeness.STUB
    assert SENTENCES[10] not in article.text


def test_a_teaser_that_breaks_off_is_a_stub() -> None:
    assert completeness(page([*SENTENCES[:2], SENTENCES[2][:60] + " …"])) is Completeness.STUB


def test_a_report_about_cookies_is_no_consent_wall() -> None:
    report = [
        *SENTENCES[:3],
        "The regulator fined two companies for asking consent to cookies in a way that it called misleading.",
        "Personal data were sold to 40 partners, the ruling says.",
        "Privacy groups welcomed the decision.",
    ]
    assert completeness(page(report)) is Completeness.WHOLE


def test_a_front_page_is_told_by_its_address() -> None:
    with pytest.raises(NotAnArticle, match="front page"):
        parse_page(page(SENTENCES), url="https://beacon.example/")
    assert parse_page(page(SENTENCES), url="https://beacon.example/bridge").text
