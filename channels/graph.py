"""What Facebook and Instagram share: Meta's Graph API through facebook-sdk, over our session.

facebook-sdk 3.1.0 ignores HTTP statuses, loses subcodes, wants `json` in the content type, puts tokens into addresses, writes booleans and
lists wrongly and knows versions up to 3.1. So: it gets no token (that stands in a header), `judge` sees every answer before it does, and
parameters are written here. What comes back is read into small models at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil, isfinite
from typing import TYPE_CHECKING, Annotated, Final, Generic, NamedTuple, Protocol, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, ValidationError

from channels.base import Usage
from channels.errors import (
    AccountBlocked,
    ChannelError,
    Gone,
    Kind,
    OutcomeUnknown,
    Rejected,
    Retryable,
    Unexpected,
)
from channels.wire import Id, Page, Wire, batches, mended, understand

if TYPE_CHECKING:
    from channels.pictures import Fitted  # types only: Pillow and requests are slow to import, and limits need neither
    from channels.session import Network, Response, Session

HOSTS: Final = frozenset({"graph.facebook.com"})
VERSION: Final = "v25.0"
"""Released 18 Feb 2026, dies 29 Jul 2028 (developers.facebook.com/docs/graph-api/changelog, read 2026-11-24)."""

_IDS_A_CALL: Final = 50
_LIMIT_REST: Final = timedelta(minutes=15)
"""How long to rest after a rate limit that names no time: calling on lengthens the block."""
_QUOTA_REST: Final = timedelta(hours=1)
"""Instagram's posts are counted over the last 24 hours, and it does not say when the next one fits."""


def _is_token(token: SecretStr) -> SecretStr:
    value = token.get_secret_value()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("a token has no spaces, line breaks or letters beyond a-z")
    return token


Token = Annotated[SecretStr, Field(min_length=1), AfterValidator(_is_token)]

Parameter = str | int | bool | Mapping[str, str] | Sequence[Mapping[str, str]] | None


# Errors. developers.facebook.com/docs/graph-api/guides/error-handling and …/instagram-platform/…/error-codes, read 2026-11-24.


class ContainerGoneError(Gone):
    """Instagram dropped a container, or could not make one of a picture; nothing of it was published."""


class MediaMissingError(Gone):
    """Instagram does not find a container or a medium, or it was published already."""


class ContainerUnsettledError(Retryable):
    """Instagram does not find a container that it made; this often passes."""


class TooMuchError(Retryable):
    """Graph finds that too much was asked for at once; asked again the same way it would say so again."""


class Rule(NamedTuple):
    """What an error code means."""

    error: type[ChannelError]
    kind: Kind


_DOUBT: Final = Rule(OutcomeUnknown, Kind.ANSWER_LOST)
_LIMIT: Final = Rule(Retryable, Kind.RATE_LIMITED)
_TOKEN: Final = Rule(AccountBlocked, Kind.TOKEN_INVALID)
_PERMISSION: Final = Rule(AccountBlocked, Kind.PERMISSION_MISSING)
_RESTRICTED: Final = Rule(AccountBlocked, Kind.ACCOUNT_RESTRICTED)
_VERSION: Final = Rule(AccountBlocked, Kind.VERSION_DEAD)
_PICTURE: Final = Rule(Rejected, Kind.PICTURE_REFUSED)
_LINK: Final = Rule(Rejected, Kind.LINK_REFUSED)
_POST: Final = Rule(Rejected, Kind.POST_REFUSED)

