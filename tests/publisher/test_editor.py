"""What staff see in their editor: the language server that VS Code and others use for YAML, on the schemas that `tiedote schema` writes.

Runs where npm is; elsewhere it is skipped aloud, and test_schema.py holds the schema by itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from publisher.cli import tiedote
from tests.publisher.test_schema import VALID, WRONG

_SERVER = "yaml-language-server@1.25.0"
_FOLDER = Path(sys.prefix) / "editor"


class Server:
    """A language server over its standard input and output."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._number = 0
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self._send({"method": "initialized", "params": {}})
        settings = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": {"yaml": settings}}})

    def request(self, method: str, params: dict[str, Any]) -> Any:
        """Ask, and wait for the answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while (message := self._receive()).get("id") != self._number or "method" in message:
            pass
        return message.get("result")

    def look_at(self, uri: str, text: str) -> list[dict[str, Any]]:
        """Open a document, and wait for what is said about it."""
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": item}})
        while uri not in self.diagnostics:
            self._receive()
        return self.diagnostics[uri]

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.communicate()

    def _send(self, content: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **content}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _colon, value = line.decode().partition(":")
            length = int(value) if name.lower() == "content-length" else length
        assert length, "the language server ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:
            answer: list[dict[str, Any]] | None = [{}] if message["method"] == "workspace/configuration" else None
            self._send({"id": message["id"], "result": answer})
        return message


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The server, fetched once by npm into the virtual environment."""
    npm = shutil.which("npm")
    program = _FOLDER / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if npm is None:
        pytest.skip("no npm")
    if not program.exists():
        command = [npm, "install", "--prefix", str(_FOLDER), "--silent", "--no-audit", "--no-fund", _SERVER]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pytest.skip(f"npm could not fetch {_SERVER}")
    running = Server(["node", str(program), "--stdio"])
    yield running
    running.close()


@pytest.mark.optional
def test_the_editor_helps_and_never_complains_of_what_is_right(server: Server, tmp_path: Path) -> None:
    """Every valid example is clean, every wrong one is underlined; a field is completed, and explained in Finnish."""
    assert (
        CliRunner().invoke(tiedote, ["--config", str(tmp_path / "none.yaml"), "schema", str(tmp_path)]).exit_code == 0
    )
    head = f"# yaml-language-server: $schema={tmp_path / '.schema' / 'announcement.fi.json'}\n"
    for n, text in enumerate(VALID):
        said = server.look_at(f"file:///valid{n}.yaml", head + text)
        assert [one["message"] for one in said] == [], text
    for n, (text, _where) in enumerate(WRONG):
        if "lopi" not in text:  # the names of organisations are the configuration's
            assert server.look_at(f"file:///wrong{n}.yaml", head + text), text
    server.look_at("file:///writing.yaml", head + "text: A\nfirst")
    document = {"textDocument": {"uri": "file:///writing.yaml"}}
    offered = server.request("textDocument/completion", {**document, "position": {"line": 2, "character": 5}})
    assert "first_comment" in {item["label"] for item in offered["items"]}
    shown = server.request("textDocument/hover", {**document, "position": {"line": 1, "character": 2}})
    assert "oma kullekin kielelle" in json.dumps(shown, ensure_ascii=False)
