from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from channels import registry
from channels.base import Poll, Post
from channels.text import X_LIMIT, parts, x_length
from publisher.compose import compose, with_campaign
from publisher.model import (
    Announcement,
    Every,
    Fields,
    Mentioned,
    PictureRef,
    Plan,
    Question,
    Repeat,
    Skipped,
    State,
    Unit,
    When,
)
from publisher.sentences import first_sentence

LINK = "https://asiointi.example.fi/lupa"
WHEN = When(instant=datetime(2026, 12, 1, 7, 0, tzinfo=UTC), wall="2026-12-01 09:00")


@dataclass(frozen=True)
class AnAccount:
    """As much of an account as composing looks at."""

    channel: str
    name: str
    languages: Literal["together", "separate"] | tuple[str, ...] = "together"


@dataclass(frozen=True)
class AnOrganisation:
    """Likewise."""

    key: str
    accounts: tuple[AnAccount, ...]
    languages: tuple[str, ...] = ("fi",)
    name: str = "Kunta"


@dataclass(frozen=True)
class Publishers:
    """Likewise."""

    organisations: dict[str, AnOrganisation]
    approval: Literal["optional", "required"] = "optional"
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Helsinki"))
    mentions: dict[str, Mentioned] = field(default_factory=dict)

    def capabilities(self, channel: str):
        return registry.capabilities(channel)


@dataclass
class Case:
    """An announcement and who publishes it; each test changes what it is about."""

    channels: tuple[str, ...] = registry.NAMES
    organisations: tuple[str, ...] = ("hausjarvi",)
    languages: tuple[str, ...] = ("fi",)
    account_languages: Any = "together"
    approval: Literal["optional", "required"] = "optional"
    top: Fields = field(default_factory=Fields)
    blocks: dict[str, Fields] = field(default_factory=dict)
    for_: dict[str, Fields] = field(default_factory=dict)
    both: dict[tuple[str, str], Fields] = field(default_factory=dict)
    repeat: Repeat | None = None
    mentions: dict[str, Mentioned] = field(default_factory=dict)

    def compose(self, horizon=None):
        accounts = tuple(AnAccount(channel, channel, self.account_languages) for channel in self.channels)
        publishers = Publishers(
            {key: AnOrganisation(key, accounts, self.languages) for key in ("hausjarvi", "loppi")},
            self.approval,
            mentions=self.mentions,
        )
        announcement = Announcement(
            key="a",
            path=Path("/q/a.yaml"),
            file="a.yaml",
            source="",
            content_hash="",
            organisations=self.organisations,
            top=self.top,
            repeat=self.repeat,
            channels=self.blocks,
            organisation_fields=self.for_,
            organisation_channels=self.both,
        )
        return compose(announcement, publishers, horizon=horizon)

    def plans(self):
        return {one.channel: one for one in self.compose() if isinstance(one, Plan)}

    def plan(self, channel="facebook"):
        return self.plans()[channel]

    def skipped(self):
        return {
            one.channel: one.reason
            for one in self.compose()
            if isinstance(one, Skipped) and one.organisation in self.organisations
        }


def a_picture(alt="Talo", name="talo.png", **alts):
    return PictureRef(path=Path("/q") / name, name=name, sha256="0" * 64, alt=alts or {"": alt})


def said(text="Sanat.", **more):
    return Fields(text={"": text} if isinstance(text, str) else text, publish=WHEN, **more)


def test_the_nearest_word_wins():
    """for.ORG.CHANNEL over CHANNEL over for.ORG over the top, field by field."""
    case = Case(
        organisations=("hausjarvi", "loppi"),
        top=said("top", hashtags=("Top",), title={"": "top"}),
        for_={"loppi": Fields(text={"": "for"}, hashtags=("For",))},
        blocks={"x": Fields(text={"": "x"})},
        both={("loppi", "x"): Fields(text={"": "both"})},
    )
    found = {(one.organisation, one.channel): one for one in case.compose() if isinstance(one, Plan)}
    texts = {key: plan.text for key, plan in found.items()}
    assert texts["hausjarvi", "facebook"] == "top"
    assert texts["hausjarvi", "x"] == "x"
    assert texts["loppi", "facebook"] == "for"
    assert texts["loppi", "x"] == "both"
    assert found["loppi", "x"].hashtags == ("For",)
    assert found["hausjarvi", "x"].hashtags == ("Top",)