BY_SUBCODE: Final[Mapping[int, Rule]] = {
    33: Rule(Gone, Kind.POST_GONE),
    459: _RESTRICTED,
    463: Rule(AccountBlocked, Kind.TOKEN_EXPIRED),
    492: Rule(AccountBlocked, Kind.NO_ROLE),
    # Facebook
    1346003: _RESTRICTED,
    1363047: _DOUBT,
    1366046: _PICTURE,
    1366051: Rule(Rejected, Kind.DUPLICATE),
    1390008: _RESTRICTED,
    1404006: _RESTRICTED,
    1404078: _RESTRICTED,
    1404102: _POST,
    1404112: _RESTRICTED,
    1609005: _LINK,
    1609008: _LINK,
    1609010: _DOUBT,
    2061006: _LINK,
    2069030: _VERSION,
    2069031: _VERSION,
    2069032: _TOKEN,
    2069033: _VERSION,
    2853006: _PERMISSION,
    4854002: _RESTRICTED,
    # Instagram
    2207001: _DOUBT,
    2207003: Rule(Retryable, Kind.PICTURE_UNREACHABLE),
    2207004: _PICTURE,
    2207005: _PICTURE,
    2207006: Rule(MediaMissingError, Kind.POST_GONE),
    2207008: Rule(ContainerUnsettledError, Kind.NOT_READY),
    2207009: _PICTURE,
    2207010: Rule(Rejected, Kind.TEXT_TOO_LONG),
    2207020: Rule(ContainerGoneError, Kind.NOT_READY),
    2207023: _POST,
    2207026: _PICTURE,
    2207027: Rule(Retryable, Kind.NOT_READY),
    2207028: _POST,
    2207032: _DOUBT,
    2207035: _POST,
    2207036: _POST,
    2207037: _POST,
    2207040: Rule(Rejected, Kind.TEXT_REFUSED),
    2207042: Rule(Retryable, Kind.QUOTA_USED),
    2207050: _RESTRICTED,
    2207051: _RESTRICTED,  # It comes with code 4, but no waiting helps.
    2207052: Rule(Retryable, Kind.PICTURE_UNREACHABLE),
    2207053: _DOUBT,
    2207057: _POST,  # It comes with code 1, but it is about the content.
    2207073: _POST,
    2207077: Rule(Retryable, Kind.PICTURE_UNREACHABLE),
    2207081: _POST,
    2207082: _DOUBT,
    2874008: _POST,
}

BY_CODE: Final[Mapping[int, Rule]] = {
    -2: Rule(Retryable, Kind.PICTURE_UNREACHABLE),
    -1: _DOUBT,
    1: _DOUBT,
    2: _DOUBT,
    3: _PERMISSION,
    4: _LIMIT,
    9: Rule(Retryable, Kind.QUOTA_USED),
    10: _PERMISSION,
    12: _VERSION,
    17: _LIMIT,
    24: Rule(MediaMissingError, Kind.POST_GONE),
    25: _RESTRICTED,
    32: _LIMIT,
    100: _POST,
    102: _TOKEN,
    104: _TOKEN,
    190: _TOKEN,
    283: _PERMISSION,
    341: _LIMIT,
    352: _PICTURE,
    368: _RESTRICTED,
    506: Rule(Rejected, Kind.DUPLICATE),
    613: _LIMIT,
    2635: _VERSION,
    9004: Rule(Retryable, Kind.PICTURE_UNREACHABLE),
    9007: Rule(Retryable, Kind.NOT_READY),
    36000: _PICTURE,
    36001: _PICTURE,
    36003: _PICTURE,
    36004: Rule(Rejected, Kind.TEXT_TOO_LONG),
    80001: _LIMIT,
    80002: _LIMIT,
    **dict.fromkeys(range(200, 300), _PERMISSION),
}


class _Problem(Wire):
    """Graph's own words on what went wrong."""

    code: int = 0
    error_subcode: int | None = None
    message: str = ""
    is_transient: bool | None = None
    error_user_title: str | None = None
    error_user_msg: str | None = None

    def rule(self) -> Rule | None:
        """Look the codes up, the more exact one first; some subcodes have been seen as codes."""
        by_subcode = BY_SUBCODE.get(self.error_subcode or 0) or BY_SUBCODE.get(self.code)
        if by_subcode is None and self.code == 100 and "permission" in self.message:
            return _PERMISSION  # Not every missing permission is a 10 or a 200.
        known = by_subcode or BY_CODE.get(self.code)
        if by_subcode is None and self.is_transient and not (known and issubclass(known.error, Retryable)):
            return _DOUBT  # What passes is no verdict on the post or the account, whatever code it comes with.
        return known

    @property
    def words(self) -> str:
        codes = f"#{self.code}/{self.error_subcode}" if self.error_subcode else f"#{self.code}"
        return f"{codes} {self.error_user_msg or self.message}"


class _Body(Wire):
    error: _Problem | None = None


def judge(token: SecretStr) -> Callable[[Response], ChannelError | None]:
    """Return the judge of answers to calls made with `token`, which Graph quotes in some of its messages."""

    def judged(response: Response) -> ChannelError | None:
        body = understand(response, _Body)
        if body is not None and body.error is not None:
            return _error(response, body.error, token)
        if body is None or response.status_code >= 300:
            return _not_graph(response)
        # Graph says text/javascript now and then, and facebook-sdk reads only what is called json.
        response.headers["Content-Type"] = "application/json"
        return None

    return judged


