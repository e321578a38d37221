"""No connection of the tests leaves this machine, whatever library opens it.

An audit hook sees every connection and every name that Python code looks up. Importing this module arms it; Python imports it by itself in
the processes that a test starts, since conftest puts this folder on their PYTHONPATH. A refusal is raised where it happens and also written
to the file that TIEDOTE_TEST_REFUSED names, so that a test fails even if the code under test swallows the error.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

REFUSED = "TIEDOTE_TEST_REFUSED"


class OutsideNetworkError(RuntimeError):
    """Something tried to reach another machine. Not an OSError, which the product would take for a bad line."""


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    name = str(host or "localhost").lower()
    return name in {"localhost", "0.0.0.0", "::", "::1"} or name.startswith("127.") or name.endswith(".localhost")


def _refuse(where: object) -> None:
    if path := os.environ.get(REFUSED):
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(f"{where}\n")
    raise OutsideNetworkError(f"a test may not reach {where}")


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            _refuse(address)
    elif event == "socket.getaddrinfo" and not _is_here(arguments[0]):
        if str(arguments[0]).endswith(".invalid"):  # RFC 6761: such a name never resolves, so no server need be asked
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        _refuse(arguments[0])


# A hook can never be taken away again; pytest's own processes are started with this folder on their path and then read conftest.
if "tiedote_test_guard" not in sys.modules:
    sys.modules["tiedote_test_guard"] = sys.modules[__name__]
    sys.addaudithook(_watch)
