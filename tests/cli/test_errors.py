"""The words for what goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import publisher
from channels.errors import Kind
from publisher.cli.shared import Exit, later
from publisher.errors import NETWORK, OMITTED, OWN, explain, omission
from publisher.locale import LANGUAGES, use
from publisher.model import State
from publisher.planning.deliveries import COMES_BACK
from publisher.store import DiskFull, StoreAway


def test_every_kind_of_a_network_has_its_own_words():
    """None falls back to the words for an answer that nobody understood."""
    assert set(NETWORK) == {str(kind) for kind in Kind}
    assert not set(NETWORK) & set(OWN)


def test_every_reason_of_our_own_has_words():
    """Whatever the source writes into a delivery as the reason is worded here."""
    written = set()
    for path in Path(publisher.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        written |= set(re.findall(r"""Setback\(kind="(\w+)\"|error_kind="(\w+)\"""", source))
    kinds = {kind for pair in written for kind in pair if kind}
    assert kinds >= {"unconfirmed", "same_words", "person"}
    assert kinds <= set(OWN)
    assert set(COMES_BACK) <= set(OWN)
    assert {State.MISSED, State.EXPIRED} <= set(OWN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*NETWORK, *OWN])
def test_a_kind_is_told_in_whole_sentences(kind, language):
    """What happened and what to do, each a sentence of its own, with the delivery in the command to type."""
    with use(language):
        told = explain(kind, "ValueError.", {"delivery": "d-7"})
    assert told.message.endswith(".")
    assert told.remedy.endswith(
        (".", "d-7", "DELIVERY", "LÄHETYS", "UTSKICK", "tiedote resume", "ORGANISATION", "ORGANISAATIO")
    )
    assert "%" not in told.message + told.remedy


def test_the_networks_own_words_follow():
    """They stand at the end, marked as foreign."""
    told = explain("text_refused", "Status is a duplicate.")
    assert told.message == "The network does not take this text. The network's own words: Status is a duplicate."


def test_what_a_network_never_said_is_not_put_into_its_mouth():
    """Where no answer came, the detail is ours and stands in brackets."""
    assert explain("unreachable", "graph.facebook.com: refused").message.endswith(
        "reached (graph.facebook.com: refused)."
    )
    assert "own words" not in explain("answer_lost", "read timeout").message


def test_what_passes_by_itself_has_ended_a_failed_delivery():
    """While it is tried again there is nothing to do; once it failed, a person retries it."""
    assert "Nothing to do" in explain("unreachable", params={"delivery": "d-7"}, state=State.RETRYING).remedy
    assert "tiedote retry d-7" in explain("unreachable", params={"delivery": "d-7"}, state=State.FAILED).remedy


def test_beside_a_published_post_it_is_about_the_first_comment():
    """The post itself is out; nobody is told to change and send it again."""
    told = explain("text_refused", "no", state=State.PUBLISHED)
    assert told.message.startswith("The first comment is missing.")
    assert told.remedy == "Write the comment under the post by hand."
    assert explain("post_gone", state=State.PUBLISHED).message == "The post is no longer on the network."


def test_what_is_left_out_has_a_reason():
    """Known codes are worded; a third party's code is shown as it is."""
    assert all(omission(code) != code for code in OMITTED)
    assert omission("of_their_own") == "of_their_own"


def test_a_database_that_is_away_is_told_with_what_to_do() -> None:
    """A full disk and a server that does not answer: each in plain words, and the command may be tried again."""
    full, away = later(DiskFull("database or disk is full")), later(StoreAway("connection refused"))
    assert (full.exit_code, away.exit_code) == (Exit.TRY_LATER, Exit.TRY_LATER)
    assert "full" in full.message
    assert "Make room" in full.remedy
    assert "connection refused" in away.message
