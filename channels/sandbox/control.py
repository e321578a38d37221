"""The sandbox's own controls under /_sandbox/: what tests and demos ask and do. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.sandbox.faults import Rule
from channels.sandbox.settings import SandboxAccount, build, update

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox

Body = Mapping[str, Any]
Action = Callable[["Sandbox", Any], Any]
_SECRET = {"token", "token_secret", "api_secret", "user_token"}


def routes(sandbox: Sandbox) -> list[Route]:
    """All controls."""
    return [
        Route(f"/_sandbox/{name}", _endpoint(sandbox, methods), methods=list(methods))
        for name, methods in _CONTROLS.items()
    ]


def _endpoint(sandbox: Sandbox, methods: Mapping[str, Action]) -> Callable[[Request], Any]:
    async def view(request: Request) -> Response:
        try:
            body: Any = await request.json() if request.method == "POST" else dict(request.query_params)
            with sandbox.lock:
                answer = methods[request.method](sandbox, body)
        except (ValueError, TypeError, KeyError) as fault:
            return JSONResponse({"error": str(fault)}, 400)
        return JSONResponse(answer)

    return view


def _index(_sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    return {"controls": sorted(f"/_sandbox/{name}" for name in _CONTROLS)}


def _rules(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    return [{**asdict(rule), "fired": rule.fired} for rule in sandbox.rules]


def _add_rules(sandbox: Sandbox, body: Any) -> Any:  # noqa: ANN401 (any JSON)
    known = {item.name for item in fields(Rule)} - {"seen"}
    rows = body if isinstance(body, list) else [body]
    for row in rows:
        unknown = sorted(set(row) - known)
        if unknown:
            message = f"a rule has no {', '.join(unknown)}"
            raise ValueError(message)
    for row in rows:
        sandbox.add_rule(Rule(**row))
    return _rules(sandbox, {})


def _drop_rules(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.rules.clear()
    return []


def _ledger(sandbox: Sandbox, query: Body) -> Any:  # noqa: ANN401 (any JSON)
    def rows(posts: Any) -> list[Any]:  # noqa: ANN401 (an iterable of LedgerPost)
        return [post.row() for post in posts if query.get("network") in {None, post.network}]

    return {"posts": rows(sandbox.ledger()), "drafts": rows(sandbox.drafts())}


def _bill(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    return [line.row() for line in sandbox.bill()]


def _time(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    return {"now": sandbox.clock.now().isoformat(), "offset": sandbox.clock.offset}


def _move_time(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    if "set" in body:
        sandbox.clock.set(datetime.fromisoformat(body["set"]))
    if "advance" in body:
        sandbox.clock.advance(float(body["advance"]))
    return _time(sandbox, {})


def _log(sandbox: Sandbox, query: Body) -> Any:  # noqa: ANN401 (any JSON)
    entries = sandbox.requests(query.get("network"))
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.network or "page"] = counts.get(entry.network or "page", 0) + 1
    return {"counts": counts, "requests": [asdict(entry) for entry in entries]}


def _drop_log(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.log.clear()
    return {"counts": {}, "requests": []}


def _comment(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    return {"id": sandbox.comment(body["post"], body["text"], **_without(body, "post", "text"))}


def _react(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.react(body["post"], **_without(body, "post"))
    return {"done": True}


def _share(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.share(body["post"], **_without(body, "post"))
    return {"done": True}


def _view(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.view(body["post"], **_without(body, "post"))
    return {"done": True}


def _click(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.click(body["post"], **_without(body, "post"))
    return {"done": True}


def _edit(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    return {"id": sandbox.edit(body["id"], body["text"])}


def _hide(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.hide(body["id"], **_without(body, "id"))
    return {"done": True}


def _remove(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.remove(body["id"])
    return {"done": True}


def _without(body: Body, *names: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in names}


def _lively(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    """`{"rounds": 2}` plays at once; `{"every": 5}` goes on by itself; `{"every": 0}` ends that."""
    written = sandbox.lively.play(int(body["rounds"])) if "rounds" in body else 0
    if "every" in body:
        sandbox.lively.stop()
        if body["every"]:
            sandbox.lively.start(float(body["every"]))
    return {"comments": written, "running": sandbox.lively.running}


def _accounts(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    return [_account_row(account) for account in sandbox.accounts]


def _account_row(account: SandboxAccount) -> dict[str, Any]:
    row = {key: value for key, value in asdict(account).items() if key not in _SECRET}
    return {**row, "expires_at": account.expires_at.isoformat() if account.expires_at else None}


def _change_account(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    """Change an account named by `channel` and `account_id`, or add one."""
    account = sandbox.account(body["channel"], body["account_id"])
    if account is None:
        account = build(SandboxAccount, body)
        sandbox.accounts.append(account)
    else:
        update(account, body)
    sandbox.arrange()
    return _account_row(account)


def _settings(sandbox: Sandbox, _query: Body) -> Any:  # noqa: ANN401 (any JSON)
    row = asdict(sandbox.settings)
    judged = row["versions"]["judged_on"]
    row["versions"]["judged_on"] = judged.isoformat() if judged else None
    return row


def _change_settings(sandbox: Sandbox, body: Body) -> Any:  # noqa: ANN401 (any JSON)
    for part, values in body.items():
        if part not in {"quotas", "delays", "habits", "versions"}:
            message = f"no such settings: {part}"
            raise ValueError(message)
        update(getattr(sandbox.settings, part), values)
    return _settings(sandbox, {})


def _reset(sandbox: Sandbox, _body: Body) -> Any:  # noqa: ANN401 (any JSON)
    sandbox.reset()
    return {"done": True}


_CONTROLS: dict[str, dict[str, Action]] = {
    "": {"GET": _index},
    "faults": {"GET": _rules, "POST": _add_rules, "DELETE": _drop_rules},
    "ledger": {"GET": _ledger},
    "bill": {"GET": _bill},
    "clock": {"GET": _time, "POST": _move_time},
    "requests": {"GET": _log, "DELETE": _drop_log},
    "comment": {"POST": _comment},
    "react": {"POST": _react},
    "share": {"POST": _share},
    "view": {"POST": _view},
    "click": {"POST": _click},
    "edit": {"POST": _edit},
    "hide": {"POST": _hide},
    "remove": {"POST": _remove},
    "lively": {"POST": _lively},
    "accounts": {"GET": _accounts, "POST": _change_account},
    "settings": {"GET": _settings, "POST": _change_settings},
    "reset": {"POST": _reset},
}