def test_the_posts_of_a_thread_stand_for_the_text():
    """On the network that has threads alone; a text nearer to the account takes their place, and they take that of one further off."""
    posts = ({"": "Ensin."}, {"": "Sitten."})
    case = Case(top=said("Sanat."), blocks={"x": Fields(thread=posts)})
    assert (case.plan("x").text, case.plan("x").thread) == ("Ensin.", ("Sitten.",))
    assert (case.plan("facebook").text, case.plan("facebook").thread) == ("Sanat.", ())
    case.both = {("hausjarvi", "x"): Fields(text={"": "Oma."})}
    assert (case.plan("x").text, case.plan("x").thread) == ("Oma.", ())
    case.both = {("hausjarvi", "x"): Fields(thread=False)}
    assert (case.plan("x").text, case.plan("x").thread) == ("Sanat.", ())
    case.blocks, case.both = {"x": Fields(text={"": "Kanavan."})}, {("hausjarvi", "x"): Fields(thread=posts)}
    assert (case.plan("x").text, case.plan("x").thread) == ("Ensin.", ("Sitten.",))


KELA = Mentioned(name="Kela", addresses={"instagram": "kelafpa", "x": "Kela_fi", "linkedin": "urn:li:organization:5"})


def test_a_mention_has_each_networks_own_form():
    """The name on Facebook and X, a handle on Instagram, the name with its place and address on LinkedIn; in comments too."""
    top = said(
        "Kysy: @[kela] ja @[kela].", first_comment={"": "@[kela] auttaa"}, pictures=(a_picture("Talo, @[kela]"),)
    )
    case = Case(top=top, mentions={"kela": KELA})
    for channel in ("facebook", "x"):
        plan = case.plan(channel)
        assert (plan.text, plan.mentions, plan.comment_mentions) == ("Kysy: Kela ja Kela.", (), ())
    assert case.plan("facebook").first_comment == "Kela auttaa"
    assert case.plan("instagram").text == "Kysy: @kelafpa ja @kelafpa."
    assert case.plan("instagram").alts == ("Talo, Kela",)
    plan = case.plan("linkedin")
    assert plan.text == "Kysy: Kela ja Kela."
    assert [plan.text[one.start : one.start + one.length] for one in plan.mentions] == ["Kela", "Kela"]
    assert {one.address for one in plan.mentions} == {"urn:li:organization:5"}
    assert [(one.start, one.length) for one in plan.comment_mentions] == [(0, 4)]


def test_a_mention_without_an_address_is_a_name_and_is_never_cut_through():
    """Where the network's own form is not known; and a post of a thread is measured with the name in it."""
    name = "Liikenne- ja viestintävirasto Traficom. Autot ja tiet"
    case = Case(
        top=said("Kysy @[traficom]. " + "Sana toinen kolmas. " * 14, link={"": LINK}),
        blocks={"x": Fields(thread=True)},
        mentions={"traficom": Mentioned(name=name)},
    )
    assert name in case.plan("facebook").text
    plan = case.plan("x")
    assert plan.text.startswith(f"Kysy {name}. Sana")
    assert all(x_length(post) <= X_LIMIT for post in (plan.text, *plan.thread))


LONG = "Rakennusluvan voi nyt hakea kokonaan verkossa. " * 9 + "Kysy lisää!"


def test_a_long_text_is_cut_into_posts_that_fit():
    """Each within X's 280, the link in the last alone and with its campaign, the hashtags after it; elsewhere it stays whole."""
    top = said(LONG, link={"": LINK}, campaign="lupa", hashtags=("Asiointi",))
    case = Case(top=top, blocks={"x": Fields(thread=True)})
    plan = case.plan("x")
    posts = parts(Post(text=plan.text, thread=plan.thread, hashtags=plan.hashtags))
    assert len(posts) == 2
    assert all(x_length(post) <= X_LIMIT for post in posts)
    assert [post.count(LINK) for post in posts] == [0, 1]
    assert posts[-1].endswith(f"Kysy lisää!\n\n{LINK}?utm_source=x&utm_medium=social&utm_campaign=lupa\n\n#Asiointi")
    assert " ".join(posts).startswith(LONG)
    assert case.plan("facebook").thread == ()
    assert Case(top=said("Lyhyt."), blocks={"x": Fields(thread=True)}).plan("x").thread == ()


