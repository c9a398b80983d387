"""Somebody with an account, who acts under the fake's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from .state import Account, Actor

if TYPE_CHECKING:
    from .fake import FakeGitHub

P = ParamSpec("P")
R = TypeVar("R")


class Acting:
    """What every part of a `Person` stands on."""

    def __init__(self, fake: FakeGitHub, account: Account) -> None:
        self.fake = fake
        self.account = account

    @property
    def login(self) -> str:
        return self.account.login

    @property
    def id(self) -> int:
        return self.account.id

    def _do(self, act: Callable[Concatenate[Any, Actor, P], R], *arguments: P.args, **named: P.kwargs) -> R:
        with self.fake.acting():
            return act(self.fake, Actor(self.account), *arguments, **named)
