"""A job among all that ask GitHub for an installation: it reads at once, and writes when it is its turn."""

from __future__ import annotations

import time
from collections.abc import Mapping

from bot import counters
from bot.github.budget import Budget
from bot.github.errors import RateLimited
from bot.github.limits import Heard

REMAINING = "askfirst_github_requests_remaining"
_SCARCE = 0.2  # of the hour's requests left: from here on all processes are told of every answer


class Turn:
    """A job's ticket. Nothing here sleeps: who must wait gets RateLimited, and comes back with the same ticket."""

    def __init__(self, budget: Budget | None = None, ticket: str = "", *, bulk: bool = False) -> None:
        """`bulk`: it answers nobody, and lets others go first until it has begun to write."""
        self.budget, self.ticket = budget or Budget("", time.time), ticket
        self._first = not bulk
        self._held: tuple[int, bool] | None = None
        self._most: int | None = None

    def take(self, installation_id: int, *, creates: bool) -> None:
        """Become the writer, now or by an earlier call that nothing was sent for. Raises RateLimited."""
        if self._held in ((installation_id, creates), (installation_id, True)):
            return
        self._must_wait(self.budget.turn(installation_id, self.ticket, first=self._first, creates=creates))
        self._held = (installation_id, creates)

    def begin(self, installation_id: int, *, writes: bool, creates: bool) -> None:
        """A request is about to be sent. Raises RateLimited."""
        if not writes:
            self._must_wait(self.budget.read(installation_id, first=self._first))
            return
        self.take(installation_id, creates=creates)
        # what is begun is finished before other bulk begins
        self._held, self._first = None, True

    def end(self, installation_id: int, headers: Mapping[str, str], *, wrote: bool) -> None:
        """It was answered."""
        heard = Heard.of(headers)
        if heard.remaining is not None:
            counters.tell(REMAINING, heard.remaining, installation=str(installation_id))
        scarce = heard.remaining is not None and heard.remaining < heard.most * _SCARCE
        if wrote or scarce or heard.most != self._most:
            self.budget.heard(installation_id, self.ticket, heard, wrote=wrote)
        self._most = heard.most

    def failed(self, installation_id: int) -> None:
        """It came to nothing, or nobody knows: whoever is next may try."""
        self.budget.leave(installation_id, self.ticket)

    def refused(self, installation_id: int, limit: RateLimited, *, wrote: bool) -> None:
        """It was not acted on: `limit` tells from now on how long all of the installation waits."""
        limit.retry_after = self.budget.refused(
            installation_id, self.ticket, limit.retry_after, named=limit.named, wrote=wrote
        )

    def leave(self) -> None:
        """The job is over; a turn that it took for nothing is somebody else's."""
        if self._held:
            self.budget.leave(self._held[0], self.ticket)
            self._held = None

    @staticmethod
    def _must_wait(seconds: float) -> None:
        if seconds > 0:
            message = f"GitHub's limits leave room for this in {seconds:.1f} s"
            raise RateLimited(message, status=0, retry_after=seconds)
