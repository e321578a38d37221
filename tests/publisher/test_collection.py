"""Reading back what residents did."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from channels import registry
from channels.base import Capabilities, Channel, Comment, CommentKind, Comments, Counts, Known, Tally, Usage
from channels.errors import AccountBlocked, ChannelError, Kind, Retryable
from channels.wire import Address, Id, Moment
from publisher.collection import LONGEST_TEXT, MOST_COUNTED, Collected, Collector, clean
from publisher.config import Account, MailSettings, Recipient, RetentionSettings
from publisher.keeping import Keeper
from publisher.store import Store, accounts, notices
from publisher.store.accounts import AccountState
from tests.publisher.configs import a_config, an_organisation
from tests.publisher.rows import COMMENTS, DELIVERIES, a_post, an_account, comment_rows, snapshots

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def said(remote_id: str, text: str = "Hieno juttu", **fields: object) -> Comment:
    values: dict[str, object] = {"post_id": "post-1", "author_id": "u-7", "author_name": "Matti", "created_at": NOW}
    return Comment(remote_id=remote_id, text=text, **values | fields)  # type: ignore[arg-type]


@dataclass
class Network:
    """A network as an account sees it, for what the sandbox cannot be made to do. Remembers what it was asked."""

    counts_now: dict[str, Counts] = field(default_factory=dict)
    comments_now: list[Comment] = field(default_factory=list)
    incomplete: bool = False
    gone: frozenset[str] = frozenset()
    counts_error: ChannelError | None = None
    comments_error: ChannelError | None = None
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: registry.capabilities("facebook"))

    name: str = "facebook"

    def counts(self, remote_ids: Sequence[str], before: Mapping[str, Counts] | None = None) -> Tally:
        del before
        self.asked.append(("counts", tuple(remote_ids)))
        if self.counts_error:
            raise self.counts_error
        here = [self.counts_now[one] for one in remote_ids if one in self.counts_now and one not in self.gone]
        return Tally(counts=tuple(here), gone=self.gone & frozenset(remote_ids))

    def comments(self, remote_ids: Sequence[str], known: Mapping[str, Known] | None = None) -> Comments:
        del known
        self.asked.append(("comments", tuple(remote_ids)))
        if self.comments_error:
            raise self.comments_error
        items = tuple(one for one in self.comments_now if one.post_id in remote_ids)
        return Comments(items=items, complete=frozenset() if self.incomplete else frozenset(remote_ids))

    def usage(self) -> tuple[Usage, ...]:
        """This network tells nothing of its allowances."""
        return ()

    def ration(self, calls: int | None) -> None:
        """Without a budget there is none."""
        assert calls is None

    def say(self, *comments: Comment, likes: int = 0) -> None:
        """Put these comments under post-1, and the counters that go with them."""
        self.comments_now = list(comments)
        counted = sum(one.kind in {CommentKind.COMMENT, CommentKind.REPLY} for one in comments)
        self.counts_now["post-1"] = Counts(
            remote_id="post-1", reactions={"like": likes, "love": 0}, comments=counted, shares=0
        )

    def took(self) -> list[str]:
        """What was asked since the last time, by name."""
        names = [name for name, _ids in self.asked]
        self.asked.clear()
        return names


@dataclass
class Desk:
    """A collector, its store and its network."""

    store: Store
    network: Network
    account: AccountState
    collector: Collector
    keeper: Keeper

    def collect(self, now: datetime = NOW, *, all_posts: bool = False) -> Collected:
        self.keeper.purge_due(now, "it")
        collected = self.collector.collect_account(self.account, now, all_posts=all_posts)
        assert collected is not None
        return collected

    def state(self) -> AccountState:
        with self.store.read() as conn:
            return accounts.get_account(conn, self.account.id)


@pytest.fixture
def make_desk(store: Store, tmp_path: Path):
    def make(channel: str = "facebook", *, posts: int = 1, **config: object) -> Desk:
        network = Network()
        account = an_account(store, NOW - HOUR, channel)
        for n in range(1, posts + 1):
            a_post(store, account, NOW - HOUR, f"post-{n}", announcement=f"a-{n}")
            network.counts_now[f"post-{n}"] = Counts(remote_id=f"post-{n}", reactions={}, comments=0, shares=0)

        @contextmanager
        def lend(_account: Account) -> Iterator[Channel]:
            yield network  # type: ignore[misc]  # only what collection asks for

        settings = a_config(tmp_path, an_organisation(channels=(channel,)), **config)
        return Desk(
            store=store,
            network=network,
            account=account,
            collector=Collector(store, lend, settings),
            keeper=Keeper(store, lend, settings),
        )

    return make


@pytest.fixture
def desk(make_desk):
    return make_desk()


def test_the_longest_id_and_address_that_a_network_may_tell_are_kept(desk):
    """Both databases take them, in their indexes too: what the adapters let through is what can be kept."""
    name = "".join(chr(33 + one % 94) for one in hashlib.shake_256(b"it").digest(300))
    address = "https://" + "ä" * 1990
    assert TypeAdapter(Id).validate_python(name) == name
    assert TypeAdapter(Address).validate_python(address) == address
    for moment in ("1991-01-01T00:00:00+14:00", "2989-12-31T23:59:59-14:00"):
        at = TypeAdapter(Moment).validate_python(moment)
        desk.network.say(said(name, url=address, created_at=at, parent_remote_id=name[::-1], own=True))
        assert desk.collect(all_posts=True).error is None
    for unfit in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        with pytest.raises(ValidationError):
            TypeAdapter(Moment).validate_python(unfit)
    (row,) = comment_rows(desk.store).values()
    assert (row.remote_id, row.url, row.parent_remote_id) == (name, address, name[::-1])


def test_the_first_pass_brings_counts_and_comments(desk):
    """Counters of all posts in one call, comments of those that have any, one snapshot each."""
    desk.network.say(said("c1"), said("c2", "Onko auki?", parent_remote_id="c1", kind=CommentKind.REPLY), likes=3)
    collected = desk.collect()
    assert desk.network.took() == ["counts", "comments"]
    assert (collected.posts, collected.reactions, collected.comments) == (1, 3, 2)
    assert snapshots(desk.store) == [({"like": 3}, 2, 0, None)]
    rows = comment_rows(desk.store)
    assert {key: (row.text, row.parent_remote_id, row.question) for key, row in rows.items()} == {
        "c1": ("Hieno juttu", None, False),
        "c2": ("Onko auki?", "c1", True),
    }


def test_comments_are_read_only_where_a_number_moved(make_desk):
    """A post whose count stands still costs no second call; a pass over still posts is one call."""
    desk = make_desk(posts=3)
    desk.network.say(said("c1"))
    desk.collect()
    assert desk.network.asked == [("counts", ("post-3", "post-2", "post-1")), ("comments", ("post-1",))]
    desk.network.took()
    desk.collect(NOW + 10 * MINUTE)
    assert desk.network.took() == ["counts"]
    desk.network.say(said("c1"), said("c2"))
    desk.collect(NOW + 20 * MINUTE)
    assert desk.network.took() == ["counts", "comments"]
    assert set(comment_rows(desk.store)) == {"c1", "c2"}


def test_our_own_comments_are_flagged_and_not_counted(desk):
    """The network counts our first comment and our replies; results and summaries do not."""
    desk.network.say(said("ours", "Lue lisää", own=True), said("c1"), said("reply", own=True, parent_remote_id="c1"))
    collected = desk.collect()
    assert collected.comments == 1
    assert snapshots(desk.store)[-1][1] == 1
    assert [key for key, row in comment_rows(desk.store).items() if row.own] == ["ours", "reply"]
    assert comment_rows(desk.store)["ours"].author_key is None


def test_the_number_is_never_below_what_is_held(desk):
    """A network that counts only direct replies lists more than it counts."""
    desk.network.say(said("c1"), said("c2"), said("c3"))
    desk.network.counts_now["post-1"] = replace(desk.network.counts_now["post-1"], comments=1)
    desk.collect()
    assert snapshots(desk.store)[-1][1] == 3
    desk.network.took()
    desk.collect(NOW + 10 * MINUTE)
    assert desk.network.took() == ["counts"]


def test_quotes_are_kept_but_not_counted_among_comments(desk):
    """A quote is one of the post's shares."""
    desk.network.say(said("c1"), said("q1", kind=CommentKind.QUOTE))
    desk.collect()
    assert snapshots(desk.store)[-1][1] == 1
    assert set(comment_rows(desk.store)) == {"c1", "q1"}


