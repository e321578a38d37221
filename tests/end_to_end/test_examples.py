"""The promised examples, as they stand, from the files to the residents and back."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest

from channels.text import x_length
from tests.end_to_end.conftest import Place

MEETING = "etakokous"
CHANNELS = ("Facebook", "Instagram", "X", "LinkedIn")
LINKS = {"hausjarvi": "https://kokoukset.example.fi/etana", "loppi": "https://kokoukset.example.fi/loppi"}
TEXT = (
    "Valtuuston kokousta voi nyt seurata ja kommentoida myös etänä (myös mobiilissa).\n"
    "Kerro ideasi: mitä palvelua kaipaisit seuraavaksi verkkoon?"
)
ON_X = {
    "hausjarvi": "Hausjärven valtuustoa voi nyt seurata ja kommentoida myös etänä. Mitä palvelua kaipaisit verkkoon?",
    "loppi": "Lopen valtuuston kokoukseen voi nyt osallistua myös etänä. Kerro, mikä palvelu pitäisi saada verkkoon!",
}
ALTS = ["Valtuustosali, jonka seinällä näkyy etäosallistujia.", "Kolmivaiheinen ohje etäkokoukseen liittymisestä."]


def test_every_due_announcement_is_published_once_to_each_account(place: Place) -> None:
    """Right words, link with utm, alt texts on every picture, LinkedIn text whole; a second run publishes nothing."""
    place.tiedote("run", "--once")
    states = place.states()
    assert states == {
        **{(MEETING, town, name): "published" for town in LINKS for name in ("facebook", "instagram", "x", "linkedin")},
        **{
            ("hausjarvi/rakennuslupa", "hausjarvi", name): "published"
            for name in ("facebook", "instagram", "x", "linkedin")
        },
        **{("loppi/lomakkeet", "loppi", account): "scheduled" for account in ("facebook", "x")},
    }
    for town, link in LINKS.items():
        for network in ("facebook", "instagram", "x", "linkedin"):
            (post,) = [
                one
                for one in place.sandbox.ledger()
                if one.organisation == town and one.network == network and len(one.pictures) == 2
            ]
            assert (ON_X[town] if network == "x" else TEXT) in post.text
            assert f"{link}?utm_source={network}&utm_medium=social&utm_campaign=etakokous-2026" in post.text
            assert post.text.rstrip().endswith("#SähköinenAsiointi #Kuntalaiset")
            assert [picture.alt for picture in post.pictures] == ALTS
            assert not any(picture.cropped for picture in post.pictures)
            comments = [comment.text for comment in post.comments if comment.own]
            assert comments == ([] if network == "x" else ["Ohjeet liittymiseen löytyvät kunnan verkkosivuilta."])
            if network == "x":
                assert x_length(post.text) <= 280
    posts = len(place.sandbox.ledger())
    assert posts == 12
    place.tiedote("run", "--once")
    assert len(place.sandbox.ledger()) == posts
    assert len(place.sandbox.drafts()) == 0, "nothing is left lying about, unseen"


def test_what_residents_do_comes_back_exactly(place: Place) -> None:
    """Comments, replies and reactions of residents stand in `comments`, `results` and the weekly report, number for number."""
    place.tiedote("run", "--once")
    posts = {(post.organisation, post.network): post for post in place.sandbox.ledger() if len(post.pictures) == 2}
    expected: dict[tuple[str, str], int] = {}
    for (town, network), post in posts.items():
        top = place.sandbox.comment(post.id, f"Miten {network}-ryhmään pääsee?", author="Aino Mäkelä")
        place.sandbox.comment(post.id, "Hienoa, kiitos!", author="Matti Virtanen")
        place.sandbox.comment(post.id, "Samaa mietin.", author="Liisa Korhonen", parent=top)
        place.sandbox.react(post.id, "like", author="Aino Mäkelä")
        place.sandbox.react(post.id, "like", author="Matti Virtanen")
        expected[town, network] = 3
    place.tiedote("collect", "--all")
    comments = place.json("comments")["comments"]
    found: dict[tuple[str, str], list[str]] = {}
    for comment in comments:
        found.setdefault((comment["organisation"], comment["channel"]), []).append(comment["text"])
        assert comment["author"] is None
        assert comment["answered"] is False
        assert comment["question"] is comment["text"].endswith("pääsee?")
    assert {key: len(texts) for key, texts in found.items()} == expected
    for (_town, network), texts in found.items():
        words = ["Hienoa, kiitos!", f"Miten {network}-ryhmään pääsee?", "Samaa mietin."]
        # On X a reply begins with the handle of whom it answers.
        assert sorted(next(one for one in words if text.endswith(one)) for text in texts) == words
    results = {
        (row["organisation"], row["channel"]): row
        for row in place.json("results")["posts"]
        if row["announcement"] == MEETING
    }
    assert {key: row["comments"] for key, row in results.items()} == expected
    assert {key: row["reactions"]["like"] for key, row in results.items()} == dict.fromkeys(expected, 2)
    assert results["hausjarvi", "instagram"]["clicks"] is None, "what a network does not tell is never a number"


def test_the_weekly_report_has_the_same_numbers(place: Place) -> None:
    """What the report counts for the running week is what residents did."""
    place.tiedote("run", "--once")
    for post in place.sandbox.ledger():
        if post.organisation == "loppi":
            place.sandbox.react(post.id, "like", author="Aino Mäkelä")
            place.sandbox.comment(post.id, "Toimiiko tämä myös puhelimella?", author="Matti Virtanen")
    place.tiedote("collect", "--all")
    week = f"{datetime.now(ZoneInfo('Europe/Helsinki')):%G-W%V}"
    shown = place.tiedote("--lang", "en", "report", "--org", "loppi", "--week", week).stdout
    assert "reacted, commented or shared 8 times" in " ".join(shown.split())
    assert shown.count("Toimiiko tämä myös puhelimella?") == 3, "LinkedIn members' words never leave the page"
    rows = [line.split() for line in shown.splitlines() if line.startswith(CHANNELS)]
    # The line of X's cost begins with its name as well, and is no row of the table.
    table = {row[0]: row[1:4] for row in rows if row[1].isdecimal()}
    assert table == {channel: ["1", "1", "1"] for channel in CHANNELS}
    place.tiedote("report", "--org", "loppi", "--week", week, "--to-file", "week.eml")
    mail = message_from_bytes((place.folder / "week.eml").read_bytes(), policy=policy.default)
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        # What an inbox shows beside the subject is the first thing to do, in words that stand in the mail as well.
        _inbox, _main, whole = part.get_content().rpartition("<main")
        assert whole.count("Toimiiko tämä myös puhelimella?") == 3


@pytest.mark.parametrize("secret", ["HAUSJARVI_X_TOKEN_SECRET", "LOPPI_LINKEDIN_TOKEN"])
def test_a_missing_secret_is_named_before_anything_is_sent(place: Place, secret: str) -> None:
    """The command ends with 3 and says which one is missing; no network hears anything."""
    del place.environment[secret]
    done = place.tiedote("run", "--once", expect=3)
    assert secret in done.stderr
    assert place.sandbox.requests() == []


def test_no_secret_is_ever_shown_or_kept(place: Place) -> None:
    """No token stands in what the commands print, nor in any byte of the database."""
    shown = "".join(
        done.stdout + done.stderr
        for done in (
            place.tiedote("run", "--once"),
            place.tiedote("status"),
            place.tiedote("doctor", expect=None),
            place.tiedote("collect", "--all"),
        )
    )
    kept = b"".join(path.read_bytes() for path in (place.folder / "var").glob("tiedote.db*"))
    for secret in place.environment.values():
        assert secret not in shown
        assert secret.encode() not in kept
