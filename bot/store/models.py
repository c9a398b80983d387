"""The tables. Words for states live in `bot.domain`, which alone moves them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    TextClause,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from bot.store.words import words

Json = JSON().with_variant(JSONB(), "postgresql")


class Utc(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC) if value else None


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        str: Text(), datetime: Utc(), int: BigInteger().with_variant(Integer(), "sqlite"),
        dict[str, Any]: Json, list[str]: Json, list[dict[str, Any]]: Json,
    }  # fmt: skip


class Installation(Base):
    """Where the App is installed; the id is GitHub's."""

    __tablename__ = "installations"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str]
    suspended_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Project(Base):
    """One repository: on GitHub (with a repository id), or a plain path or URL.

    `removed_at`: since when the App cannot see it; `next_scan_at`: the next slot of its schedule.
    """

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    mode: Mapped[str]
    url: Mapped[str]
    repository_id: Mapped[int | None] = mapped_column(unique=True)
    default_branch: Mapped[str | None]
    config: Mapped[dict[str, Any] | None]
    config_lines: Mapped[dict[str, Any] | None]
    config_error: Mapped[str | None]
    installation_id: Mapped[int | None] = mapped_column(ForeignKey("installations.id"), index=True)
    paused_reason: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    next_scan_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    display: Mapped[str]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Event(Base):
    """A line of the audit trail; `source` is where it can be read up: a request's id, a comment's URL."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_project_id_id", "project_id", "id"),
        Index("ix_events_project_id_object_id", "project_id", "object_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    at: Mapped[datetime]
    by: Mapped[str]
    door: Mapped[str]
    action: Mapped[str]
    object_id: Mapped[str]
    source: Mapped[str | None]


class IdempotentRequest(Base):
    """A request with an Idempotency-Key, and its answer once there is one; see `bot.store.idempotency`."""

    __tablename__ = "idempotent_requests"

    caller: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    claimed_at: Mapped[datetime] = mapped_column(index=True)
    claims: Mapped[int]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None]


class IssueSession(Base):
    __tablename__ = "issue_sessions"
    __table_args__ = (Index("ix_issue_sessions_project_id_id", "project_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    prompt: Mapped[str]
    status: Mapped[str]
    template_id: Mapped[str]
    memory_mb: Mapped[int | None]
    cpu_count: Mapped[int | None]
    timeout_ms: Mapped[int | None]
    ref: Mapped[str | None]
    paths: Mapped[list[str]]
    commit: Mapped[str | None]
    progress: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    issue_ids: Mapped[list[str]]
    error: Mapped[str | None]
    run_id: Mapped[str]
    comment: Mapped[dict[str, Any] | None]
    tokens: Mapped[int] = mapped_column(default=0, server_default="0")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


LISTED = text("deleted_at IS NULL")
OF_SESSION = text("deleted_at IS NULL AND session_id IS NOT NULL")
IN_TRASH = text("deleted_at IS NOT NULL AND purged_at IS NULL")
ENDED = text("deleted_at IS NULL AND completed_at IS NOT NULL")


def _partial(name: str, *columns: str, where: TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class Issue(Base):
    """`title_words` is what search reads of the title, each word with a space before it.

    `shown` is what GitHub shows of the issue as far as we know: title, body, priority, state.

    Of an issue that was deleted for good (`purged_at`) the row stays, without its words: scans know it again by its
    places, and chains keep their order.
    """

    __tablename__ = "issues"
    __table_args__ = (
        # the project's list, newest first: whole, and by each filter
        _partial("ix_issues_project_id_id", "project_id", "id", where=LISTED),
        _partial("ix_issues_project_id_status", "project_id", "status", "id", where=LISTED),
        _partial("ix_issues_project_id_priority", "project_id", "priority", "id", where=LISTED),
        _partial(
            "ix_issues_project_id_status_priority", "project_id", "status", "priority", "id", where=LISTED
        ),
        _partial("ix_issues_project_id_session_id", "project_id", "session_id", "id", where=OF_SESSION),
        Index("ix_issues_project_id_github_number", "project_id", "github_number", unique=True),
        _partial("ix_issues_deleted_at", "deleted_at", where=IN_TRASH),
        _partial("ix_issues_project_id_completed_at", "project_id", "completed_at", "priority", where=ENDED),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    title: Mapped[str]
    title_words: Mapped[str] = mapped_column(deferred=True)
    description: Mapped[str]
    priority: Mapped[str]
    status: Mapped[str]
    suggested_prompt: Mapped[str | None]
    session_id: Mapped[str | None] = mapped_column(
        ForeignKey("issue_sessions.id", ondelete="SET NULL"), index=True
    )
    run_id: Mapped[str | None]
    resolution: Mapped[str | None]
    failure_reason: Mapped[str | None]
    labels: Mapped[list[str]]
    locations: Mapped[list[dict[str, Any]]]
    rule: Mapped[str | None]
    area: Mapped[str | None]
    evidence: Mapped[str | None]
    confidence: Mapped[str | None]
    autofix: Mapped[bool]
    fingerprint: Mapped[str | None]
    answers: Mapped[list[dict[str, Any]]]
    mirrored: Mapped[bool]
    github_number: Mapped[int | None]
    github_url: Mapped[str | None]
    shown: Mapped[dict[str, Any] | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    purged_at: Mapped[datetime | None]

    @validates("title")
    def _read_words(self, _name: str, title: str) -> str:
        self.title_words = "".join(f" {word}" for word in words(title))
        return title


class IssueFingerprint(Base):
    """The places by which a scan knows an issue again, kept for good."""

    __tablename__ = "issue_fingerprints"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"), index=True)


class Run(Base):
    """One agent execution. `verified`: the command that went well on what it changed."""

    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_project_id_id", "project_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    kind: Mapped[str]
    status: Mapped[str]
    issue_id: Mapped[str | None]
    chain_id: Mapped[str | None]
    session_id: Mapped[str | None]
    template_id: Mapped[str]
    outcome: Mapped[str | None]
    summary: Mapped[str | None]
    error: Mapped[str | None]
    commit: Mapped[str | None]
    verified: Mapped[str | None]
    tokens: Mapped[int]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class RunLog(Base):
    """A piece of a run's log; `position` is the byte at which it starts."""

    __tablename__ = "run_logs"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class Delivery(Base):
    """A webhook as it came in; the id is GitHub's, the same for a redelivery."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str]
    action: Mapped[str | None]
    payload: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    done_at: Mapped[datetime | None]


class GithubObject(Base):
    """What we made, or are about to make, on GitHub: written before the call, completed after it.

    `shown` is a digest of what it says now, where we edit it in place; `thread` is what a comment stands below.
    """

    __tablename__ = "github_objects"
    __table_args__ = (
        Index("ix_github_objects_number", "number"),
        Index("ix_github_objects_thread", "repository_id", "thread", "intended_at"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    local_id: Mapped[str] = mapped_column(primary_key=True)
    repository_id: Mapped[int]
    state: Mapped[str]
    number: Mapped[int | None]
    node_id: Mapped[str | None]
    url: Mapped[str | None]
    shown: Mapped[str | None]
    intended_at: Mapped[datetime]
    thread: Mapped[int | None]


class AnsweringSession(Base):
    """Questions that people answer before code is written. `asked` is what they are about.

    `head` is the commit that the check run stands on, None where they are asked on an issue; `asked_at` is when
    they were all on GitHub, `reminded` how often somebody was reminded of them. `callback_digest` is of the token
    with which an outside agent asks in it, while that is good.
    """

    __tablename__ = "answering_sessions"
    __table_args__ = (
        Index("ix_answering_sessions_project_id_id", "project_id", "id"),
        Index("ix_answering_sessions_project_id_pull_request", "project_id", "pull_request_number"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    issue_session_id: Mapped[str | None] = mapped_column(
        ForeignKey("issue_sessions.id", ondelete="CASCADE"), index=True
    )
    asked: Mapped[list[str]]
    status: Mapped[str]
    status_before: Mapped[str | None]
    agent: Mapped[bool]
    max_questions: Mapped[int]
    run_id: Mapped[str | None]
    error: Mapped[str | None]
    branch: Mapped[str | None]
    head: Mapped[str | None]
    commit: Mapped[str | None]
    pull_request_number: Mapped[int | None]
    pull_request_url: Mapped[str | None]
    voted_at: Mapped[datetime | None]
    callback_digest: Mapped[str | None] = mapped_column(index=True, unique=True)
    callback_until: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    reminded: Mapped[int] = mapped_column(default=0)
    answers: Mapped[list[dict[str, Any]]]
    answers_digest: Mapped[str | None]
    tokens: Mapped[int] = mapped_column(default=0, server_default="0")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class SessionQuestion(Base):
    """One question with the agent's assumption.

    `decision` is a review that ends a conflict: by REST, or decided. `outdated`: the lines it is about have changed
    since it was asked; `applied_at`: its thread was resolved, since what was answered is done. `given` is a digest
    of what an outside agent sent: by it a repeat is known, however the question stands by now.
    """

    __tablename__ = "session_questions"
    __table_args__ = (
        Index("ix_session_questions_session_number", "answering_session_id", "number", unique=True),
        Index("ix_session_questions_session_external", "answering_session_id", "external_id", unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    answering_session_id: Mapped[str] = mapped_column(ForeignKey("answering_sessions.id", ondelete="CASCADE"))
    number: Mapped[int]
    external_id: Mapped[str]
    given: Mapped[str | None]
    question: Mapped[str]
    why: Mapped[str]
    assumption: Mapped[str]
    options: Mapped[list[dict[str, Any]]]
    places: Mapped[list[dict[str, Any]]]
    confidence: Mapped[str | None]
    evidence: Mapped[str | None]
    issue_ids: Mapped[list[str]]
    blocking: Mapped[bool]
    needs_own_answer: Mapped[bool]
    status: Mapped[str]
    correction: Mapped[str | None]
    conflict: Mapped[bool]
    decision: Mapped[dict[str, Any] | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    via: Mapped[str | None]
    revision: Mapped[int]
    comment_id: Mapped[int | None] = mapped_column(index=True)
    url: Mapped[str | None]
    outdated: Mapped[bool] = mapped_column(default=False)
    applied_at: Mapped[datetime | None]


class QuestionVote(Base):
    """What one text of one person says about one question; `source` is kind and id of the text on GitHub.

    One that is not `explicit` counts only where its author had no vote before it.
    """

    __tablename__ = "question_votes"

    question_id: Mapped[str] = mapped_column(
        ForeignKey("session_questions.id", ondelete="CASCADE"), primary_key=True
    )
    source: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    user_id: Mapped[int]
    status: Mapped[str]
    correction: Mapped[str | None]
    explicit: Mapped[bool] = mapped_column(default=True)
    url: Mapped[str | None]
    at: Mapped[datetime]


class GivenCommand(Base):
    """A command that somebody gave in a comment; the id is kind and id of the text on GitHub, and the line.

    `text` is the command as it was read, `written` as it was written, `app_id` the App of a bot that gave it.
    """

    __tablename__ = "commands"
    __table_args__ = (
        Index("ix_commands_user_id_given_at", "user_id", "given_at"),
        Index("ix_commands_project_id_number", "project_id", "number"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[int]
    on_pull_request: Mapped[bool]
    url: Mapped[str]
    user_id: Mapped[int]
    login: Mapped[str]
    app_id: Mapped[int | None]
    verb: Mapped[str]
    starts: Mapped[bool]
    text: Mapped[str]
    written: Mapped[str]
    status: Mapped[str]
    refusal: Mapped[dict[str, Any] | None]
    object_id: Mapped[str | None]
    given_at: Mapped[datetime]
    said_at: Mapped[datetime]


class WorkChain(Base):
    """An ordered list of issues, worked on one branch.

    `head` is the last commit on it that is ours, or that people told us to build on; `foreign_head` the one of
    somebody else's because of which the chain is paused.
    """

    __tablename__ = "work_chains"
    __table_args__ = (
        Index("ix_work_chains_project_id_id", "project_id", "id"),
        Index("ix_work_chains_project_id_branch", "project_id", "branch_name"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    title: Mapped[str]
    description: Mapped[str]
    status: Mapped[str]
    paused_reason: Mapped[str | None]
    workflow_id: Mapped[str]
    branch_name: Mapped[str]
    base_branch: Mapped[str | None]
    head: Mapped[str | None]
    foreign_head: Mapped[str | None]
    on_failure: Mapped[str]
    answering_session_id: Mapped[str | None]
    pull_request_number: Mapped[int | None]
    pull_request_url: Mapped[str | None]
    error: Mapped[str | None]
    tokens: Mapped[int] = mapped_column(default=0, server_default="0")
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class ChainItem(Base):
    """An issue's place in a chain."""

    __tablename__ = "chain_items"

    chain_id: Mapped[str] = mapped_column(ForeignKey("work_chains.id", ondelete="CASCADE"), primary_key=True)
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"), primary_key=True, index=True)
    position: Mapped[int]
    status: Mapped[str]
    run_id: Mapped[str | None]
    commit: Mapped[str | None]
    error: Mapped[str | None]


class SignIn(Base):
    """A person's stay in the console; the id is a digest of what their cookie holds.

    `token` is their GitHub token, sealed; `access` what GitHub said they may see when it was last asked: by the
    repository's id, whether they manage it.
    """

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    login: Mapped[str]
    token: Mapped[str]
    access: Mapped[dict[str, Any]]
    checked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


OPEN = text("done_at IS NULL AND dead_at IS NULL")
DEAD = text("dead_at IS NOT NULL")


class Outbox(Base):
    """Work to be done after the commit; see `bot.store.outbox`. `claims` counts every claim, `attempts` the tries.

    `bulk` is what nobody waits for: it lets whatever answers a person go first. `waits_for`: the id of what it was
    put off for.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "bulk", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_outbox_lane", "lane", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_outbox_key", "key", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_outbox_dead", "job", sqlite_where=DEAD, postgresql_where=DEAD),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    job: Mapped[str]
    lane: Mapped[str]
    key: Mapped[str]
    args: Mapped[dict[str, Any]]
    bulk: Mapped[bool]
    due_at: Mapped[datetime]
    attempts: Mapped[int]
    claims: Mapped[int]
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    waits_for: Mapped[str | None]
    error: Mapped[str | None]
