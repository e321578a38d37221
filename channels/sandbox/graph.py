"""What Facebook and Instagram share at Meta's Graph API: versions, tokens, fields, paging, usage headers and error bodies.

A node (Page, post, photo, comment, Instagram user, container, medium …) is found by its id; each kind of node is a `NodeKind`: its fields,
its edges, what can be written to it. Facebook's and Instagram's kinds are in `facebook.py` and `instagram.py`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from channels.sandbox import logins
from channels.sandbox.fieldspec import Field, FieldSyntaxError, parse_fields
from channels.sandbox.grants import PEOPLES_DATA
from channels.sandbox.wire import Answer, Call, Refusal

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxAccount

ABSENT = object()
"""A field that this object does not have now: its key is left out."""

_DAY = 86_400
_VERSION = re.compile(r"v\d+\.\d+")
_MOST_IDS = 50
_MOST_ROWS = 100
_CALLS_PER_USER = 4800
GRAPH_JSON = "application/json; charset=UTF-8"


def graph_error(
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int = 400,
    title: str | None = None,
    user_message: str | None = None,
    transient: bool | None = None,
) -> Answer:
    """Word a Graph error."""
    body: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
    if subcode is not None:
        body["error_subcode"] = subcode
    if transient is not None or title is not None:
        body["is_transient"] = bool(transient)
    if title is not None:
        body["error_user_title"] = title
        body["error_user_msg"] = user_message or title
    digest = hashlib.sha256(f"{code}{message}".encode()).digest()
    body["fbtrace_id"] = "A" + base64.urlsafe_b64encode(digest)[:22].decode()
    return Answer(status=status, body={"error": body}, media_type=GRAPH_JSON)


def refuse(code: int, message: str, **more: Any) -> Refusal:  # noqa: ANN401 (handed on to graph_error)
    """Word a refusal, to be raised."""
    return Refusal(graph_error(code, message, **more))


def not_there(verb: str, node: str) -> Refusal:
    """Say that an object is missing or not visible, as Graph does without telling which."""
    return refuse(
        100,
        f"Unsupported {verb} request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions, or does not "
        "support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api",
        subcode=33,
    )


def graph_time(stamp: float) -> str:
    """Write a time as Graph does: no colon in the zone."""
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


@dataclass(slots=True, kw_only=True)
class View:
    """One Graph request under way: who asks, with which parameters."""

    sandbox: Sandbox
    call: Call
    version: str
    token: str
    accounts: tuple[SandboxAccount, ...]
    params: Mapping[str, str]

    def owns(self, account_id: str) -> bool:
        """Tell whether the token belongs to this Page or Instagram account."""
        return any(account.account_id == account_id for account in self.accounts)

    def account(self, account_id: str) -> SandboxAccount:
        """Give the caller's own account. Raises the refusal for foreign ones."""
        for account in self.accounts:
            if account.account_id == account_id:
                return account
        raise not_there(self.call.method.lower(), account_id)

    def need(self, account: SandboxAccount, *permissions: str) -> None:
        """Refuse unless these permissions were granted."""
        for permission in permissions:
            if permission in account.missing:
                raise refuse(
                    10,
                    f"(#10) This endpoint requires the '{permission}' permission or an approved feature.",
                    status=403,
                )

    def need_people(self, account: SandboxAccount, permission: str) -> None:
        """Refuse what people wrote and did unless it may be read, and somebody consented within 90 days."""
        self.need(account, permission)
        if PEOPLES_DATA in account.missing:
            raise refuse(
                10, "(#10) The access of this app to data of people has expired; it must be granted anew.", status=403
            )

    def is_a_persons(self, page: SandboxAccount) -> bool:
        """Tell whether the token is that of a person who manages the Page, not the Page's own."""
        return page.channel == "facebook" and self.token == page.user_token != page.token

    def may_write(self, account: SandboxAccount) -> None:
        """Refuse if Meta has restricted the account, and what only a Page's own token may do."""
        if self.is_a_persons(account):
            raise refuse(190, "A page access token is required to request this resource.", subcode=2069032)
        if account.status != "restricted":
            return
        if account.channel == "instagram":
            raise refuse(
                25,
                "The Instagram account is restricted.",
                subcode=2207050,
                title="Instagram account restricted",
                user_message="The Instagram professional account is inactive, checkpointed, or restricted.",
            )
        raise refuse(
            368,
            "The action attempted has been deemed abusive or is otherwise disallowed",
            subcode=1390008,
            title="You're Temporarily Blocked",
            user_message="It looks like you were misusing this feature by going too fast.",
        )

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a boolean parameter; Python's "True" is no boolean here."""
        value = self.params.get(name)
        if value is None:
            return default
        if value not in {"true", "false", "1", "0"}:
            raise refuse(100, f"(#100) Param {name} must be a boolean")
        return value in {"true", "1"}

    def link(self, path: str) -> str:
        """Make an address of the sandbox's own pages, at the host that was asked."""
        return self.call.base_url + path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How an edge is asked: modifiers or query parameters, and sub-fields (None: the default ones)."""

    node: str
    edge: str
    args: Mapping[str, str]
    sub: tuple[Field, ...] | None


Resolver = Callable[[View, Any, Field], Any]
EdgeReader = Callable[[View, Any, Ask], dict[str, Any]]
Writer = Callable[[View, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKind:
    """What one kind of node can answer and take."""

    name: str
    defaults: tuple[str, ...]
    fields: Mapping[str, Resolver]
    edges: Mapping[str, EdgeReader] = field(default_factory=dict)
    posts: Mapping[str, Writer] = field(default_factory=dict)
    """Edge name (or "" for the node itself) to what POST does there."""
    delete: Writer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One object and its kind. `network`: facebook or instagram."""

    id: str
    kind: NodeKind
    thing: Any
    network: str
    account: str


