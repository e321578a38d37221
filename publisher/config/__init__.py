"""`config.yaml` as values: who publishes where, when, with which accounts.

    load_config(path)                   every reference looked up; raises ConfigFaults with all faults at once
    load_config(path, secrets=False)    for `check`: a missing secret is no fault, and its account cannot be connected

Relative paths start at the file's folder. With `sandbox: yes` the database is another one, in a folder `sandbox` beside the configured one.
What a network needs to know of an account is its channel's `Settings`; this package adds what is the same for all.
"""

from publisher.config.feeds import FeedSettings
from publisher.config.loading import ConfigFaults, load_config
from publisher.config.people import configured, everybody, only
from publisher.config.values import (
    Account,
    CollectionSettings,
    CommentText,
    Config,
    DeliverySettings,
    MailOAuth,
    MailSettings,
    NetworkSettings,
    Organisation,
    Recipient,
    ReportSettings,
    RetentionSettings,
)

__all__ = [
    "Account",
    "CollectionSettings",
    "CommentText",
    "Config",
    "ConfigFaults",
    "DeliverySettings",
    "FeedSettings",
    "MailOAuth",
    "MailSettings",
    "NetworkSettings",
    "Organisation",
    "Recipient",
    "ReportSettings",
    "RetentionSettings",
    "configured",
    "everybody",
    "load_config",
    "only",
]
