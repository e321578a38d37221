"""The command `tiedote`: a group that loads a command's module only when that command is asked for.

A new command is one line in `COMMANDS`: name, place of its `click` command, and the first sentence of its help, so that `--help` needs no
import. A command's texts (`help=N_("…")`) are translated when they are shown. Every command takes `--config` and `--lang` by itself.
"""

from __future__ import annotations

import copy
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.shared import COMMON, DEFAULT_CONFIG, Invocation, config_option, language_option
from publisher.locale import LANGUAGES, N_, _, speak

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY = N_("Publish a municipality's announcements on its social media accounts, and collect what residents answer.")

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("publisher.cli.demo:demo", N_("Show the whole thing on the built-in sandbox.")),
    "init": ("publisher.cli.init:init", N_("Write a starter configuration, an empty queue and an example.")),
    "new": ("publisher.cli.writing:new", N_("Write an announcement to fill in.")),
    "fetch": ("publisher.cli.fetching:fetch", N_("Write a draft from a page or a feed of your website.")),
    "schema": ("publisher.cli.writing:schema", N_("Write what an editor needs to help with announcements.")),
    "check": ("publisher.cli.check:check", N_("Find all faults at once in the configuration and in announcements.")),
    "plan": (
        "publisher.cli.plan:plan",
        N_("Show what goes out when and where, what it costs on X, and why the rest does not."),
    ),
    "preview": ("publisher.cli.preview:preview", N_("Show what an announcement will look like on each network.")),
    "run": ("publisher.cli.running:run", N_("Publish, collect and mail what is due.")),
    "publish": ("publisher.cli.publishing:publish", N_("Publish one announcement now.")),
    "approve": ("publisher.cli.approving:approve", N_("Approve the words of one announcement.")),
    "pause": ("publisher.cli.running:pause", N_("Stop publishing for now.")),
    "resume": ("publisher.cli.running:resume", N_("Go on publishing after a pause.")),
    "status": ("publisher.cli.deliveries:status", N_("Show every announcement's state on every account.")),
    "retry": ("publisher.cli.deliveries:retry", N_("Send one delivery again.")),
    "cancel": ("publisher.cli.deliveries:cancel", N_("Call one delivery off before it goes out.")),
    "resolve": ("publisher.cli.deliveries:resolve", N_("Say whether an unconfirmed post went out.")),
    "amend": ("publisher.cli.outside:amend", N_("Give posts that are out the present words of their file.")),
    "unpublish": ("publisher.cli.outside:unpublish", N_("Take posts that are out down.")),
    "collect": ("publisher.cli.engagement:collect", N_("Read counts and comments from the networks.")),
    "comments": ("publisher.cli.comments:comments", N_("Show what residents wrote.")),
    "reply": ("publisher.cli.replying:reply", N_("Answer a resident's comment.")),
    "hide": (
        "publisher.cli.replying:hide",
        N_("Hide a comment from everybody but who wrote it, where the network can do that."),
    ),
    "report": ("publisher.cli.report:report", N_("Show, write or send the summary of a week, a month or a year.")),
    "results": ("publisher.cli.results:results", N_("Show the counts of every published post.")),
    "networks": (
        "publisher.cli.networks:networks",
        N_("Show every network's limits and what it tells, each with its source and date."),
    ),
    "login": (
        "publisher.cli.login:login",
        N_("Connect an account: open the network's page, let a person consent, and keep the token encrypted."),
    ),
    "accounts": (
        "publisher.cli.accounts:accounts",
        N_("List the accounts: how each is connected, until when, and what it may do."),
    ),
    "logout": ("publisher.cli.accounts:logout", N_("Forget an account's token.")),
    "doctor": ("publisher.cli.doctor:doctor", N_("Test the installation and say what to mend.")),
    "export": ("publisher.cli.archiving:export", N_("Write what was published in a year into a folder.")),
    "purge": ("publisher.cli.keeping:purge", N_("Erase what may be kept no longer.")),
    "forget": ("publisher.cli.keeping:forget", N_("Erase what one person wrote, everywhere, and prove it.")),
    "backup": ("publisher.cli.upkeep:backup", N_("Copy the database while the service runs.")),
    "restore": ("publisher.cli.upkeep:restore", N_("Put a copy in the database's place.")),
    "migrate": ("publisher.cli.upkeep:migrate", N_("Bring the database up to this version.")),
}


