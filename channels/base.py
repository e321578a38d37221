"""What a channel is: the protocol and the values that cross it.

Publishing is a chain of steps. `begin` names the first one, `advance` runs one and returns the next, or `Published`. A step is all that
outlives a restart: its `memo` is stored before the next step begins. A step whose `commits` is true may make something public; every other
step is invisible to residents and may be repeated. `advance` makes at most one remote change a call, never sleeps and never retries: a step
that has to wait says so in `wait`.

`locate` answers whether a committing step took effect, by reading only. It returns candidates, newest first; the caller drops those that
another delivery owns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of a post; the channel fits it to its network.

    `data`: its bytes, or what reads them: only the step that sends a picture needs it, and a post may have twenty.
    """

    name: str
    data: bytes | Callable[[], bytes] = field(repr=False)
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in some words that leads to somebody. `start` and `length` count code points; `address` is the network's own (a URN)."""

    start: int
    length: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A question of which residents choose one answer; open for so many days."""

    question: str
    options: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An announcement composed for one account.

    `text` has the words and, where the network's rule says so, the link; `hashtags` come after it, without '#'. `link` is set when the
    post has a link card; `title`, `description` and `thumbnail` are the card's, where the network does not read the page. `thread`: the
    words of the posts that follow, each as an answer to the one before; then the hashtags come after the last of them. `poll` is set where
    the network has polls; a post has pictures, a card or a poll. `mentions` are places in `text`, `comment_mentions` in `first_comment`.
    """

    text: str
    thread: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    link: str | None = None
    title: str | None = None
    description: str | None = None
    thumbnail: Picture | None = None
    pictures: tuple[Picture, ...] = ()
    poll: Poll | None = None
    first_comment: str | None = None
    mentions: tuple[Mention, ...] = ()
    comment_mentions: tuple[Mention, ...] = ()

    @property
    def shown(self) -> tuple[Picture, ...]:
        """Give every picture that readers see, the link card's last."""
        return self.pictures if self.thumbnail is None else (*self.pictures, self.thumbnail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a publication stands; survives a restart as JSON."""

    name: str
    memo: Mapping[str, str] = field(default_factory=dict)
    wait: timedelta = timedelta(0)
    commits: bool = False
    repeatable: bool = False
    """Of a committing step: running it twice has the effect of once, whatever became of the first (publishing a known draft)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The post is public. `then` is what is left to do under it (a first comment, the rest of a thread, its address).

    `remote_id` is the first post of a thread; `part` the further one that the step has made.
    """

    remote_id: str
    url: str | None = None
    part: str | None = None
    then: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePost:
    """A post as the network holds it; `text` in the network's own form."""

    remote_id: str
    text: str
    created_at: datetime
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a network holds of a post that is out, read back to compare it with what was meant; None where it does not tell.

    `post`: its words, in the network's own form. `links`: addresses that it leads to, in full, in its words and on its card. `alts`: each
    picture's alternative text, in the order in which they are shown, the link card's last; '' for a picture without one.
    """

    post: RemotePost
    links: tuple[str, ...] = ()
    alts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What looking told.

    `candidates`: posts that match, newest first. For a first comment, or a further post of a thread: the post, if that stands under it.
    `complete`: the listing was read to its end, back to `since`.
    `absent`: proof that the step did not take effect, good enough to run it again.
    `spent`: what the step would make public is gone, so that running it again is no use: the post is begun at its first step.
    """

    candidates: tuple[Published, ...] = ()
    complete: bool = False
    absent: bool = False
    spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A lost answer: the committing `step` of `post`, tried at `since` or later."""

    post: Post
    step: Step
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The account's own posts back to a moment, newest first; `complete` if the listing surely has all of them."""

    posts: tuple[RemotePost, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token this is. `expires_at` None: no date is known."""

    account_id: str
    name: str
    expires_at: datetime | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many posts a network has counted of the account lately, and how many it takes in that time."""

    used: int
    total: int


LESSER = "-"
"""A role on a page that is less than an administrator's; which one, the network does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an account stands before anything is sent; None where the network does not tell.

    `asked`: the version that is asked for; `identity.version` is the one that answered. `ends`: when the one asked for ends. `role`: what
    the person behind the token is on the page, in the network's word; '' for no role at all, LESSER for one that the network tells
    administrators alone. `told_at`: the network's own time then.
    """

    identity: Identity
    asked: str | None = None
    ends: date | None = None
    quota: Quota | None = None
    role: str | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A post's counters now; None where the network does not tell. `comments` is the network's total, our own included.

    `quotes`: those of the `shares` that say something themselves. `clicks`: on the post or its link, as the network counts.
    """

    remote_id: str
    reactions: Mapping[str, int] | None = None
    comments: int | None = None
    shares: int | None = None
    quotes: int | None = None
    views: int | None = None
    clicks: int | None = None


COUNTED_BESIDE = ("shares", "views", "clicks")
"""Numbers of a post for which a configuration may name the metric (`Capabilities.insights`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counters of many posts. A post in neither part was not told about this time.

    `unread`: posts of neither that calls ran out before. `refused`: metrics that the network does not have any more, or not for this
    account; the rest was told without them.
    """

    counts: tuple[Counts, ...] = ()
    gone: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


class CommentKind(StrEnum):
    """How somebody spoke to a post."""

    COMMENT = "comment"
    REPLY = "reply"
    QUOTE = "quote"
    MENTION = "mention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody wrote under a post, or to the account without any post of ours (`post_id` None). `own`: our account wrote it.

    `hidden`: the network shows it to few or nobody but its author, and says so.
    """

    post_id: str | None
    remote_id: str
    parent_remote_id: str | None = None
    kind: CommentKind = CommentKind.COMMENT
    author_id: str | None = field(default=None, repr=False)
    author_name: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    created_at: datetime
    url: str | None = None
    own: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a post's comments already, so that only news need be read.

    `ids`: of every stored comment. `replies`: how many answers are stored below a comment. `since`: everything written before is stored.
    `whole`: all of it is to be looked at all the same, so that what was changed or is gone is found.
    """

    since: datetime
    whole: bool = False
    ids: frozenset[str] = frozenset()
    replies: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """Comments under some posts; for a post in `complete`, what is not listed is gone.

    But not what is below a comment in `untouched`, for its answers were not looked at, nor what is in `there`: it was looked up by its id.
    `unread`: calls ran out before these, or their listing did not come to its end.
    """

    items: tuple[Comment, ...] = ()
    complete: frozenset[str] = frozenset()
    untouched: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was written to the account. `complete`: all of it since the moment that was asked for, as far as the network shows it."""

    items: tuple[Comment, ...]
    complete: bool


class Card(StrEnum):
    """Where a post's link goes."""

    NONE = "none"
    """In the words."""
    BESIDE = "beside"
    """In the words, and as a card when there are no pictures."""
    INSTEAD = "instead"
    """As a card; in the words when there are pictures."""


class Mentions(StrEnum):
    """How words mention others."""

    NAME = "name"
    """By their name alone."""
    HANDLE = "handle"
    """By @ and the name of their account."""
    ADDRESS = "address"
    """By their name, with an address beside the words."""


class Proof(StrEnum):
    """How strongly looking can settle a lost answer."""

    EXACT = "exact"
    """A handle known beforehand tells whether it went out."""
    LIST = "list"
    """A listing proves presence; absence only by waiting."""


class Evidence(StrEnum):
    """Where a post is looked for whose answer was lost."""

    CONTAINER = "container"
    """Its container says whether it was published; finding the post itself takes the listing."""
    DRAFT = "draft"
    """The draft, whose id is known beforehand, says whether it is public."""
    LISTING = "listing"
    """The account's own posts."""
    REFUSAL = "refusal"
    """A second try is refused as a duplicate, and the refusal names the post."""


class Absence(StrEnum):
    """What may be concluded when a look found nothing, past the horizon and past `listing_delay`."""

    PROVED = "proved"
    """It surely did not go out, and is sent again."""
    LIKELY = "likely"
    """Nothing, unless the account says `resend`: after two complete looks it is sent again."""
    UNKNOWN = "unknown"
    """Nothing at all: a post may be out and never listed. A person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRules:
    """What a network takes. Sides in pixels, ratios as width / height.

    `least_width`: a narrower picture is enlarged. `alike`: all pictures of a post get the shape of its first one, in which the network
    shows them.
    """

    most: int
    formats: tuple[str, ...]
    max_bytes: int
    max_side: int
    narrowest: float | None = None
    widest: float | None = None
    least_width: int | None = None
    alike: bool = False
    max_alt: int


class Basis(StrEnum):
    """Whose figure it is."""

    NETWORK = "network"
    OTHERS = "others"
    """Others have found it out; the network publishes none."""
    OURS = "ours"
    """Our own choice, where the network says nothing or less than we need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a figure stands, and when it was read there. `page` '': nowhere. `note`: what else is to be known of it, in English."""

    on: date
    page: str = ""
    basis: Basis = Basis.NETWORK
    note: str = ""


class Pays(StrEnum):
    """Which calls an allowance pays for."""

    ALL = "all"
    POSTING = "posting"
    READING = "reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How far one of a network's allowances is used up: as an answer told it, or as calls were counted where no answer tells.

    `used` of `size` in calls, or in percent (`size` None). Told by the network, it takes the place of what was known, and counts
    until `fresh_in` from now, or for a while if the network names no time. Counted by us (`window` is set), it is added to what was
    counted before, in windows that follow the clock in UTC. `shared`: accounts with a budget of this name pay into one.
    """

    name: str
    used: int
    size: int | None = None
    pays: Pays = Pays.ALL
    fresh_in: timedelta | None = None
    window: timedelta | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one of something costs at a network that bills, in US dollars."""

    dollars: Decimal
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a network bills for one request: `count` of an item of its price list; negative: taken back, for the request was refused.

    `resources`: ids of what was read. The network bills each of them once a day (UTC), however often it is read. `payer`: whom it bills,
    without telling a secret; what several accounts of one payer read on a day is billed once.
    """

    item: str
    payer: str = ""
    count: int = 1
    resources: tuple[str, ...] = ()


Meter = Callable[[Charge], None]
"""Is told of everything that a network bills: of a change before it is sent, since its answer may be lost; of a reading after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """A network's limits and what it tells, as dated data: each has its source under its name in `channels.limits`."""

    sources: Mapping[str, Source] = field(repr=False)
    max_text: int
    measure: Callable[[str], int] = field(repr=False)
    measure_exactly: Callable[[str], int] | None = field(default=None, repr=False)
    """What counts for a lower `max_text`, where `measure` is quick and may tell too much of a text that fits."""
    max_hashtags: int | None = None
    mentions: Mentions = Mentions.NAME
    max_mentions: int | None = None
    max_cashtags: int | None = None
    """How many signs of shares such as $NOKIA a post may have."""
    max_first_comment: int | None
    needs_picture: bool = False
    max_thread: int | None = None
    """How many posts may follow each other, one below the other; None: the network has no threads."""
    max_poll_option: int | None = None
    """How long an answer of a poll may be; None: the network has no polls."""
    max_poll_question: int | None = None
    """How long its question may be; None: it stands in the words."""
    card: Card
    max_card_title: int | None = None
    """How long the title of a link card may be; None: the network reads it from the page."""
    max_card_description: int | None = None
    """How long the words below it may be; where there can be any, there can be a picture too. None: likewise."""
    pictures: PictureRules
    tells: frozenset[str]
    proof: Proof
    evidence: tuple[Evidence, ...]
    absence: Absence
    same_words_after: timedelta = timedelta(0)
    """A repeat may use the same words again after this; zero: each time."""
    listing_delay: timedelta
    """After this, a post that went out is normally in the account's listing."""
    listing_is_whole: bool = True
    """Read to its end, the listing has every post; False: what is not in it may still be out."""
    readings_a_day: int | None = None
    """How many posts may be read back a day, counting each time, where calls are few and publishing needs some; None: any number."""
    calls_a_day: int | None = None
    """How many calls a network lets through a day, where these are so few that each counts."""
    number_is_whole: bool = True
    """The number of comments counts answers to answers too. Where it does not, news is asked for whatever the number says."""
    threads_are_flat: bool = True
    """Every answer hangs on the first comment of its thread, so an answer to an answer is the thread's next one."""
    whole_every: timedelta = timedelta(days=1)
    """How often every comment of a post is looked at, for an edit moves no number: the cheaper, the oftener."""
    looks_comments_up: bool = False
    """Older comments are in no listing, and are looked up one by one, by their ids."""
    insights: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Metrics that are asked for beside the counters, by what they are here (`views`, `clicks`); networks drop some every year."""
    prices: Mapping[str, Price] = field(default_factory=dict, repr=False)
    """What the network bills, by item; empty: nothing."""
    bills: Callable[[Post], Mapping[str, int]] | None = field(default=None, repr=False)
    """Which items publishing a post is billed as, and how many of each."""
    edits_words: bool
    """The words of a post that is out can be changed; nowhere can its pictures, alternative texts or link card."""


class Channel(Protocol):
    """One account on one network. Not thread-safe: one instance per account and worker."""

    name: str
    capabilities: Capabilities

    def check(self) -> Identity:
        """Tell whose token this is. Raises AccountBlocked (also for a token of another account), Retryable."""

    def examine(self) -> Health:
        """Tell whose token this is, and all else that can be known before the first post, in few calls. Reads only; raises as `check`."""

    def begin(self, post: Post) -> Step:
        """Name the first step; pure."""

    def advance(self, post: Post, step: Step) -> Step | Published:
        """Run `step`; at most one remote change. Raises any ChannelError."""

    def locate(self, post: Post, step: Step, since: datetime) -> Found:
        """Tell whether the committing `step`, tried at `since` or later, took effect. Reads only."""

    def recent(self, since: datetime) -> Recent:
        """List the account's own posts back to `since`. Reads only."""

    def is_same(self, post: Post, remote: RemotePost) -> bool:
        """Tell whether `remote` has the words of `post`, whatever the network did to them; pure."""

    def taken_up(self, post: Post, remote: RemotePost) -> Published:
        """Tell what is left to do under `remote`, which is `post`, but for its first step nothing is known of it; pure."""

    def counts(self, remote_ids: Sequence[str], before: Mapping[str, Counts] | None = None) -> Tally:
        """Read the counters of many posts in few calls; further posts of a thread are posts of their own here.

        `before`: what was told the last time. Where calls are few, a post that shows no sign of a change is told again as it was; where a
        number has a call of its own and moves slowly, it may stay as it was as well. None: everything is read.
        """

    def comments(self, remote_ids: Sequence[str], known: Mapping[str, Known] | None = None) -> Comments:
        """Read what was written under these posts, replies at any depth included; of a post in `known`, the news at least.

        With a thread's further posts beside its first one, what was written under any of them stands under the first, and they themselves
        are no comments.
        """

    def read_back(self, remote_ids: Sequence[str]) -> Mapping[str, Held]:
        """Read what the network holds of these posts, each once, in few calls; what is gone or not told is left out."""

    def amend(self, post: Post, remote_id: str) -> None:
        """Give a post that is out the words of `post`; twice is as good as once. Raises any ChannelError, Rejected where no edits are."""

    def remove(self, remote_id: str) -> None:
        """Delete one post of ours, with what is written under it; one that is gone already is as good. Raises any ChannelError but Gone."""

    def discard(self, step: Step) -> None:
        """Take away what nobody needs any more of a publication that ends or begins anew at `step`: nothing that readers may see.

        What cannot be taken away stays: raises no ChannelError.
        """

    def usage(self) -> tuple[Usage, ...]:
        """Hand over what was learnt of the network's allowances since this was asked last; costs no request."""

    def ration(self, calls: int | None) -> None:
        """Make so many calls at most from now on; the next one raises Retryable(QUOTA_USED), and nothing is sent. None: any number."""

    def close(self) -> None:
        """Give the connections back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A resident's comment that is answered: what a network has to know of it."""

    post_id: str
    remote_id: str
    parent_remote_id: str | None = None

    @property
    def thread(self) -> str:
        """The comment that its thread began with, where answers to answers stand in one row."""
        return self.parent_remote_id or self.remote_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Answers of ours that are the one that was looked for, oldest first; `complete`: where they stand was read to its end."""

    remote_ids: tuple[str, ...] = ()
    complete: bool = False


@runtime_checkable
class Answering(Channel, Protocol):
    """A channel that answers residents' comments."""

    def reply(self, to: Target, text: str) -> str:
        """Answer a comment and return the answer's remote id. No network knows an answer that it gets twice. Raises any ChannelError."""

    def locate_reply(self, to: Target, text: str, since: datetime) -> Said:
        """Tell whether an answer with these words, given at `since` or later, stands there. Reads only."""


@runtime_checkable
class Hiding(Channel, Protocol):
    """A channel that hides comments from everybody but who wrote them, and shows them again."""

    def hide(self, remote_id: str, *, hidden: bool) -> None:
        """Hide a comment or show it; twice is as good as once. Raises any ChannelError."""


@runtime_checkable
class Erasing(Channel, Protocol):
    """A channel that deletes others' comments under our posts, for good."""

    def erase_comment(self, remote_id: str) -> None:
        """Delete a comment with what stands below it; one that is gone already is as good. Raises any ChannelError but Gone."""


@runtime_checkable
class Overview(Channel, Protocol):
    """A channel that looks for several lost answers with one reading of the account's listing, where reading is billed or rationed."""

    def locate_all(self, sought: Sequence[Sought]) -> tuple[Found, ...]:
        """Tell of each what `locate` would. Reads only; what is raised holds for all."""


@runtime_checkable
class Listener(Channel, Protocol):
    """A channel that can tell who spoke to the account itself, wherever that was."""

    def mentions(self, remote_ids: Sequence[str], since: datetime) -> Heard:
        """Read what was written to the account at `since` or later, by others; `remote_ids`: posts of ours that it may stand under."""
