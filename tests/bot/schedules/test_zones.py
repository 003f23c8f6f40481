import pytest

from bot.schedules.zones import AmbiguousZone, UnknownZone, read_zone, zone_in_words, zones_like


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("europe/brussels", "Europe/Brussels"),
        ("Berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("sao paulo", "America/Sao_Paulo"),
        ("Wien", "Europe/Vienna"),
        ("Calcutta", "Asia/Kolkata"),
        ("EST", "America/New_York"),
        ("PDT", "America/Los_Angeles"),
        ("MST", "America/Denver"),
        ("PT", "America/Los_Angeles"),
        ("CET", "CET"),
        ("BST", "Europe/London"),
        ("MSK", "Europe/Moscow"),
        ("UTC", "UTC"),
        ("GMT", "GMT"),
        ("+02:00", "Etc/GMT-2"),
        ("UTC+2", "Etc/GMT-2"),
        ("GMT-5", "Etc/GMT+5"),
        ("−3", "Etc/GMT+3"),
        ("+00:00", "UTC"),
        ("+05:45", "Asia/Kathmandu"),
        ("+0530", "Asia/Kolkata"),
        ("-09:30", "Pacific/Marquesas"),
        ("Japan", "Asia/Tokyo"),
        ("Deutschland", "Europe/Berlin"),
    ],
)
def test_a_zone_is_understood_as_people_write_it(said: str, zone: str) -> None:
    assert read_zone(said) == zone


@pytest.mark.parametrize(
    ("said", "choices"),
    [
        ("CST", ("America/Chicago", "Asia/Shanghai", "America/Havana")),
        ("IST", ("Europe/Dublin", "Asia/Jerusalem", "Asia/Kolkata")),
        ("PST", ("America/Los_Angeles", "Asia/Manila")),
        ("HST", ("America/Adak", "Pacific/Honolulu")),
        ("China", ("Asia/Shanghai", "Asia/Urumqi")),
        ("-03:30", ("America/St_Johns",)),  # not all year: nobody is given a summer time unasked
    ],
)
def test_what_can_be_several_zones_is_asked(said: str, choices: tuple[str, ...]) -> None:
    with pytest.raises(AmbiguousZone) as asked:
        read_zone(said)
    assert asked.value.choices == choices


def test_a_large_country_names_its_largest_zones_first() -> None:
    with pytest.raises(AmbiguousZone) as asked:
        read_zone("United States")
    assert asked.value.choices[:4] == (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
    )


@pytest.mark.parametrize("said", ["Atlantis", "+15", "+25:00", "", "Rome/Atlantis", "08:00"])
def test_what_is_no_zone_is_refused(said: str) -> None:
    with pytest.raises(UnknownZone):
        read_zone(said)


def test_a_fixed_offset_is_said_back_the_way_it_was_said() -> None:
    assert zone_in_words("Etc/GMT-2") == "UTC+02:00"
    assert zone_in_words("Etc/GMT+11") == "UTC-11:00"
    assert zone_in_words("Europe/Berlin") == "Europe/Berlin"


def test_a_zone_is_completed_from_a_part_of_its_name() -> None:
    assert "Europe/Brussels" in zones_like("bruss", limit=5)
