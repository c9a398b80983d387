"""Everything the engine can do."""

from __future__ import annotations

from bot.jobs import deliveries, issues, sessions, threads
from bot.jobs.work import Job

JOBS = {
    "comment": Job(threads.comment),
    "delivery": Job(deliveries.handle),
    "react": Job(threads.react),
    "scan": Job(sessions.scan, died=sessions.died),
    "show_issue": Job(issues.show),
}