def test_what_the_network_does_not_tell_is_null(desk):
    """Unknown is null, never 0; a listing that was read to its end tells its own number, though."""
    desk.network.counts_now["post-1"] = Counts(remote_id="post-1")
    desk.network.incomplete = True
    desk.collect()
    desk.network.incomplete = False
    desk.collect(NOW + DAY)
    assert snapshots(desk.store) == [(None, None, None, None), (None, 0, None, None)]


def test_deleted_at_the_source_is_deleted_here(desk):
    """The count falls, the listing is complete, and what is not in it goes, replies too."""
    desk.network.say(said("c1"), said("c2"), said("c3", parent_remote_id="c2", kind=CommentKind.REPLY))
    desk.collect()
    desk.network.say(said("c1"))
    collected = desk.collect(NOW + 10 * MINUTE)
    assert collected.removed == 2
    assert set(comment_rows(desk.store)) == {"c1"}
    assert snapshots(desk.store)[-1][1] == 1


def test_a_listing_that_is_not_complete_deletes_nothing(desk):
    """A search that reaches back seven days cannot say that an older reply is gone."""
    desk.network.say(said("old"), said("new"))
    desk.collect()
    desk.network.incomplete = True
    desk.network.say(said("new"), said("newer"), said("newest"))
    collected = desk.collect(NOW + 10 * MINUTE)
    assert collected.removed == 0
    assert set(comment_rows(desk.store)) == {"old", "new", "newer", "newest"}


