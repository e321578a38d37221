"""No planted token in clear in the whole run: no SQLite file or file beside it, log, mail, screen or process list.

Every token of the tests and of the sandbox has one of `MARKS` in it. What a test reports and what the processes that it starts print is
looked through at once; what lies in the temporary folders, at the end of the run. A find fails the run, whatever became of the tests.

A PostgreSQL's rows are looked through before a database of the tests is dropped (`tests.postgresql`), its log at the end. Tracebacks
are seen where a process or a log has printed them, and where a command that was run in this process ended by one.

Not looked through: what pytest itself shows of a failing test, whose own lines name tokens.
"""

from __future__ import annotations

import mmap
import subprocess
import sys
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from channels.sandbox.grants import MARK

MARKS = (MARK.encode(), b"planted-", b"demo-hausjarvi-", b"demo-loppi-")
"""What stands in the tokens that the sandbox gives out, those of the tests' configurations, and the demo's."""

_MEANT = (".yaml", ".yml", ".py", ".pyc")
"""Where the tests themselves write tokens: configurations, and programs that are run."""
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".bmp")
_LARGEST = 64 * 1024 * 1024

_found: list[str] = []


def marks_in(content: bytes | mmap.mmap) -> list[str]:
    """Name the marks that stand in something."""
    return [mark.decode() for mark in MARKS if content.find(mark) >= 0]


def note(where: str, content: str | bytes | None) -> None:
    """Look through something; what is found there fails the run at its end."""
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    if raw and (marks := marks_in(raw)):
        _found.append(f"{where}: {', '.join(marks)}")


def look_through(folder: Path) -> Iterator[str]:
    """Name the files below a folder in which a token stands in clear."""
    for path in folder.rglob("*"):
        if path.suffix in (*_MEANT, *_PICTURES) or path.is_symlink() or not path.is_file():
            continue
        size = path.stat().st_size
        if not 0 < size <= _LARGEST:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if marks := marks_in(content):
                yield f"{path}: {', '.join(marks)}"


def _arguments(event: str, arguments: tuple[Any, ...]) -> None:
    """Look at the arguments of every process that is started: everybody on the machine can read them."""
    if event in {"subprocess.Popen", "os.posix_spawn", "os.exec"}:
        given = arguments[1]
        # What Python itself runs by -c is a test's own program.
        words = [given] if isinstance(given, str | bytes) else [str(word) for word in given]
        for number, word in enumerate(words):
            if number == 0 or words[number - 1] != "-c":
                note(f"the process list ({words[0]!r})", word if isinstance(word, str) else bytes(word))


class Spill:
    """The plugin: hooks of pytest, with and without xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(subprocess.Popen, "communicate", _listening(subprocess.Popen.communicate))
        self._patch.setattr(CliRunner, "invoke", _reading(CliRunner.invoke))
        sys.addaudithook(_arguments)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        for name, content in report.sections:
            note(f"{item.nodeid}, {name}", content)
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        _found.extend(getattr(node, "workeroutput", {}).get("spilled", []))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._patch.undo()
        worker = getattr(self._config, "workeroutput", None)
        # The folders of the workers lie in that of the process that started them, and each looks through its own.
        if worker is not None or not self._config.getoption("numprocesses", None):
            folders = self._config._tmp_path_factory  # type: ignore[attr-defined]
            _found.extend(look_through(folders.getbasetemp()))
        if worker is not None:
            worker["spilled"] = _found
        elif _found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if _found:
            terminalreporter.section("tokens in clear", sep="=", red=True, bold=True)
            for line in sorted(set(_found)):
                terminalreporter.line(line)


def _listening(communicate: Any) -> Any:
    def heard(self: subprocess.Popen[Any], *arguments: Any, **more: Any) -> tuple[Any, Any]:
        answers: tuple[Any, Any] = communicate(self, *arguments, **more)
        for answer in answers:
            note(f"what {self.args!r} printed"[:200], answer)
        return answers

    return heard


def _reading(invoke: Any) -> Any:
    def read(self: CliRunner, *arguments: Any, **more: Any) -> Result:
        result: Result = invoke(self, *arguments, **more)
        note(f"what {arguments[1:]!r} printed"[:200], result.output)
        if result.exception is not None:
            # The runner catches what would have gone to the screen.
            told = "".join(traceback.format_exception(result.exception))
            note(f"the traceback of {arguments[1:]!r}"[:200], told)
        return result

    return read
