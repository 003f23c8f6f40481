"""What goes out with a message besides its text."""

import pytest

from bot.reply import Item, Items, Prose, Reply, Title
from bot.telegram.outbound import preview_of

URL = "https://example.org/a"


@pytest.mark.slow
def test_only_a_link_shown_as_its_own_address_has_a_preview() -> None:
    source = Reply(blocks=(Title(text="Headline", url=URL), Items(items=(Item(text=URL, url=URL),))))
    brief = Reply(blocks=(Title(text="Headline", url=URL), Items(items=(Item(text="Next", url=URL),))))
    assert preview_of(source).url == URL
    assert preview_of(brief).is_disabled
    assert preview_of(Reply(blocks=(Prose(text=URL),))).is_disabled