def render(view: View, node: Node, wanted: Sequence[Field] | None) -> dict[str, Any]:
    """Give a node's fields. One that the kind does not have fails the whole request."""
    asked = wanted or [Field(name=name, args={}) for name in node.kind.defaults]
    row: dict[str, Any] = {}
    for item in asked:
        value = _value(view, node, item)
        if value is not ABSENT:
            row[item.key] = value
    row["id"] = node.id
    return row


def _value(view: View, node: Node, item: Field) -> Any:  # noqa: ANN401 (any JSON)
    if item.name == "id":
        return node.id
    resolver = node.kind.fields.get(item.name)
    if resolver is not None:
        return resolver(view, node.thing, item)
    edge = node.kind.edges.get(item.name)
    if edge is None:
        raise refuse(100, f"(#100) Tried accessing nonexisting field ({item.name}) on node type ({node.kind.name})")
    answer = edge(view, node.thing, Ask(node=node.id, edge=item.name, args=item.args, sub=item.sub or None))
    # An expanded edge with nothing in it is left out, unless its summary was asked for.
    return answer if answer["data"] or "summary" in answer else ABSENT


def page_of(
    view: View, ask: Ask, nodes: Sequence[Node], *, default: int = 25, most: int = _MOST_ROWS
) -> dict[str, Any]:
    """Give one page of a listing, with cursors; `next` holds the token, as in reality."""
    limit = _limit(ask, default, most)
    start = 0
    after, before = ask.args.get("after"), ask.args.get("before")
    if after:
        start = _position(nodes, after) + 1
    if before:
        start = max(0, _position(nodes, before) - limit)
    rows = nodes[start : start + limit] if limit else []
    answer: dict[str, Any] = {"data": [render(view, node, ask.sub) for node in rows]}
    if rows:
        paging: dict[str, Any] = {"cursors": {"before": _cursor(rows[0]), "after": _cursor(rows[-1])}}
        if start + limit < len(nodes):
            paging["next"] = _next_link(view, ask, _cursor(rows[-1]))
        answer["paging"] = paging
    return answer


def _limit(ask: Ask, default: int, most: int) -> int:
    text = ask.args.get("limit", str(default))
    if not text.isdecimal() or int(text) > most:
        raise refuse(100, f"(#100) Param limit must be an integer between 0 and {most}")
    return int(text)


def _cursor(node: Node) -> str:
    return base64.urlsafe_b64encode(node.id.encode()).decode().rstrip("=")