def test_a_comment_that_was_deleted_and_replaced_is_found_once_a_day(desk):
    """The count did not move, so only the daily full pass sees the change; likewise an edit."""
    desk.network.say(said("c1"), said("c2"))
    desk.collect()
    desk.network.say(said("c1", "Muutin tätä"), said("c3"))
    desk.collect(NOW + 10 * MINUTE)
    assert set(comment_rows(desk.store)) == {"c1", "c2"}
    desk.collect(NOW + DAY)
    rows = comment_rows(desk.store)
    assert set(rows) == {"c1", "c3"}
    assert rows["c1"].text == "Muutin tätä"


def test_everything_now_reads_all_comments(desk):
    """`collect --all` neither waits for a turn nor for a count to move."""
    desk.network.say(said("c1"))
    desk.collect()
    desk.network.say(said("c2"))
    collected = desk.collect(NOW + MINUTE, all_posts=True)
    assert (collected.comments, collected.removed) == (1, 1)


def test_a_listing_that_lags_behind_its_count_is_read_once_more(desk):
    """Two are counted, one is listed: the next pass looks again, and then no more."""
    desk.network.say(said("c1"), said("c2"))
    desk.network.comments_now.pop()
    desk.collect()
    desk.network.took()
    desk.collect(NOW + 10 * MINUTE)
    desk.collect(NOW + 20 * MINUTE)
    assert desk.network.took() == ["counts", "comments", "counts"]
    assert snapshots(desk.store)[-1][1] == 2


def test_a_page_stored_by_another_process_meanwhile_is_not_deleted(desk):
    """A listing says nothing about what was first seen after it began."""
    desk.network.say(said("c1"))
    desk.collect(NOW + HOUR)
    desk.network.say(said("c2"))
    collected = desk.collect(NOW + 30 * MINUTE, all_posts=True)
    assert collected.removed == 0
    assert set(comment_rows(desk.store)) == {"c1", "c2"}


def test_old_posts_are_read_less_often(desk):
    """A post of an hour is due after ten minutes, one of forty days after a day; one past its time never."""
    desk.network.say(said("c1"))
    for age, pause, asked in ((0 * DAY, 10 * MINUTE, ["counts"]), (40 * DAY, 2 * HOUR, []), (100 * DAY, DAY, [])):
        desk.collect(NOW + age)
        desk.network.took()
        desk.collect(NOW + age + pause)
        assert desk.network.took() == asked, age


def test_nothing_is_asked_before_its_turn(desk):
    """An account that was just read is left alone."""
    desk.collect()
    assert desk.collector.collect_account(desk.account, NOW + MINUTE) is None
    assert desk.state().collected_at == NOW
    assert desk.state().collect_after == NOW + 10 * MINUTE