def _error(response: Response, problem: _Problem, token: SecretStr) -> ChannelError:
    detail = problem.words.replace(token.get_secret_value(), "***")
    rule = problem.rule()
    if rule is None:
        rule = _DOUBT if response.status_code >= 500 else Rule(Unexpected, Kind.NOT_UNDERSTOOD)
    if rule is _DOUBT and response.request.method == "GET":
        return (TooMuchError if _TOO_MUCH in problem.message else Retryable)(Kind.BUSY, detail)
    if rule.kind is Kind.RATE_LIMITED:
        named = _named_wait(response)
        return Retryable(rule.kind, detail, after=named or _LIMIT_REST, announced=bool(named))
    if rule.kind is Kind.QUOTA_USED:
        return Retryable(rule.kind, detail, after=_QUOTA_REST, announced=True)
    return rule.error(rule.kind, detail)


_TOO_MUCH: Final = "reduce the amount of data"
"""Code 1, at HTTP 500 (seen 2026-11)."""


def _named_wait(response: Response) -> timedelta | None:
    from channels.session import waiting_time  # limits are asked for without waiting for requests

    return max((_regain(block) for _, block in _usage_blocks(response)), default=_NOTHING) or waiting_time(response)


# Usage. developers.facebook.com/docs/graph-api/overview/rate-limiting, read 2026-11-24.


def gauge(response: Response) -> Iterator[Usage]:
    """Read how much of each limit is used, in percent; Graph tells only once there was enough traffic.

    A limit counts calls over the last hour or day, so that its figure sinks by itself; a time is told only when calls are refused.
    """
    fullest: dict[str, Usage] = {}
    for name, block in _usage_blocks(response):
        percents = [percent for key in _PERCENTS if (percent := _number(block.get(key))) is not None]
        regain = _regain(block)
        if percents or regain:
            used = ceil(100 if regain else min(max(percents), 100))
            if name not in fullest or used > fullest[name].used:
                fullest[name] = Usage(name=name, used=used, fresh_in=regain or None)
    yield from islice(fullest.values(), _MOST_LIMITS)


_PERCENTS: Final = ("call_count", "total_time", "total_cputime")
_NOTHING: Final = timedelta(0)
_MOST_LIMITS: Final = 20


def _regain(block: Mapping[str, object]) -> timedelta:
    """How long Graph expects to refuse calls; three days at most are believed."""
    return timedelta(minutes=min(_number(block.get("estimated_time_to_regain_access")) or 0, 3 * 24 * 60))


def _usage_blocks(response: Response) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each limit's name and counters: one block of the app, one of the Page in older texts, lists of them by business."""
    for header in ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage"):
        told = _json_object(response.headers.get(header))
        yield header.lower(), told
        for owner, blocks in told.items():
            for block in blocks if isinstance(blocks, list) else ():
                if isinstance(block, dict):
                    yield re.sub(r"[^\w ]", "", f"{block.get('type')} {owner}", flags=re.ASCII)[:_LONGEST_NAME], block


_LONGEST_NAME: Final = 100


