"""Tokens with their real lives: renewed in time where a network lets us, warned about in time where a person must act."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from channels.sandbox.faults import Kind, Rule
from publisher import lifetimes
from publisher.cli.examined import of_account
from publisher.config import configured
from publisher.delivery import Point
from publisher.model import State
from publisher.remarks import Level
from publisher.renewal import Outcome, Renewer, renew_at
from publisher.store import StoreAway, credentials, meta
from publisher.telling import WARN_AT
from tests.delivery.connected import a_connected_town, connect
from tests.delivery.town import START, Town, write, write_picture
from tests.mailserver import MailServer
from tests.postgresql import Cluster

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LATE = timedelta(seconds=5)
"""Instagram takes a moment to fetch a picture."""
X = ("hausjarvi", "x", "x")


def subjects(town: Town, smtp: MailServer) -> list[str]:
    """Send what is due; return the subjects to the owner so far."""
    town.service.send_mails()
    return [str(mail["Subject"]) for mail in smtp.messages if mail["To"] == "it@example.fi"]


def serial(town: Town, channel: str) -> int:
    with town.service.store.read() as conn:
        return credentials.serial_of(conn, ("hausjarvi", channel, channel)) or 0


def events(town: Town, until: datetime) -> Iterator[datetime]:
    """Move the clock to whatever comes next for tokens: a renewal that is due, or a day on which a person is to be warned.

    X's two hours would make 8,760 of a year: they count only in the day before a post.
    """
    while True:
        now = town.clock.now()
        with town.service.store.read() as conn:
            kept = {one.account: one for one in credentials.every(conn)}
            lives = [life.expires_at for life in lifetimes.known(conn, town.service.config, now) if life.expires_at]
        slow = [renew_at(one.obtained_at, one.expires_at) for key, one in kept.items() if key != X and one.refreshable]
        warnings = [end - timedelta(days=days) for end in lives for days in WARN_AT]
        following = min((at for at in (*slow, *warnings) if at > now), default=until)
        if following >= until:
            town.clock.set(until)
            return
        town.clock.set(following)
        yield following


def test_a_year_of_posts_with_every_token_at_its_real_life(tmp_path: Path, smtp: MailServer) -> None:
    """A post a month for a year: X's two hours, Instagram's and LinkedIn's sixty days are renewed, and nothing is late.

    LinkedIn's year and Meta's ninety days are told of 14, 7 and 2 days before, and a person logs in again. Nothing else is mailed.
    """
    due = [START + timedelta(days=30 * n, hours=3) for n in range(1, 14)]
    for n, moment in enumerate(due):
        words = f"text: Tiedote {n} kuntalaisille.\npublish: {moment.isoformat()}\n"
        write(tmp_path, f"tiedote-{n}", f"{words}channels: [facebook, x, linkedin]\n")
        write(tmp_path, f"kuva-{n}", f"{words}channels: [instagram]\nimage: {{file: talo.png, alt: Talo.}}\n")
    write_picture(tmp_path, "talo.png")
    with a_connected_town(tmp_path, smtp, ("facebook", "x", "linkedin", "instagram")) as town:
        first = serial(town, "instagram")
        warned: list[str] = []
        for moment in due:
            for _event in events(town, moment - 5 * HOUR):
                town.service.renew_tokens()
                new = subjects(town, smtp)[len(warned) :]
                warned += new
                for channel, name in (("facebook", "Facebook"), ("linkedin", "LinkedIn")):
                    told = sum(name in one for one in warned)
                    if any(name in one for one in new) and told % 3 == 0:
                        connect(town, channel)
            town.service.read_queue()
            for _hour in range(6):
                town.service.renew_tokens()
                assert town.service.look_ahead() >= 0
                town.work(until=town.clock.now())
                town.clock.advance(3600)
        assert len(town.deliveries()) == 52
        assert {one.state for one in town.deliveries()} == {State.PUBLISHED}
        waited = [one.published_at - one.due_at for one in town.deliveries() if one.published_at and one.due_at]
        assert (len(waited), max(waited) < LATE) == (52, True)
        ends = [one for one in warned if one.startswith("Please connect again by ")]
        assert Counter("Facebook" in one for one in ends) == {True: 12, False: 3}
        # LinkedIn's version of the interface ends in the autumn of that year, and each announcement after July says so the day before.
        ahead = [mail.as_string() for mail in smtp.messages if "announcement" in str(mail["Subject"])]
        assert set(warned) - set(ends) == {"Before the next announcement: 1 thing to see to"}
        assert ahead
        assert all("202609" in one for one in ahead)
        assert serial(town, "x") - int(START.timestamp()) >= len(due)
        assert serial(town, "instagram") - first >= 52, "once a week"


@pytest.mark.parametrize("channel", ["instagram", "linkedin"])
def test_what_lives_for_sixty_days_is_renewed_weekly_or_told_of(tmp_path: Path, smtp: MailServer, channel: str) -> None:
    """Instagram's token is renewed week by week and nobody hears of it; LinkedIn's without a refresh token is told of three times."""
    with a_connected_town(tmp_path, smtp, (channel,), refresh_tokens=False) as town:
        before = serial(town, channel)
        for _event in events(town, START + 100 * DAY):
            town.service.renew_tokens()
            subjects(town, smtp)
        told = subjects(town, smtp)
        if channel == "instagram":
            assert told == []
            assert serial(town, channel) - before == 14
            return
        assert len(told) == 3
        assert serial(town, channel) == before


class Burst:
    """Lets the ends of all tokens pass when each account is about to send its fourth post; knows what the repairs waited for."""

    def __init__(self) -> None:
        self.town: Town | None = None
        self.end = START + 60 * DAY
        self._sent: Counter[int] = Counter()
        self._all_there = threading.Barrier(3, action=self._pass)

    def reached(self, point: Point) -> None:
        """Each account sends from a thread of its own."""
        if point is Point.BEFORE_INTENT:
            mine = threading.get_ident()
            self._sent[mine] += 1
            if self._sent[mine] == 4:
                self._all_there.wait(30)

    def _pass(self) -> None:
        assert self.town is not None
        assert Counter(post.network for post in self.town.sandbox.ledger()) == {"x": 3, "linkedin": 3, "facebook": 3}
        self.town.clock.set(self.end + timedelta(seconds=1))

    def hold_repairs(self, _point: str) -> None:
        """The networks' answer is there; it takes until all of the third account is out."""
        assert self.town is not None
        last = time.monotonic() + 30
        while len(self.town.posts("facebook")) < 10:
            assert time.monotonic() < last, "another account waits for a repair"
            time.sleep(0.01)


