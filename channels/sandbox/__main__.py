"""`python -m channels.sandbox`: a sandbox as a process of its own. SIGTERM or Ctrl-C ends it."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from channels.sandbox.core import Sandbox
from channels.sandbox.server import Server
from channels.sandbox.settings import Delays, Habits, Quotas, SandboxAccount, Versions, build


def main() -> None:
    """Read the accounts, serve until told to stop."""
    options = _options()
    sandbox = load(options.accounts, options.state)
    server = Server(sandbox, options.port or [0], options.host)
    if options.port_file:
        _write_ports(options.port_file, server)
    print("\n".join(server.urls), flush=True)  # noqa: T201 (a command's answer)
    try:
        asyncio.run(server.serve_all())
    finally:
        sandbox.close()


def load(accounts: Path, state: Path | None) -> Sandbox:
    """Make a sandbox from a JSON file: a list of accounts, or an object with accounts, quotas, delays, habits and versions."""
    content: Any = json.loads(accounts.read_text("utf-8"))
    parts: Mapping[str, Any] = {"accounts": content} if isinstance(content, list) else content
    return Sandbox(
        accounts=[build(SandboxAccount, row) for row in parts["accounts"]],
        state=state,
        quotas=build(Quotas, parts.get("quotas", {})),
        delays=build(Delays, parts.get("delays", {})),
        habits=build(Habits, parts.get("habits", {})),
        versions=build(Versions, parts.get("versions", {})),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m channels.sandbox", description="The four networks in a box.")
    parser.add_argument("--accounts", type=Path, required=True, help="JSON file: accounts, and settings if you like")
    parser.add_argument("--state", type=Path, help="folder that keeps what was posted")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, action="append", help="may be given several times; 0: any free one")
    parser.add_argument("--port-file", type=Path, help="is written with one address a line, once it can be reached")
    return parser.parse_args()


def _write_ports(file: Path, server: Server) -> None:
    fresh = file.with_suffix(file.suffix + ".new")
    fresh.write_text("\n".join(server.urls) + "\n", "utf-8")
    fresh.replace(file)


if __name__ == "__main__":
    main()