def _json_object(text: str | None) -> Mapping[str, object]:
    with suppress(ValueError, RecursionError):
        told = json.loads(text or "{}")
        return told if isinstance(told, dict) else {}
    return {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # An integer of JSON may be too large to be asked whether it is finite.
    return min(max(value, 0), _HUGE) if isinstance(value, int) or isfinite(value) else None


_HUGE: Final = 1_000_000


def _not_graph(response: Response) -> ChannelError:
    """Judge what is not Graph's own answer: a proxy's page, half a body."""
    from channels.session import error_by_status  # limits are asked for without waiting for requests

    status = response.status_code
    detail = f"HTTP {status}, not in Graph's own words"
    if status < 300:
        return OutcomeUnknown(Kind.ANSWER_LOST, detail)
    if status in {408, 409, 425, 429} or status >= 500:
        return error_by_status(response, detail) or Unexpected(Kind.NOT_UNDERSTOOD, detail)
    return Unexpected(Kind.NOT_UNDERSTOOD, detail)


# Calls


class GraphWire(Wire):
    """A part of Graph's answers; ids are taken as text, also where they come as numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Created(GraphWire):
    """What a POST that makes something answers."""

    id: Id


class Node(GraphWire):
    """A part of an answer that has an id."""

    id: Id


class Done(GraphWire):
    """What a POST that changes something answers; `success` has been seen as text."""

    success: bool


class _Cursors(GraphWire):
    after: str | None = None


class _Paging(GraphWire):
    cursors: _Cursors = Field(default_factory=_Cursors)
    next: SecretStr | None = None
    """An address with the token in it: never followed, logged or kept. Only that it is there counts."""


Row = TypeVar("Row", bound=Wire)
Model = TypeVar("Model", bound=Wire)
Listed = TypeVar("Listed", bound=Node)


class Rows(Page, GraphWire, Generic[Row]):
    """One page of a listing."""

    data: tuple[Row, ...] = ()
    paging: _Paging = Field(default_factory=_Paging)

    @property
    def after(self) -> str | None:
        """The cursor of the next page; None on the last one, and where the next one is reached by other means."""
        return self.paging.cursors.after if self.paging.next else None

    @property
    def is_last(self) -> bool:
        return self.paging.next is None

    @property
    def is_end(self) -> bool:
        """The last page, and nothing of it left out."""
        return self.is_last and not self.misfits


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """Rows of several pages; `complete` if they were read as far as was asked."""

    rows: tuple[Row, ...]
    complete: bool


class Graph:
    """Calls to Graph with one token. Every method raises ChannelError."""

    def __init__(self, session: Session, token: SecretStr, version: str) -> None:
        """Take over `session`, which judges by `judge` and is closed with this."""
        session.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._session = session
        self._version = version
        self._api = _facebook_sdk(session, version)

    @property
    def version(self) -> str | None:
        """The version that gave the latest answer: Graph answers for a dead one with another, without a word."""
        return self._session.latest_headers.get("facebook-api-version")

    @property
    def told_at(self) -> datetime | None:
        """Graph's own time at its latest answer."""
        return self._session.answered_at

    @property
    def asked(self) -> str:
        """The version that is asked for."""
        return self._version

    def get(self, path: str, model: type[Model], **parameters: Parameter) -> Model:
        """Read a node or one page of an edge."""
        return _read(self._api.get_object(path, **_written(parameters)), model)

    def post(self, path: str, model: type[Model], **fields: Parameter) -> Model:
        """Make or change something. OutcomeUnknown when the answer is not a `model`."""
        return _read(self._api.request(f"{self._version}/{path}", post_args=_written(fields)), model)

    def upload(self, path: str, picture: Fitted, model: type[Model], **fields: Parameter) -> Model:
        """Post a picture's bytes."""
        name = f"picture.{picture.mime.rpartition('/')[2]}"
        answer = self._api.put_photo((name, picture.data, picture.mime), album_path=path, **_written(fields))
        return _read(answer, model)

    def change(self, path: str, **fields: Parameter) -> None:
        """Change a node. OutcomeUnknown where Graph neither does so nor says why."""
        _must_be_done(self.post(path, Done, **fields))

    def delete(self, path: str) -> None:
        """Delete a node. OutcomeUnknown as in `change`."""
        _must_be_done(_read(self._api.delete_object(path), Done))

    def pages(
        self, path: str, row: type[Row], *, most: int, limit: int, **parameters: Parameter
    ) -> Iterator[Rows[Row]]:
        """Read an edge page by page, `most` of them, of `limit` rows or as many as Graph can bear."""
        model: type[Rows[Row]] = Rows[row]  # type: ignore[valid-type]
        return model.in_row(self._pages(path, model, most, limit, parameters))

    def _pages(
        self, path: str, model: type[Rows[Row]], most: int, limit: int, parameters: Mapping[str, Parameter]
    ) -> Iterator[Rows[Row]]:
        after: str | None = None
        seen: set[str | None] = set()
        for _ in range(most):
            page, limit = self._page(path, model, limit, {**parameters, "after": after})
            yield page
            seen.add(after)
            after = page.after
            if after is None or after in seen:
                return

    def _page(
        self, path: str, model: type[Model], limit: int, parameters: Mapping[str, Parameter]
    ) -> tuple[Model, int]:
        """Read one page; too much for Graph is asked for in halves."""
        try:
            return self.get(path, model, **parameters, limit=limit), limit
        except TooMuchError:
            if limit < 2:
                raise
        return self._page(path, model, limit // 2, parameters)

    def listing(
        self,
        path: str,
        row: type[Row],
        *,
        most: int,
        limit: int,
        until: Callable[[Row], bool] = lambda _: False,
        partly: bool = False,
        **parameters: Parameter,
    ) -> Listing[Row]:
        """Read an edge to its end, or to the page that has a row for which `until` is true; `most` pages.

        `partly`: the pages before one that did not come are told, and count as incomplete, unless the network asks to wait.
        """
        rows: list[Row] = []
        try:
            for page in self.pages(path, row, most=most, limit=limit, **parameters):
                rows += page.data
                if page.is_last or any(until(one) for one in page.data):
                    return Listing(tuple(rows), complete=not page.misfits)
        except (OutcomeUnknown, Retryable, Unexpected) as error:
            if error.after is not None or not (partly and rows):
                raise
        return Listing(tuple(rows), complete=False)

    def listed(
        self,
        path: str,
        row: type[Listed],
        wanted: Collection[str],
        *,
        most: int,
        limit: int,
        spare: int = 0,
        **parameters: Parameter,
    ) -> dict[str, Listed]:
        """Look for nodes on an edge, page by page, `most` of them, till `spare` or fewer are missing; return what is there by id."""
        found: dict[str, Listed] = {}
        for page in self.pages(path, row, most=most, limit=limit, **parameters):
            found |= {one.id: one for one in page.data if one.id in wanted}
            if len(found) + spare >= len(wanted):
                break
        return found

    def many(self, ids: Sequence[str], model: type[Model], *, fields: str) -> tuple[dict[str, Model], frozenset[str]]:
        """Read nodes by their ids; return those that are there, and the ids of those that are gone."""
        found: dict[str, Model] = {}
        gone: set[str] = set()
        for batch in batches(ids, _IDS_A_CALL):
            self._some(batch, model, fields, found, gone)
        return found, frozenset(gone)

    def _some(
        self, ids: Sequence[str], model: type[Model], fields: str, found: dict[str, Model], gone: set[str]
    ) -> None:
        try:
            answer = self._api.get_objects(ids, fields=fields)
        except (Gone, TooMuchError) as error:
            # One that is gone fails the whole call, and which one it was is not always told: halve until it is alone.
            if len(ids) == 1:
                if not isinstance(error, Gone):
                    raise
                gone.update(ids)
                return
            middle = len(ids) // 2
            self._some(ids[:middle], model, fields, found, gone)
            self._some(ids[middle:], model, fields, found, gone)
            return
        found.update({key: _read(value, model) for key, value in answer.items()})

    def usage(self) -> tuple[Usage, ...]:
        """Hand over what Graph told of its limits."""
        return self._session.take_usage()

    def ration(self, calls: int | None) -> None:
        """Make so many calls at most from now on."""
        self._session.ration(calls)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()


def connect_graph(token: SecretStr, network: Network) -> Graph:
    """Reach Graph with `token`; opens no connection yet."""
    from channels.session import Session  # limits are asked for without waiting for requests

    return Graph(Session(network, HOSTS, judge=judge(token), gauge=gauge), token, network.version or VERSION)


class _GraphAPI(Protocol):
    """What is used of facebook.GraphAPI, which carries no types."""

    version: str

    def get_object(self, path: str, /, **parameters: str) -> object: ...
    def get_objects(self, ids: Sequence[str], **parameters: str) -> Mapping[str, object]: ...
    def put_photo(self, image: tuple[str, bytes, str], album_path: str, **fields: str) -> object: ...
    def delete_object(self, path: str, /) -> object: ...
    def request(self, path: str, *, post_args: dict[str, str]) -> object: ...


def _facebook_sdk(session: Session, version: str) -> _GraphAPI:
    import facebook  # slow, and limits do not need it

    # Without a token here it can write none into addresses; a version in the constructor must be one of 2018's.
    api: _GraphAPI = facebook.GraphAPI(None, session=session)
    api.version = version
    return api


def _written(parameters: Mapping[str, Parameter]) -> dict[str, str]:
    """Write parameters as Graph reads them: facebook-sdk would send "True", and only the keys of a dict."""
    return {name: _text(value) for name, value in parameters.items() if value is not None}


def _text(value: Parameter) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _must_be_done(done: Done) -> None:
    if not done.success:
        raise OutcomeUnknown(Kind.ANSWER_LOST, "Graph neither did it nor said why")


def _read(answer: object, model: type[Model]) -> Model:
    try:
        return model.model_validate(mended(answer))
    except ValidationError as misfit:
        # pydantic's own words would quote the answer, and with it a resident's words.
        problem = f"an answer that is no {model.__name__} ({misfit.error_count()} misfits)"
    raise OutcomeUnknown(Kind.ANSWER_LOST, problem)
