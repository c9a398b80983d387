"""People, and what they do: the same acts as by hand on the pages, each with its webhook."""

from __future__ import annotations

from .acts import comments, installations, issues, labels, pulls, pushes, repositories
from .acts.labels import DEFAULT_COLOR
from .people_on_pulls import OnPullRequests
from .state import Account, Comment, Installation, Issue, Label, Reaction, Repository
from .state_pulls import ReviewComment


class Person(OnPullRequests):
    """Somebody with an account. Each act raises `Refused` where GitHub would refuse it."""

    def opens_issue(
        self,
        repository: Repository,
        title: str,
        body: str | None = None,
        label_names: list[str] | None = None,
    ) -> Issue:
        """Labels are dropped without a word when the person may not label."""
        with self.fake.acting():
            issue = self._do(issues.open_issue, repository, title, body)
            if label_names:
                self._do(labels.set_labels, issue, label_names)
            return issue

    def edits_issue(self, issue: Issue, **changes: str | None) -> None:
        """Changes `title`, `body` or both."""
        self._do(issues.edit_issue, issue, changes)

    def closes_issue(self, issue: Issue, reason: str = "completed") -> None:
        self._do(issues.close_issue, issue, reason)

    def reopens(self, issue: Issue) -> None:
        self._do(pulls.reopen, issue)

    def labels(self, issue: Issue, *names: str) -> None:
        self._do(labels.add_labels, issue, list(names))

    def unlabels(self, issue: Issue, *names: str) -> None:
        self._do(labels.remove_labels, issue, list(names))

    def creates_label(self, repository: Repository, name: str, color: str = DEFAULT_COLOR) -> Label:
        return self._do(labels.create_label, repository, name, color)

    def deletes_issue(self, issue: Issue) -> None:
        self._do(issues.delete_issue, issue)

    def transfers(self, issue: Issue, target: Repository) -> Issue:
        return self._do(issues.transfer, issue, target)

    def locks(self, issue: Issue, reason: str | None = None) -> None:
        self._do(issues.lock, issue, reason)

    def unlocks(self, issue: Issue) -> None:
        self._do(issues.unlock, issue)

    def comments(self, issue: Issue, body: str) -> Comment:
        return self._do(comments.comment, issue, body)

    def edits_comment(self, comment: Comment, body: str) -> None:
        self._do(comments.edit_comment, comment, body)

    def deletes_comment(self, comment: Comment) -> None:
        self._do(comments.delete_comment, comment)

    def reacts(self, to: Issue | Comment | ReviewComment, content: str) -> Reaction:
        return self._do(comments.react, to, content)[0]

    def pushes(
        self,
        repository: Repository,
        files: dict[str, str | bytes | None],
        message: str,
        branch: str | None = None,
    ) -> str:
        """One commit on a branch, with its `push` event; gives the sha."""
        return self._do(pushes.push, repository, files, message, branch)

    def deletes_branch(self, repository: Repository, branch: str) -> None:
        self._do(pushes.delete_branch, repository, branch)

    def renames(self, repository: Repository, name: str) -> None:
        self._do(repositories.rename, repository, name)

    def archives(self, repository: Repository) -> None:
        self._do(repositories.set_archived, repository, True)

    def unarchives(self, repository: Repository) -> None:
        self._do(repositories.set_archived, repository, False)

    def transfers_repository(self, repository: Repository, owner: Account | Person) -> None:
        self._do(
            repositories.transfer_repository,
            repository,
            owner.account if isinstance(owner, Person) else owner,
        )

    def deletes_repository(self, repository: Repository) -> None:
        self._do(repositories.delete_repository, repository)

    def makes_private(self, repository: Repository, private: bool = True) -> None:
        self._do(repositories.set_private, repository, private)

    def changes_default_branch(self, repository: Repository, branch: str) -> None:
        self._do(repositories.set_default_branch, repository, branch)

    def switches_issues(self, repository: Repository, on: bool) -> None:
        self._do(repositories.set_issues, repository, on)

    def changes_login(self, login: str) -> None:
        self._do(installations.rename_account, self.account, login)

    def accepts_permissions(self, installation: Installation) -> None:
        self._do(installations.accept, installation)

    def adds_to(self, installation: Installation, *added: Repository) -> None:
        self._do(installations.change_repositories, installation, list(added), [])

    def removes_from(self, installation: Installation, *removed: Repository) -> None:
        self._do(installations.change_repositories, installation, [], list(removed))

    def suspends(self, installation: Installation) -> None:
        self._do(installations.suspend, installation)

    def unsuspends(self, installation: Installation) -> None:
        self._do(installations.unsuspend, installation)

    def uninstalls(self, installation: Installation) -> None:
        self._do(installations.uninstall, installation)
