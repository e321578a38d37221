"""The four networks in a box: a small web app that speaks their wire formats as strictly as they do, with faults on demand.

    sandbox = Sandbox(accounts=[...])                   # in memory; state=folder survives restarts
    with serve(sandbox, ports=(0,)) as server:          # server.base_url, server.urls
        sandbox.add_rule(Rule(kind=Kind.LOST_AFTER, method="POST", path="/feed"))
        sandbox.ledger()                                # every post that was ever visible

As a process of its own: `python -m channels.sandbox --accounts accounts.json --port 8101`. Over HTTP the same is at /_sandbox/.
"""

from channels.sandbox.clock import Clock
from channels.sandbox.core import Sandbox
from channels.sandbox.faults import Kind, Rule
from channels.sandbox.ledger import LedgerComment, LedgerPicture, LedgerPost
from channels.sandbox.server import Served, serve
from channels.sandbox.settings import Delays, Habits, Quotas, SandboxAccount, SandboxApp, SandboxPerson, Versions
from channels.sandbox.xbill import BillLine

__all__ = [
    "BillLine",
    "Clock",
    "Delays",
    "Habits",
    "Kind",
    "LedgerComment",
    "LedgerPicture",
    "LedgerPost",
    "Quotas",
    "Rule",
    "Sandbox",
    "SandboxAccount",
    "SandboxApp",
    "SandboxPerson",
    "Served",
    "Versions",
    "serve",
]
