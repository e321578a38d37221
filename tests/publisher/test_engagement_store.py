"""Comments, snapshots, notices and report rows, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.model import State
from publisher.store import Store, engagement, notices, reports, summaries
from publisher.store.engagement import Counters, NewComment
from publisher.store.notices import NoticeKind
from publisher.store.summaries import CountersRead
from tests.publisher.rows import a_delivery, a_post, an_account, comment_rows

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def a_comment(delivery_id: int, remote_id: str = "c1", **fields: object) -> NewComment:
    values: dict[str, object] = {
        "parent_remote_id": None,
        "kind": "comment",
        "author_key": "someone",
        "author_name": None,
        "text": "Hieno juttu",
        "url": None,
        "created_at": NOW,
        "own": False,
        "question": False,
    }
    return NewComment(delivery_id=delivery_id, remote_id=remote_id, **values | fields)  # type: ignore[arg-type]


def put(store: Store, account_id: int, *comments: NewComment, now: datetime = NOW) -> None:
    with store.write() as conn:
        engagement.upsert_comments(conn, account_id, comments, now)


def test_a_page_that_is_read_twice_is_stored_once_and_left_untouched(store):
    """An unchanged comment is not even written: its time of reading stays the first one."""
    account = an_account(store, NOW)
    post = a_post(store, account, NOW)
    put(store, account.id, a_comment(post, "c1"), a_comment(post, "c2"))
    put(store, account.id, a_comment(post, "c1"), a_comment(post, "c2", text="Muutin mieleni"), now=NOW + DAY)
    rows = comment_rows(store)
    assert {key: row.text for key, row in rows.items()} == {"c1": "Hieno juttu", "c2": "Muutin mieleni"}
    assert rows["c1"].fetched_at == NOW
    assert rows["c2"].fetched_at == NOW + DAY
    assert rows["c2"].seen_at == NOW


def test_what_a_person_called_done_stays_done_after_an_edit(store):
    """Following the network never undoes what staff decided."""
    account = an_account(store, NOW)
    put(store, account.id, a_comment(a_post(store, account, NOW), question=True, text="Onko auki?"))
    with store.write() as conn:
        (found,) = engagement.list_comments(conn, unanswered=True)
        assert engagement.mark_done(conn, found.id, NOW)
    put(store, account.id, a_comment(1, question=True, text="Onko auki huomenna?"), now=NOW + MINUTE)
    with store.read() as conn:
        (comment,) = engagement.list_comments(conn)
        assert (comment.text, comment.answered) == ("Onko auki huomenna?", True)
        assert engagement.list_comments(conn, unanswered=True) == ()


def test_done_knows_only_residents_comments(store):
    """Neither an unknown id nor our own reply can be called done."""
    account = an_account(store, NOW)
    put(store, account.id, a_comment(a_post(store, account, NOW), own=True))
    with store.write() as conn:
        assert not engagement.mark_done(conn, 1, NOW)
        assert not engagement.mark_done(conn, 999, NOW)


@pytest.mark.parametrize(
    "channel, parent, written, answered",
    [
        ("facebook", "c1", MINUTE, {"c1"}),
        ("x", "c2", MINUTE, {"c1", "c2"}),
        ("facebook", "c1", 3 * MINUTE, {"c1", "c2"}),
        ("x", "c1", 3 * MINUTE, {"c1"}),
        ("x", None, 3 * MINUTE, set()),
    ],
)
def test_our_reply_answers_what_it_stands_under(store, channel, parent, written, answered):
    """Our reply answers all that it stands below, at any depth; where threads are flat, also what a resident replied there before it."""
    account = an_account(store, NOW, channel)
    post = a_post(store, account, NOW)
    put(
        store,
        account.id,
        a_comment(post, "c1"),
        a_comment(post, "c2", parent_remote_id="c1", kind="reply", created_at=NOW + 2 * MINUTE),
        a_comment(post, "ours", parent_remote_id=parent, kind="reply", own=True, created_at=NOW + written),
    )
    with store.read() as conn:
        assert {one.remote_id for one in engagement.list_comments(conn) if one.answered} == answered
        assert engagement.count_unanswered(conn, "hausjarvi") == (0, 2 - len(answered))


def test_what_only_a_reply_that_is_gone_answered_waits_again(store):
    """At any depth; and comments that name each other as parents, as nobody can write them, end no reading."""
    account = an_account(store, NOW, "x")
    post = a_post(store, account, NOW)
    put(
        store,
        account.id,
        a_comment(post, "c1"),
        a_comment(post, "c2", parent_remote_id="c1", kind="reply"),
        a_comment(post, "c3", parent_remote_id="c2", kind="reply"),
        a_comment(post, "ours", parent_remote_id="c3", kind="reply", own=True),
        a_comment(post, "a", parent_remote_id="b", kind="reply"),
        a_comment(post, "b", parent_remote_id="a", kind="reply"),
    )
    with store.write() as conn:
        assert engagement.count_unanswered(conn, "hausjarvi") == (0, 2)
        gone = engagement.known_comments(conn, account.id, [post])["ours"].id
        assert engagement.delete_comments(conn, [gone]) == 1
        assert engagement.count_unanswered(conn, "hausjarvi") == (0, 5)


def test_comments_come_oldest_first_with_the_posts_address_where_they_have_none(store):
    """The list starts with who has waited longest; every line has a link."""
    account = an_account(store, NOW)
    post = a_post(store, account, NOW)
    put(
        store,
        account.id,
        a_comment(post, "new", created_at=NOW + MINUTE, url="https://example.org/new", topics="idea thanks"),
        a_comment(post, "old", created_at=NOW - MINUTE),
        a_comment(post, "ours", own=True),
    )
    with store.read() as conn:
        found = engagement.list_comments(conn)
        assert engagement.list_comments(conn, organisation="loppi") == ()
        assert len(engagement.list_comments(conn, organisation="hausjarvi", unanswered=True)) == 2
        for looks, wanted in (({"thanks"}, ["new"]), ({"idea", "question"}, ["new"]), ({"inappropriate"}, [])):
            assert [one.remote_id for one in engagement.list_comments(conn, looks=looks)] == wanted
    assert [(one.remote_id, one.url) for one in found] == [
        ("old", "https://example.org/post-1"),
        ("new", "https://example.org/new"),
    ]


def snap(store: Store, delivery_id: int, at: datetime, likes: int, comments: int | None = 0) -> None:
    with store.write() as conn:
        counters = Counters(
            delivery_id=delivery_id,
            reactions={"like": likes},
            comments=comments,
            told_comments=comments,
            shares=None,
            views=7,
        )
        engagement.add_snapshots(conn, [counters], at)


def test_counters_are_the_last_reading_by_a_moment(store):
    """Results show the newest reading, a week's edge the last one before it; unknown stays null."""
    account = an_account(store, NOW)
    post, unread = a_post(store, account, NOW), a_post(store, account, NOW + DAY, "post-2", announcement="toinen")
    snap(store, post, NOW + MINUTE, 1)
    snap(store, post, NOW + 3 * MINUTE, 5)
    with store.read() as conn:
        before, first, last = (
            summaries.counters_at(conn, "hausjarvi", NOW + minutes * MINUTE, NOW - DAY) for minutes in (0, 2, 3)
        )
        results = engagement.list_results(conn, organisation="hausjarvi")
    assert before == {}
    assert (first[post].reactions, first[post].at) == ({"like": 1}, NOW + MINUTE)
    assert last[post] == CountersRead(at=NOW + 3 * MINUTE, reactions={"like": 5}, comments=0, shares=None, views=7)
    assert [(one.delivery_id, one.as_of, one.reactions, one.shares) for one in results] == [
        (post, NOW + 3 * MINUTE, {"like": 5}, None),
        (unread, None, None, None),
    ]


