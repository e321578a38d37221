"""Residents: their names, and a way to let them be lively by themselves."""

from __future__ import annotations

import hashlib
import random
import threading
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.state import Post

NAMES = (
    "Aino Mäkelä",
    "Eero Lehtonen",
    "Helmi Niemi",
    "Ilkka Saarinen",
    "Kaarina Wuori",
    "Leena Kettunen",
    "Matti Hakala",
    "Noora Salonen",
    "Oskari Rinne",
    "Päivi Koskela",
    "Reijo Ahola",
    "Sanna Virtanen",
    "Tuomas Heikkinen",
    "Ulla Peltonen",
    "Väinö Laakso",
    "Åsa Lindholm",
)

QUESTIONS = (
    "Toimiiko palvelu myös puhelimella, vai tarvitaanko tietokone?",
    "Pitääkö hakemus allekirjoittaa pankkitunnuksilla?",
    "Mihin asti hakemuksen voi lähettää?",
    "Saako apua paikan päällä, jos verkkoasiointi ei onnistu?",
    "Voiko asian hoitaa äidin puolesta, vai tarvitaanko valtuutus?",
    "Kuinka kauan käsittely kestää?",
    "Onko lomake saatavilla myös ruotsiksi?",
    "Näkeekö hakemuksen tilanteen jostain lähettämisen jälkeen?",
    "Maksaako tämä jotain?",
    "Miten liitteet lisätään, jos ne ovat paperilla?",
)

REMARKS = (
    "Hyvä uudistus, kiitos!",
    "Kokeilin eilen ja kaikki sujui kymmenessä minuutissa.",
    "Selkeä ohje, tämän ymmärsi heti.",
    "Mukavaa, ettei tarvitse enää lähteä kunnantalolle asti.",
    "Hienoa, että näistä kerrotaan täälläkin.",
    "Sivu latautui minulla hitaasti, mutta perille pääsi.",
    "Kirjautuminen katkesi kerran, toisella yrityksellä onnistui.",
    "Kiitos tiedosta, jaan tämän naapureille.",
)

THANKS = (
    "Kiitos vastauksesta!",
    "Sama kysymys täällä.",
    "Hyvä tietää, kiitos.",
    "Minullakin toimi puhelimella ihan hyvin.",
)


def resident_id(name: str) -> str:
    """A number that always belongs to this name."""
    return str(3_000_000_000 + int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 900_000_000)


def handle(name: str, person: str) -> str:
    """A handle of plain letters, as X and Instagram want them."""
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(ch for ch in plain if ch.isascii() and ch.isalnum())
    return f"{letters[:11]}{person[-3:]}"


class Lively:
    """Plays residents: they look, react, ask, remark, answer each other and share."""

    def __init__(self, sandbox: Sandbox, seed: int = 7) -> None:
        """Play in `sandbox`; the same seed does the same in the same order."""
        self._sandbox = sandbox
        self._random = random.Random(seed)  # noqa: S311 (residents need no secrecy)
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether residents are lively by themselves."""
        return self._thread is not None

    def play(self, rounds: int = 1) -> int:
        """Let residents visit every post that is there, so many times. Returns how many comments they wrote."""
        written = 0
        for _ in range(rounds):
            with self._sandbox.lock:
                posts = [
                    post
                    for post in self._sandbox.world.posts.values()
                    if post.own and post.visible and not post.reply_to
                ]
            for post in posts:
                with suppress(KeyError):  # somebody deleted it meanwhile
                    written += self._visit(post)
        return written

    def start(self, every: float) -> None:
        """Play a round each `every` seconds of real time, until `stop`."""
        self.stop()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(every, self._ends), name="residents", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let them go home."""
        self._ends.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        self._thread = None

    def _run(self, every: float, ends: threading.Event) -> None:
        while not ends.wait(every):
            self.play()

    def _visit(self, post: Post) -> int:
        chance = self._random
        people = chance.sample(NAMES, 6)
        seen = chance.randint(20, 90)
        self._sandbox.view(post.id, seen)
        self._sandbox.click(post.id, seen // 8)
        for person in people[: chance.randint(1, 5)]:
            self._sandbox.react(post.id, self._reaction(post), author=person)
        if chance.random() < 0.4:
            self._sandbox.share(post.id, author=people[0])
        return self._talk(post, people)

    def _reaction(self, post: Post) -> str:
        match post.network:
            case "facebook":
                return self._random.choice(("like", "like", "like", "love", "care", "wow"))
            case "linkedin":
                return self._random.choice(("LIKE", "LIKE", "PRAISE", "INTEREST", "APPRECIATION"))
        return "like"

    def _talk(self, post: Post, people: list[str]) -> int:
        chance = self._random
        asked = self._sandbox.comment(post.id, chance.choice(QUESTIONS), author=people[0])
        written = 1
        if chance.random() < 0.6:
            self._sandbox.comment(post.id, chance.choice(REMARKS), author=people[1])
            written += 1
        if chance.random() < 0.3:
            self._sandbox.comment(post.id, chance.choice(THANKS), author=people[2], parent=asked)
            written += 1
        return written
