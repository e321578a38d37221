"""Configurations as values, for tests that need no file."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from publisher.config import (
    Account,
    CollectionSettings,
    Config,
    DeliverySettings,
    Organisation,
    Recipient,
    ReportSettings,
    RetentionSettings,
)

ZONE = ZoneInfo("Europe/Helsinki")


class NoSettings(BaseModel):
    """An account that no network will ever see."""


def an_organisation(key: str = "hausjarvi", channels: tuple[str, ...] = ("facebook",), **fields: Any) -> Organisation:
    values: dict[str, Any] = {
        "name": "Hausjärven kunta",
        "languages": ("fi",),
        "report": ReportSettings(to=(Recipient(address="viestinta@hausjarvi.example", language="en"),)),
        "accounts": tuple(
            Account(organisation=key, channel=channel, name=channel, settings=NoSettings()) for channel in channels
        ),
    }
    return Organisation(key=key, **values | fields)


def a_config(folder: Path, *organisations: Organisation, **fields: Any) -> Config:
    values: dict[str, Any] = {
        "path": folder / "config.yaml",
        "folder": folder,
        "sandbox": False,
        "language": "en",
        "timezone": ZONE,
        "default_time": time(9),
        "queue": folder / "schedules",
        "database": "",
        "var": folder / "var",
        "approval": "optional",
        "delivery": DeliverySettings(),
        "collection": CollectionSettings(),
        "retention": RetentionSettings(),
        "mail": None,
        "networks": {},
        "proxy": None,
        "ca_bundle": None,
        "organisations": {one.key: one for one in organisations or (an_organisation(),)},
    }
    return Config(**values | fields)