def test_only_posts_that_are_out_are_tracked_newest_first(store):
    """Neither what waits nor what is older than the limit nor what is gone is read; all with their last numbers."""
    account = an_account(store, NOW)
    a_post(store, account, NOW - 100 * DAY, "ancient", announcement="a")
    first = a_post(store, account, NOW - DAY, "first", announcement="b")
    a_post(store, account, NOW, "second", announcement="c")
    gone = a_post(store, account, NOW, "gone", announcement="d")
    a_delivery(store, account, NOW, announcement="e", state=State.SCHEDULED)
    snap(store, first, NOW, 4, comments=1)
    snap(store, first, NOW + MINUTE, 9, comments=2)
    put(store, account.id, a_comment(first), a_comment(first, "ours", own=True), a_comment(first, "q", kind="quote"))
    with store.write() as conn:
        engagement.post_gone(conn, gone, NOW)
        tracked = engagement.tracked_posts(conn, account.id, NOW - 90 * DAY)
        with_gone = engagement.tracked_posts(conn, account.id, NOW - 90 * DAY, gone_since=NOW - 90 * DAY)
    assert [post.remote_id for post in tracked] == ["second", "first"]
    assert {post.remote_id for post in with_gone if post.gone} == {"gone"}
    assert (tracked[1].read_at, tracked[1].last, tracked[1].previous, tracked[1].reactions) == (NOW + MINUTE, 2, 1, 9)
    assert (tracked[1].kept.residents, tracked[1].kept.own) == (1, 1)
    assert (tracked[0].read_at, tracked[0].last) == (None, None)


