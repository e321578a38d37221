"""Times as staff write them: 2026-12-01 09:00, 1.12.2026 klo 9.00, 2026-12-01T09:00+02:00, a date alone, asap. Never with slashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo

from publisher.cadence import AmbiguousTimeError, NoSuchTimeError, instant, wall_text
from publisher.locale import _
from publisher.model import When
from publisher.yamlfile import Faults, Scalar
from publisher.yamlfile.reading import did_you_mean, shown

_DATE = r"(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})\.\s?(?P<m2>\d{1,2})\.\s?(?P<y2>\d{4}))"
_CLOCK = r"(?:(?P<H>\d{1,2})[:.](?P<M>\d{2})(?:[:.](?P<S>\d{2}))?|(?<=[klo.])\s(?P<H2>\d{1,2}))"
_BETWEEN = r"(?:T|,?\s+(?:(?:klo|kello|kl|klockan|at)\.?(?=\s))?\s*)"
_OFFSET = r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})"
_WHEN = re.compile(rf"{_DATE}(?:{_BETWEEN}{_CLOCK}(?:{_OFFSET})?)?", re.IGNORECASE)
_ASAP_WORDS = frozenset({"heti", "nyt", "nu", "genast", "strax", "now", "at once", "immediately"})
_FROM_TO = re.compile(r"\d\s*[-–]\s*\d{1,2}(?:[:.]\d{2})?$")
_YEARS = range(2000, 2100)
_LAST_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A time as it stands in the file. `at` None: a date alone. `zone` None: the configuration's."""

    day: datetime
    at: time | None
    zone: tzinfo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clockwork:
    """What the configuration says about times."""

    zone: tzinfo
    default_time: time

    def publish(self, node: Scalar, faults: Faults) -> When | None:
        """Read `publish`. None: there was a fault, and it has been told."""
        text = (node.value or "").strip()
        if text.casefold() == "asap":
            return When(instant=None, wall="asap")
        written = _written(node, faults)
        if written is None:
            return None
        wall = datetime.combine(written.day, self.default_time if written.at is None else written.at)
        moment = self._instant(wall, written.zone, node, faults)
        return When(instant=moment, wall=_echo(wall, written.zone)) if moment else None

    def expires(self, node: Scalar, faults: Faults) -> datetime | None:
        """Read `expires`: a date alone lasts to its end. None: there was a fault, and it has been told."""
        written = _written(node, faults)
        if written is None:
            return None
        if written.at is not None:
            return self._instant(datetime.combine(written.day, written.at), written.zone, node, faults)
        # Midnight is never jumped over or repeated in Finland; where it is, the default time of the next day does as well.
        midnight = written.day + _LAST_DAY
        return midnight.replace(tzinfo=self.zone).astimezone(UTC)

    def until(self, node: Scalar, faults: Faults) -> datetime | None:
        """Read the end of a repeat, the last instant that still counts. None: there was a fault, and it has been told."""
        end = self.expires(node, faults)
        return end - _INSTANT if end is not None and _is_date_alone(node) else end

    def _instant(self, wall: datetime, zone: tzinfo | None, node: Scalar, faults: Faults) -> datetime | None:
        if zone is not None:
            return wall.replace(tzinfo=zone).astimezone(UTC)
        known = {"time": f"{wall:%Y-%m-%d %H:%M}"}
        try:
            return instant(wall, self.zone)
        except NoSuchTimeError:
            message = _("%(time)s does not exist: clocks are put forward over it that night") % known
            faults.error(node, "no_such_time", message, _("Choose a time an hour earlier or later."))
        except AmbiguousTimeError:
            message = _("%(time)s comes twice: clocks are put back that night") % known
            faults.error(node, "ambiguous_time", message, _("Choose another time, or say which with +02:00 or +03:00."))
        return None


def _written(node: Scalar, faults: Faults) -> _Written | None:
    text = " ".join((node.value or "").split())
    found = _WHEN.fullmatch(text)
    # "9:00-10:00" is from nine to ten; only a machine writes 2026-12-01T09:00-05:00.
    if not found or ((found["offset"] or "").startswith("-") and text[10:11].upper() != "T"):
        _complain(node, text, faults)
        return None
    year, month, day = (int(found[name] or found[f"{name}2"]) for name in "ymd")
    hour = found["H"] or found["H2"]
    try:
        date = datetime(year, month, day)  # noqa: DTZ001 -- a local date; its zone comes with the time
        at = time(int(hour), int(found["M"] or 0), int(found["S"] or 0)) if hour else None
        zone = _offset(found["offset"]) if found["offset"] else None
    except ValueError:
        message = _("'%(value)s' is no date or time that exists") % {"value": shown(node)}
        faults.error(node, "date", message, _("Check the day, the month and the hour."))
        return None
    if year not in _YEARS:
        faults.error(node, "date", _("the year %(year)d cannot be meant") % {"year": year}, _("Check the year."))
        return None
    return _Written(day=date, at=at, zone=zone)


def _is_date_alone(node: Scalar) -> bool:
    return bool(re.fullmatch(_DATE, " ".join((node.value or "").split())))


def _complain(node: Scalar, text: str, faults: Faults) -> None:
    if text.casefold() in _ASAP_WORDS:
        message = _("'%(value)s' is not possible here") % {"value": shown(node)}
        faults.error(node, "date", message, did_you_mean("asap"), instead="asap")
        return
    remedy = _("Write 2026-12-01 09:00, 1.12.2026 klo 9.00, or asap for at once.")
    if re.match(r"\d{1,4}/\d{1,2}/\d{1,4}", text):
        remedy = _("Slashes can be read in two ways.") + " " + remedy
    elif _FROM_TO.search(text):
        remedy = _("Give one moment, not from when to when.") + " " + remedy
    faults.error(node, "date", _("'%(value)s' is not a time") % {"value": shown(node)}, remedy)


def _offset(text: str) -> tzinfo:
    if text.upper() == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes >= 60:
        raise ValueError(text)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def _echo(wall: datetime, zone: tzinfo | None) -> str:
    """Say the time again, with the offset if it was given."""
    offset = wall.replace(tzinfo=zone).isoformat()[19:] if zone else ""
    return wall_text(wall) + offset
