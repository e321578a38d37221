"""What X bills is counted to the cent: our ledger beside the sandbox's bill, which is made from X's own price list."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from channels import xprices
from channels.base import Charge, Picture, Post
from channels.limits import cost
from channels.sandbox import xbill
from channels.sandbox.faults import Kind, Rule
from channels.x import CAPABILITIES
from publisher.config import configured
from publisher.store import Store, charges
from tests.delivery.town import Town, town, write, write_picture

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
TOWN, OTHER = ("hausjarvi", "x", "x"), ("loppi", "x", "x")
CENT = Decimal("0.001")


def examine_all(one: Town) -> None:
    """Ask every account's network how it stands, as `doctor` does."""
    for account in configured(one.service.config).values():
        one.service.examine(account)


def ours(one: Town) -> list[tuple[str, str, int, Decimal]]:
    """Our ledger of X, line by line."""
    months = (charges.month_of(one.clock.now() - timedelta(days=30)), charges.month_of(one.clock.now()))
    with one.service.store.read() as conn:
        return [(at.month, at.item, at.number, at.dollars) for month in months for at in charges.bill(conn, month)]


def theirs(one: Town) -> list[tuple[str, str, int, Decimal]]:
    """X's bill, likewise."""
    return [(at.month, at.item, at.count, Decimal(str(at.dollars))) for at in one.sandbox.bill()]


def publish(one: Town) -> None:
    one.service.read_queue()
    one.work()


@pytest.mark.parametrize("owns_app", ["yes", "no"])
def test_our_ledger_is_xs_bill_to_the_cent(tmp_path: Path, owns_app: str) -> None:
    """Posts with and without a link, alt texts, a refusal, a lost answer, readings of two days by collecting, looking and asking."""
    with town(tmp_path, channels=("x",), more=f", owns_app: {owns_app}") as one:
        one.sandbox.accounts[2].owns_app = owns_app == "yes"
        write_picture(tmp_path, "talo.png")
        write(
            tmp_path,
            "linkki",
            "text: Hae lupa.\nlink: https://loppi.fi/lupa\nimage: {file: talo.png, alt: Talo.}\npublish: asap",
        )
        write(tmp_path, "pelkka", "text: Kirjasto on auki huomenna.\npublish: asap")
        write(tmp_path, "isanta", "text: Lue lisää www.loppi.fi/uimahalli.\npublish: asap")
        write(tmp_path, "kadonnut", "text: Palvelu aukeaa.\npublish: asap")
        write(tmp_path, "torjuttu", "text: Kaikki $AAPL ja $NOK ostoon.\npublish: asap")
        one.sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path="/2/tweets$", account="2000000101"))
        one.sandbox.add_rule(Rule(kind=Kind.RATE_LIMITED, method="POST", path="/2/tweets$", nth=3))
        publish(one)
        assert len(one.posts("x")) == 4
        for post in one.posts("x"):
            one.sandbox.comment(post.id, "Mistä löydän ohjeet?")
        one.service.collect(all_posts=True)
        one.service.collect(all_posts=True)
        examine_all(one)
        one.clock.advance(timedelta(days=8).total_seconds())
        one.service.collect(all_posts=True)
        examine_all(one)
        assert ours(one) == theirs(one)
        bought = Counter({item: number for _month, item, number, _dollars in ours(one)})
        assert (bought["post"], bought["post_with_link"], bought["alt_text"]) == (2, 2, 1)
        assert bought["reading"] or bought["own_reading"]
        assert {month for month, *_rest in ours(one)} == {"2026-11", "2026-12"}
        assert {price: PRICED[price] for price in bought} == {item: xbill.PRICES[item] for item in bought}


PRICED = {item: float(price.dollars) for item, price in xprices.PRICES.items()}


def test_the_owner_of_the_app_reads_its_own_posts_for_less(tmp_path: Path) -> None:
    """The same day's reading of the same posts costs a fifth of what it costs an account that uses somebody else's keys."""
    spent = {}
    for owns_app in ("yes", "no"):
        (tmp_path / owns_app).mkdir()
        with town(tmp_path / owns_app, channels=("x",), more=f", owns_app: {owns_app}") as one:
            one.sandbox.accounts[2].owns_app = owns_app == "yes"
            for n in range(10):
                write(one.folder, f"a{n}", f"text: Tiedote numero {n}.\npublish: asap")
            publish(one)
            before = sum(dollars for *_line, dollars in ours(one))
            one.service.collect(all_posts=True)
            spent[owns_app] = sum(dollars for *_line, dollars in ours(one)) - before
            assert ours(one) == theirs(one)
    assert spent == {"yes": Decimal("0.010"), "no": Decimal("0.050")}


