"""Where things go: each cell of the interface's table (section 3), as `check` says and as the network holds it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from channels import registry
from channels.sandbox.ledger import LedgerPost
from publisher.announcements import read_file
from publisher.model import State
from tests.delivery.test_worker import publish
from tests.delivery.town import Town, town, write, write_picture

LINK = "https://asiointi.hausjarvi.example/lupa"
HEAD = f"text: Lupa haetaan verkossa. Lue lisää.\npublish: asap\nlink: {LINK}\nhashtags: [Asiointi, Lupa]\n"
COMMENT = "first_comment: Ohjeet ovat sivuilla.\n"
THREAD = "x:\n  thread: [Ensin tämä., Sitten tämä., Lopuksi tämä.]\n"


def pictures(count: int) -> str:
    """Write so many pictures into a file; the first is wide, the others are square."""
    return "images:\n" + "".join(f"  - {{file: kuva{n}.png, alt: Kuva {n}}}\n" for n in range(count))


def in_words(posts: list[LedgerPost]) -> bool:
    return sum(post.text.count(LINK) for post in posts) == 1 and posts[0].link is None


def in_words_and_on_card(posts: list[LedgerPost]) -> bool:
    return posts[0].text.count(LINK) == 1 and posts[0].link == LINK


def on_card(posts: list[LedgerPost]) -> bool:
    return LINK not in posts[0].text and (posts[0].link, posts[0].title) == (LINK, "Lupa haetaan verkossa.")


def tags_at_the_end(posts: list[LedgerPost]) -> bool:
    return posts[-1].text.endswith("\n\n#Asiointi #Lupa") and sum(post.text.count("#") for post in posts) == 2


def fine(posts: list[LedgerPost]) -> bool:
    return len(posts) == 1 and not posts[0].pictures


def all_in_order(posts: list[LedgerPost]) -> bool:
    shown = posts[0].pictures
    return [picture.alt for picture in shown] == [f"Kuva {n}" for n in range(len(shown))] and len(shown) > 0


def all_in_the_first_ones_shape(posts: list[LedgerPost]) -> bool:
    shapes = {round(picture.width / picture.height, 1) for picture in posts[0].pictures}
    return all_in_order(posts) and shapes == {1.5} and not any(picture.cropped for picture in posts[0].pictures)


def commented(posts: list[LedgerPost]) -> bool:
    return [comment.text for comment in posts[0].comments if comment.own] == ["Ohjeet ovat sivuilla."]


def uncommented(posts: list[LedgerPost]) -> bool:
    return len(posts) == 1 and not posts[0].comments


def left_out(posts: list[LedgerPost]) -> bool:
    return not posts


def whole_card(posts: list[LedgerPost]) -> bool:
    (post,) = posts
    alt = post.thumbnail.alt if post.thumbnail else None
    return on_card(posts) and (post.description, alt, post.pictures) == ("Täytä hakemus.", "Kortin kuva", ())


def asked_in_words(posts: list[LedgerPost]) -> bool:
    below = f"Lue lisää.\n\nMikä päivä?\n\u2022 Tiistai\n\u2022 Torstai\n\n{LINK}"
    return below in posts[0].text and posts[0].options == ()


def asked_by_x(posts: list[LedgerPost]) -> bool:
    below = f"Lue lisää.\n\nMikä päivä?\n\n{LINK}"
    return below in posts[0].text and (posts[0].question, posts[0].options) == (None, ("Tiistai", "Torstai"))


def asked_by_linkedin(posts: list[LedgerPost]) -> bool:
    (post,) = posts
    asked = (post.question, post.options) == ("Mikä päivä?", ("Tiistai", "Torstai"))
    return asked and in_words(posts) and "Mikä" not in post.text


POLL = "poll: {question: Mikä päivä?, options: [Tiistai, Torstai], days: 3}\n"
Seen = Callable[[list[LedgerPost]], bool]
TABLE: dict[str, tuple[str, dict[str, Seen | str]]] = {
    # what the file says           Facebook                         Instagram                X                          LinkedIn
    "link, no picture": (HEAD, {"facebook": in_words_and_on_card, "instagram": left_out, "x": in_words, "linkedin": on_card}),
    "link, its card": (
        HEAD + "linkedin:\n  description: Täytä hakemus.\n  thumbnail: {file: kuva0.png, alt: Kortin kuva}\n",
        {"facebook": in_words_and_on_card, "linkedin": whole_card},
    ),
    "link, its card, pictures": (HEAD + pictures(1) + "linkedin: {description: Täytä hakemus.}\n", {"linkedin": "no_card"}),
    "link, poll": (HEAD + POLL, {"facebook": asked_in_words, "instagram": left_out, "x": asked_by_x, "linkedin": asked_by_linkedin}),
    "pictures, poll": (
        HEAD + POLL + pictures(1),
        {"facebook": asked_in_words, "instagram": asked_in_words, "x": "poll_and_pictures", "linkedin": "poll_and_pictures"},
    ),
    "thread, poll": (HEAD + POLL + THREAD, {"x": "poll_and_thread"}),
    "link, pictures": (HEAD + pictures(2), dict.fromkeys(registry.NAMES, in_words)),
    "link, thread": (HEAD + THREAD, {"x": in_words}),
    "hashtags": (HEAD + pictures(1), dict.fromkeys(registry.NAMES, tags_at_the_end)),
    "hashtags, thread": (HEAD + THREAD, {"x": tags_at_the_end}),
    "no picture": (HEAD, {"facebook": fine, "instagram": left_out, "x": fine, "linkedin": fine}),
    "no picture, named": (HEAD + "channels: [instagram]\n", {"instagram": "no_picture"}),
    "one picture": (HEAD + pictures(1), dict.fromkeys(registry.NAMES, all_in_order)),
    "3 pictures": (
        HEAD + pictures(3),
        {"facebook": all_in_order, "instagram": all_in_the_first_ones_shape, "x": all_in_order, "linkedin": all_in_order},
    ),
    "4 pictures": (HEAD + pictures(4), dict.fromkeys(registry.NAMES, all_in_order)),
    "5 pictures": (HEAD + pictures(5), {"facebook": all_in_order, "instagram": all_in_order, "x": "too_many_pictures"}),
    "10 pictures": (HEAD + pictures(10), {"facebook": all_in_order, "instagram": all_in_order, "linkedin": all_in_order}),
    "11 pictures": (HEAD + pictures(11), {"facebook": "too_many_pictures", "instagram": "too_many_pictures"}),
    "20 pictures": (HEAD + pictures(20), {"linkedin": all_in_order}),
    "21 pictures": (HEAD + pictures(21), {"linkedin": "too_many_pictures"}),
    "first_comment": (
        HEAD + pictures(1) + COMMENT,
        {"facebook": commented, "instagram": commented, "x": uncommented, "linkedin": commented},
    ),
}  # fmt: skip
CELLS = [(what, channel) for what, (_file, row) in TABLE.items() for channel in row]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A queue with pictures of two shapes."""
    (tmp_path / "schedules").mkdir()
    for n in range(21):
        write_picture(tmp_path, f"kuva{n}.png", size=(90, 60) if n == 0 else (60, 60))
    return tmp_path