def test_the_link_of_a_thread_stands_where_its_posts_have_it_or_at_the_end():
    """In exactly one post, with the campaign; each language's own link with its own posts."""
    posts = ({"": f"Hae: {LINK}."}, {"": "Kiitos."})
    plan = Case(top=said(link={"": LINK}, campaign="c"), blocks={"x": Fields(thread=posts)}).plan("x")
    assert plan.text == f"Hae: {LINK}?utm_source=x&utm_medium=social&utm_campaign=c."
    assert plan.thread == ("Kiitos.",)
    both = ({"fi": "Yksi.", "sv": "Ett."}, {"fi": "Kaksi.", "sv": "Två."})
    case = Case(
        languages=("fi", "sv"),
        top=said({"fi": "Sanat.", "sv": "Ord."}, link={"fi": f"{LINK}/fi", "sv": f"{LINK}/sv"}),
        blocks={"x": Fields(thread=both)},
    )
    plan = case.plan("x")
    assert (plan.text, *plan.thread) == ("Yksi.", f"Kaksi.\n\n{LINK}/fi", "Ett.", f"Två.\n\n{LINK}/sv")
    case.top = replace(case.top, link={"": LINK})
    plan = case.plan("x")
    assert (plan.text, *plan.thread) == ("Yksi.", "Kaksi.", "Ett.", f"Två.\n\n{LINK}")
    case.account_languages = "separate"
    assert [
        (one.language, one.text, *one.thread) for one in case.compose() if one.channel == "x" and isinstance(one, Plan)
    ] == [
        ("fi", "Yksi.", f"Kaksi.\n\n{LINK}"),
        ("sv", "Ett.", f"Två.\n\n{LINK}"),
    ]


def test_lists_replace_and_nothing_takes_away():
    """A channel's own list stands alone; an empty one, or an empty link, leaves the thing out there."""
    case = Case(
        top=said(hashtags=("A", "B"), pictures=(a_picture(),), link={"": LINK}, first_comment={"": "Ohje."}),
        blocks={
            "facebook": Fields(hashtags=("C",), pictures=(), link=None, first_comment=None),
            "linkedin": Fields(hashtags=()),
        },
    )
    facebook, linkedin = case.plan("facebook"), case.plan("linkedin")
    assert (facebook.hashtags, facebook.pictures, facebook.text, facebook.first_comment) == (("C",), (), "Sanat.", None)
    assert (linkedin.hashtags, len(linkedin.pictures)) == ((), 1)


def test_a_text_of_one_language_replaces_only_that_language():
    """What an override leaves out comes from above; one for no language in particular takes the place of all."""
    case = Case(
        languages=("fi", "sv"),
        top=said({"fi": "suomeksi", "sv": "på svenska"}),
        blocks={"x": Fields(text={"fi": "lyhyesti"}), "linkedin": Fields(text={"": "both at once"})},
    )
    assert case.plan("x").text == "lyhyesti\n\npå svenska"
    assert case.plan("linkedin").text == "both at once"


@pytest.mark.parametrize(
    "channel,pictures,in_words,on_card",
    [
        ("facebook", 0, True, True),
        ("facebook", 1, True, False),
        ("instagram", 1, True, False),
        ("x", 0, True, False),
        ("x", 1, True, False),
        ("linkedin", 0, False, True),
        ("linkedin", 1, True, False),
    ],
)
def test_the_link_goes_where_the_network_has_a_place_for_it(channel, pictures, in_words, on_card):
    """The interface's table, row by row."""
    plan = Case(top=said(link={"": LINK}, pictures=(a_picture(),) * pictures)).plan(channel)
    assert plan.text == (f"Sanat.\n\n{LINK}" if in_words else "Sanat.")
    assert plan.link == (LINK if on_card else None)


