"""Weeks, months and years as a summary names them, in the language in use."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from publisher.cadence import Length, Month, Span
from publisher.locale import N_, _
from publisher.mail import formats
from publisher.summary import Period


def name(span: Span) -> str:
    """Name a span: 'week 48', 'November 2026', 'year 2026'."""
    match span.length:
        case Length.WEEK:
            return _("week %(week)s") % {"week": span.number}
        case Length.MONTH:
            return _month(span, "LLLL y")
        case _:
            return _("year %(year)s") % {"year": span.year}


def title(organisation: str, period: Period) -> str:
    """Head a summary."""
    return _("%(name)s, %(span)s") % {"name": organisation, "span": name(period.span)}


def days(period: Period) -> str:
    """Say which days it is about."""
    written = formats.days(period.start, period.end, period.zone)
    return _(_SO_FAR[period.span.length]) % {"days": written} if period.running else written


def before(period: Period) -> str:
    """Say when the span before was, as in 'more than in week 47'."""
    words = (_BEFORE_SO_FAR if period.running else _BEFORE)[period.span.length]
    return _(words) % {"week": period.previous.number}


def quiet(period: Period) -> str:
    """Say that nothing happened."""
    return _((_QUIET_SO_FAR if period.running else _QUIET)[period.span.length])


def quiet_news(period: Period) -> str:
    """Say the same in a subject."""
    return _(_QUIET_NEWS[period.span.length])


def first(period: Period) -> str:
    """Say that there is nothing to compare with."""
    return _(_FIRST[period.span.length])


def coming(period: Period) -> str:
    """Head what is to come."""
    return _((_COMING_TOO if period.running else _COMING)[period.span.length])


def row(period: Period) -> str:
    """Head the chart."""
    return _(_ROW[period.span.length])


def short(span: Span) -> str:
    """Name a span below its bar."""
    match span.length:
        case Length.WEEK:
            return f"{span.number}"
        case Length.MONTH:
            return _month(span, "LLL").rstrip(".")
        case _:
            return span.label


def span_of_row(first_span: Span, last: Span) -> str:
    """Name the first and the last span of the chart together: 'weeks 41–48'."""
    if first_span.length is Length.WEEK:
        return _("weeks %(first)s–%(last)s") % {"first": first_span.number, "last": last.number}
    return f"{name(first_span)} – {name(last)}"


def _month(span: Span, pattern: str) -> str:
    first_day = date(span.year, span.number, 1) if isinstance(span, Month) else date(span.year, 1, 1)
    return formats.ordinary(format_date(first_day, pattern, locale=formats.locale()))


_SO_FAR = {
    Length.WEEK: N_("%(days)s, the week so far"),
    Length.MONTH: N_("%(days)s, the month so far"),
    Length.YEAR: N_("%(days)s, the year so far"),
}
_BEFORE = {
    Length.WEEK: N_("in week %(week)s"),
    Length.MONTH: N_("in the month before"),
    Length.YEAR: N_("in the year before"),
}
_BEFORE_SO_FAR = {
    Length.WEEK: N_("by the same time in week %(week)s"),
    Length.MONTH: N_("by the same time in the month before"),
    Length.YEAR: N_("by the same time in the year before"),
}
_QUIET = {
    Length.WEEK: N_("A quiet week: nothing was published and nothing came in."),
    Length.MONTH: N_("A quiet month: nothing was published and nothing came in."),
    Length.YEAR: N_("A quiet year: nothing was published and nothing came in."),
}
_QUIET_SO_FAR = {
    Length.WEEK: N_("Nothing has been published this week so far, and nothing has come in."),
    Length.MONTH: N_("Nothing has been published this month so far, and nothing has come in."),
    Length.YEAR: N_("Nothing has been published this year so far, and nothing has come in."),
}
_QUIET_NEWS = {Length.WEEK: N_("a quiet week"), Length.MONTH: N_("a quiet month"), Length.YEAR: N_("a quiet year")}
_FIRST = {
    Length.WEEK: N_("This is the first week, so there is nothing to compare it with yet."),
    Length.MONTH: N_("This is the first month, so there is nothing to compare it with yet."),
    Length.YEAR: N_("This is the first year, so there is nothing to compare it with yet."),
}
_COMING = {Length.WEEK: N_("Next week"), Length.MONTH: N_("Next month"), Length.YEAR: N_("Next year")}
_COMING_TOO = {
    Length.WEEK: N_("This week and next"),
    Length.MONTH: N_("This month and next"),
    Length.YEAR: N_("This year and next"),
}
_ROW = {Length.WEEK: N_("Eight weeks"), Length.MONTH: N_("Eight months"), Length.YEAR: N_("Eight years")}