def test_an_account_that_left_the_configuration_is_not_read(desk):
    """Its history stays, nothing is asked."""
    stranger = replace(desk.account, channel="x", name="x")
    assert desk.collector.collect_account(stranger, NOW) is None
    assert desk.network.took() == []


def test_a_post_that_is_gone_takes_its_comments_along(desk):
    """It stays published in our record, with the reason beside it; for a week the round asks for it; if it is back, so is the record."""
    desk.network.say(said("c1"))
    desk.collect()
    desk.network.gone = frozenset({"post-1"})
    collected = desk.collect(NOW + 10 * MINUTE)
    assert (collected.gone, collected.removed) == (1, 1)
    assert (comment_rows(desk.store), _delivery(desk)) == ({}, ("published", "post_gone"))
    asked = []
    for later in (HOUR, DAY, DAY + HOUR, 9 * DAY):
        desk.network.took()
        desk.collect(NOW + later)
        asked.append(bool(desk.network.took()))
    assert asked == [False, True, False, False]
    desk.network.gone = frozenset()
    desk.collect(NOW + 9 * DAY + HOUR, all_posts=True)
    assert _delivery(desk) == ("published", None)
    assert set(comment_rows(desk.store)) == {"c1"}


def _delivery(desk: Desk) -> tuple[str, str | None]:
    with desk.store.read() as conn:
        row = conn.execute(select(DELIVERIES.c.state, DELIVERIES.c.error_kind)).one()
    return row.state, row.error_kind


@pytest.mark.parametrize(
    "error, pause",
    [
        (Retryable(Kind.RATE_LIMITED, after=timedelta(hours=2)), 2 * HOUR),
        (Retryable(Kind.BUSY), 10 * MINUTE),
        (AccountBlocked(Kind.PERMISSION_MISSING), HOUR),
    ],
)
def test_what_cannot_be_read_now_is_read_later_and_publishing_goes_on(desk, error, pause):
    """Reading waits by itself; the account is neither blocked nor told to wait with publishing."""
    desk.network.counts_error = error
    collected = desk.collect()
    state = desk.state()
    assert collected.error is error
    assert (state.collect_after, state.not_before, state.blocked_kind) == (NOW + pause, None, None)
    assert snapshots(desk.store) == []


def test_a_person_hears_once_a_day_that_an_account_cannot_be_read(make_desk):
    """The notice goes to those who get alerts and says that it is about reading."""
    mail = MailSettings(
        host="127.0.0.1",
        port=25,
        security="none",
        sender="t@example.fi",
        alerts_to=(Recipient(address="it@example.fi", language="fi"),),
    )
    desk = make_desk(mail=mail)
    desk.network.counts_error = AccountBlocked(Kind.TOKEN_EXPIRED, "Session has expired")
    desk.collect()
    desk.collect(NOW + HOUR)
    with desk.store.write() as conn:
        notice = notices.claim_notice(conn, NOW + HOUR, HOUR)
        assert notice is not None
        assert (notice.recipient, notice.kind, notice.params["error_kind"]) == (
            "it@example.fi",
            "blocked",
            "token_expired",
        )
        assert notices.claim_notice(conn, NOW + HOUR, HOUR) is None


def test_counts_without_their_comments_are_not_written_down(make_desk):
    """Had the number been stored, the comments behind it would never be fetched; other posts are not held up."""
    desk = make_desk(posts=2)
    desk.network.say(said("c1"))
    desk.network.comments_error = Retryable(Kind.BUSY)
    collected = desk.collect()
    assert (collected.posts, snapshots(desk.store)) == (1, [({}, 0, 0, None)])
    desk.network.comments_error = None
    desk.collect(NOW + 10 * MINUTE)
    assert set(comment_rows(desk.store)) == {"c1"}


def test_a_post_that_is_not_told_of_keeps_no_round_going(make_desk):
    """It is asked for again by itself: the others come when it is their turn, and may rest at night."""
    desk = make_desk(posts=2)
    del desk.network.counts_now["post-2"]
    for later in (timedelta(0), 7 * HOUR, 7 * HOUR + 10 * MINUTE):
        desk.network.asked.clear()
        desk.collect(NOW + later)

    assert desk.network.asked == [("counts", ("post-2",))]


