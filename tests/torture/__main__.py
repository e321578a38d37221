"""`python -m tests.torture`: how often a post is lost or doubled under kill -9 and failing networks. Exit code 1 if any is."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.torture.networks import LAG
from tests.torture.place import NETWORKS
from tests.torture.run import Ordeal, Outcome, run
from tests.torture.storm import LATEST
from tests.torture.victim import CONFIRM_FOR, LEASE

_CONDITIONS = f"""\
The networks do not protect us here: their quotas are raised and their guards against the same words are off.
Times are short: a lost answer is looked for {CONFIRM_FOR.total_seconds():g} s, a claim lasts {LEASE.total_seconds():g} s,
an effect comes {LATEST:g} s late at most, a listing lags {LAG.listing:g} s.
The judge reads the networks' ledger and people's mails."""


def main() -> int:
    begun = time.monotonic()
    options = _options()
    print(_CONDITIONS)
    good = True
    policies = ("hold", "resend") if options.on_doubt == "both" else (options.on_doubt,)
    for seed in options.seed or ["1", "2"]:
        # Side by side: most of the time each of them waits.
        with ThreadPoolExecutor(len(policies)) as workers:
            ordeals = [_ordeal(options, seed, on_doubt) for on_doubt in policies]
            runs = workers.map(partial(_run, keep=options.keep), ordeals)
            for on_doubt, seen in zip(policies, runs, strict=True):
                print(f"\nseed {seed}, on_doubt: {on_doubt}", flush=True)
                good = _tell(seen) and good
    good = _doubles_without_looking((options.seed or ["1"])[0], keep=options.keep) and good
    print(f"\n{'all is well' if good else 'NOT WELL'}, after {(time.monotonic() - begun) / 60:.0f} minutes")
    return 0 if good else 1


def _ordeal(options: argparse.Namespace, seed: str, on_doubt: str) -> Ordeal:
    return Ordeal(
        seed=seed,
        deliveries=options.deliveries,
        kills=options.kills,
        late_kills=options.late_kills,
        stops=options.stops,
        on_doubt=on_doubt,
        patience=options.patience,
        networks=tuple(network for network in NETWORKS if network in (options.network or NETWORKS)),
    )


def _doubles_without_looking(seed: str, *, keep: bool) -> bool:
    """Tell whether the harness sees doubles where there must be some."""
    print(f"\nseed {seed}, the look for lost answers switched off: here posts must be doubled", flush=True)
    blind = Ordeal(seed=seed, deliveries=80, kills=8, stops=1, on_doubt="hold", blind=True, patience=20)
    seen = _run(blind, keep=keep)
    _tell(seen)
    return bool(seen.verdict.doubled)


def _run(ordeal: Ordeal, *, keep: bool) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="tiedote-torture-"))
    try:
        return run(ordeal, folder)
    finally:
        if keep:
            print(f"  kept in {folder}")
        else:
            shutil.rmtree(folder)


def _tell(seen: Outcome) -> bool:
    found = seen.verdict
    print(f"  {found.wanted} deliveries in {seen.seconds:.0f} s: {dict(seen.states)}")
    print(
        f"  SIGKILL {seen.kills}, {seen.amidst} of them amidst work, {seen.in_the_act} between sending and saving; "
        f"SIGSTOP past the lease {seen.stops}; disk full {seen.full_disks} times"
    )
    print(f"  slowest start {seen.slowest_start:.1f} s, exit code {seen.exit_code}, ", end="")
    print(f"ended by itself {dict(seen.ended_by_itself)}, late effects overdue by {seen.overdue:.2f} s at most")
    print(f"  {seen.requests} requests, faults on {seen.faults:.0%} of them: {dict(seen.struck.most_common())}")
    print(f"  out once {found.out}, DOUBLED {len(found.doubled)}, LOST {len(found.lost)}; told by mail", end="")
    print(f" {len(found.told)} ({found.told_and_out} of them are out), misled {len(found.misled)}, {seen.mails} mails")
    print(f"  first comments: {found.comments} once, doubled {len(found.comments_doubled)}, ", end="")
    print(f"told by mail {found.comments_told}, lost without a word {len(found.comments_lost)}")
    for name in ("doubled", "lost", "misled", "comments_doubled", "comments_lost"):
        for one in getattr(found, name)[:10]:
            print(f"    {name}: {one.marker} {one.town} {one.network}")
    for line in seen.unsettled[:10]:
        print(f"    not settled: {line}")
    sys.stdout.flush()
    return seen.good


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=110)
    parser.add_argument("--late-kills", type=int, default=20, help="while the rest is worked off")
    parser.add_argument("--stops", type=int, default=8)
    parser.add_argument("--seed", action="append", help="may be given several times; 1 and 2 if left out")
    parser.add_argument(
        "--network", action="append", choices=NETWORKS, help="may be given several times; all if left out"
    )
    parser.add_argument("--on-doubt", choices=["hold", "resend", "both"], default="both")
    parser.add_argument(
        "--patience",
        type=float,
        default=1800,
        help="seconds after the last kill until all must be settled; a machine that does other work as well needs them",
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with database and logs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