def test_a_link_card_has_a_title():
    """The announcement's own, or else the first sentence of its words."""
    top = said("Hakemus verkossa! Se vie vartin.", link={"": LINK})
    assert Case(top=top).plan("linkedin").title == "Hakemus verkossa!"
    assert Case(top=replace(top, title={"": "Lupa"})).plan("linkedin").title == "Lupa"
    assert Case(top=top).plan("facebook").title is None


def test_a_poll_is_the_networks_own_or_stands_in_the_words():
    """In each language of the post; where the network has polls, the link goes into the words, and only X needs the question there too."""
    poll = Question(text={"fi": "Milloin?", "sv": "När?"}, options=({"fi": "Ma", "sv": "Må"}, {"": "Ti"}), days=3)
    top = said({"fi": "Lupa.", "sv": "Lov."}, link={"": "https://a.fi"}, poll=poll)
    case = Case(top=top, languages=("fi", "sv"))
    real = Poll(question="Milloin? / När?", options=("Ma / Må", "Ti"), days=3)
    assert case.plan("x").poll == case.plan("linkedin").poll == real
    assert case.plan("linkedin").text == "Lupa.\n\nLov.\n\nhttps://a.fi"
    assert case.plan("linkedin").link is None
    assert case.plan("x").text == "Lupa.\n\nMilloin?\n\nLov.\n\nNär?\n\nhttps://a.fi"
    plan = case.plan("facebook")
    words = "Lupa.\n\nMilloin?\n\u2022 Ma\n\u2022 Ti\n\nLov.\n\nNär?\n\u2022 Må\n\u2022 Ti\n\nhttps://a.fi"
    assert (plan.text, plan.poll, plan.link) == (words, None, "https://a.fi")


def test_a_link_cards_words_and_picture_come_from_the_networks_block():
    """Nearest first, in all languages of the post; without a card they have no place, and other networks read the page."""
    picture = a_picture(name="kortti.png", fi="Talo", sv="Hus")
    near = Fields(description={"": "Lopen lupa."})
    block = Fields(description={"fi": "Hae verkossa.", "sv": "Sök på nätet."}, thumbnail=picture)
    top = said({"fi": "Lupa.", "sv": "Lov."}, link={"": "https://a.fi"})
    case = Case(top=top, blocks={"linkedin": block}, languages=("fi", "sv"), both={("loppi", "linkedin"): near})
    plan = case.plan("linkedin")
    assert (plan.description, plan.thumbnail_alt) == ("Hae verkossa. / Sök på nätet.", "Talo / Hus")
    assert plan.thumbnail is picture
    plan = replace(case, organisations=("loppi",)).plan("linkedin")
    assert (plan.description, plan.thumbnail) == ("Lopen lupa.", picture)
    plan = replace(case, top=replace(top, pictures=(picture,))).plan("linkedin")
    assert (plan.link, plan.description, plan.thumbnail) == (None, None, None)
    plan = replace(case, blocks={"facebook": block}).plan("facebook")
    assert (plan.link, plan.description, plan.thumbnail) == ("https://a.fi", None, None)


@pytest.mark.parametrize(
    "text,title",
    [
        ("Auki 1.12. alkaen", "Auki 1.12. alkaen"),
        ("Uutta! Ja muuta.", "Uutta!"),
        ("Rivi yksi\njatkuu. Toinen.", "Rivi yksi jatkuu."),
        ("Ei pistettä", "Ei pistettä"),
        ("Otsikko\n\nTeksti. Lisää.", "Otsikko"),
        ("sana " * 60, "sana " * 29 + "sana…"),
    ],
)
def test_the_first_sentence_is_found(text, title):
    """It ends with its sign, not with a date's, and is cut where it would be no title any more."""
    assert first_sentence(text) == title


