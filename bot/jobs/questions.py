"""Brings a round of questions onto its pull request, and keeps it current there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain import answering, intents, threads, votes
from bot.github import answertext, committext, questiontext
from bot.github.checks import ensure_check_run
from bot.github.errors import Gone, NotFound
from bot.github.mirror import edit_comment, ensure_comment
from bot.github.pulls import ensure_pull_request
from bot.github.questiontext import Question
from bot.github.recovery import Made
from bot.github.repo import Repo
from bot.github.reviews import LineComment, ensure_reply, ensure_review
from bot.jobs import agent, pictures
from bot.jobs.making import ensure
from bot.jobs.work import Work
from bot.sandbox import commits, push
from bot.sandbox.changes import one_file
from bot.store.models import AnsweringSession, GithubObject, Project, SessionQuestion

FIXED = ("reviewed", "completed")
# what is only said while it is so
HOLDS: dict[str, Callable[[Question], bool]] = {
    "conflict": lambda question: bool(question.conflict),
    "decided": lambda question: question.status != "pending",
    "open": lambda question: question.status == "pending",
}


def show(work: Work) -> None:
    """Branch, pull request and review the first time; index and check run as often as something changes."""
    with work.note() as tx:
        session = tx.get_one(AnsweringSession, work.args["session_id"])
        project = tx.get_one(Project, session.project_id)
        asked = pictures.questions_of(tx, session)
        chain_speaks = intents.find(tx, "chain_body", session.branch or "") is not None
    if project.paused_reason or not asked or session.status == "archived":
        return
    round = _Round(work, project, session, asked)
    round.open()
    round.ask()
    round.keep_index()
    round.keep_check()
    if session.branch and not chain_speaks and session.status == "completed":
        round.keep_body()
    round.say_what_happened()


def reply(work: Work) -> None:
    """Say something in a question's thread, once."""
    local_id: str = work.args["local_id"]
    with work.note() as tx:
        row = tx.get_one(SessionQuestion, work.args["question_id"])
        session = tx.get_one(AnsweringSession, row.answering_session_id)
        project = tx.get_one(Project, session.project_id)
        question = next(one for one in pictures.questions_of(tx, session) if one.number == row.number)
    texts = {
        "instead": answertext.ask_replacement,
        "frozen": answertext.too_late,
        "conflict": answertext.conflicting,
        "decided": answertext.decided,
        "open": answertext.taken_back,
    }
    about = work.args["text"]
    if about in HOLDS and not HOLDS[about](question):
        return
    body = texts[about](question)

    def make(_row: GithubObject, since: datetime | None) -> Made:
        return ensure_reply(
            work.tools.repo(project, pull_requests="write"),
            secret=work.tools.secret,
            local_id=local_id,
            pull_number=session.pull_request_number or 0,
            comment_id=row.comment_id or 0,
            recover_since=since,
            body=body,
        )

    try:
        ensure(work, project, "reply", local_id, "", make)
    except (NotFound, Gone):
        return


