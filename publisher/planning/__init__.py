"""The planning worker: what the queue says becomes deliveries, and what changes in it changes what has not yet gone out.

new file                      its deliveries, unless the account is younger than the file's last edit
edited                        what nothing was sent of takes the new words and time; what is out stays, people are told
                              unless the announcement comes round again with the new words
an occurrence long past       neither noted nor brought back: nobody asked for what a repeat has left behind
renamed, same content         the deliveries go with it
faulty now                    what waits of it is held, its author hears of it
missing                       nothing of it is sent; after `cancel_after` it is cancelled; over half of a queue of several at
                              once: nothing is cancelled, people are told
back again                    what was cancelled for it is revived
not approved, or edited since    it waits; people are told
account out of configuration  what waits for it is held
"""

from publisher.planning.approval import settle
from publisher.planning.by_hand import Prospect, Verdict, prospects, put_first, to_follow
from publisher.planning.intake import foresee, take_in
from publisher.planning.values import PLANNED_AHEAD, Foreseen, PlanReport, Reading, Times, fingerprint, frozen, key_of

__all__ = [
    "PLANNED_AHEAD",
    "Foreseen",
    "PlanReport",
    "Prospect",
    "Reading",
    "Times",
    "Verdict",
    "fingerprint",
    "foresee",
    "frozen",
    "key_of",
    "prospects",
    "put_first",
    "settle",
    "take_in",
    "to_follow",
]