@pytest.mark.parametrize(
    "link,expected",
    [
        ("https://a.fi", "https://a.fi?utm_source=x&utm_medium=social&utm_campaign=kev%C3%A4t%202026"),
        (
            "https://a.fi/?q=1&r=%20",
            "https://a.fi/?q=1&r=%20&utm_source=x&utm_medium=social&utm_campaign=kev%C3%A4t%202026",
        ),
        ("https://a.fi/p#kohta", "https://a.fi/p?utm_source=x&utm_medium=social&utm_campaign=kev%C3%A4t%202026#kohta"),
        (
            "https://a.fi/?utm_source=lehti",
            "https://a.fi/?utm_source=lehti&utm_medium=social&utm_campaign=kev%C3%A4t%202026",
        ),
    ],
)
def test_a_campaign_marks_the_link(link, expected):
    """The link's own query and fragment stay as they are; without a campaign nothing is added."""
    assert with_campaign(link, "x", "kevät 2026") == expected
    assert with_campaign(link, "x", None) == link


def test_each_channel_is_its_own_source():
    """In the words and on the card alike."""
    case = Case(top=said(link={"": LINK}, campaign="k"))
    assert "utm_source=facebook&" in case.plan("facebook").text
    assert "utm_source=linkedin&" in (case.plan("linkedin").link or "")


def test_a_link_that_the_words_have_already_is_not_added_again():
    """It is marked where it stands; a longer address that begins alike is another one."""
    text = f"Katso {LINK}. Tai {LINK}/ohje"
    plan = Case(top=said(text, link={"": LINK}, campaign="k")).plan("x")
    marked = f"{LINK}?utm_source=x&utm_medium=social&utm_campaign=k"
    assert plan.text == f"Katso {marked}. Tai {LINK}/ohje"


@pytest.mark.parametrize(
    "how,expected",
    [
        ("together", {"fi+sv": "suomeksi\n\npå svenska"}),
        ("separate", {"fi": "suomeksi", "sv": "på svenska"}),
        (("sv",), {"sv": "på svenska"}),
        (("en",), {}),
    ],
)
def test_languages_go_out_as_the_account_says(how, expected):
    """Together in the organisation's order, each by itself, or only those that the account takes."""
    case = Case(
        channels=("facebook",),
        languages=("fi", "sv"),
        account_languages=how,
        top=said({"sv": "på svenska", "fi": "suomeksi"}),
    )
    plans = {
        one.language: one.text for one in case.compose() if isinstance(one, Plan) and one.organisation == "hausjarvi"
    }
    assert plans == expected
    assert case.skipped() == ({} if expected else {"facebook": "no_language"})


def test_the_announcement_may_name_its_languages():
    """They count instead of the organisation's."""
    case = Case(languages=("fi", "sv"), top=said("suomeksi", languages=("fi",)))
    assert case.plan().language == "fi"


def test_each_language_keeps_its_own_link():
    """Different links stand after their own words, the same one once at the end; a missing one is borrowed."""
    texts = {"fi": "suomeksi", "sv": "på svenska"}
    case = Case(languages=("fi", "sv"), top=said(texts, link={"fi": f"{LINK}/fi", "sv": f"{LINK}/sv"}))
    assert case.plan("x").text == f"suomeksi\n\n{LINK}/fi\n\npå svenska\n\n{LINK}/sv"
    assert case.plan("linkedin").link == f"{LINK}/fi"
    assert case.plan("linkedin").text == f"suomeksi\n\npå svenska\n\n{LINK}/sv"
    borrowed = Case(languages=("fi", "sv"), top=said(texts, link={"fi": LINK}))
    assert borrowed.plan("x").text == f"suomeksi\n\npå svenska\n\n{LINK}"


def test_alt_texts_and_comments_follow_the_languages():
    """One after the other in a joint post, and only once where they are the same."""
    case = Case(
        languages=("fi", "sv"),
        top=said(
            {"fi": "a", "sv": "b"},
            pictures=(a_picture(fi="Talo", sv="Hus"), a_picture("Kartta")),
            first_comment={"fi": "Ohje.", "sv": "Anvisning."},
        ),
    )
    assert case.plan().alts == ("Talo / Hus", "Kartta")
    assert case.plan().first_comment == "Ohje.\n\nAnvisning."


