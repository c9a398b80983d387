"""When something is due by a cron line, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from croniter import CroniterError, croniter

FIELDS = 5
ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def cron(line: str) -> str:
    """The line itself. Raises ValueError, in words that follow "must be"."""
    try:
        if len(line.split()) != FIELDS:
            raise CroniterError
        following(line, ANY_TIME)
    except CroniterError:
        raise ValueError(
            'a time as cron has it, in five fields: "30 4 * * 1" is each Monday at 4:30 UTC'
        ) from None
    return line


def following(line: str, after: datetime) -> datetime:
    """The first time after this one. Raises CroniterError where there is none."""
    found: datetime = croniter(line, after).get_next(datetime)
    return found
