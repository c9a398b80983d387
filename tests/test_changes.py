"""What comes out of a sandbox: found from outside, checked, and committed byte for byte."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from bot.agents import FixResult, IssueBrief, Task, run_fix
from bot.sandbox.branches import branch_name_error
from bot.sandbox.changes import Changes, Refused, one_file, take
from bot.sandbox.checks import check
from bot.sandbox.commits import changed_paths, commit
from bot.sandbox.git import Remote, git
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.repo import checkout, fetch
from bot.sandbox.template import Template
from tests.test_repo import commit as commit_in
from tests.test_repo import run_git

PROTECTED = [".github/**", "CODEOWNERS", ".askfirst/**", "*.lock"]
DONE = 'echo \'{"outcome": "done"}\' >result.json'
WHO = ("Askfirst", "askfirst@example.com")


class Shop:
    """A repository with its mirror and a checkout, and an agent that does to it whatever a test says."""

    def __init__(self, folder: Path) -> None:
        self.origin = folder / "origin"
        self.origin.mkdir()
        run_git(self.origin, "init", "--quiet")
        self.head = commit_in(
            self.origin, **{"a.py": "one\ntwo\n", "run.sh": "#!/bin/sh\n", ".gitignore": "*.pyc\nout/\n"}
        )
        self.home = folder / "home"
        self.folder = folder / "checkout"
        self.mirror = folder

    def ready(self) -> Shop:
        self.mirror = fetch(self.home, "prj", Remote(str(self.origin), plain=True))
        self.head = checkout(self.mirror, "main", self.folder)
        return self

    def fixed(self, script: str) -> Changes:
        """The change that an agent made which ran this script in the repository."""
        template = Template(
            name="mine",
            agent="program",
            kinds=("fix",),
            command=("sh", "-c", f"cd repo && {{ {script}\n}} && cd .. && {DONE}"),
            trusted=True,
        )
        task = Task(kind="fix", issues=[IssueBrief(id="iss_1", title="Odd")])
        with ProcessSandbox(template) as sandbox:
            done = run_fix(template, task, self.folder, sandbox, lambda *step: None, print)
            assert done == FixResult(outcome="done", summary="")
            return take(sandbox.get("repo"), self.folder)

    def refused(self, script: str) -> str:
        with pytest.raises(Refused) as caught:
            check(self.fixed(script), PROTECTED)
        return caught.value.reason

    def commit(self, changes: Changes, message: str = "Work", at: int | None = None) -> str:
        return commit(self.mirror, self.head, changes, message, *WHO, at)

    def show(self, commit: str, path: str) -> bytes:
        out = git(["cat-file", "blob", f"{commit}:{path}"], self.mirror, 10)
        return out.encode("utf-8", "surrogateescape")

    def modes(self, commit: str) -> dict[str, str]:
        rows = git(["ls-tree", "-r", "-z", commit], self.mirror, 10).split("\0")[:-1]
        return {row.split("\t")[1]: row.split(" ")[0] for row in rows}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path).ready()


def kinds(changes: Changes) -> dict[str, str]:
    return {one.path: one.kind for one in changes.changes}


def test_an_agent_that_does_nothing_changed_nothing(shop: Shop) -> None:
    assert not shop.fixed("true")


def test_every_kind_of_change_is_found_and_committed(shop: Shop) -> None:
    changes = shop.fixed("echo three >>a.py; mkdir -p new; echo x >new/b; rm run.sh; ln -s a.py link")
    check(changes, PROTECTED)
    assert kinds(changes) == {"a.py": "changed", "link": "added", "new/b": "added", "run.sh": "deleted"}
    made = shop.commit(changes)
    assert changed_paths(shop.mirror, shop.head, made) == ["a.py", "link", "new/b", "run.sh"]
    assert shop.show(made, "a.py") == b"one\ntwo\nthree\n"
    assert shop.modes(made)["link"] == "120000"
    again = shop.folder.with_name("again")
    checkout(shop.mirror, made, again)
    assert (again / "new" / "b").read_text() == "x\n"


def test_modes_are_kept_and_a_new_mode_is_a_change(shop: Shop) -> None:
    changes = shop.fixed("chmod +x a.py; printf x >new; chmod 700 new")
    assert kinds(changes) == {"a.py": "changed", "new": "added"}
    made = shop.commit(changes)
    assert shop.modes(made)["a.py"] == shop.modes(made)["new"] == "100755"
    assert shop.modes(made)["run.sh"] == "100644"


def test_line_ends_and_odd_names_come_back_byte_for_byte(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    odd = os.fsdecode(b"caf\xe9.txt")
    (shop.origin / odd).write_bytes(b"\xff\xfe\r\n")
    (shop.origin / "dos.bat").write_bytes(b"a\r\nb\r\n")
    (shop.origin / "tab\there").write_bytes(b"x")
    commit_in(
        shop.origin,
        **{".gitattributes": "*.md text eol=crlf\n*.py ident\n", "id.py": "# $Id$\n", "a.md": "a\n"},
    )
    shop.ready()
    assert not shop.fixed("true")
    changes = shop.fixed("for f in dos.bat caf* tab* a.md; do printf 'c\\r\\n' >>\"$f\"; done")
    check(changes, PROTECTED)
    made = shop.commit(changes)
    assert shop.show(made, "dos.bat") == b"a\r\nb\r\nc\r\n"
    assert shop.show(made, "a.md") == b"a\nc\r\n"
    assert shop.show(made, odd) == b"\xff\xfe\r\nc\r\n"
    assert shop.show(made, "tab\there") == b"xc\r\n"
    assert len(changed_paths(shop.mirror, shop.head, made)) == 4


def test_what_a_build_leaves_behind_is_no_change(shop: Shop) -> None:
    changes = shop.fixed("mkdir out; touch out/log a.pyc; echo '!*.pyc' >.gitignore; echo y >real")
    assert kinds(changes) == {".gitignore": "changed", "real": "added"}


def test_links_that_leave_the_repository_are_not_missed(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for name, target in [("out", "/etc/passwd"), ("up", "../.."), ("here", "."), ("gone", "absent")]:
        (shop.origin / name).symlink_to(target)
    commit_in(shop.origin)
    shop.ready()
    assert not shop.fixed("true")
    made = shop.commit(shop.fixed("echo >>a.py"))
    assert shop.modes(made)["out"] == "120000"


def test_a_folder_may_take_the_place_of_a_file(shop: Shop) -> None:
    changes = shop.fixed("rm a.py; mkdir a.py; echo x >a.py/b")
    check(changes, PROTECTED)
    assert "a.py/b" in shop.modes(shop.commit(changes))


def test_hard_links_are_two_files(shop: Shop) -> None:
    made = shop.commit(shop.fixed("ln a.py b.py; ln a.py c.py; echo more >>a.py"))
    assert shop.show(made, "a.py") == shop.show(made, "b.py") == shop.show(made, "c.py")


def test_the_same_commit_twice_is_one(shop: Shop) -> None:
    changes = shop.fixed("echo more >>a.py")
    first = shop.commit(changes, "Same\n\nBody é\n", at=1_800_000_000)
    assert shop.commit(changes, "Same\n\nBody é\n", at=1_800_000_000) == first
    said = git(["log", "-1", "--format=%an <%ae> %cn %at %B", first], shop.mirror, 10)
    assert said.startswith("Askfirst <askfirst@example.com> Askfirst 1800000000 Same\n\nBody é\n")


def test_one_file_of_our_own_is_added_and_taken_away(shop: Shop) -> None:
    with_it = shop.commit(one_file(".askfirst/as_1.md", b"# Q1\n"))
    assert shop.show(with_it, ".askfirst/as_1.md") == b"# Q1\n"
    without = commit(shop.mirror, with_it, one_file(".askfirst/as_1.md", None), "Answered", *WHO)
    assert changed_paths(shop.mirror, shop.head, without) == []


def test_unpushed_commits_outlive_a_fetch(shop: Shop) -> None:
    made = shop.commit(one_file("x", b"x"))
    commit_in(shop.origin, other="y\n")
    fetch(shop.home, "prj", Remote(str(shop.origin), plain=True))
    assert shop.show(made, "x") == b"x"


TOKEN = "ghp_" + "a1B2" * 9
HOSTILE = [
    ("mkdir -p .github/workflows; echo x >.github/workflows/a.yml", "protected"),
    ("mkdir .GitHub; echo x >.GitHub/a.yml", "protected"),
    ("mkdir docs; echo '* @me' >docs/CODEOWNERS", "protected"),
    ("mkdir -p sub; echo x >sub/uv.lock", "protected"),
    ("for n in $(seq 101); do echo $n >f$n; done", "101 files, more than the 100"),
    ("mkdir many; cd many; seq 10000 | xargs touch; cd ..", "10000 files, more than the 100"),
    ("seq 200000 >big", "more than the 1048576"),
    ("truncate -s 200M big", "larger than 64 MiB"),
    ("echo '* filter=evil' >.gitattributes", "a filter over files"),
    ("mkdir sub; echo '[attr]x -text filter' >sub/.GitAttributes", "a filter over files"),
    ("ln -s /etc/passwd link", "would lead out"),
    ("ln -s ../outside link", "would lead out"),
    ("mkdir d; ln -s ../d/../../x d/link", "would lead out"),
    ("ln -s . here; ln -s here/../x link", "would lead out"),
    ("ln -s round link; ln -s link round", "would lead out"),
    ("ln -s .git/config link", "would lead out"),
    ("mkdir .git; echo x >.git/config", "belongs to git"),
    ("mkdir -p sub/.GIT; echo x >sub/.GIT/config", "belongs to git"),
    ("mkdir 'git~1'; echo x >'git~1/config'", "belongs to git"),
    ("mkdir '.git .'; echo x >'.git ./config'", "belongs to git"),
    ("mkdir \".g$(printf '\\342\\200\\214')it\"; cd .g*it; echo x >config; cd ..", "belongs to git"),
    ("printf '[submodule]\\n' >.gitmodules", "submodules"),
    ("mkfifo pipe", "neither a file nor a link"),
    ("echo x >A.py", "one file where case does not count"),
    ("mkdir sub Sub; echo x >sub/a; echo y >Sub/b", "one file where case does not count"),
    ("printf 'x\\n<<<<<<< ours\\ny\\n=======\\nz\\n>>>>>>> theirs\\n' >>a.py", "unfinished merge"),
    (f"echo 'token = \"{TOKEN}\"' >>a.py", "a secret: GitHub Token"),
    ("echo 'key = \"AKIAIOSFODNN7EXAMPLA\"' >>a.py", "a secret: AWS"),
    ("printf -- '-----BEGIN RSA PRIVATE KEY-----\\n' >key", "a secret: Private Key"),
]


@pytest.mark.parametrize(("script", "said"), HOSTILE, ids=[script[:40] for script, _ in HOSTILE])
def test_what_must_not_be_committed_is_refused(shop: Shop, script: str, said: str) -> None:
    assert said in shop.refused(script)


def test_what_was_there_already_is_nobodys_fault(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    old = f"token = '{TOKEN}'\n<<<<<<< ours\n"
    commit_in(shop.origin, **{"old.py": old, "OLD.py": "x\n", "big": "x\n" * 1_000_000})
    shop.ready()
    check(
        shop.fixed("{ echo first; cat old.py; } >tmp; mv tmp old.py; echo last >>big; echo >>OLD.py"),
        PROTECTED,
    )


def test_a_link_within_the_repository_may_be_added(shop: Shop) -> None:
    check(shop.fixed("mkdir d; ln -s ../a.py d/link; ln -s d/link top"), PROTECTED)


def test_a_file_may_be_renamed_to_another_case(shop: Shop) -> None:
    check(shop.fixed("mv a.py A.py"), PROTECTED)


def test_protected_files_may_not_be_deleted_either(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    commit_in(shop.origin, CODEOWNERS="* @mona\n")
    shop.ready()
    assert "CODEOWNERS is protected" in shop.refused("rm CODEOWNERS")


def test_nothing_is_put_into_a_submodule(shop: Shop) -> None:
    run_git(shop.origin, "update-index", "--add", "--cacheinfo", f"160000,{shop.head},lib")
    run_git(shop.origin, "commit", "--quiet", "--message=sub")
    shutil.rmtree(shop.folder)
    shop.ready()
    assert not shop.fixed("true")
    changes = shop.fixed("mkdir -p lib; echo x >lib/x")
    with pytest.raises(Refused, match="lib is a submodule"):
        shop.commit(changes)


def test_attributes_that_run_nothing_may_be_set(shop: Shop) -> None:
    check(shop.fixed("echo '*.filter text eol=lf diff=python # filtered' >.gitattributes"), PROTECTED)


def test_a_giant_is_refused_by_its_size_and_never_read_into_memory(shop: Shop, tmp_path: Path) -> None:
    member = tarfile.TarInfo("repo/giant")
    member.size = 1024**3
    with (tmp_path / "tar").open("w+b") as tar:
        tar.write(member.tobuf())
        tar.truncate(tar.tell() + member.size + 1024)  # its zeros take no room on the disk either
        tar.seek(0)
        tracemalloc.start()
        with pytest.raises(Refused, match="larger than 64 MiB"):
            take(tar, shop.folder)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 16 * 1024**2


def test_a_giant_that_was_there_and_did_not_change_is_compared_piece_by_piece(
    shop: Shop, tmp_path: Path
) -> None:
    giant = shop.folder / "giant"
    with giant.open("wb") as file:
        file.truncate(200 * 1024**2)
    spool = tmp_path / "tar"
    with tarfile.open(spool, "w") as tar:
        tar.add(shop.folder, "repo")
    tracemalloc.start()
    with spool.open("rb") as opened:
        assert not take(opened, shop.folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 1024**2


def test_renames_pointers_of_lfs_and_submodules_come_back_as_they_are(shop: Shop) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 5\n"
    attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    commit_in(shop.origin, **{".gitattributes": attributes, "a.bin": pointer})
    run_git(shop.origin, "update-index", "--add", "--cacheinfo", f"160000,{shop.head},lib")
    run_git(shop.origin, "commit", "--quiet", "--message=sub")
    shutil.rmtree(shop.folder)
    shop.ready()
    assert (shop.folder / "a.bin").read_text() == pointer and not shop.fixed("true")
    assert "b.bin belongs into Git LFS" in shop.refused("echo raw >b.bin")
    assert "a.bin belongs into Git LFS" in shop.refused("echo raw >a.bin")
    changes = shop.fixed("mkdir data; mv a.bin data/b.bin; mv a.py data/")
    check(changes, PROTECTED)
    made = shop.commit(changes)
    assert shop.show(made, "data/b.bin").decode() == pointer and shop.modes(made)["lib"] == "160000"
    assert sorted(shop.modes(made)) == [
        ".gitattributes",
        ".gitignore",
        "data/a.py",
        "data/b.bin",
        "lib",
        "run.sh",
    ]


def made_tar(*members: tuple[str, bytes]) -> io.BytesIO:
    """A tar as only a hostile sandbox would make it."""
    spool = io.BytesIO()
    with tarfile.open(fileobj=spool, mode="w") as tar:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.linkname = "repo/absent"
            tar.addfile(member)
    spool.seek(0)
    return spool


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("repo/../../x", tarfile.REGTYPE, "not a path of the repository"),
        ("/repo/x", tarfile.REGTYPE, "not a path of the repository"),
        ("repo//x", tarfile.REGTYPE, "not a path of the repository"),
        ("other/x", tarfile.REGTYPE, "not a path of the repository"),
        ("repo", tarfile.REGTYPE, "not a path of the repository"),
        ("repo/..", tarfile.DIRTYPE, "not a path of the repository"),
        ("repo/tty", tarfile.CHRTYPE, "neither a file nor a link"),
        ("repo/x", tarfile.LNKTYPE, "cannot be read"),
    ],
)
def test_a_hostile_tar(shop: Shop, name: str, kind: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        take(made_tar((name, kind)), shop.folder)


@pytest.mark.parametrize("name", ["main", "askfirst/wc_1", "a.b", "é", "fix-#12"])
def test_branch_names_that_git_takes(name: str) -> None:
    assert branch_name_error(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a.lock", "/a", "a/", "a//b", ".a", "@{-1}", "a@{1}",
     "HEAD", "a\\b", "a?", "a*", "[", "a\n", "a\0b", "x" * 300],
)  # fmt: skip
def test_branch_names_that_git_refuses(name: str) -> None:
    assert branch_name_error(name)