def test_a_network_without_first_comments_leaves_it_out_and_says_so():
    """X has none; the others do."""
    case = Case(top=said(first_comment={"": "Ohje."}, pictures=(a_picture(),)))
    left_out = {channel: (plan.first_comment, plan.left_out) for channel, plan in case.plans().items()}
    assert left_out["x"] == (None, ("first_comment",))
    assert {channel for channel, one in left_out.items() if one == ("Ohje.", ())} == {
        "facebook",
        "instagram",
        "linkedin",
    }
    assert Case(top=said()).plan("x").left_out == ()


def test_an_account_that_gets_nothing_has_a_reason():
    """The file says skip, names other networks, other organisations, or has no picture where one is needed."""
    case = Case(top=said(channels=("facebook", "instagram", "x")), blocks={"x": Fields(skip=True)})
    assert case.skipped() == {"instagram": "no_picture", "x": "skip", "linkedin": "not_in_channels"}
    assert list(case.plans()) == ["facebook"]
    others = [one for one in case.compose() if one.organisation == "loppi"]
    assert {one.reason for one in others if isinstance(one, Skipped)} == {"not_in_organisations"}
    assert len(others) == 4


def test_when_it_goes_out():
    """At its time, at once, or, as a draft, not at all; a channel may have a time of its own."""
    asap = When(instant=None, wall="asap")
    case = Case(top=said(), blocks={"x": Fields(publish=asap), "linkedin": Fields(publish=None)})
    times = {channel: (plan.state, plan.due_at, plan.due_wall) for channel, plan in case.plans().items()}
    assert times["facebook"] == (State.SCHEDULED, WHEN.instant, "2026-12-01 09:00")
    assert times["x"] == (State.SCHEDULED, None, "asap")
    assert times["linkedin"] == (State.DRAFT, None, "")
    assert Case(top=Fields(text={"": "a"})).plan().state is State.DRAFT


def test_approval_is_waited_for_only_where_it_is_required():
    """A name is enough; a draft stays a draft."""
    assert Case(top=said()).plan().state is State.SCHEDULED
    assert Case(top=said(), approval="required").plan().state is State.AWAITING_APPROVAL
    assert Case(top=said(approved_by="Maija"), approval="required").plan().state is State.SCHEDULED
    assert Case(top=Fields(text={"": "a"}), approval="required").plan().state is State.DRAFT


def test_a_plan_carries_the_rest():
    """Expiry and permission to repeat come along; one occurrence is the first."""
    until = datetime(2027, 1, 31, tzinfo=UTC)
    plan = Case(top=said(expires=until, repost=True)).plan()
    assert (plan.expires_at, plan.repost, plan.occurrence, plan.language) == (until, True, 1, "fi")


FOUR_WEEKS = Every(number=4, unit=Unit.WEEK)
SOON = datetime(2027, 4, 30, tzinfo=UTC)


def occurrences(case, horizon=SOON, channel="facebook"):
    """Number, wall time and words of each occurrence on a network."""
    plans = [one for one in case.compose(horizon) if isinstance(one, Plan) and one.channel == channel]
    return [(one.occurrence, one.due_wall, one.text) for one in plans]


def test_a_repeat_is_a_plan_for_each_occurrence_at_the_same_hour():
    """Up to the horizon, itself included; summer time moves the instant and not the hour."""
    case = Case(top=said(text={"": "A"}), repeat=Repeat(every=FOUR_WEEKS))
    assert occurrences(case) == [
        (1, "2026-12-01 09:00", "A"),
        (2, "2026-12-29 09:00", "A"),
        (3, "2027-01-26 09:00", "A"),
        (4, "2027-02-23 09:00", "A"),
        (5, "2027-03-23 09:00", "A"),
        (6, "2027-04-20 09:00", "A"),
    ]
    hours = [f"{one.due_at:%-H}" for one in case.compose(SOON) if isinstance(one, Plan) and one.channel == "facebook"]
    assert hours == ["7", "7", "7", "7", "7", "6"]
    exact = datetime(2026, 12, 29, 7, tzinfo=UTC)
    assert len(occurrences(case, exact)) == 2
    assert len(occurrences(case, exact - timedelta(seconds=1))) == 1


