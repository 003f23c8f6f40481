import pytest

from articles.text.furniture import Furniture, furniture_kind, is_author_box


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Accessibility links", Furniture.LABEL),
        ("Skip to main content", Furniture.LABEL),
        ("Breaking News", Furniture.LABEL),
        ("Share on Facebook", Furniture.LABEL),
        ("Print this page", Furniture.LABEL),
        ("Advertisement", Furniture.LABEL),
        ("16x9 Image", Furniture.LABEL),
        ("Comments (14)", Furniture.LABEL),
        ("3 min read", Furniture.LABEL),
        ("Back to top", Furniture.LABEL),
        ("Copy link", Furniture.LABEL),
        ("Story continues below advertisement", Furniture.LABEL),
        ("Related", Furniture.LINKS),
        ("Related stories", Furniture.LINKS),
        ("Most Read", Furniture.LINKS),
        ("Recommended for you", Furniture.LINKS),
        ("You may also like", Furniture.LINKS),
        ("please wait", Furniture.PLAYER),
        ("No media source currently available", Furniture.PLAYER),
        ("0:00 0:00:40 0:00", Furniture.PLAYER),
        ("0:00 / 12:41", Furniture.PLAYER),
        ("Your browser doesn't support HTML5 video", Furniture.PLAYER),
        ("The URL has been copied to your clipboard", Furniture.PLAYER),
        ("This video can not be played", Furniture.PLAYER),
        ("270p | 9.4MB", Furniture.PLAYER),
        ("Loading...", Furniture.PLAYER),
        ("WATCH: Mattis on Russia-US relations", Furniture.PROMO),
        ("Watch: How the bridge was built", Furniture.PROMO),
        ("READ MORE: Five things to know", Furniture.PROMO),
        ("Also read: The town that lost its bridge", Furniture.PROMO),
        ("RELATED: Council meets again", Furniture.PROMO),
        ("VIDEO | Bridge closes", Furniture.PROMO),
        ("LISTEN: The mayor on the radio", Furniture.PROMO),
        ("FILE - In this Jan. 12, 2018 file photo, a ship leaves Klaipeda.", Furniture.CAPTION),
        ("FILE PHOTO: A ship leaves Klaipeda, Lithuania, January 12, 2018.", Furniture.CAPTION),
        ("President Lee speaks at a rally in Busan. (AP Photo/Ahn Young-joon)", Furniture.CAPTION),
        (
            "Jim Mattis, left, and Jens Stoltenberg arrive for talks in Brussels, Feb. 15, 2017.",
            Furniture.CAPTION,
        ),
        ("A man walks past a damaged building in Aleppo, Syria, Oct. 12, 2016.", Furniture.CAPTION),
        ("Firefighters at the scene on Monday (Reuters)", Furniture.CAPTION),
        ("REUTERS/Kevin Lamarque", Furniture.CAPTION),
        ("Photo by Win McNamee/Getty Images", Furniture.CAPTION),
        (
            "The mayor, pictured here with her husband, on election night. Picture: Jane Roe",
            Furniture.CAPTION,
        ),
        ("(Reporting by Jane Roe; Editing by Max Poe)", Furniture.CREDIT),
        ("Associated Press writer Jane Roe in Riga contributed to this report.", Furniture.CREDIT),
        ("Some information for this report came from Reuters.", Furniture.CREDIT),
        ("Our Standards: The Thomson Reuters Trust Principles.", Furniture.CREDIT),
        ("© 2017 The Ferry. All rights reserved.", Furniture.CREDIT),
        ("Copyright 2017 by The Ferry", Furniture.CREDIT),
        ("This material may not be published, broadcast, rewritten or redistributed.", Furniture.CREDIT),
        ("Follow Jane Roe on Twitter at @janeroe", Furniture.CREDIT),
        ("lb/cw/jt", Furniture.CREDIT),
        ("Sign up for our morning newsletter.", Furniture.PROMPT),
        ("Get the latest news delivered to your inbox every day.", Furniture.PROMPT),
        ("Download our app and read the story first.", Furniture.PROMPT),
        ("Support independent journalism: subscribe today", Furniture.PROMPT),
        (
            "We use cookies to improve your experience. By continuing you accept our cookies.",
            Furniture.PROMPT,
        ),
        ("Already a subscriber? Log in", Furniture.PROMPT),
        ("FOR IMMEDIATE RELEASE", Furniture.NOTE),
        ("EMBARGOED UNTIL 0600 GMT", Furniture.NOTE),
        ("Eds: Adds quotes.", Furniture.NOTE),
        ("(Adds comment from ministry, background)", Furniture.NOTE),
        ("BC-EU--NATO-Russia,2nd Ld-Writethru", Furniture.NOTE),
        ("---", Furniture.RULE),
        ("• • •", Furniture.RULE),
        ("-30-", Furniture.END),
        ("###", Furniture.END),
        ("# # #", Furniture.END),
        ("ENDS", Furniture.END),
    ],
)
def test_furniture_is_known_by_what_it_looks_like(line: str, kind: Furniture) -> None:
    assert furniture_kind(line) is kind


