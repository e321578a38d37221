"""What a resident's message looks like: every rule with what it finds and what it leaves alone."""

from __future__ import annotations

import pytest

from publisher.cues import CUES, Kind
from publisher.listening import kinds_of, listen, looks_like_question

EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "question.mark": (
        ["Ja ruotsiksi?", "Vilken dag？", "Really ⁇"],  # noqa: RUF001 - what people type
        ["Katso https://esimerkki.fi/?q=1", "www.esimerkki.fi/?lang=sv toimii"],
    ),
    "question.fi.clitic": (
        [
            "Saako lomakkeen paperilla",
            "Voitteko lähettää linkin",
            "onkohan tämä oikea paikka",
            "Vieläkö vanhat lomakkeet kelpaavat",
            "Jatkatko samalla hakemuksella",
            "https://esimerkki.fi/?a=b onko tämä oikea",
        ],
        [
            "Tällä viikolla verkko toimi ja kirkko oli auki.",
            "Koko homma sujui hyvin",
            "Hieno palveluteko kunnalta",
            "Sisko auttoi",
            "Käyttökatko alkaa klo 18",
            "Telefonkö är för lång",
            "Niko ja Mexiko",
            "Hyvä työnjako, selkeä ulkonäkö ja vahva runko",
            "Katsotaan toimiiko tämä paremmin",
        ],
    ),
    "question.fi.word": (
        [
            "Miten haen lupaa",
            "Hei, milloin tämä aukeaa.",
            "mutta mistä löydän lomakkeen",
            "Vielä yksi asia - paljonko lupa maksaa",
        ],
        ["Lomake löytyi sieltä, mistä pitikin", "Mikä parannus!", "Miten kätevää", "Missä vain ja milloin vain"],
    ),
    "question.fi.spoken": (
        ["Onks tää auki", "Onnistuuks ilman tunnuksia", "Voisko samalla maksaa"],
        ["Two weeks ago", "Facebooks sidor"],
    ),
    "question.fi.already": (
        ["Joko tämä toimii", "Koska haku aukeaa"],
        ["Joko tänään tai huomenna", "Koska tämä on helppo niin käytän"],
    ),
    "question.fi.asks": (
        ["Kysyisin ajanvarauksesta", "En tiedä mistä löydän lomakkeen", "ihmettelen vaan miksei näitä saa ruotsiksi"],
        ["En tiedä. Hyvä näin."],
    ),
    "question.sv.word": (
        ["Hur ansöker jag", "När öppnar kontoret", "Var hittar jag blanketten", "Hej! Vart skickar man bilagorna"],
        [
            "När jag loggade in gick allt bra",
            "Vad bra att ni finns här",
            "Var på kontoret igår och fick hjälp",
            "Vilken smidig tjänst",
        ],
    ),
    "question.sv.verb": (
        ["Hej! Kan man betala på nätet", "Finns det på svenska", "Måste båda skriva under", "Är biljetterna gratis"],
        ["Nu kan man boka på nätet", "Är man sen så blir det dyrt", "Fungerar inte alls"],
    ),
    "question.sv.inverted": (["Ansökan gick bra och när får man besked"], ["Jag vet när man får besked"]),
    "question.sv.asks": (
        ["Undrar om det finns papperblankett", "Jag förstår inte varför appen stängs"],
        ["Det är oklart för mig"],
    ),
    "question.sv.tag": (["Det är väl samma pris som förr, eller"], ["Mandag eller tisdag går bra"]),
    "question.en.word": (
        ["How do I apply", "Thanks, but where is the form"],
        ["What a great service", "When it opened I was there", "How great!"],
    ),
    "question.en.verb": (
        ["Can I send it by email", "Is there a paper version"],
        ["It is good", "Have a nice day", "Was easy to use"],
    ),
    "question.en.inverted": (["I applied last week, when will I get an answer"], ["I know when it opens"]),
    "question.en.asks": (
        ["Anyone know if it is open on Friday", "I can't see where to sign"],
        ["No questions, all clear"],
    ),
    "idea.fi": (
        [
            "Olisi kiva jos jätemaksun voisi maksaa täällä",
            "Ehdotan että kirjasto tulee mukaan",
            "Voisiko tähän lisätä kartan",
        ],
        ["Ei puutu mitään", "Olisi se voinut toimia"],
    ),
    "idea.sv": (["Det vore bra om man kunde betala avgiften", "Ett förslag: lägg till en karta"], ["Det var bra"]),
    "idea.en": (["It would be great to have reminders", "Please add a map"], ["It is great"]),
    "thanks.fi": (["Kiitos tiedosta!", "Suuret kiitokset"], ["Ei kiitos"]),
    "thanks.sv": (["Tack så mycket!"], ["Nej tack", "Tacksam för svar"]),
    "thanks.en": (["Many thanks!"], ["No thanks", "Thanks for nothing"]),
    "thanks.praise": (
        ["Hyvä uudistus", "Vad bra", "Well done"],
        ["Ei toimi hyvin, ei ole kätevä", "Not great", "Inte smidigt"],
    ),
    "inappropriate.fi": (["Painukaa helvettiin, idiootit"], ["Perhe Hellstedt täytti lomakkeen", "Hattua nostan"]),
    "inappropriate.sv": (["Jävla idioter"], ["Det är skitbra", "Familjen har dött ut"]),
    "inappropriate.en": (["You are idiots, shut up"], ["The classic assessment of assets"]),
    "inappropriate.advertising": (["Tienaa 500 € päivässä", "Click here for crypto"], ["Mitä hakemus maksaa"]),
}


@pytest.mark.parametrize("name", [cue.name for cue in CUES])
def test_each_rule_finds_its_words_and_no_others(name: str) -> None:
    """Every rule of the data stands in this list, with messages for which it fires and messages for which it does not."""
    found, left_alone = EXAMPLES[name]
    for text in found:
        assert name in {finding.cue.name for finding in listen(text)}, text
    for text in left_alone:
        assert name not in {finding.cue.name for finding in listen(text)}, text


def test_the_list_has_no_rule_that_there_is_not() -> None:
    """A rule that is renamed or taken away is so here too; a name begins with what the rule looks for."""
    assert set(EXAMPLES) == {cue.name for cue in CUES}
    assert all(cue.name.startswith(cue.kind) for cue in CUES)


def test_a_message_may_be_several_things_at_once() -> None:
    """Nothing is weighed: what fits, fits."""
    text = "Kiitos, hieno uudistus! Voisiko jätemaksun lisätä samaan palveluun? Edellinen oli ihan paska."
    assert kinds_of(text) == set(Kind)


@pytest.mark.parametrize("text", ["", "👍👍👍", "\u202e\u0000", "!!!", "...", "a" * 10_000, "ko " * 3_000])
def test_what_says_nothing_is_nothing(text: str) -> None:
    """No words, no finding; and length costs no patience."""
    assert kinds_of(text) == frozenset()
    assert not looks_like_question(text)


def test_why_tells_the_words() -> None:
    """What a rule found can be shown to a person."""
    (finding,) = listen("Hej! Kan man betala på nätet")
    assert (finding.cue.name, finding.found) == ("question.sv.verb", "kan man")
    assert "Kan man boka" not in repr(listen("Kan man boka")), "residents' words stay out of logs"