def test_every_token_expires_in_the_middle_of_a_burst(
    tmp_path: Path, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten posts on each of three accounts, on threads as the daemon's; the machine slept while the tokens were to be renewed.

    X's two hours and LinkedIn's sixty days are over after three posts: one repair each, nobody is mailed, all is out at once, and
    the account whose token lives on never waits for the repairs of the others.
    """
    burst = Burst()
    three = ("x", "linkedin", "facebook")
    with a_connected_town(tmp_path, smtp, three, frozen=False, reached=burst.reached) as town:
        burst.town = town
        monkeypatch.setattr(town.service.renewer, "_reached", burst.hold_repairs)
        burst.end = town.clock.now() + 60 * DAY
        connect(town, "linkedin")
        town.clock.set(burst.end - 2 * HOUR)
        connect(town, "x")
        connect(town, "facebook")
        town.clock.set(burst.end - timedelta(minutes=1))
        before = {channel: serial(town, channel) for channel in three}
        for n in range(10):
            write(tmp_path, f"b{n}", f"text: Tiedote {n} kuntalaisille.\npublish: asap\n")
        town.service.read_queue()
        began = town.clock.now()
        town.service.publish_due(timedelta(minutes=3))
        refused = Counter(entry.network for entry in town.sandbox.requests() if entry.status == 401)
        assert {one.state for one in town.deliveries()} == {State.PUBLISHED}
        assert Counter(post.network for post in town.sandbox.ledger()) == dict.fromkeys(three, 10)
        assert {channel: serial(town, channel) - at for channel, at in before.items()} == {
            "x": 1,
            "linkedin": 1,
            "facebook": 0,
        }
        assert refused == {"x": 1, "linkedin": 1}, "each was found out by one post"
        assert max(one.published_at for one in town.deliveries() if one.published_at) - began < timedelta(minutes=3)
        assert subjects(town, smtp) == []


def test_when_meta_s_ninety_days_are_over_posts_go_out_and_people_hear_why_comments_do_not_come(
    tmp_path: Path, smtp: MailServer
) -> None:
    """Warned of at 14, 7 and 2 days in words that fit; then told what is not read any more, by mail and `doctor`; a login mends it."""
    with a_connected_town(tmp_path, smtp, ("facebook",)) as town:
        write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\n")
        town.service.read_queue()
        town.work(until=town.clock.now() + HOUR)
        for _event in events(town, START + 90 * DAY + HOUR):
            subjects(town, smtp)
        assert [one for one in subjects(town, smtp) if "Please connect again by" not in one] == []
        warning = body(smtp, "Please connect again by")
        assert "Meta stops telling what residents write" in warning
        assert "announcements go out all the same" in warning
        write(tmp_path, "toinen", "text: Toinenkin lupa verkossa.\npublish: asap\n")
        town.service.read_queue()
        town.work(until=town.clock.now() + HOUR)
        assert len(town.posts("facebook")) == 2
        town.sandbox.comment(town.posts("facebook")[1].id, "Mistä lupaa haetaan?")
        (told,) = town.service.collect(all_posts=True)
        assert told.error is not None
        subjects(town, smtp)
        assert "the last login was more than 90 days ago" in body(smtp, "An account needs you")
        (account,) = configured(town.service.config).values()
        (over,) = of_account(town.service, account)
        assert (over.level, "nothing of residents' comments since" in over.message) == (Level.WARN, True)
        assert "tiedote login facebook --org hausjarvi" in over.remedy
        connect(town, "facebook")
        town.clock.advance(DAY.total_seconds())
        (told,) = town.service.collect(all_posts=True)
        assert (told.error, told.comments) == (None, 1)


def body(smtp: MailServer, subject: str) -> str:
    """The words of the last mail to the owner with this subject, in one line."""
    mail = [one for one in smtp.messages if subject in str(one["Subject"]) and one["To"] == "it@example.fi"][-1]
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def test_instagram_by_its_own_login_publishes_a_picture_with_what_login_got(tmp_path: Path, smtp: MailServer) -> None:
    """The picture lies in the public folder while Instagram fetches it, and nowhere afterwards; a renewed token publishes as well."""
    with a_connected_town(tmp_path, smtp, ("instagram",)) as town:
        write_picture(tmp_path, "talo.png")
        for n in range(2):
            write(tmp_path, f"kuva-{n}", f"text: Kuva {n}.\npublish: asap\nimage: {{file: talo.png, alt: Talo.}}\n")
            town.service.read_queue()
            town.work(until=town.clock.now() + HOUR)
            town.clock.advance((8 * DAY).total_seconds())
            assert town.service.renew_tokens() == 1
        posts = town.posts("instagram")
        assert [(post.account_id, [one.alt for one in post.pictures]) for post in posts] == [
            ("17841400000000101", ["Talo."])
        ] * 2
        assert list((tmp_path / "julki").iterdir()) == []
        assert subjects(town, smtp) == []


def another(town: Town, name: str) -> Renewer:
    """A second process on the same database."""
    service = town.service
    return Renewer(service.store, service.config, service.vault, service.pool.network, owner=name)


@pytest.mark.parametrize("channel", ["x", "linkedin", "instagram"])
def test_a_crash_between_the_answer_and_the_commit_loses_no_post(
    tmp_path: Path, smtp: MailServer, channel: str
) -> None:
    """The process dies with the new token in hand. LinkedIn's and Instagram's renew again; X's refresh token is spent, so a person is told.

    X's access token lives on for an hour, and after a new login what waited goes out.
    """
    with a_connected_town(tmp_path, smtp, (channel,)) as town:
        town.clock.advance((8 * DAY if channel != "x" else HOUR).total_seconds())
        died = Renewer(
            town.service.store,
            town.service.config,
            town.service.vault,
            town.service.pool.network,
            owner="died",
            reached=_die,
        )
        before = serial(town, channel)
        with pytest.raises(KeyboardInterrupt):
            died.renew_due(town.clock.now())
        assert serial(town, channel) == before
        town.clock.advance(6 * 60)
        town.service.renew_tokens()
        if channel != "x":
            assert serial(town, channel) == before + 1
            assert subjects(town, smtp) == []
            return
        assert subjects(town, smtp) == ["Please connect again: X, Hausjärven kunta"]
        write(tmp_path, "nyt", "text: Vanha tunnus toimii vielä.\npublish: asap\n")
        town.service.read_queue()
        town.work(until=town.clock.now())
        assert len(town.sandbox.ledger()) == 1
        town.clock.advance(3600)
        write(tmp_path, "sitten", "text: Odottaa kirjautumista.\npublish: asap\n")
        town.service.read_queue()
        town.work(until=town.clock.now() + HOUR)
        assert len(town.sandbox.ledger()) == 1
        connect(town, "x")
        town.work(until=town.clock.now() + HOUR)
        assert {one.state for one in town.deliveries()} == {State.PUBLISHED}


def _die(_point: str) -> None:
    raise KeyboardInterrupt


def test_a_network_that_is_away_is_no_verdict_on_a_token(tmp_path: Path, smtp: MailServer) -> None:
    """X's token endpoint is out of order for a while: nobody is told, and the token is renewed when it is back."""
    with a_connected_town(tmp_path, smtp, ("x",)) as town:
        before = serial(town, "x")
        town.clock.advance(3600)
        town.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, path="/2/oauth2/token", times=5))
        asked = []
        for _minute in range(50):
            town.service.renew_tokens()
            asked.append(sum(entry.path == "/2/oauth2/token" for entry in town.sandbox.requests()))
            town.clock.advance(60)
        assert asked[0] == asked[-1] - 5
        assert serial(town, "x") == before + 1
        assert subjects(town, smtp) == []


