"""What looks like a question."""

from __future__ import annotations

import pytest

from publisher.questions import looks_like_question

QUESTIONS = [
    "Toimiiko ajanvaraus myös ilman pankkitunnuksia?",
    "Miten haen lupaa",
    "Hei, milloin tämä aukeaa.",
    "Kiitos! Saako lomakkeen paperilla",
    "mutta mistä löydän lomakkeen",
    "Onks tää auki",
    "Vielä yksi asia - paljonko lupa maksaa",
    "Kysyisin mistä saan apua",
    "Voitteko lähettää linkin",
    "https://esimerkki.fi/?a=b onko tämä oikea",
    "Hur ansöker jag",
    "När öppnar kontoret",
    "Hej! Kan man betala på nätet",
    "Finns det på svenska",
    "How do I apply",
    "Can I send it by email",
    "Thanks, but where is the form",
]

STATEMENTS = [
    "",
    "👍👍👍",
    "Hyvä uutinen!",
    "Tällä viikolla verkko toimi ja kirkko oli auki.",
    "Katso https://esimerkki.fi/?q=1",
    "Lomake löytyi sieltä, mistä pitikin",
    "Koko homma sujui hyvin, joko näin tai noin.",
    "Hieno palveluteko kunnalta",
    "Sisko auttoi",
    "När jag loggade in gick allt bra",
    "Tack, mycket bra",
    "What a great service",
    "It is good",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_seen(text):
    """Question marks, Finnish clitics and the ways a sentence asks in three languages count."""
    assert looks_like_question(text)


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_statement_is_left_alone(text):
    """Nouns that end like a clitic, addresses with a question mark, and exclamations do not count."""
    assert not looks_like_question(text)
