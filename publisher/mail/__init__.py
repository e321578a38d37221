"""Mail: what is said, and the one door through which it leaves.

open_outbox(config)     the configured SMTP server or program, or a folder of files
weekly_mail(summary …)  the weekly summary for one recipient
alert_mail(notice …)    a mail about one thing that needs a person
"""

from publisher.mail.alerts import alert_id, alert_mail
from publisher.mail.envelope import NOBODY, as_page
from publisher.mail.formats import EXCERPT, LONGEST, excerpt, unaddressed
from publisher.mail.outbox import (
    Fault,
    FolderOutbox,
    MailError,
    NotTaken,
    Outbox,
    Refused,
    Unclear,
    open_outbox,
    write_eml,
)
from publisher.mail.smtp import SmtpOutbox
from publisher.mail.weekly import weekly_id, weekly_mail, weekly_text
from publisher.mail.wording import IDEAS_SHOWN, QUESTIONS_SHOWN

__all__ = [
    "EXCERPT",
    "IDEAS_SHOWN",
    "LONGEST",
    "NOBODY",
    "QUESTIONS_SHOWN",
    "Fault",
    "FolderOutbox",
    "MailError",
    "NotTaken",
    "Outbox",
    "Refused",
    "SmtpOutbox",
    "Unclear",
    "alert_id",
    "alert_mail",
    "as_page",
    "excerpt",
    "open_outbox",
    "unaddressed",
    "weekly_id",
    "weekly_mail",
    "weekly_text",
    "write_eml",
]
