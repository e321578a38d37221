"""Does a resident's message look like a question? A simple rule that anybody can follow, in Finnish, Swedish and English; no hidden score.

A message looks like a question when, web addresses left out,

1. it has a question mark, or
2. a word of it ends in the Finnish question clitic -ko or -kö (also -kohan, -kos, and the spoken -ks of a few verbs), or
3. one of its sentences begins as a question does: with a question word, or with a verb before its subject.

A greeting or a "but" before the sentence does not count. The rule errs on the side of showing: a statement taken for a question costs
somebody a glance, a question taken for a statement costs a resident the answer.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"\S+://\S+|www\.\S+")
_SENTENCE_END = re.compile(r"[.!:;\n…–—()]+|\s-\s")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

CLITIC = re.compile(r"\w+[aeiouyäönt]k[oö](?:han|hän|s|kaan|kään)?")
"""After a vowel, n or t: 'onko', 'saanko', 'ovatko', 'onkohan'. In 'viikko' and 'korko' another consonant stands there."""

NOT_CLITIC = frozenset(
    "eko hako hinko joko keko koko lanko loko näkö pako penko reko sanko sotko säkö teko toko vanko".split()  # noqa: SIM905 - reads as a list of words
)
"""Words that merely end so."""

NOT_CLITIC_ENDS = ("enteko", "luteko", "osteko", "stoteko", "ulkonäkö", "pikkunäkö")
"""Compounds of the same: 'palveluteko', 'rikosteko', 'ilmastoteko'."""

SPOKEN = frozenset("eiks käyks löytyyks meneeks oisko oisks onks pitääks saaks toimiiks tuleeks voiks".split())  # noqa: SIM905
"""Spoken forms of -ko."""

LEAD_INS = frozenset(
    "anteeksi eli entä hei iltaa ja kiitos moi moikka mutta muuten no päivää siis terve".split()  # noqa: SIM905
    + "förlåt hej hejsan men och så tack".split()  # noqa: SIM905
    + "and but hello hey hi okay please sorry thanks well".split()  # noqa: SIM905
)
"""Words that may stand before a question without being part of it."""

_SWEDISH_SUBJECT = "alla|ansökan|blanketten|de|den|det|du|där|här|jag|man|ni|någon|tjänsten|vi"
_ENGLISH_VERB = "are|can|could|did|do|does|has|have|is|should|was|were|will|would"
_ENGLISH_SUBJECT = "anybody|anyone|he|i|it|my|one|our|she|someone|that|the|there|they|this|we|you|your"

OPENINGS = "|".join(
    [
        r"ke(?:lle|ltä|nen|tkä)|koskahan|kuinka|kuka|kumpi|mihin|miks|miksi|mikä|mille|millainen|millaisia|milloin|milloinkahan|millä",
        r"miltä|minkä|minne|missä|mistä|miten|mitenkähän|mitkä|mitä|montako|paljonko",
        r"haluaisin (?:kysyä|tietää)|haluan tietää|kysyisin|kysymys",
        r"hur|vad|varför|varifrån|vart|vem|vems|vilka|vilken|vilket",
        r"(?:när|var) (?:är|blir|börjar|finns|får|går|gör|har|hittar|kan|kommer|ligger|måste|ska|skickar|slutar|stänger|öppnar)",
        rf"(?:behöver|finns|fungerar|får|går|gäller|har|hittar|kan|kommer|måste|ska|vet|är) (?:{_SWEDISH_SUBJECT})",
        r"fråga|jag undrar|jag vill veta|undrar",
        r"how (?:about|are|can|come|could|did|do|does|far|is|long|many|much|often|old|should|soon|to|will|would)",
        rf"(?:what|when|where|which|who|why) (?:{_ENGLISH_VERB}|about|documents?|form|if|kind|not|time)",
        rf"(?:{_ENGLISH_VERB}|may) (?:{_ENGLISH_SUBJECT})",
        r"i would like to know|i wonder|question|wondering",
    ]
)
"""How a sentence that asks begins, its punctuation left out."""

_OPENING = re.compile(rf"(?:{OPENINGS})\b")


def looks_like_question(text: str) -> bool:
    """Tell whether somebody seems to ask something."""
    plain = _ADDRESS.sub(" ", text).casefold()
    return "?" in plain or any(map(_is_clitic, _WORD.findall(plain))) or any(map(_asks, _SENTENCE_END.split(plain)))


def _is_clitic(word: str) -> bool:
    if word in SPOKEN:
        return True
    return bool(CLITIC.fullmatch(word)) and word not in NOT_CLITIC and not word.endswith(NOT_CLITIC_ENDS)


def _asks(sentence: str) -> bool:
    words = _WORD.findall(sentence)
    while words and words[0] in LEAD_INS:
        del words[0]
    return bool(_OPENING.match(" ".join(words)))
