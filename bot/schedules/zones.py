"""Time zones as people write them: `Europe/Brussels`, `Berlin`, `EST`, `+05:45`, `Japan`.

All names come from maintained tables: zones and abbreviations from the IANA database (tzdata), cities in
several languages and countries from CLDR (babel).
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

import tzdata
from babel import Locale
from babel.core import get_global

MAX_CHOICES = 12
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_OFFSET = re.compile(r"(?:utc|gmt)?\s?([+\-−])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_YEAR = int(tzdata.IANA_VERSION[:4])  # of the tables: the times that zones keep now
_WINTER, _SUMMER = datetime(_YEAR, 1, 1, tzinfo=UTC), datetime(_YEAR, 7, 1, tzinfo=UTC)


class UnknownZone(ValueError):
    """No time zone has this name. The text is one sentence for the reader."""


class AmbiguousZone(ValueError):
    """Several time zones with different times have this name."""

    def __init__(self, said: str, choices: tuple[str, ...]) -> None:
        super().__init__(f"“{said}” can be one of {', '.join(choices)}")
        self.said, self.choices = said, choices


def read_zone(words: str) -> str:
    """The IANA zone that is meant: by name in any case, offset (for all year), abbreviation, city or country.

    Raises UnknownZone or AmbiguousZone.
    """
    said = words.strip()
    name = _folded(said)
    exact = _zones().get(name.replace(" ", "_"))
    # EST is a fixed offset in the IANA database; people who write it mean New York's time.
    if exact and ("/" in exact or exact in {"UTC", "GMT"} or len(set(_offsets(exact))) > 1):
        return exact
    if found := _OFFSET.fullmatch(said):
        return _fixed(said, found)
    for table in (_abbreviations, _cities, _countries):
        if choices := table().get(name):
            if len(choices) == 1:
                return choices[0]
            raise AmbiguousZone(said, choices[:MAX_CHOICES])
    if exact:
        return exact
    raise UnknownZone(f"“{said}” is not a time zone: write one such as Europe/Brussels, Berlin or +02:00.")


def zone_in_words(name: str) -> str:
    """The zone's name for the reader. Fixed offsets change their sign: IANA counts them westwards."""
    found = re.fullmatch(r"Etc/GMT([+-])(\d+)", name)
    return f"UTC{'-' if found[1] == '+' else '+'}{int(found[2]):02}:00" if found else name


def zones_like(typed: str, *, limit: int) -> tuple[str, ...]:
    """IANA zones that contain what is typed, for completion."""
    wanted = _folded(typed.strip()).replace(" ", "_")
    return tuple([name for key, name in sorted(_zones().items()) if wanted in key and "/" in name][:limit])


def _folded(words: str) -> str:
    """Without case and accents."""
    letters = unicodedata.normalize("NFKD", words.casefold().replace("_", " ").replace("’", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _fixed(said: str, found: re.Match[str]) -> str:
    sign = 1 if found[1] == "+" else -1
    offset = sign * timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset == timedelta(0):
        return "UTC"
    hours, rest = divmod(offset, timedelta(hours=1))
    if not rest and -12 <= hours <= 14:
        return f"Etc/GMT{-hours:+d}"
    keeping = [zone for zone in _places() if set(_offsets(zone)) == {offset}]
    if keeping:
        return min(keeping, key=_rank)
    if now_and_then := [zone for zone in _places() if offset in _offsets(zone)]:
        raise AmbiguousZone(said, _meant(now_and_then)[:MAX_CHOICES])
    raise UnknownZone(f"No place keeps {said}: write one such as +02:00 or Europe/Brussels.")


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _places() -> dict[str, str]:
    """Zones named for a place -> country code (ISO 3166). Of a country, roughly the most populous first."""
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    known = available_timezones()
    return {row[2]: row[0] for row in rows if row[2] in known}


@cache
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    """Offsets from UTC at the start of each month. Zones with equal offsets keep the same time."""
    there = ZoneInfo(zone)
    return tuple(_WINTER.replace(month=month).astimezone(there).utcoffset() for month in range(1, 13))


def _meant(zones: Iterable[str]) -> tuple[str, ...]:
    """One zone if they all keep the same time; else the zones to choose from."""
    ranked = sorted(zones, key=_rank)
    first_of = {_offsets(zone): zone for zone in reversed(ranked)}
    if len(first_of) == 1:
        return (ranked[0],)
    return tuple(zone for zone in ranked if zone in first_of.values() or zone in _own_times().values())


@cache
def _rank(zone: str) -> tuple[bool, bool, int]:
    """Lower for what people probably mean: chief zones, then zones that represent a time of their own."""
    place = list(_places()).index(zone)
    return (zone not in _chief_zones().values(), zone not in _own_times().values(), place)


@cache
def _current() -> dict[str, str]:
    """Every name that a place's zone has or had -> the one that it has now."""
    former = get_global("zone_aliases").items()
    return {zone: zone for zone in _places()} | {old: zone for old, zone in former if zone in _places()}


@cache
def _own_times() -> dict[str, str]:
    """`Eastern Standard Time (Mexico)` -> the zone that represents it (CLDR's table of Windows' zones)."""
    times = get_global("windows_zone_mapping").items()
    return {name: _current()[zone] for name, zone in times if zone in _current()}


@cache
def _chief_zones() -> dict[str, str]:
    """`et` -> America/New_York: a time that CLDR abbreviates in English, and the zone of its full name."""
    times = ((zone.get("short", {}), zone.get("long", {})) for zone in Locale("en").meta_zones.values())
    return {
        short["generic"].lower(): _own_times()[long["standard"]]
        for short, long in times
        if "generic" in short and long.get("standard") in _own_times()
    }


@cache
def _abbreviations() -> dict[str, tuple[str, ...]]:
    """`cst` -> Chicago, Shanghai, Havana. Of zones alike in name and offset, only the chief one, if any."""
    found: dict[str, dict[timedelta | None, set[str]]] = {}
    for zone in _places():
        for there in (at.astimezone(ZoneInfo(zone)) for at in (_WINTER, _SUMMER)):
            if (name := there.tzname()) and name.isalpha():
                found.setdefault(name.lower(), {}).setdefault(there.utcoffset(), set()).add(zone)
    known: dict[str, tuple[str, ...]] = {name: (zone,) for name, zone in _chief_zones().items()}
    chiefs = set(_chief_zones().values())
    for name, by_offset in found.items():
        alike = sorted(by_offset.values(), key=len, reverse=True)
        known[name] = tuple(zone for zones in alike for zone in _meant(zones & chiefs or zones))
    return known


@cache
def _cities() -> dict[str, tuple[str, ...]]:
    named: dict[str, set[str]] = {}
    for name, zone in _current().items():
        named.setdefault(_folded(name.rpartition("/")[2]), set()).add(zone)
    for language in _LANGUAGES:
        for name, names in Locale(language).time_zones.items():
            if (city := names.get("city")) and name in _current():
                named.setdefault(_folded(city), set()).add(_current()[name])
    return {city: _meant(zones) for city, zones in named.items()}


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    zones_of: dict[str, list[str]] = {}
    for zone, country in _places().items():
        zones_of.setdefault(country, []).append(zone)
    return {
        _folded(name): _meant(zones_of[country])
        for language in _LANGUAGES
        for country, name in Locale(language).territories.items()
        if country in zones_of
    }