def test_one_process_at_a_time_collects_an_account(store):
    """Whoever claims first has it until the claim runs out or the account is due again."""
    account = an_account(store, NOW)
    with store.write() as conn:
        assert engagement.claim_account(conn, account.id, NOW, NOW + 15 * MINUTE)
        assert not engagement.claim_account(conn, account.id, NOW + MINUTE, NOW + 16 * MINUTE)
        assert engagement.claim_account(conn, account.id, NOW + 15 * MINUTE, NOW + 30 * MINUTE)
        engagement.collected(conn, account.id, NOW + 16 * MINUTE, NOW + 26 * MINUTE)
        assert not engagement.claim_account(conn, account.id, NOW + 20 * MINUTE, NOW + 40 * MINUTE)
        assert engagement.claim_account(conn, account.id, NOW + 26 * MINUTE, NOW + 40 * MINUTE)


PEOPLE = [("it@example.fi", "fi"), ("viestinta@example.fi", "sv")]


def test_a_cause_is_told_once_a_day_to_each_person(store):
    """The same cause on the same day adds nothing; tomorrow it is told again."""

    def tell(now: datetime, people: list[tuple[str, str]]) -> int:
        with store.write() as conn:
            return notices.raise_notice(
                conn, cause="blocked:x", kind=NoticeKind.BLOCKED, params={"a": "b"}, recipients=people, now=now
            )

    assert tell(NOW, PEOPLE[:1]) == 1
    assert tell(NOW + MINUTE, PEOPLE) == 1
    assert tell(NOW + MINUTE, PEOPLE) == 0
    assert tell(NOW + DAY, PEOPLE) == 2


def test_a_notice_whose_sender_died_keeps_its_message_id(store):
    """The lease runs out, another sender takes it, and it is the same mail."""
    with store.write() as conn:
        notices.raise_notice(
            conn, cause="c", kind=NoticeKind.FAILED, params={"delivery": "d-1"}, recipients=PEOPLE[:1], now=NOW
        )
        first = notices.claim_notice(conn, NOW, 5 * MINUTE)
        assert first is not None
        assert (first.recipient, first.language, first.params, first.tries) == (
            "it@example.fi",
            "fi",
            {"delivery": "d-1"},
            1,
        )
        notices.keep_message_id(conn, first.id, "<one@example.fi>")
        assert notices.claim_notice(conn, NOW + 4 * MINUTE, 5 * MINUTE) is None
        again = notices.claim_notice(conn, NOW + 5 * MINUTE, 5 * MINUTE)
        assert again is not None
        notices.keep_message_id(conn, first.id, "<two@example.fi>")
        assert (again.message_id, again.tries) == ("<one@example.fi>", 2)
        notices.notice_sent(conn, again.id, NOW)
        assert notices.claim_notice(conn, NOW + DAY, 5 * MINUTE) is None


def test_what_one_cause_did_to_many_posts_is_one_mail_that_stays_the_same(store: Store) -> None:
    """Taken again after its sender died: the same posts, none twice; what another person is to hear, or of another kind, stays apart."""
    with store.write() as conn:
        for number, (kind, person, error) in enumerate(
            [
                (NoticeKind.UNCONFIRMED, "a@example.fi", "unconfirmed"),
                (NoticeKind.UNCONFIRMED, "b@example.fi", "unconfirmed"),
                (NoticeKind.UNCONFIRMED, "a@example.fi", "unconfirmed"),
                (NoticeKind.FAILED, "a@example.fi", "text_refused"),
                (NoticeKind.FAILED, "a@example.fi", "duplicate"),
            ]
        ):
            notices.raise_notice(
                conn,
                cause=f"{kind}:d-{number}",
                kind=kind,
                params={"delivery": f"d-{number}", "channel": "x", "error_kind": error},
                recipients=[(person, "fi")],
                now=NOW,
            )
    told: list[list[str]] = []
    with store.write() as conn:
        first = notices.claim_notice(conn, NOW, 5 * MINUTE)
        while (notice := notices.claim_notice(conn, NOW, DAY)) is not None:
            told.append([one["delivery"] for one in (notice.params, *notice.also)])
    assert first is not None
    assert [one["delivery"] for one in (first.params, *first.also)] == ["d-0", "d-2"]
    assert told == [["d-1"], ["d-3"], ["d-4"]]
    with store.write() as conn:
        again = notices.claim_notice(conn, NOW + 5 * MINUTE, DAY)
    assert again is not None
    assert (again.id, again.also) == (first.id, first.also)


