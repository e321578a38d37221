"""What every command needs: its configuration, the store, the service, and one way to say no.

Data goes to stdout, everything else to stderr. A command raises `Stop` with one of the exit codes of `Exit`; click prints it.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from publisher.locale import LANGUAGES, N_, _
from publisher.terminal import harmless, harmless_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from publisher.config import Config
    from publisher.service import Service
    from publisher.store import DatabaseProblem, Store, StoreAway

_BEFORE_A_MESSAGE = len("Error: ") + 1

_Function = TypeVar("_Function", bound="Callable[..., Any] | click.Command")

DEFAULT_CONFIG = Path("config.yaml")
HEARTBEAT = "heartbeat"
"""The key under which the daemon notes that it is at work."""


class Exit(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    CONFIGURATION = 3
    FAILED = 4
    TRY_LATER = 75


class Stop(click.ClickException):
    """A command ends here; the message says what is wrong, the remedy what to do."""

    def __init__(self, message: str, *, remedy: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.exit_code = int(code)  # type: ignore[misc]  # click itself reads it from the instance

    def format_message(self) -> str:
        """Give the message; on a terminal, each of its lines folded, with room for the word that click puts before it."""
        return "\n".join(_fitting(self.message, _BEFORE_A_MESSAGE))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it to stderr."""
        super().show(file)
        if self.remedy:
            first, *rest = _fitting(self.remedy, 4)
            click.echo("\n    ".join([f"  = {first}", *rest]), file=file, err=True)


def not_written(error: OSError, path: object, *, remedy: str = "", code: Exit = Exit.CONFIGURATION) -> Stop:
    """Say that a file or folder could not be written, and why; a full disk does not name the file by itself."""
    from publisher.errors import why

    message = _("%(path)s cannot be written: %(why)s") % {"path": path, "why": why(error)}
    return Stop(message, remedy=remedy or _("Name another place."), code=code)


@dataclass(slots=True)
class Invocation:
    """What the command line says for every command alike."""

    config: Path = DEFAULT_CONFIG


def _remember_config(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        invocation(ctx).config = value


def invocation(ctx: click.Context) -> Invocation:
    """Give what the command line says, from anywhere below the group."""
    return ctx.ensure_object(Invocation)


def _no_choice(_ctx: click.Context, _parameter: click.Parameter, _value: str | None) -> None:
    """The language was settled before parsing began, so that faults of parsing are told in it."""


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=N_("FILE"),
    expose_value=False,
    callback=_remember_config,
    help=N_("The configuration; default: TIEDOTE_CONFIG, or config.yaml here."),
)
language_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    callback=_no_choice,
    help=N_("Language of messages; default: TIEDOTE_LANG, or the configuration's."),
)
org_option = click.option("--org", "organisation", metavar=N_("ORGANISATION"), help=N_("Only this organisation."))
json_option = click.option("--json", "as_json", is_flag=True, help=N_("Print JSON for scripts."))
COMMON = (config_option, language_option)
"""The group gives these to every command by itself."""


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


