"""What an article tells as denied, or as perhaps so, told as a fact."""

import pytest

from summarizer.evidence import Evidence, Fault, Unsupported
from summarizer.evidence.polarity import overstates
from tests.summarizer import made


@pytest.mark.parametrize(
    ("support", "sentence"),
    [
        (
            "Omar Hassan denied he stole the money of Ann Lee in Nairobi.",
            "Omar Hassan stole the money of Ann Lee in Nairobi.",
        ),
        ("Omar Hassan denied stealing the money of Ann Lee.", "Omar Hassan stole the money of Ann Lee."),
        ("It is unlikely that Russia attacked Ukraine.", "Russia attacked Ukraine."),
        ("Shoigu denied that Russia attacked Ukraine.", "Russia attacked Ukraine."),
        ("Shoigu denied that Russia, a neighbour, has attacked Ukraine.", "Russia attacked Ukraine."),
        ("Claims that Russia attacked Ukraine were rejected by Shoigu.", "Russia attacked Ukraine."),
        ("Shoigu refused to sign the treaty.", "Shoigu signed the treaty."),
        ("The blast may have killed 12 soldiers.", "The blast killed 12 soldiers."),
        ("The deal could cost the town a million.", "The deal will cost the town a million."),
        ("Omar Hassan allegedly stole the money.", "Omar Hassan stole the money."),
        ("Suspected militants attacked the town.", "Militants attacked the town."),
        ("Omar Hassan was accused of stealing the money.", "Omar Hassan stole the money."),
    ],
)
def test_what_the_article_denies_or_doubts_is_no_fact(support: str, sentence: str) -> None:
    assert overstates(sentence, [support])
    with pytest.raises(Unsupported) as caught:
        Evidence(made.article(support), ()).check(sentence)
    assert caught.value.fault in {Fault.POLARITY, Fault.MEANING}, caught.value  # stole is not stealing


@pytest.mark.parametrize(
    ("support", "sentence"),
    [
        ("Shoigu denied that Russia attacked Ukraine.", "Shoigu denied Russia attacked Ukraine."),
        ("Shoigu denied that Russia attacked Ukraine, but left the town.", "Shoigu left the town."),
        ("The blast may have killed 12 soldiers.", "The blast might have killed 12 soldiers."),
        ("In May the blast killed 12 soldiers.", "The blast killed 12 soldiers."),
        ("The army killed 12 men. It may have killed more.", "The army killed 12 men."),
        ("Omar Hassan was accused of stealing the money.", "Omar Hassan was accused of stealing money."),
    ],
)
def test_what_is_as_certain_as_in_the_article_passes(support: str, sentence: str) -> None:
    assert not overstates(sentence, [support])
