"""One round of questions on its way to GitHub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from bot.domain import answering, intents, reminders, rounds, threads, votes
from bot.domain.rounds import Ground
from bot.github import answertext, questiontext
from bot.github.checks import ensure_check_run
from bot.github.errors import NotFound
from bot.github.mirror import edit_comment, ensure_comment
from bot.github.pulls import ensure_pull_request, ground
from bot.github.questiontext import Question
from bot.github.recovery import Made
from bot.github.repo import Repo
from bot.jobs import pictures, roundfile
from bot.jobs.making import ensure
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, GithubObject, Project

FIXED = ("reviewed", "completed")


class Round:
    """A session, its questions as they stand, and where they are asked; each step may be repeated."""

    def __init__(
        self, work: Work, project: Project, session: AnsweringSession, asked: Sequence[Question]
    ) -> None:
        self.work, self.project, self.session, self.asked = work, project, session, asked
        self.repository_url = f"{work.tools.config.github_server_url}/{project.name}"

    @cached_property
    def repo(self) -> Repo:
        return self.work.tools.repo(self.project, pull_requests="write", issues="write")

    @property
    def number(self) -> int:
        """Of the pull request or issue."""
        return self.session.pull_request_number or 0

    @property
    def is_ours(self) -> bool:
        """Whether the pull request is one that this round opens."""
        return self.session.branch is not None or self.session.pull_request_number is None

    def look(self) -> Ground:
        """What GitHub says of the place now."""
        url, state, head = ground(self.repo, self.number)
        return Ground(self.number, url, state, head)  # type: ignore[arg-type]

    def find(self) -> bool:
        """The place that people named; False where nothing can be asked there, which the session says then."""
        there = self.look()
        with self.work.note() as tx:
            self.session = tx.get_one(AnsweringSession, self.session.id)
            rounds.found(self.session, there)
        return there.trouble is None

    def reload(self) -> None:
        """What the ledger says now."""
        with self.work.db.read() as tx:
            self.session = tx.get_one(AnsweringSession, self.session.id)
            self.asked = pictures.questions_of(tx, self.session)

    def open(self) -> bool:
        """A branch with the questions file, and a draft pull request for it; False where people took them away."""
        branch = roundfile.branch_of(self.session)
        text = questiontext.questions_file(self.asked)
        head, there = roundfile.bring(self.work, self.project, self.session, text, len(self.asked))
        with self.work.db.read() as tx:
            base = tx.get_one(Project, self.project.id).default_branch or "main"

        def make(row: GithubObject, since: datetime | None) -> Made:
            return ensure_pull_request(
                self.repo, secret=self.work.tools.secret, local_id=self.session.id, number=row.number,
                recover_since=since, head=branch, base=base, title=answertext.round_title(self.asked),
                body=self._body(branch),
            )  # fmt: skip

        pull = ensure(self.work, self.project, "pull", self.session.id, "opened", make)
        with self.work.note() as tx:
            kept = tx.get_one(AnsweringSession, self.session.id)
            kept.branch, kept.head = branch, head or kept.head
            kept.pull_request_number, kept.pull_request_url = pull.number, pull.url
        self.session = kept
        return there

    def keep_index_and_check(self) -> None:
        """How the round stands at one look; where nothing was asked the check run alone says so."""
        if self.asked:
            self.keep_index()
        self.keep_check()

    def keep_index(self) -> None:
        """One comment with all questions and how they stand, edited in place; where it is deleted, once more."""
        text = answertext.index(
            self.asked,
            digest=self.session.answers_digest,
            archived=self.session.status == "archived",
            asked_at=questiontext.commit_link(self.session.commit, self.repository_url),
        )

        def make(row: GithubObject, since: datetime | None) -> Made:
            secret, local_id = self.work.tools.secret, f"index.{row.local_id}"
            if row.number is not None:
                return edit_comment(
                    self.repo, secret=secret, local_id=local_id, comment_id=row.number, body=text
                )
            return ensure_comment(
                self.repo, secret=secret, issue_number=self.number, local_id=local_id, comment_id=None,
                recover_since=since, body=text,
            )  # fmt: skip

        try:
            ensure(self.work, self.project, "index", self.session.id, text, make)
        except NotFound:
            with self.work.note() as tx:
                row = intents.find(tx, "index", self.session.id)
                if row is None or row.number is None:
                    raise
                intents.lost(tx, "index", row.number)
            self.keep_index()

    def keep_check(self) -> None:
        """One check run on the head; where several rounds share a pull request, it tells of the one that is open."""
        with self.work.db.read() as tx:
            session = rounds.speaker(tx, self.session)
            asked = pictures.questions_of(tx, session)
        if session.head is None:
            return
        head, told = session.head, answertext.check(asked, session.status, session.pull_request_url or "")

        def make(row: GithubObject, since: datetime | None) -> Made:
            return ensure_check_run(
                self.work.tools.repo(self.project, checks="write"), external_id=f"questions.{self.number}",
                name=answertext.CHECK_NAME, head_sha=head, check_run_id=row.number, recover_since=since,
                conclusion=told.conclusion, title=told.title, summary=told.summary,
            )  # fmt: skip

        text = f"{told.conclusion} {told.title} {told.summary}"
        local_id = f"{self.project.repository_id}.{self.number}.{head}"
        ensure(self.work, self.project, "check", local_id, text, make)

    def keep_body(self) -> None:
        """The text of our own pull request says what was decided, unless a chain has taken it over."""
        branch = self.session.branch
        with self.work.db.read() as tx:
            chain_speaks = intents.find(tx, "chain_body", branch or "") is not None
        if branch is None or chain_speaks:
            return
        body = self._body(branch)

        def make(row: GithubObject, _since: datetime | None) -> Made:
            return ensure_pull_request(
                self.repo, secret=self.work.tools.secret, local_id=self.session.id, number=row.number,
                recover_since=None, head=branch, base="", title=answertext.round_title(self.asked), body=body,
            )  # fmt: skip

        ensure(self.work, self.project, "pull", self.session.id, body, make)

    def say_what_happened(self) -> None:
        """Conflicts and decisions in their threads, at the end the receipt; and when to remind people."""
        with self.work.note() as tx:
            kept = tx.get_one(AnsweringSession, self.session.id)
            rounds.shown(kept)
            reminders.plan(tx, kept)
            for row in answering.questions(tx, self.session.id):
                at = row.decision["at"] if row.decision else ""
                if row.conflict:
                    cast = votes.counted(row, votes.of(tx, [row.id]).get(row.id, []))
                    after = ",".join([at, *(f"{vote.source}@{vote.at}" for vote in cast)])
                    threads.reply(tx, self.project, row, "conflict", session=self.session, after=after)
                elif row.decision and row.status != "pending":
                    threads.reply(tx, self.project, row, "decided", session=self.session, after=at)
            if self.session.status == "completed" and self.session.answers_digest:
                threads.say(
                    tx, self.project, self.number, f"receipt.{self.session.id}", "receipt",
                    session_id=self.session.id,
                )  # fmt: skip

    def _body(self, branch: str) -> str:
        digest = self.session.answers_digest
        return answertext.round_body(self.asked, session_id=self.session.id, branch=branch, digest=digest)