def test_a_token_that_is_refused_for_an_outage_as_well_waits_and_nobody_is_told(
    tmp_path: Path, smtp: MailServer
) -> None:
    """The machine slept past X's two hours, and the token endpoint is away too: the post waits, and goes out when both are back."""
    with a_connected_town(tmp_path, smtp, ("x",)) as town:
        town.clock.advance(3 * 3600)
        town.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, path="/2/oauth2/token", times=3))
        write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\n")
        town.service.read_queue()
        town.work(until=town.clock.now() + HOUR)
        assert [post.network for post in town.sandbox.ledger()] == ["x"]
        assert subjects(town, smtp) == []


def test_a_token_that_cannot_be_renewed_for_hours_is_told(tmp_path: Path, smtp: MailServer) -> None:
    """The token is refused and its renewal never answered: after an hour people hear why nothing goes out, once a day."""
    with a_connected_town(tmp_path, smtp, ("x",)) as town:
        town.clock.advance(3 * 3600)
        town.sandbox.add_rule(Rule(kind=Kind.ERROR_BEFORE, path="/2/oauth2/token", times=None))
        write(tmp_path, "lupa", "text: Lupa verkossa.\npublish: asap\n")
        town.service.read_queue()
        town.work(until=town.clock.now() + HOUR / 2)
        assert subjects(town, smtp) == []
        town.work(until=town.clock.now() + 4 * HOUR)
        assert len(subjects(town, smtp)) == 1
        assert "X" in subjects(town, smtp)[0]
        town.sandbox.rules.clear()
        town.work(until=town.clock.now() + HOUR)
        assert [post.network for post in town.sandbox.ledger()] == ["x"]


