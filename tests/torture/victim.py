"""`python -m tests.torture.victim FOLDER [--blind]`: `tiedote run` with short times, a disk that fills up when told, and no mercy.

`--blind` takes the look for lost answers away: what is in doubt is simply sent again. No setting of the product does that.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from channels import graph, instagram, linkedin
from channels.base import Channel
from publisher import daemon, delivery, lanes, policy, reporting, service
from publisher.config import Config, load_config
from publisher.delivery import Sight
from publisher.store import deliveries as rows
from publisher.store.deliveries import Job
from tests.fulldisk import FillingStore

LEASE = timedelta(seconds=5)
CONFIRM_FOR = timedelta(seconds=3)


def hurry() -> None:
    """Make minutes into seconds, everywhere where something waits."""
    settings: list[tuple[Any, dict[str, object]]] = [
        (
            delivery,
            {"LEASE": LEASE, "REQUEST_AT_MOST": LEASE, "SEND_WITHIN": LEASE / 5, "BUSY_FOR": timedelta(seconds=0.1)},
        ),
        (lanes, {"LEASE": LEASE, "STAND_STILL": timedelta(seconds=0.2)}),
        (policy, {"LOOKS": (0.2, 0.3, 0.4, 0.5), "PROBE_EVERY": timedelta(seconds=0.5)}),
        (graph, {"_LIMIT_REST": timedelta(seconds=1)}),
        (instagram, {"_LADDER": (0.3,), "_UNSETTLED_WAIT": timedelta(seconds=0.3)}),
        (linkedin, {"_LOOKS": (timedelta(seconds=0.3),) * len(linkedin._LOOKS)}),
        (daemon, {"_MINUTE": 1, "_QUEUE_SECONDS": 1, "_BEGIN_AGAIN_SECONDS": 0.5}),
        (reporting, {"LEASE": LEASE, "FIRST_PAUSE": timedelta(seconds=0.5), "LONGEST_PAUSE": timedelta(seconds=2)}),
    ]
    for module, values in settings:
        replace_in(module, values)


def replace_in(module: Any, values: dict[str, Any]) -> None:
    """Give names of a module another meaning; they must be there."""
    for name, value in values.items():
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)


def hurried(config: Config) -> Config:
    """Try again at once, look for a short while."""
    short = replace(
        config.delivery, first=timedelta(seconds=0.1), longest=timedelta(seconds=0.5), confirm_for=CONFIRM_FOR
    )
    return replace(config, delivery=short)


class Blind(delivery.Deliverer):
    """Sends again whatever is in doubt."""

    def _look(self, job: Job, _channel: Channel, _sight: Sight | None) -> Job | None:
        with self._store.write() as conn:
            rows.record_absent(conn, job, self._clock.now())
        return None


def main(folder: Path, *, blind: bool) -> int:
    logging.basicConfig(filename=folder / "daemon.log", format="%(asctime)s %(process)d %(levelname)s %(message)s")
    logging.getLogger("tiedote").setLevel(logging.INFO)
    hurry()
    replace_in(service, {"Store": FillingStore} | ({"Deliverer": Blind} if blind else {}))
    return daemon.run_daemon(hurried(load_config(folder / "config.yaml")))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), blind="--blind" in sys.argv[2:]))