@pytest.mark.parametrize("horizon", [None, datetime(2026, 1, 1, tzinfo=UTC)])
def test_the_first_occurrence_is_always_planned(horizon):
    """However far it lies ahead."""
    case = Case(top=said(text={"": "A"}), repeat=Repeat(every=FOUR_WEEKS, variants=({"": "B"},)))
    assert occurrences(case, horizon) == [(1, "2026-12-01 09:00", "A")]


def test_the_text_and_its_variants_take_turns():
    """The text, each variant, and the text again."""
    case = Case(top=said(text={"": "A"}), repeat=Repeat(every=FOUR_WEEKS, variants=({"": "B"}, {"fi": "C"})))
    assert [text for _n, _at, text in occurrences(case)] == ["A", "B", "C", "A", "B", "C"]


def test_a_text_of_its_own_stays_for_every_occurrence():
    """A network's or an organisation's own words are not taken over by variants; the others' are, link and campaign too."""
    case = Case(
        top=said(text={"": "A " + LINK}, link={"": LINK}, campaign="c"),
        blocks={"x": Fields(text={"": "X"})},
        for_={"loppi": Fields(text={"": "L"})},
        organisations=("hausjarvi", "loppi"),
        repeat=Repeat(every=FOUR_WEEKS, variants=({"": "B " + LINK},)),
    )
    plans = [one for one in case.compose(SOON) if isinstance(one, Plan) and one.occurrence in {1, 2}]
    found = {(one.organisation, one.channel, one.occurrence): one.text[:1] for one in plans}
    assert {key: found[key] for key in found if key[0] == "hausjarvi" and key[1] in {"facebook", "x"}} == {
        ("hausjarvi", "facebook", 1): "A",
        ("hausjarvi", "facebook", 2): "B",
        ("hausjarvi", "x", 1): "X",
        ("hausjarvi", "x", 2): "X",
    }
    assert {found[key] for key in found if key[0] == "loppi"} == {"L", "X"}
    second = next(one for one in plans if one.channel == "facebook" and one.occurrence == 2)
    assert "utm_source=facebook" in second.text


def test_a_repeat_ends_with_its_last_day_and_with_expires():
    """The last instant still counts; at `expires` nothing goes out any more."""
    third = datetime(2027, 1, 26, 7, tzinfo=UTC)
    ends = Repeat(every=FOUR_WEEKS, until=third)
    assert len(occurrences(Case(top=said(text={"": "A"}), repeat=ends))) == 3
    before = Repeat(every=FOUR_WEEKS, until=third - timedelta(microseconds=1))
    assert len(occurrences(Case(top=said(text={"": "A"}), repeat=before))) == 2
    assert len(occurrences(Case(top=said(text={"": "A"}, expires=third), repeat=Repeat(every=FOUR_WEEKS)))) == 2


def test_a_network_with_a_time_of_its_own_counts_from_that():
    """Its occurrences come in its own rhythm; written with an offset, the hour is that of the town's clocks."""
    own = When(instant=datetime(2026, 12, 2, 10, 0, tzinfo=UTC), wall="2026-12-02 10:00+00:00")
    case = Case(top=said(text={"": "A"}), blocks={"linkedin": Fields(publish=own)}, repeat=Repeat(every=FOUR_WEEKS))
    assert [at for _n, at, _text in occurrences(case, channel="linkedin")] == [
        "2026-12-02 10:00+00:00",
        "2026-12-30 12:00",
        "2027-01-27 12:00",
        "2027-02-24 12:00",
        "2027-03-24 12:00",
        "2027-04-21 12:00",
    ]


def test_what_is_left_out_is_said_once():
    """Not for each occurrence again."""
    case = Case(top=said(text={"": "A"}, pictures=()), repeat=Repeat(every=FOUR_WEEKS))
    skipped = [one for one in case.compose(SOON) if isinstance(one, Skipped) and one.organisation == "hausjarvi"]
    assert [one.channel for one in skipped] == ["instagram"]