def test_a_new_token_that_could_not_be_kept_is_kept_before_it_is_renewed_again(
    tmp_path: Path, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was away when X's new tokens came: whoever repairs the account next keeps those, and spends no old one again."""

    def away(*_: object) -> bool:
        raise StoreAway("disk full")

    with a_connected_town(tmp_path, smtp, ("x",)) as town:
        before = serial(town, "x")
        town.clock.advance(3 * 3600)
        with monkeypatch.context() as patch:
            patch.setattr(credentials, "replace_if", away)
            with pytest.raises(StoreAway):
                town.service.renew_tokens()
        assert serial(town, "x") == before
        assert town.service.renewer.repair(X, town.clock.now()) is Outcome.RENEWED
        assert serial(town, "x") == before + 1
        assert sum(entry.path == "/2/oauth2/token" for entry in town.sandbox.requests()) == 2, "the login, one renewal"
        assert subjects(town, smtp) == []


def test_what_can_not_be_renewed_any_more_is_told_once(tmp_path: Path, smtp: MailServer) -> None:
    """Somebody has taken the app's consent away: one mail, though it is tried again now and then."""
    with a_connected_town(tmp_path, smtp, ("linkedin",)) as town:
        with town.service.store.read() as conn:
            kept = town.service.vault.load(conn, ("hausjarvi", "linkedin", "linkedin"))
        assert kept is not None
        assert kept[1].refresh_token is not None
        town.sandbox.grants.end(kept[1].refresh_token.get_secret_value())
        for _day in range(14):
            town.clock.advance(DAY.total_seconds())
            town.service.renew_tokens()
            subjects(town, smtp)
        assert subjects(town, smtp) == ["Please connect again: LinkedIn, Hausjärven kunta"]


def test_a_login_that_comes_during_a_renewal_wins(tmp_path: Path, smtp: MailServer) -> None:
    """What a person has just connected is not overwritten by an answer that was on its way."""
    with a_connected_town(tmp_path, smtp, ("x",)) as town:
        town.clock.advance(3600)
        logged_in: list[int] = []

        def login(_point: str) -> None:
            connect(town, "x")
            logged_in.append(serial(town, "x"))

        service = town.service
        Renewer(service.store, service.config, service.vault, service.pool.network, owner="b", reached=login).renew_due(
            town.clock.now()
        )
        assert [serial(town, "x")] == logged_in


def test_two_processes_on_one_database_renew_a_token_once(
    tmp_path: Path, smtp: MailServer, postgresql_cluster: Cluster
) -> None:
    """On PostgreSQL, both at the same instant, and again while the lease of one that died is not over."""
    name = postgresql_cluster.create()
    with a_connected_town(tmp_path, smtp, ("x",), database=postgresql_cluster.url_of(name)) as town:
        town.clock.advance(3600)
        before = serial(town, "x")
        ready = threading.Barrier(2)
        outcomes: list[int] = []

        def renew(owner: str) -> None:
            one = another(town, owner)
            ready.wait()
            outcomes.append(one.renew_due(town.clock.now()))

        threads = [threading.Thread(target=renew, args=(owner,)) for owner in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asked = [entry for entry in town.sandbox.requests() if entry.path == "/2/oauth2/token"]
        assert len(asked) == 2, "the login, and one renewal"
        assert serial(town, "x") == before + 1
        town.clock.advance(2 * 3600)
        with town.service.store.write() as conn:
            assert meta.claim(conn, "renewing:hausjarvi:x:x", "dead", town.clock.now(), town.clock.now() + HOUR / 12)
        assert another(town, "a").repair(X, town.clock.now()) is Outcome.LATER
        town.clock.advance(301)
        assert another(town, "a").repair(X, town.clock.now()) is Outcome.RENEWED
    postgresql_cluster.drop(name)
