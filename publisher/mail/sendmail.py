"""Mail through this machine's own mail program: Postfix, Exim, msmtp and others come with a `sendmail`."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

from publisher.mail.outbox import Fault, NotTaken, Refused, Unclear

_SECONDS = 60
_LONGEST_ANSWER = 200
_REFUSED = frozenset({os.EX_NOUSER, os.EX_NOHOST})


@dataclass(frozen=True, slots=True)
class SendmailOutbox:
    """Hands each mail to the program, which queues it and tries on by itself."""

    program: Path

    def send(self, message: EmailMessage) -> None:
        """Hand over one message; the exit code is one of sysexits.h."""
        sender, recipient = (parseaddr(str(message[name]))[1] for name in ("From", "To"))
        # The addresses were checked when the configuration was read, and '--' ends the options.
        command = [str(self.program), "-i", "-f", sender, "--", recipient]
        try:
            ended = subprocess.run(  # noqa: S603 - the program is the configuration's
                command, input=message.as_bytes(), capture_output=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unclear(f"{self.program} did not end within {_SECONDS} s") from error
        except OSError as error:
            raise NotTaken(f"{self.program}: {error.strerror}", Fault.UNREACHABLE) from error
        if ended.returncode:
            told = " ".join(ended.stderr.decode("utf-8", "replace").split())
            words = f"{self.program} ended with {ended.returncode}: {told}"[:_LONGEST_ANSWER]
            raise (Refused if ended.returncode in _REFUSED else NotTaken)(words)

    def check(self, recipient: str = "") -> str:
        """See that the program is there. It alone knows whether it can send."""
        del recipient
        if not os.access(self.program, os.X_OK):
            raise NotTaken(f"there is no program {self.program}", Fault.UNREACHABLE)
        return str(self.program)