class Root(click.Group):
    """Knows every command by name and imports one at a time."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Give the names in the order of a working day."""
        return list(COMMANDS)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Give the group's own options in the reader's language."""
        return [_localised_option(parameter) for parameter in super().get_params(ctx)]

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Give the parts of the usage line in the reader's language."""
        return [_(piece) for piece in super().collect_usage_pieces(ctx)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named, or say which one was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # Click knows only commands that are loaded, and none is.
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import a command and give it in the reader's language."""
        if name not in COMMANDS:
            return None
        module, function = COMMANDS[name][0].split(":")
        return _localised(getattr(import_module(module), function))

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(summary)) for name, (_module, summary) in COMMANDS.items()])

    def format_help_text(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say what the product is, in the reader's language."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(SUMMARY))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 -- click's own signature
        """Settle the language, then parse and run."""
        arguments = list(sys.argv[1:] if args is None else args)
        with speak(language_for(arguments)):
            return super().main(arguments, *rest, **more)


def _localised(command: click.Command) -> click.Command:
    # A copy: the same command may be shown in another language next, in tests at least.
    own = copy.copy(command)
    own.help, own.short_help, own.epilog = (
        text and _(text) for text in (command.help, command.short_help, command.epilog)
    )
    own.params = [_localised_option(parameter) for parameter in _with_common_options(command)]
    own.options_metavar = own.options_metavar and _(own.options_metavar)
    if isinstance(own, click.Group):
        own.subcommand_metavar = _(own.subcommand_metavar)
        own.commands = {name: _localised(below) for name, below in own.commands.items()}
    return own


def _with_common_options(command: click.Command) -> list[click.Parameter]:
    bare = click.Command(None)
    for add in COMMON:
        add(bare)
    names = {parameter.name for parameter in command.params}
    return [*command.params, *(parameter for parameter in reversed(bare.params) if parameter.name not in names)]


def _localised_option(parameter: click.Parameter) -> click.Parameter:
    own = copy.copy(parameter)
    own.metavar = own.metavar and _(own.metavar)
    own.type = copy.copy(parameter.type)
    own.type.name = _type_word(parameter.type)
    if isinstance(own, click.Option):
        own.help = own.help and _(own.help)
    return own


def _type_word(kind: click.ParamType[Any]) -> str:
    """Name what click expects, as its usage errors do: click itself says it in English, or in the language of the import."""
    match kind:
        case click.Path(file_okay=True, dir_okay=False):
            return _("file")
        case click.Path(file_okay=False, dir_okay=True):
            return _("directory")
        case click.Path():
            return _("path")
    return _(_TYPES.get(kind.name, kind.name))


_TYPES = {"integer range": N_("whole number")}

_USAGE = (N_("[OPTIONS]"), N_("COMMAND [ARGS]..."), N_("[COMMAND] [ARGS]..."))
"""Click's own words in the first line of help, marked for the catalogues."""


def language_for(arguments: Sequence[str]) -> str:
    """Tell the language of messages before anything is parsed: `--lang`, TIEDOTE_LANG, the configuration's line, English."""
    candidates = (_given(arguments, "--lang"), os.environ.get("TIEDOTE_LANG"), _configured(arguments))
    return next((language for language in candidates if language in LANGUAGES), "en")


def _given(arguments: Sequence[str], option: str) -> str | None:
    for argument, following in zip(arguments, [*arguments[1:], None], strict=True):
        if argument == option:
            return following
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return None


def _configured(arguments: Sequence[str]) -> str | None:
    # Only this one line: reading the whole file would cost `--help` its 0.15 s.
    path = Path(_given(arguments, "--config") or os.environ.get("TIEDOTE_CONFIG") or DEFAULT_CONFIG)
    try:
        head = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^language:\s*[\"']?(\w+)", head, re.MULTILINE)
    return found and found[1]


@click.group(
    cls=Root,
    name="tiedote",
    help=SUMMARY,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@config_option
@language_option
@click.version_option(package_name="tiedote", message="tiedote %(version)s", help=N_("Show the version."))
@click.pass_context
def tiedote(ctx: click.Context) -> None:
    """Take what every command needs to know."""
    ctx.ensure_object(Invocation)
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Run the command line."""
    # Nobody's pydantic plugins are wanted here, and looking for some takes 10 ms of every command.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    tiedote(prog_name="tiedote")