@pytest.mark.parametrize("number", [10**30, -1])
def test_a_number_that_no_post_can_have_stops_nothing(desk, number):
    """PostgreSQL's INTEGER ends at 2 147 483 647, SQLite's at 2 to the 63rd: one such number would end each pass over the account."""
    desk.network.counts_now["post-1"] = Counts(
        remote_id="post-1", reactions={"like": number}, comments=number, shares=number, views=number, clicks=number
    )
    desk.collect()

    bounded = MOST_COUNTED if number > 0 else 0
    assert snapshots(desk.store) == [({"like": bounded} if bounded else {}, bounded, bounded, bounded)]


def test_hostile_texts_are_stored_harmlessly_once(desk):
    """NUL, half a surrogate pair and a megabyte: stored, cut, on both databases."""
    hostile = {"nul": "a\0b", "half": "a\ud83db", "huge": "x" * 1_000_000, "html": "<script>alert(1)</script> 😀🇫🇮"}
    desk.network.say(*(said(key, text) for key, text in hostile.items()))
    desk.collect()
    rows = comment_rows(desk.store)
    assert {key: row.text for key, row in rows.items()} == {
        "nul": "ab",
        "half": "ab",
        "huge": "x" * LONGEST_TEXT,
        "html": hostile["html"],
    }


def test_clean_keeps_what_is_missing_missing():
    """No text is not an empty text."""
    assert clean(None) is None


def test_authors_are_pseudonyms_unless_names_are_asked_for(make_desk):
    """The same person is the same pseudonym; neither id nor name is stored."""
    desk = make_desk()
    desk.network.say(said("c1"), said("c2"), said("c3", author_id="u-8"), said("c4", author_id=None))
    desk.collect()
    rows = comment_rows(desk.store)
    assert rows["c1"].author_key == rows["c2"].author_key != rows["c3"].author_key
    assert len(rows["c1"].author_key) == 32
    assert (rows["c4"].author_key, rows["c1"].author_name) == (None, None)
    with desk.store.read() as conn:
        everything = [str(row) for row in conn.execute(select(COMMENTS))]
    assert not [row for row in everything if "u-7" in row or "Matti" in row]


def test_names_are_kept_where_the_configuration_says_so(make_desk):
    """`retention.author_names: yes` keeps them, but never LinkedIn's."""
    keeps = RetentionSettings(author_names=True)
    for channel, name in (("facebook", "Matti"), ("linkedin", None)):
        desk = make_desk(channel, retention=keeps)
        desk.network.say(said(f"c-{channel}"))
        desk.collect()
        assert comment_rows(desk.store)[f"c-{channel}"].author_name == name


def test_linkedin_members_words_are_gone_after_48_hours(make_desk):
    """Counted from the first reading: reading again neither renews nor brings them back; question and id stay."""
    desk = make_desk("linkedin")
    desk.network.say(said("c1", "Onko auki?"), said("ours", "On!", own=True, parent_remote_id="c1"))
    desk.collect()
    desk.network.say(*desk.network.comments_now, said("c2"))
    desk.collect(NOW + 47 * HOUR, all_posts=True)
    assert comment_rows(desk.store)["c1"].text == "Onko auki?"
    desk.collect(NOW + 48 * HOUR, all_posts=True)
    rows = comment_rows(desk.store)
    assert (rows["c1"].text, rows["c1"].author_key, rows["c1"].question) == (None, None, True)
    assert (rows["c2"].text, rows["ours"].text) == ("Hieno juttu", "On!")


def test_words_go_even_when_the_network_is_down(make_desk):
    """Keeping time does not depend on an answer."""
    desk = make_desk("linkedin")
    desk.network.say(said("c1"))
    desk.collect()
    desk.network.counts_error = Retryable(Kind.UNREACHABLE)
    desk.collect(NOW + 49 * HOUR)
    assert comment_rows(desk.store)["c1"].text is None


def test_comments_past_their_retention_go_and_do_not_come_back(make_desk):
    """The snapshot keeps the count."""
    desk = make_desk(retention=RetentionSettings(comments=30 * DAY))
    desk.network.say(said("c1"), said("c2", created_at=NOW + 20 * DAY))
    desk.collect(NOW + 20 * DAY)
    desk.collect(NOW + 31 * DAY, all_posts=True)
    assert set(comment_rows(desk.store)) == {"c2"}
    assert snapshots(desk.store)[-1][1] == 2
