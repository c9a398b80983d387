"""What the functions of a file do, where that decides whether a finding about them is a flaw."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

CHANGES = frozenset(
    (
        *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse"),
        *("setdefault", "sort", "update"),
    )
)
KEEPERS = frozenset(
    (
        *("Process", "Thread", "Timer", "addCleanup", "add_callback", "add_done_callback", "after", "append"),
        *(
            "apply_async",
            "bind",
            "call_later",
            "call_soon",
            "connect",
            "defer",
            "insert",
            "on",
            "put",
            "register",
        ),
        *("schedule", "setdefault", "spawn", "start_soon", "submit", "subscribe"),
    )
)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def changes_default(lines: Sequence[str], line: int, column: int) -> bool:
    """Whether the default value at that place, both from 1, is changed, maybe as an attribute that it becomes."""
    tree = _parsed(lines)
    at = (line, len(lines[line - 1][: column - 1].encode()))
    for function in ast.walk(tree) if tree else ():
        if isinstance(function, Function):
            for name, value in _defaults(function.args):
                if (value.lineno, value.col_offset) == at:
                    kept = _kept_as(name, function)
                    return any(_changed(one) == name for one in ast.walk(function)) or any(
                        _changed(one) in kept for one in ast.walk(tree)
                    )
    return True


def kept_for_later(lines: Sequence[str], line: int) -> bool:
    """Whether the function that holds the line is put somewhere, or given to what calls it later."""
    tree = _parsed(lines)
    holding = [
        one
        for one in (ast.walk(tree) if tree else ())
        if isinstance(one, Function) and one.lineno <= line <= (one.end_lineno or line)
    ]
    innermost = max(holding, key=lambda one: one.lineno, default=None)
    if tree is None or innermost is None:
        return False
    kept = {id(value) for one in ast.walk(tree) for value in _kept(one)}
    if isinstance(innermost, ast.Lambda):
        return id(innermost) in kept
    return any(
        isinstance(one, ast.Name) and one.id == innermost.name and id(one) in kept for one in ast.walk(tree)
    )


def _kept(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Call(func=function) if _name(function).lstrip(".") in KEEPERS:
            return [*node.args, *(keyword.value for keyword in node.keywords)]
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()], value=value):
            return [value]
    return []


def _parsed(lines: Sequence[str]) -> ast.Module | None:
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defaults(given: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    plain = [*given.posonlyargs, *given.args]
    start = len(plain) - len(given.defaults)
    yield from ((one.arg, value) for one, value in zip(plain[start:], given.defaults, strict=True))
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    yield from ((one.arg, value) for one, value in named if value)


def _kept_as(name: str, function: ast.AST) -> set[str]:
    """The attributes that are given the parameter as it is, each with a dot in front."""
    return {
        f".{target.attr}"
        for one in ast.walk(function)
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Name) and one.value.id == name
        for target in one.targets
        if isinstance(target, ast.Attribute)
    }


def _changed(node: ast.AST) -> str:
    """The name, or attribute with a dot in front, whose object this changes; empty where it changes none."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in CHANGES:
            return _name(value)
        case ast.AugAssign(target=ast.Subscript(value=value)) | ast.AugAssign(target=value):
            return _name(value)
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
            return _name(value)
    return ""


def _name(value: ast.expr) -> str:
    match value:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
    return ""