class Duration(click.ParamType[timedelta]):
    """A span of time as people write it in the configuration: 30s, 5m, 2h."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it; a number without a unit is refused rather than guessed."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d+)\s*([smh])", str(value).strip())
        if found is None:
            self.fail(_("'%(value)s' is not a time; write for example 30s, 5m or 2h.") % {"value": value}, param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


def wait_option(help_text: str) -> Callable[[_Function], _Function]:
    """Let a command be told how long it may wait for networks."""
    return click.option("--wait", type=Duration(), default="5m", show_default=True, metavar=N_("TIME"), help=help_text)


def config_path(ctx: click.Context) -> Path:
    """Tell which configuration file counts: `--config`, then TIEDOTE_CONFIG, then ./config.yaml."""
    named = invocation(ctx).config
    from_environment = os.environ.get("TIEDOTE_CONFIG")
    return Path(from_environment) if named == DEFAULT_CONFIG and from_environment else named


def load(ctx: click.Context, *, secrets: bool = True) -> Config:
    """Read the configuration; with faults, print them all and end with 3."""
    from publisher.config import ConfigFaults, load_config
    from publisher.yamlfile import render

    path = config_path(ctx)
    if not path.is_file():
        raise Stop(
            _("There is no configuration %(path)s.") % {"path": path},
            remedy=_("Name one with --config, or write a new one with: tiedote init"),
            code=Exit.CONFIGURATION,
        )
    try:
        return load_config(path, secrets=secrets)
    except ConfigFaults as faults:
        for problem in faults.problems:
            click.echo(render(problem), err=True)
        raise click.exceptions.Exit(Exit.CONFIGURATION) from faults


@contextmanager
def open_store(ctx: click.Context) -> Iterator[tuple[Config, Store]]:
    """Open the database as it is, for commands that talk to no network."""
    from publisher.store import Store, StoreAway

    config = load(ctx)
    must_be_writable(config)
    store = Store(config.database)
    try:
        make_ready(store)
        yield config, store
    except StoreAway as away:
        raise later(away) from away
    finally:
        store.close()


@contextmanager
def open_service(ctx: click.Context) -> Iterator[Service]:
    """Open everything: database, networks, mail; with `sandbox: yes` the sandbox too."""
    from publisher.rehearsal import NoSandboxError
    from publisher.service import AnotherDaemonError, Service
    from publisher.store import DatabaseProblem, StoreAway

    config = load(ctx)
    must_be_writable(config)
    try:
        with Service.open(config) as service:
            yield service
    except NoSandboxError as error:
        raise Stop(
            _("Another process is starting the sandbox and does not get on."),
            remedy=_("Wait a moment and try again."),
            code=Exit.TRY_LATER,
        ) from error
    except DatabaseProblem as problem:
        raise refusal(problem) from problem
    except StoreAway as away:
        raise later(away) from away
    except AnotherDaemonError as error:
        raise another_runs() from error


def must_be_writable(config: Config) -> None:
    """Refuse to begin where nothing can be kept."""
    try:
        config.var.mkdir(parents=True, exist_ok=True)
    except OSError:
        writable = False
    else:
        writable = os.access(config.var, os.W_OK)
    if not writable:
        raise Stop(
            _("%(folder)s cannot be written to.") % {"folder": config.var},
            remedy=_("Let the user that runs Tiedote write into this folder."),
            code=Exit.CONFIGURATION,
        )


def another_runs() -> Stop:
    """Say that only one process publishes from a database."""
    return Stop(
        _("Another tiedote run is at work on this database."),
        remedy=_("Nothing to do: it sends what is due. To work by hand, stop it first."),
        code=Exit.TRY_LATER,
    )


def later(away: StoreAway) -> Stop:
    """Word why the database cannot be used at this moment."""
    from publisher.store import DiskFull

    if isinstance(away, DiskFull):
        return Stop(
            _("The disk of the database is full."),
            remedy=_("Make room on this disk, then try again."),
            code=Exit.TRY_LATER,
        )
    return Stop(
        _("The database cannot be used at this moment: %(detail)s") % {"detail": away},
        remedy=_("Wait a moment and try again. If it stays so, ask IT to see to the database."),
        code=Exit.TRY_LATER,
    )


def make_ready(store: Store) -> None:
    """Make an empty database usable; refuse one that this version cannot use."""
    from publisher.store import DatabaseProblem, SchemaState, migrate, schema_state

    try:
        match schema_state(store):
            case SchemaState.EMPTY:
                migrate(store, now())
            case SchemaState.OLD:
                raise Stop(
                    _("The database is from an older version of Tiedote."),
                    remedy=_("Run: tiedote migrate (it makes a copy first)."),
                    code=Exit.CONFIGURATION,
                )
            case SchemaState.NEWER:
                raise refusal(DatabaseProblem("newer", str(store.path or "")))
    except DatabaseProblem as problem:
        raise refusal(problem) from problem


def refusal(problem: DatabaseProblem) -> Stop:
    """Word why a database cannot be used."""
    message, remedy = {
        "newer": (
            _("The database %(path)s is from a newer version of Tiedote than this one."),
            _("Install the newer version, or put back the copy that it made beside the database."),
        ),
        "not_a_database": (
            _("%(path)s is not a database of Tiedote."),
            _("Name another file in 'database', or put a backup in its place."),
        ),
        "linked": (
            _("The database file %(path)s has a second name (a hard link): under two names SQLite would damage it."),
            _("Leave it one name, and take away the others. Symbolic links are fine."),
        ),
        "unreachable": (
            _("The database cannot be opened: %(path)s"),
            _("Check 'database' in the configuration, and that the database is there and may be used."),
        ),
    }.get(
        problem.code,
        (
            _("The database %(path)s is damaged."),
            _("Stop Tiedote, keep the damaged file, and put the newest backup in its place."),
        ),
    )
    return Stop(message % {"path": problem.detail}, remedy=remedy, code=Exit.CONFIGURATION)


def now() -> datetime:
    """Give the present instant, aware, in UTC: the clock of every command."""
    return datetime.now(UTC)


_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def print_json(content: Mapping[str, object]) -> None:
    """Print data for scripts."""
    import json

    text = json.dumps(content, ensure_ascii=False, indent=2)
    # JSON escapes only the lower control characters; a terminal obeys the upper ones and the marks that turn directions too.
    click.echo(_OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def say(*lines: str) -> None:
    """Tell the person at the terminal something that is not data; whatever words of others are in it do nothing there."""
    for line in lines:
        click.echo(harmless_lines(line), err=True)


def tell(text: str) -> None:
    """Tell the person at the terminal a sentence or two, folded as wide as the terminal is."""
    say(*_fitting(text))


def _fitting(text: str, before: int = 0) -> list[str]:
    """Give what goes to stderr line by line: on a terminal none is wider than it, with `before` columns to spare."""
    text = harmless_lines(text)
    if not sys.stderr.isatty():
        return text.splitlines() or [""]
    width = max(20, _columns() - before)
    return [part for line in text.splitlines() for part in (_folded(line, width) if len(line) > width else [line])]


def echo_folded(first: str, text: str, *, fg: str | None = None) -> None:
    """Print `text` after `first`, harmless; on a terminal, folded under its own beginning."""
    text = harmless_lines(text)
    lines = [text]
    if sys.stdout.isatty():
        lines = _folded(text, max(20, _columns() - len(first)))
    click.echo(click.style(first, fg=fg) + lines[0])
    for line in lines[1:]:
        click.echo(" " * len(first) + line)


def echo_unbroken(words: str, link: str) -> None:
    """Print a link after some words; on a terminal too narrow for both, on a line of its own, so that it can be clicked."""
    words, link = harmless(words), harmless(link)
    narrow = bool(words) and sys.stdout.isatty() and len(words) + 2 + len(link) > _columns()
    click.echo(f"{words.rstrip()}\n    {link}" if narrow else f"{words}  {link}")


def _columns() -> int:
    # Only here, since `--help` is timed.
    import shutil

    return shutil.get_terminal_size().columns


def _folded(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


_YES = frozenset({"y", "yes", "k", "kyllä", "j", "ja"})


def says_yes(ctx: click.Context, question: str) -> bool:
    """Ask a person, who may answer in any of our languages; Ctrl-C is no. Ends with 2 where nobody is there to answer."""
    try:
        answer = click.prompt(question, default="", show_default=False, err=True)
    except click.Abort:
        say("")
        if sys.stdin.isatty():
            return False
        raise click.UsageError(_("Nobody is there to answer; with --yes nothing is asked."), ctx) from None
    return str(answer).strip().casefold() in _YES


def who() -> str:
    """Tell who gave the command, for what is written down of it."""
    import getpass  # only here, since `--help` is timed

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "?"


def one_of(candidates: Sequence[str]) -> str:
    """List alternatives for a message, one a line."""
    return "\n".join(f"    {candidate}" for candidate in candidates)


def must_exist(organisation: str | None, config: Config) -> None:
    """End with 2 where the configuration has no such organisation; None is all of them."""
    if organisation is None or organisation in config.organisations:
        return
    raise Stop(
        _("There is no organisation %(name)s in the configuration.") % {"name": organisation},
        remedy=_("There are: %(names)s") % {"names": ", ".join(sorted(config.organisations))},
        code=Exit.USAGE,
    )