def test_a_week_is_noted_once_for_each_recipient(store):
    """The second row for the same organisation, week and recipient is refused, sent or not."""

    def add(recipient: str) -> bool:
        with store.write() as conn:
            return reports.add_report(
                conn,
                organisation="hausjarvi",
                week="2026-W48",
                recipient=recipient,
                language="fi",
                message_id=f"<{recipient}>",
                now=NOW,
            )

    assert add("a@example.fi")
    assert add("b@example.fi")
    assert not add("a@example.fi")
    with store.write() as conn:
        first = reports.claim_report(conn, NOW, 5 * MINUTE)
        second = reports.claim_report(conn, NOW, 5 * MINUTE)
        assert first is not None
        assert second is not None
        assert reports.claim_report(conn, NOW, 5 * MINUTE) is None
        reports.report_sent(conn, first.id, NOW)
        reports.report_failed(conn, second.id, "451 later", NOW + MINUTE)
        again = reports.claim_report(conn, NOW + MINUTE, 5 * MINUTE)
        assert again is not None
        assert (again.recipient, again.message_id, again.tries) == ("b@example.fi", "<b@example.fi>", 2)
        reports.report_failed(conn, again.id, "550 nobody here", None)
        assert reports.claim_report(conn, NOW + DAY, 5 * MINUTE) is None
        states = {row.recipient: row.state for row in reports.list_reports(conn, "hausjarvi", "2026-W48")}
    assert states == {"a@example.fi": "sent", "b@example.fi": "given_up"}


def test_the_weeks_troubles_and_queue(store):
    """Open questions count whenever they began; failures of the week alone; the queue has only what will go out."""
    account = an_account(store, NOW)
    a_delivery(store, account, NOW - 30 * DAY, announcement="a", state=State.UNCONFIRMED)
    a_delivery(store, account, NOW - 30 * DAY, announcement="b", state=State.FAILED)
    a_delivery(store, account, NOW, announcement="c", state=State.FAILED, error_kind="text_too_long")
    a_post(store, account, NOW, announcement="d", error_kind="first_comment")
    a_post(store, account, NOW, "post-2", announcement="e")
    a_delivery(store, account, NOW, announcement="f", state=State.SCHEDULED, due_at=NOW + DAY)
    a_delivery(store, account, NOW, announcement="g", state=State.CANCELLED, due_at=NOW + DAY)
    a_delivery(store, account, NOW, announcement="h", state=State.AWAITING_APPROVAL, due_at=NOW + DAY)
    with store.read() as conn:
        troubled = reports.list_troubled(conn, "hausjarvi", NOW - DAY, NOW + DAY)
        queue = reports.list_queue(conn, "hausjarvi", NOW, NOW + 2 * DAY)
        assert [one.announcement for one in summaries.list_awaiting_approval(conn, "hausjarvi")] == ["h"]
    assert [(one.announcement, one.error_kind) for one in troubled] == [
        ("a", None),
        ("c", "text_too_long"),
        ("d", "first_comment"),
    ]
    assert [one.announcement for one in queue] == ["f"]


def test_accounts_that_were_not_read_are_told(store):
    """An account with posts that nobody read lately is a gap; one without posts is not."""
    read, unread, empty = (an_account(store, NOW, channel) for channel in ("facebook", "x", "linkedin"))
    a_post(store, read, NOW - 5 * DAY, announcement="a")
    a_post(store, unread, NOW - 5 * DAY, announcement="b")
    with store.write() as conn:
        engagement.collected(conn, read.id, NOW, NOW)
        found = reports.list_troubled_accounts(conn, "hausjarvi", read_before=NOW - DAY, tracked_since=NOW - 90 * DAY)
    assert [one.channel for one in found] == ["x"]
    assert empty.collected_at is None
