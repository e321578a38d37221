"""A queue that comes from git: brought up to date with its branch, and who brought the words onto it.

Git is the program of that name. It runs no hooks and asks nobody anything; what it cannot do ends in a `CheckoutError`, and what lies
there counts as it is. The only one that writes into the folder is git.

The approver of a file is the committer of the newest commit on the branch's own line (its first parents) that changed the file or one
of its pictures: of a merge, whoever merged. Where a code host merged in its own name, that is the merge's author. Nobody has approved what
lies there otherwise than it was committed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 60
_HOSTS = frozenset({"noreply@github.com", "noreply@gitlab.com", "noreply@bitbucket.org"})
"""In whose name code hosts commit a merge that somebody made with a button; the person is its author then."""
_SECRET = re.compile(r"//[^/@\s]*@")
_LINE = "%H%x1f%cn%x1f%ce%x1f%an%x1f%ae"


class CheckoutError(Exception):
    """Git could not do it. `code`: no_git, not_a_checkout, other_branch, unreachable, diverged, too_slow; the text is git's own."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as git knows them."""

    name: str
    mail: str

    def is_same(self, other: Person) -> bool:
        """Tell whether two are one: by name or by address."""
        return self.name.casefold() == other.name.casefold() or self.mail.casefold() == other.mail.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What brought the present words onto the branch."""

    commit: str
    approver: Person
    authors: tuple[Person, ...]

    @property
    def has_four_eyes(self) -> bool:
        """Whether somebody else than the authors approved."""
        return bool(self.authors) and not any(author.is_same(self.approver) for author in self.authors)


class Checkout:
    """The working copy that the queue lies in."""

    def __init__(self, folder: Path, branch: str) -> None:
        """`folder`: the queue, or any folder of the working copy."""
        self._folder = folder
        self._branch = branch

    def pull(self) -> bool:
        """Bring it up to date; tell whether anything changed. Raises CheckoutError."""
        here = self._git("symbolic-ref", "--short", "HEAD", code="not_a_checkout").strip()
        if here != self._branch:
            raise CheckoutError("other_branch", here)
        before = self._git("rev-parse", "HEAD", code="not_a_checkout")
        remote = f"refs/remotes/origin/{self._branch}"
        self._git("fetch", "--quiet", "--no-tags", "origin", f"+refs/heads/{self._branch}:{remote}", code="unreachable")
        self._git("merge", "--quiet", "--ff-only", remote, code="diverged")
        return self._git("rev-parse", "HEAD", code="not_a_checkout") != before

    def merge_of(self, files: Sequence[Path]) -> Merge | None:
        """Say what brought a file and its pictures onto the branch as they are; None: they are not as they were committed.

        Raises CheckoutError.
        """
        paths = ["--", *(str(file) for file in files)]
        if self._git("status", "--porcelain", "--untracked-files=all", *paths):
            return None
        found = self._git("log", "-1", "--first-parent", f"--format={_LINE}", *paths).strip()
        if not found:
            return None
        commit, committer, committer_mail, author, author_mail = found.split("\x1f")
        by = Person(name=committer, mail=committer_mail)
        of = Person(name=author, mail=author_mail)
        # A merge brings what others wrote; its own author has written nothing.
        below = self._git("log", "--no-merges", f"--format={_LINE}", f"{commit}^1..{commit}", *paths, code="first")
        authors = [Person(name=parts[3], mail=parts[4]) for line in below.splitlines() if (parts := line.split("\x1f"))]
        approver = of if by.mail.casefold() in _HOSTS else by
        return Merge(commit=commit, approver=approver, authors=tuple(dict.fromkeys(authors)) or (of,))

    def _git(self, *arguments: str, code: str = "not_a_checkout") -> str:
        environment = {
            **{
                key: value
                for key, value in os.environ.items()
                if not key.startswith("GIT_") or key == "GIT_SSH_COMMAND"
            },
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
        command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(self._folder), *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program; names and paths are arguments of their own
                command,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise CheckoutError("no_git") from error
        except subprocess.TimeoutExpired as error:
            raise CheckoutError("too_slow") from error
        if done.returncode and code == "first":
            return ""  # The very first commit has no parent to compare with.
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [""])[-1]
            # An address may have a password in it.
            raise CheckoutError(code, _SECRET.sub("//", last))
        return done.stdout
