"""Mail: what is said, and the one door through which it leaves.

open_outbox(config)     the configured SMTP server, or a folder of files
weekly_mail(summary …)  the weekly summary for one recipient
alert_mail(notice …)    a mail about one thing that needs a person
"""

from publisher.mail.alerts import alert_id, alert_mail
from publisher.mail.envelope import NOBODY
from publisher.mail.outbox import FolderOutbox, MailError, NotTaken, Outbox, Refused, SmtpOutbox, open_outbox, write_eml
from publisher.mail.weekly import weekly_id, weekly_mail, weekly_text

__all__ = [
    "NOBODY",
    "FolderOutbox",
    "MailError",
    "NotTaken",
    "Outbox",
    "Refused",
    "SmtpOutbox",
    "alert_id",
    "alert_mail",
    "open_outbox",
    "weekly_id",
    "weekly_mail",
    "weekly_text",
    "write_eml",
]
