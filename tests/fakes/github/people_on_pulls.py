"""What people do on pull requests."""

from __future__ import annotations

from typing import Any

from .acting import Acting
from .acts import checks, issues, merges, pulls, remarks, reviews, threads
from .acts.threads import Draft
from .state import Repository
from .state_pulls import CheckRun, PullRequest, Review, ReviewComment, Thread


class OnPullRequests(Acting):
    """The part of a `Person` that writes and reviews code."""

    def forks(self, repository: Repository) -> Repository:
        """A copy under the person's own name; push to it and open a pull request from it."""
        return self.fake.fork(self.account, repository)

    def opens_pull_request(
        self,
        repository: Repository,
        head: str,
        base: str = "main",
        title: str = "A change",
        body: str | None = None,
        draft: bool = False,
    ) -> PullRequest:
        """`head` is a branch, or `owner:branch` of a fork."""
        return self._do(pulls.open_pull, repository, head, base, title, body, draft)

    def edits_pull_request(self, pull: PullRequest, **changes: str | None) -> None:
        """Changes `title`, `body`, `base`, or some of them."""
        if base := changes.pop("base", None):
            self._do(pulls.change_base, pull, base)
        self._do(issues.edit_issue, pull, changes)

    def closes_pull_request(self, pull: PullRequest) -> None:
        self._do(issues.close_issue, pull)

    def reopens_pull_request(self, pull: PullRequest) -> None:
        self._do(pulls.reopen, pull)

    def marks_ready(self, pull: PullRequest) -> None:
        self._do(pulls.set_draft, pull, False)

    def converts_to_draft(self, pull: PullRequest) -> None:
        self._do(pulls.set_draft, pull, True)

    def merges(self, pull: PullRequest, method: str = "merge") -> str:
        """Gives the sha of the merge."""
        return self._do(merges.merge, pull, method)

    def reviews(
        self,
        pull: PullRequest,
        event: str = "COMMENT",
        body: str = "",
        comments: list[dict[str, Any]] | None = None,
    ) -> Review:
        """`comments` as the API takes them: path, line, body, and side, start_line, start_side."""
        drafts = [Draft(**comment) for comment in comments or []]
        return self._do(reviews.review, pull, event, body, drafts)

    def edits_review(self, review: Review, body: str) -> None:
        self._do(reviews.edit_review, review, body)

    def dismisses_review(self, review: Review) -> None:
        self._do(reviews.dismiss, review)

    def comments_on_line(
        self, pull: PullRequest, path: str, line: int, body: str, side: str = "RIGHT"
    ) -> ReviewComment:
        """Starts a thread."""
        return self._do(remarks.remark, pull, Draft(path, body, line, side))

    def comments_on_file(self, pull: PullRequest, path: str, body: str) -> ReviewComment:
        return self._do(remarks.remark, pull, Draft(path, body, on_file=True))

    def replies(self, to: ReviewComment | Thread, body: str) -> ReviewComment:
        """Answers the thread, as the box below it does, whichever of its comments is given."""
        return self._do(remarks.answer, to.thread if isinstance(to, ReviewComment) else to, body)

    def edits_review_comment(self, comment: ReviewComment, body: str) -> None:
        self._do(threads.edit_comment, comment, body)

    def deletes_review_comment(self, comment: ReviewComment) -> None:
        self._do(threads.delete_comment, comment)

    def resolves(self, thread: Thread) -> None:
        self._do(threads.set_resolved, thread, True)

    def unresolves(self, thread: Thread) -> None:
        self._do(threads.set_resolved, thread, False)

    def rerequests(self, check: CheckRun) -> None:
        self._do(checks.rerequest, check)
