"""The canonical form of an article's URL: two URLs with one canonical form are the same article."""

import re
import string
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import idna

from articles.errors import FetchRefused
from articles.text.phrases import any_of

MAX_URL_CHARS = 4_096
_NAMED_CHARS = 80  # of a URL, in an error

_TRACKING = re.compile(any_of("tracking_parameter"), re.IGNORECASE)
_MAY_TRACK = re.compile(any_of("sometimes_tracking_parameter"), re.IGNORECASE)
_TRACKED = re.compile(any_of("tracking_value"), re.IGNORECASE)
_MOBILE_LABELS = frozenset({"www", "m", "mobile", "amp", "touch"})
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "net", "or", "org"})
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_IPV6 = re.compile(r"[0-9a-f:.]+")
_INDEX = re.compile(r"(?:index|default)\.(?:html?|php|aspx?)", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"(?:\.amp(?=\.html?$)|\.amp$)", re.IGNORECASE)
# An AMP cache or viewer has the publisher's URL in its path: /amp/s/example.org/story
_AMP_HOST = re.compile(r"(?:[\w-]+\.)?cdn\.ampproject\.org|(?:www\.)?google(?:\.[a-z]{2,3}){1,2}")
_AMP_PATH = re.compile(r"/(?:amp|c|v|wp)/(?:s/)?(?P<rest>[^/]+\.[^/]+(?:/.*)?)")
_ESCAPE = re.compile(r"(%[0-9A-Fa-f]{2})")
_UNRESERVED = frozenset((string.ascii_letters + string.digits + "-._~").encode())
_IN_PATH = _UNRESERVED | frozenset(b"!$&'()*+,;=:@/")
_IN_QUERY = _UNRESERVED | frozenset(b"!$'()*,;:@/?")


def canonical_url(url: str) -> str:
    """The form that all spellings of `url` share. Use it to compare; it can't always be fetched.

    It has no scheme difference (https), no "www.", mobile or AMP host, default port, user, password, tracking
    parameter, AMP path or cache, index page, trailing slash or fragment. Parameters are sorted, and escapes
    normalised (RFC 3986, section 6.2.2). "www." is removed because hardly any publisher has another site
    there. The canonical form of a canonical form is itself.

    Raises FetchRefused if it is no http(s) URL.
    """
    given = " ".join(url.split())
    given = given if len(given) <= _NAMED_CHARS else f"{given[:_NAMED_CHARS]}..."
    canonical = _simplify(url, given=given)
    # In an AMP cache's URL there is another URL, which is shorter.
    while (simpler := _simplify(canonical, given=given)) != canonical:
        canonical = simpler
    return canonical


def host_of(url: str | None) -> str:
    """A URL's host and port as they are written; "" if there is none."""
    try:
        return urlsplit(url or "").netloc
    except ValueError:
        return ""


def _simplify(url: str, *, given: str) -> str:
    parts = _split(url, given)
    host = _plain_host(parts, given)
    path = _escape(parts.path, _IN_PATH)
    if _AMP_HOST.fullmatch(host) and (carried := _AMP_PATH.fullmatch(path)):
        return f"https://{carried['rest']}" + (f"?{parts.query}" if parts.query else "")
    path, query = _plain_path(path), _plain_query(parts.query)
    # Single-page sites used "#!" to name what they show.
    fragment = _escape(parts.fragment, _IN_PATH) if parts.fragment.startswith("!") else ""
    return f"https://{host}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def _split(url: str, given: str) -> SplitResult:
    text = re.sub(r"[\t\r\n\ud800-\udfff]", "", url.strip())
    if len(text) > MAX_URL_CHARS:
        raise FetchRefused(given, f"a URL has at most {MAX_URL_CHARS} characters")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise FetchRefused(given, "it is not a valid URL") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise FetchRefused(given, "only http and https URLs are supported")
    return parts


def _plain_host(parts: SplitResult, given: str) -> str:
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    if ":" in host:
        if not _IPV6.fullmatch(host):
            raise FetchRefused(given, "its host is not a valid address")
        return f"[{host}]{port}"
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise FetchRefused(given, "its host is not a valid name") from error
    if not _HOST.fullmatch(host):
        raise FetchRefused(given, "its host is not a valid name")
    return _without_mobile_labels(host) + port


def _without_mobile_labels(host: str) -> str:
    """The host without "www", "m", "amp" at its start or after a language ("en.m.example.org")."""
    labels = host.split(".")
    for at in (0, 1):
        rest = labels[:at] + labels[at + 1 :]
        if len(labels) > at and labels[at] in _MOBILE_LABELS and _names_a_site(rest, at):
            return ".".join(rest)
    return host


def _names_a_site(labels: list[str], language_labels: int) -> bool:
    """Whether the labels still name a site: "example.org", not "co.uk"."""
    needed = 2 + language_labels
    if len(labels) >= 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        needed += 1
    return len(labels) >= needed and not labels[-1].isdigit()


def _plain_path(path: str) -> str:
    """The path with dots resolved (RFC 3986, section 5.2.4), without AMP, empty or index segments."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", ".", "amp"):
            kept.append(segment)
    if kept and _INDEX.fullmatch(kept[-1]):
        kept.pop()
    if kept:
        kept[-1] = _AMP_SUFFIX.sub("", kept[-1]) or kept[-1]
    return "/" + "/".join(kept)


def _plain_query(query: str) -> str:
    kept = []
    for parameter in filter(None, query.split("&")):
        name, _, value = (_escape(part.replace("+", "%20"), _IN_QUERY) for part in parameter.partition("="))
        tracks = _TRACKING.fullmatch(name) or (_MAY_TRACK.fullmatch(name) and _TRACKED.fullmatch(value))
        if name and not tracks:
            kept.append(f"{name}={value}" if value else name)
    return "&".join(sorted(set(kept)))


def _escape(text: str, allowed: frozenset[int]) -> str:
    """`text` with escapes only where they are needed, in capitals."""
    escaped = []
    for part in _ESCAPE.split(text):
        if _ESCAPE.fullmatch(part):
            byte = unquote_to_bytes(part)
            # An escaped delimiter is data and stays escaped; an escaped letter is that letter.
            escaped.append(byte.decode() if byte[0] in _UNRESERVED else part.upper())
        else:
            escaped += (chr(byte) if byte in allowed else f"%{byte:02X}" for byte in part.encode())
    return "".join(escaped)