def test_a_post_whose_answer_never_came_counts_as_billed(tmp_path: Path) -> None:
    """Nobody can know, so the ledger has rather too much than too little; it is sent again and counts again."""
    with town(tmp_path, channels=("x",), on_doubt="resend") as one:
        write(tmp_path, "a", "text: Kirjasto on auki.\npublish: asap")
        one.sandbox.add_rule(Rule(kind=Kind.LOST_BEFORE, method="POST", path="/2/tweets$"))
        publish(one)
        assert len(one.posts("x")) == 1
        posted = {at[1]: at[2] for at in ours(one)}
        assert posted["post"] == 2
        assert {at[1]: at[2] for at in theirs(one)}["post"] == 1


def test_what_is_read_twice_on_a_day_is_billed_once(store: Store) -> None:
    """For everybody with the same developer app; the next day, and at another price, again."""
    reading = Charge(item="reading", payer="app", count=3, resources=("1", "2", "3"))
    price = Decimal("0.005")
    with store.write() as conn:
        assert charges.note(conn, TOWN, reading, price, NOW) == 3
        assert charges.note(conn, TOWN, reading, price, NOW + timedelta(hours=16, minutes=59)) == 0
        assert charges.note(conn, OTHER, Charge(item="reading", payer="app", resources=("3", "4")), price, NOW) == 1
        assert charges.note(conn, OTHER, Charge(item="reading", payer="app 2", resources=("3",)), price, NOW) == 1
        assert charges.note(conn, TOWN, reading, price, NOW + timedelta(hours=17)) == 3
        assert charges.note(conn, TOWN, Charge(item="own_reading", payer="app", resources=("1",)), CENT, NOW) == 1
        assert charges.spent(conn, "2026-11") == {TOWN: Decimal("0.031"), OTHER: Decimal("0.01")}
        assert charges.spent(conn, "2026-12") == {}


def test_what_was_refused_is_taken_back(store: Store) -> None:
    """A line that comes to nothing is none."""
    with store.write() as conn:
        charges.note(conn, TOWN, Charge(item="post"), Decimal("0.015"), NOW)
        charges.note(conn, TOWN, Charge(item="post", count=-1), Decimal("0.015"), NOW)
        assert charges.bill(conn, "2026-11") == ()
        assert charges.spent(conn, "2026-11") == {TOWN: Decimal(0)}


def test_each_part_of_a_thread_is_a_post() -> None:
    """Five posts with one link among them (x.md, section 9)."""
    thread = ("Kaksi", "Kolme: https://hausjarvi.fi/lupa", "Neljä", "Viisi")
    assert cost(CAPABILITIES, Post(text="Yksi", thread=thread)) == Decimal("0.26")


@pytest.mark.parametrize(
    "text, alts, dollars",
    [
        ("Kirjasto on auki.", 0, "0.015"),
        ("Hae lupa: https://asiointi.hausjarvi.fi/lupa", 0, "0.200"),
        ("Hae lupa: www.hausjarvi.fi", 0, "0.200"),
        ("Hae lupa: https://asiointi.hausjarvi.example/lupa", 0, "0.015"),
        ("Auki klo 9.30–12.00, ks. ilmoitus.", 0, "0.015"),
        ("Hae lupa: https://asiointi.hausjarvi.fi/lupa", 1, "0.205"),
        ("Kuvia", 4, "0.035"),
    ],
)
def test_a_post_costs_what_its_words_and_pictures_cost(text: str, alts: int, dollars: str) -> None:
    """A link costs where X makes one of the words; each alternative text costs too."""
    pictures = (*(Picture(name="a", data=b"", alt="Talo"),) * alts, Picture(name="b", data=b"", alt=""))
    assert cost(CAPABILITIES, Post(text=text, pictures=pictures)) == Decimal(dollars)
