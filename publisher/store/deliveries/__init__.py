"""Deliveries: planning, claims, steps, attempts and what a person does with one.

Every change of a claimed delivery is guarded by its fencing number (`token`): a process that lost its claim changes nothing.
"""

from publisher.store.deliveries.claims import SAME_WORDS_FOR, claim, extend, release, sweep
from publisher.store.deliveries.due import accounts_with_work, next_moment, on_their_way, overdue, unfinished
from publisher.store.deliveries.people import (
    cancel_delivery,
    find_deliveries,
    list_deliveries,
    resolve_not_published,
    resolve_published,
    retry_delivery,
)
from publisher.store.deliveries.planning import add, planned, replan, set_waiting
from publisher.store.deliveries.progress import (
    adopt,
    awaiting_first_look,
    freeze,
    open_attempt,
    open_since,
    owner_of,
    picture_bytes,
    record_out,
    store_step,
)
from publisher.store.deliveries.setbacks import (
    record_absent,
    record_blocked,
    record_doubt,
    record_end,
    record_look,
    record_restart,
    record_retry,
)
from publisher.store.deliveries.values import (
    AccountBusy,
    ClaimLost,
    DeliveryView,
    FrozenPost,
    Job,
    Key,
    NewDelivery,
    Out,
    PictureNote,
    PlannedRow,
    Setback,
)

__all__ = [
    "SAME_WORDS_FOR",
    "AccountBusy",
    "ClaimLost",
    "DeliveryView",
    "FrozenPost",
    "Job",
    "Key",
    "NewDelivery",
    "Out",
    "PictureNote",
    "PlannedRow",
    "Setback",
    "accounts_with_work",
    "add",
    "adopt",
    "awaiting_first_look",
    "cancel_delivery",
    "claim",
    "extend",
    "find_deliveries",
    "freeze",
    "list_deliveries",
    "next_moment",
    "on_their_way",
    "open_attempt",
    "open_since",
    "overdue",
    "owner_of",
    "picture_bytes",
    "planned",
    "record_absent",
    "record_blocked",
    "record_doubt",
    "record_end",
    "record_look",
    "record_out",
    "record_restart",
    "record_retry",
    "release",
    "replan",
    "resolve_not_published",
    "resolve_published",
    "retry_delivery",
    "set_waiting",
    "store_step",
    "sweep",
    "unfinished",
]