class _Round:
    """One round on its way to GitHub; each step may be repeated."""

    def __init__(
        self, work: Work, project: Project, session: AnsweringSession, asked: Sequence[Question]
    ) -> None:
        self.work, self.project, self.session, self.asked = work, project, session, asked
        self.repository_url = f"{work.tools.config.github_server_url}/{project.name}"

    @property
    def repo(self) -> Repo:
        return self.work.tools.repo(self.project, pull_requests="write", issues="write")

    def open(self) -> None:
        """A branch with the questions file, and a draft pull request for it, unless people named one."""
        if self.session.pull_request_number is not None:
            return
        branch = f"askfirst/{self.session.id}"
        base, head = self._push_file(branch)

        def make(row: GithubObject, since: datetime | None) -> Made:
            return ensure_pull_request(
                self.repo, secret=self.work.tools.secret, local_id=self.session.id, number=row.number,
                recover_since=since, head=branch, base=base, title=answertext.round_title(self.asked),
                body=self._body(branch),
            )  # fmt: skip

        pull = ensure(self.work, self.project, "pull", self.session.id, "opened", make)
        with self.work.note() as tx:
            kept = tx.get_one(AnsweringSession, self.session.id)
            kept.branch, kept.head = branch, head
            kept.pull_request_number, kept.pull_request_url = pull.number, pull.url
        self.session = kept

    def ask(self) -> None:
        """One review with a thread for each question, on the lines of the file."""
        if self.session.branch is None or self.session.head is None:
            return self._ask_in_comments()
        with self.work.note() as tx:
            row, since = intents.intend(tx, "review", self.session.id, self.project.repository_id or 0)
            ids = {one.number: one.id for one in answering.questions(tx, self.session.id)}
        if row.state == "made":
            return
        lines = questiontext.thread_lines(self.asked)
        comments = [
            LineComment(
                ids[one.number], questiontext.file_path(self.session.id), lines[one.number],
                questiontext.question_comment(one, self.repository_url),
            )
            for one in self.asked
        ]  # fmt: skip
        threads_made = ensure_review(
            self.repo, secret=self.work.tools.secret, local_id=self.session.id,
            pull_number=self.session.pull_request_number or 0, recover_since=since,
            commit=self.session.head, body=questiontext.review_body(self.asked), comments=comments,
        )  # fmt: skip
        with self.work.note() as tx:
            for question_id, (comment_id, url) in threads_made.items():
                question = tx.get_one(SessionQuestion, question_id)
                question.comment_id, question.url = comment_id, url
            intents.made(tx, "review", self.session.id, 0)
            self.asked = pictures.questions_of(tx, self.session)

    def keep_index(self) -> None:
        """One comment with all questions and how they stand, edited in place."""
        digest = self.session.answers_digest
        text = answertext.index(self.asked, digest=digest)

        def make(row: GithubObject, since: datetime | None) -> Made:
            secret, local_id = self.work.tools.secret, f"index.{self.session.id}"
            if row.number is not None:
                try:
                    return edit_comment(
                        self.repo, secret=secret, local_id=local_id, comment_id=row.number, body=text
                    )
                except NotFound:
                    since = row.intended_at  # somebody deleted it: it is posted again, once
            return ensure_comment(
                self.repo, secret=secret, issue_number=self.session.pull_request_number or 0,
                local_id=local_id, comment_id=None, recover_since=since, body=text,
            )  # fmt: skip

        ensure(self.work, self.project, "index", self.session.id, text, make)

    def keep_check(self) -> None:
        """One check run on the head that carries the questions."""
        if self.session.head is None:
            return
        reviewed = self.session.status in FIXED
        conclusion = answertext.conclusion(self.asked, reviewed=reviewed)
        title, summary = answertext.check_output(
            self.asked, reviewed=reviewed, url=self.session.pull_request_url or ""
        )
        head = self.session.head

        def make(row: GithubObject, since: datetime | None) -> Made:
            return ensure_check_run(
                self.work.tools.repo(self.project, checks="write"), external_id=self.session.id,
                name=answertext.CHECK_NAME, head_sha=head, check_run_id=row.number, recover_since=since,
                conclusion=conclusion, title=title, summary=summary,
            )  # fmt: skip

        ensure(self.work, self.project, "check", self.session.id, f"{conclusion} {title} {summary}", make)

    def keep_body(self) -> None:
        """The pull request's own text says what was decided."""
        branch = self.session.branch or ""
        body = self._body(branch)

        def make(row: GithubObject, _since: datetime | None) -> Made:
            return ensure_pull_request(
                self.repo, secret=self.work.tools.secret, local_id=self.session.id, number=row.number,
                recover_since=None, head=branch, base="", title=answertext.round_title(self.asked), body=body,
            )  # fmt: skip

        ensure(self.work, self.project, "pull", self.session.id, body, make)

    def say_what_happened(self) -> None:
        """Conflicts in their threads, and at the end the receipt."""
        with self.work.note() as tx:
            for row in answering.questions(tx, self.session.id):
                at = row.decision["at"] if row.decision else ""
                if row.conflict:
                    cast = votes.counted(row, votes.of(tx, [row.id]).get(row.id, []))
                    after = ",".join([at, *(vote.source for vote in cast)])
                    threads.reply(tx, self.project, row, "conflict", session=self.session, after=after)
                elif row.via == "rest":
                    threads.reply(tx, self.project, row, "decided", session=self.session, after=at)
            if self.session.status == "completed" and self.session.answers_digest:
                threads.say(
                    tx, self.project, self.session.pull_request_number or 0, f"receipt.{self.session.id}",
                    "receipt", session_id=self.session.id,
                )  # fmt: skip

    def _ask_in_comments(self) -> None:
        """On a pull request without our file no question has a line: each is a comment, answered by its number."""
        with self.work.db.read() as tx:
            ids = {one.number: one.id for one in answering.questions(tx, self.session.id)}
        for question in [one for one in self.asked if not one.url]:
            question_id = ids[question.number]
            body = questiontext.question_comment(question, self.repository_url, in_thread=False)

            def make(
                _row: GithubObject, since: datetime | None, body: str = body, local_id: str = question_id
            ) -> Made:
                return ensure_comment(
                    self.repo, secret=self.work.tools.secret, issue_number=self.session.pull_request_number or 0,
                    local_id=local_id, comment_id=None, recover_since=since, body=body,
                )  # fmt: skip

            there = ensure(self.work, self.project, "question", question_id, "asked", make)
            with self.work.note() as tx:
                tx.get_one(SessionQuestion, question_id).url = there.url
        with self.work.db.read() as tx:
            self.asked = pictures.questions_of(tx, self.session)

    def _push_file(self, branch: str) -> tuple[str, str]:
        """The base branch, and the commit with the file at the head of ours."""
        work, home = self.work, self.work.tools.config.askfirst_home
        remote = work.tools.remote(self.project, contents="write")
        with agent.checkout(work, self.project) as source:
            there = push.remote_branch(home, remote, branch)
            if there is not None:
                return source.default_branch, there
            text = questiontext.questions_file(self.asked)
            file = one_file(questiontext.file_path(self.session.id), text.encode())
            message = committext.asking(len(self.asked))
            commit = commits.commit(source.mirror, source.commit, file, message, *agent.AUTHOR)
            push.push(source.mirror, remote, branch, commit, None)
            return source.default_branch, commit

    def _body(self, branch: str) -> str:
        digest = self.session.answers_digest
        return answertext.round_body(self.asked, session_id=self.session.id, branch=branch, digest=digest)