def _position(nodes: Sequence[Node], cursor: str) -> int:
    for position, node in enumerate(nodes):
        if _cursor(node) == cursor:
            return position
    raise refuse(100, "(#100) Invalid cursors values", subcode=33)


def _next_link(view: View, ask: Ask, after: str) -> str:
    kept = {key: value for key, value in ask.args.items() if key not in {"after", "before", "access_token", "as"}}
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in kept.items())
    middle = f"&{query}" if query else ""
    node = f"{view.version}/{ask.node}/{ask.edge}"
    return f"{view.call.base_url}/{node}?access_token={quote(view.token, safe='')}&pretty=0{middle}&after={after}"


_TOKEN_TROUBLE: Mapping[str, tuple[int, str]] = {
    "expired": (463, "Error validating access token: Session has expired on Sunday, 01-Nov-26 00:00:00 PST."),
    "invalid": (467, "Error validating access token: The access token is invalid."),
    "revoked": (458, "Error validating access token: The user has not authorized application."),
    "app_removed": (458, "Error validating access token: The user has not authorized application."),
    "checkpoint": (459, "Error validating access token: The user is enrolled in a blocking, logged-in checkpoint"),
    "password_changed": (
        460,
        "Error validating access token: The session was invalidated: the user changed the password.",
    ),
    "no_role": (492, "Error validating access token: The user no longer has a role on the Page."),
}


def token_trouble(status: str) -> Answer:
    """Word what is wrong with a token."""
    subcode, message = _TOKEN_TROUBLE[status]
    return graph_error(190, message, subcode=subcode)