def in_order(one: Town, channel: str) -> list[LedgerPost]:
    """What residents see, a thread's posts in their order."""
    return sorted(one.posts(channel), key=lambda post: post.created_at)


@pytest.mark.parametrize("what, channel", CELLS)
def test_each_cell_of_the_table_holds(folder: Path, what: str, channel: str) -> None:
    """On an organisation that has this network alone: what is refused is refused at the desk, all else is on the network so."""
    file, row = TABLE[what]
    expected = row[channel]
    write(folder, "lupa", file)
    with town(folder, channels=(channel,)) as one:
        reading = read_file(folder / "schedules" / "lupa.yaml", one.service.config)
        faults = [problem.code for problem in reading.problems if not problem.warning]
        publish(one)
        if isinstance(expected, str):
            assert faults == [expected]
            assert one.posts(channel) == []
            return
        assert faults == []
        posts = in_order(one, channel)
        assert expected(posts), [(post.text, post.link, post.title, len(post.pictures)) for post in posts]
        assert [one.state for one in one.deliveries()] == ([] if expected is left_out else [State.PUBLISHED])


@pytest.mark.parametrize("missing", registry.NAMES)
def test_any_network_may_be_missing(folder: Path, missing: str) -> None:
    """The other three get it, nothing is asked of the one that is not there, and nothing complains of it."""
    others = tuple(name for name in registry.NAMES if name != missing)
    write(folder, "lupa", HEAD + pictures(1) + COMMENT)
    with town(folder, channels=others) as one:
        publish(one)
        assert one.states() == dict.fromkeys(others, State.PUBLISHED)
        assert one.posts(missing) == []
        assert {entry.network for entry in one.sandbox.requests()} <= {"facebook", "instagram", "x", "linkedin"} - (
            {missing} if missing != "facebook" else set()  # Instagram's pictures are handed over by the Page
        )