@pytest.mark.parametrize(
    "line",
    [
        "Islamic State",
        "Dealing with cyber-attacks",
        "Sharing the burden",
        "A market share in doubt",
        "Who pays?",
        "The read-out from Moscow",
        "Mattis: US will not work militarily with Russia",
        "Explainer: what the truce says",
        "Photographs of the massacre",
        "The president looks to Europe",
        "Watch officers saw nothing on the radar that night.",
        "Watch what they do, not what they say, he told the crowd.",
        "Read the treaty before you vote, the minister said.",
        "More than 300 people have died.",
        "Related costs rose by 4 percent, the ministry said.",
        "The video was posted on Facebook and could not be verified.",
        "The company said it would share the data with police.",
        "Subscribers left the newspaper in droves after the strike began in May.",
        "Turnout was 79 percent.",
        "He signs up volunteers, hands out leaflets and goes home.",
        'Mattis, left out of the talks, said "nobody called."',
        "The summit was held in Brussels on Feb. 16, 2017.",
        "The law takes effect on Jan. 1, 2018.",
        "Copyright law protects songs for 70 years, said the court.",
        "It ends on Friday.",
        "The museum bought a photograph by Jane Roe.",
        "According to a Reuters/Ipsos poll, the two candidates are in a dead heat nationally.",
        "AFL-CIO to endorse Clinton.",
        "Teams lead him on (a detail that comes courtesy of his brother's scathing memoir of those years).",
        "Rock songs are the themes that marketers hope will win over viewers.",
        "Follow the money, she said.",
        "Contact with the ship was lost at noon.",
        "Flash floods killed nine people.",
        "Editors at two papers resigned.",
        "Images from the scene showed smoke over the harbour, the agency said.",
        "Doctors, nurses and teachers walk off the job at midnight.",
    ],
)
def test_story_is_not_taken_for_furniture(line: str) -> None:
    assert furniture_kind(line) is None


@pytest.mark.parametrize(
    "paragraph",
    [
        "The Voice of America provides news and information in more than 40 languages to an estimated weekly "
        "audience of over 326 million people. Stories with the VOA News byline are the work of multiple VOA "
        "journalists and may contain information from wire service reports.",
        "Jane Roe is a reporter in the Nairobi bureau.",
        "Max Poe covers defense for The Ferry. He joined in 2011 and is based in Washington.",
        "Jane Roe is an award-winning correspondent and the author of two books.",
    ],
)
def test_a_paragraph_about_the_author_or_the_publisher_is_an_author_box(paragraph: str) -> None:
    assert is_author_box(paragraph)


@pytest.mark.parametrize(
    "paragraph",
    [
        "The United States pays more than 3.6 percent.",
        "Two journalists were killed when a shell hit their car, the ministry said.",
        "The bridge is a listed building, and the council is bound by law to keep it.",
        'Roe is a reporter. "I write what I see," she said.',
    ],
)
def test_a_last_paragraph_of_story_is_no_author_box(paragraph: str) -> None:
    assert not is_author_box(paragraph)