class Graph:
    """Serves /vN.N/… for both networks."""

    def __init__(self, sandbox: Sandbox, finders: Sequence[Callable[[View | None, str], Node | None]]) -> None:
        """Serve what the finders find; the first one that knows an id answers for it."""
        self.sandbox = sandbox
        self._finders = finders

    def __call__(self, call: Call) -> Answer:
        """Answer one request."""
        asked, parts = self._split(call)
        version = self._serving(asked)
        headers = {"facebook-api-version": version}
        login = logins.graph(self.sandbox, call, parts)
        if login is not None:
            return Answer(status=login.status, body=login.body, headers=headers, media_type=GRAPH_JSON)
        try:
            view = self._view(call, version)
            headers.update(self._usage(view))
            body = self._route(view, parts)
        except Refusal as refusal:
            answer = refusal.answer
            return Answer(
                status=answer.status,
                body=answer.body,
                headers={**headers, **answer.headers},
                media_type=answer.media_type,
            )
        return Answer(body=body, headers=headers, media_type=GRAPH_JSON)

    def network_of(self, path: str) -> str:
        """Tell whether a path is Facebook's or Instagram's."""
        for part in path.split("/"):
            if part and not _VERSION.fullmatch(part):
                node = self.find(None, part)
                return node.network if node else "facebook"
        return "facebook"

    def find(self, view: View | None, node_id: str) -> Node | None:
        """Find an object by its id, visible to the caller or (without a view) at all."""
        for finder in self._finders:
            node = finder(view, node_id)
            if node is not None:
                return node
        return None

    def _split(self, call: Call) -> tuple[str, list[str]]:
        parts = [part for part in call.path.split("/") if part]
        if parts and _VERSION.fullmatch(parts[0]):
            return parts[0], parts[1:]
        return self.sandbox.settings.versions.graph_default, parts

    def _serving(self, asked: str) -> str:
        living = self.sandbox.settings.versions.graph_living(self.sandbox.clock.now().date())
        if asked in living:
            return asked
        # A dead version is answered by the oldest living one without a word; one that never was is not.
        return living[0] if _number(asked) < _number(living[0]) else asked

    def _view(self, call: Call, version: str) -> View:
        params = {**call.query, **call.form, **_json_params(call)}
        token = call.bearer or params.pop("access_token", "") or _oauth_token(call)
        params.pop("access_token", None)
        if _number(version) > _number(self.sandbox.settings.versions.graph_living(self.sandbox.clock.now().date())[-1]):
            raise refuse(2500, f"Unknown path components: {call.path}")
        return View(
            sandbox=self.sandbox,
            call=call,
            version=version,
            token=token,
            accounts=self._accounts(token),
            params=params,
        )

    def _accounts(self, token: str) -> tuple[SandboxAccount, ...]:
        if not token:
            raise refuse(104, "An access token is required to request this resource.")
        mine = tuple(item for item in self.sandbox.meta_accounts if token in {item.token, item.user_token})
        mine = mine or tuple(self.sandbox.grants.holders(token, "facebook", "instagram"))
        if not mine:
            raise refuse(190, "Invalid OAuth access token - Cannot parse access token")
        now = self.sandbox.clock.now()
        for account in mine:
            if account.expired(now):
                raise Refusal(token_trouble("expired"))
            if account.status in _TOKEN_TROUBLE:
                raise Refusal(token_trouble(account.status))
        return mine

    def _usage(self, view: View) -> dict[str, str]:
        account = self._charged(view)
        view.call.entry.account = account.account_id
        view.call.entry.network = account.channel
        limit = _CALLS_PER_USER * max(1, self.sandbox.settings.quotas.graph_engaged_users)
        key, now = f"graph:{account.account_id}", self.sandbox.clock.stamp()
        asked = {part for part in view.params.get("ids", "").split(",") if part}
        view.call.entry.calls = max(1, len(asked)) if view.call.method == "GET" else 1
        used = 0
        for _ in range(view.call.entry.calls):
            used = self.sandbox.windows.rolling(
                key, _DAY, now
            )  # refused calls count too: calling on lengthens the block
        percent = min(100, used * 100 // limit)
        kind, code = ("instagram", 80002) if account.channel == "instagram" else ("pages", 80001)
        row = {
            "type": kind,
            "call_count": percent,
            "total_cputime": percent // 2,
            "total_time": percent // 2,
            "estimated_time_to_regain_access": ceil(self.sandbox.windows.room_in(key, _DAY, now, limit) / 60)
            if used > limit
            else 0,
        }
        header = {"X-Business-Use-Case-Usage": json.dumps({account.account_id: [row]})}
        if used > limit:
            answer = graph_error(
                code,
                f"(#{code}) There have been too many calls from this account. Wait a bit and try again.",
                subcode=2446079,
            )
            raise Refusal(Answer(status=400, body=answer.body, headers=header, media_type=GRAPH_JSON))
        return header

    def _charged(self, view: View) -> SandboxAccount:
        wanted = (
            self.network_of(view.call.path)
            if "ids" not in view.params
            else self.network_of(view.params["ids"].split(",")[0])
        )
        for account in view.accounts:
            if account.channel == wanted:
                return account
        return view.accounts[0]

    def _route(self, view: View, parts: list[str]) -> Any:  # noqa: ANN401 (any JSON)
        if not parts:
            return self._many(view, "")
        if len(parts) == 1 and parts[0] == "debug_token":
            return self._debug_token(view)
        if len(parts) == 1 and "ids" in view.params and view.call.method == "GET":
            return self._many(view, parts[0])
        node_id = view.accounts[0].account_id if parts[0] == "me" else parts[0]
        node = self._me(view) if parts[0] == "me" else self.find(view, node_id)
        verb = view.call.method.lower()
        if node is None or len(parts) > 2:
            raise not_there(verb, node_id)
        return self._serve(view, node, parts[1] if len(parts) > 1 else "")

    def _serve(self, view: View, node: Node, edge: str) -> Any:  # noqa: ANN401 (any JSON)
        match view.call.method:
            case "GET" if not edge:
                return render(view, node, self._fields(view))
            case "GET" if edge in node.kind.edges:
                ask = Ask(node=node.id, edge=edge, args=view.params, sub=self._fields(view))
                return node.kind.edges[edge](view, node.thing, ask)
            case "POST" if edge in node.kind.posts:
                return self._read_after_write(view, node.kind.posts[edge](view, node.thing))
            case "DELETE" if not edge and node.kind.delete is not None:
                return node.kind.delete(view, node.thing)
        raise not_there(view.call.method.lower(), node.id)

    def _read_after_write(self, view: View, answer: dict[str, Any]) -> dict[str, Any]:
        wanted = self._fields(view)
        written = self.find(view, answer["id"]) if wanted and "id" in answer else None
        return {**answer, **render(view, written, wanted)} if written and wanted else answer

    def _fields(self, view: View) -> tuple[Field, ...] | None:
        text = view.params.get("fields")
        if not text:
            return None
        try:
            return parse_fields(text)
        except FieldSyntaxError as fault:
            raise refuse(2500, f"(#2500) {fault}") from fault

    def _many(self, view: View, edge: str) -> dict[str, Any]:
        ids = [part for part in view.params.get("ids", "").split(",") if part]
        if not ids:
            raise refuse(100, "(#100) The parameter ids is required")
        if len(ids) > _MOST_IDS:
            raise refuse(100, f"(#100) Too many IDs. Maximum: {_MOST_IDS}. Provided: {len(ids)}.")
        for node_id in ids:
            if self.find(view, node_id) is None:
                raise not_there("get", node_id)
        nodes = {node_id: self.find(view, node_id) for node_id in ids}
        return {node_id: self._serve(view, node, edge) for node_id, node in nodes.items() if node}

    def _me(self, view: View) -> Node | None:
        if all(account.user_token == view.token for account in view.accounts):
            return Node(id="10000000000000001", kind=USER, thing=view.accounts, network="facebook", account="")
        page = self.sandbox.page_of(view.accounts[0])
        return self.find(view, page) if page else None

    def _debug_token(self, view: View) -> dict[str, Any]:
        about = view.params.get("input_token", "")
        account = next((item for item in self.sandbox.meta_accounts if about in {item.token, item.user_token}), None)
        if account is None:
            return {
                "data": {
                    "is_valid": False,
                    "scopes": [],
                    "error": {"code": 190, "message": "Invalid OAuth access token."},
                }
            }
        scopes = [scope for scope in PERMISSIONS if scope not in account.missing]
        expires = int(account.expires_at.timestamp()) if account.expires_at else 0
        return {
            "data": {
                "app_id": account.api_key or "100200300400500",
                "type": "PAGE" if about == account.token else "USER",
                "application": "Tiedote",
                "data_access_expires_at": int(self.sandbox.clock.stamp()) + 90 * _DAY,
                "expires_at": expires,
                "is_valid": account.status in {"ok", "restricted"} and not account.expired(self.sandbox.clock.now()),
                "scopes": scopes,
                "granular_scopes": [{"scope": scope} for scope in scopes],
                "profile_id": self.sandbox.page_of(account) or account.account_id,
                "user_id": "10000000000000001",
            }
        }


PERMISSIONS = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_posts",
    "pages_manage_engagement",
    "read_insights",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
)


