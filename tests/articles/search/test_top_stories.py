"""The day's top stories."""

from articles.search.ranking import StoryReport, top_stories

HOUR = 3600


def report(
    key: int, story: int, publisher: str, *, hours_ago: float = 0, copy: bool = False, whole: bool = True
) -> StoryReport:
    return StoryReport(
        search_key=key,
        story_id=story,
        published_s=int(1_000_000 - hours_ago * HOUR),
        publisher=publisher,
        is_copy=copy,
        is_whole=whole,
    )


def test_a_story_of_several_publishers_comes_before_a_fresher_one_of_one() -> None:
    reports = [
        report(3, 1, "AP"),
        report(2, 2, "AP", hours_ago=5),
        report(1, 2, "VOA", hours_ago=6),
        report(0, 2, "Reuters", hours_ago=6),
    ]
    assert top_stories(reports) == [2, 3]


def test_yesterdays_big_story_makes_room_for_todays() -> None:
    reports = [report(9, 1, "AP"), *(report(n, 2, f"P{n}", hours_ago=30) for n in range(5))]
    assert top_stories(reports)[0] == 9


def test_one_publishers_updates_are_no_bigger_story() -> None:
    several = [report(n, 1, "AP", hours_ago=1) for n in range(5)]
    assert top_stories([*several, report(7, 2, "AP", hours_ago=1), report(8, 2, "VOA", hours_ago=1)])[0] == 8


def test_copies_weigh_less_than_reports() -> None:
    copied = [report(1, 1, "AP"), report(2, 1, "P2", copy=True), report(3, 1, "P3", copy=True)]
    told = [report(4, 2, "AP"), report(5, 2, "VOA"), report(6, 2, "Reuters")]
    assert top_stories([*copied, *told]) == [6, 1]


def test_the_newest_full_article_leads_a_story() -> None:
    reports = [
        report(4, 1, "AP", whole=False),
        report(3, 1, "Gazette", copy=True),
        report(2, 1, "VOA"),
        report(1, 1, "Reuters"),
    ]
    assert top_stories(reports) == [2]


def test_there_may_be_no_news() -> None:
    assert top_stories([]) == []