def _managed(_view: View, accounts: Sequence[SandboxAccount], ask: Ask) -> dict[str, Any]:
    wanted = (
        {item.name for item in ask.sub}
        if ask.sub
        else {"id", "name", "access_token", "category", "category_list", "tasks"}
    )
    rows = []
    for account in accounts:
        if account.channel != "facebook":
            continue
        row = {
            "access_token": account.token,
            "category": "Julkishallinto",
            "category_list": [{"id": "161422927240513", "name": "Julkishallinto"}],
            "name": account.name,
            "id": account.account_id,
            "tasks": ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"],
        }
        rows.append({key: value for key, value in row.items() if key in wanted | {"id"}})
    return {"data": rows, "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}}} if rows else {"data": []}


USER = NodeKind(
    name="User",
    defaults=("id", "name"),
    fields={"name": lambda _view, _accounts, _field: "Viestintä"},
    edges={"accounts": _managed},
)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").split("."))


def _oauth_token(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token if scheme == "OAuth" and "=" not in token.rstrip("=") else ""


def _json_params(call: Call) -> dict[str, str]:
    if call.content_type != "application/json" or not call.body:
        return {}
    try:
        body = call.json()
    except ValueError as fault:
        raise refuse(100, "(#100) The request body is not valid JSON") from fault
    if not isinstance(body, dict):
        raise refuse(100, "(#100) The request body must be an object")
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in body.items()}
