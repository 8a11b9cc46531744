"""A commit and tags made beside the user's branch: their index, working tree and HEAD stay as they are.

Everything goes through git's plumbing: a temporary index, ``write-tree``, ``commit-tree``, ``mktag``, and one
``update-ref`` that names the old value, so that two writers cannot both succeed. No signature is asked for, and no
hook: ``update-ref`` alone would run that of transactions.
"""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.foundation.errors import BusyError, MachineError

NONE = "0" * 40
LARGEST = 1 << 20
"""Bytes of what git does not know yet and takes all the same; data belong to DVC."""

IDENTITY = {"NAME": "Convoy", "EMAIL": "convoy@localhost"}


@dataclass(frozen=True)
class Git:
    """The repository that a project belongs to."""

    project: Path
    prefix: str
    """Path from the repository's root to the project, with a slash at its end; empty: they are the same."""

    @classmethod
    def around(cls, project: Path) -> "Git | None":
        """Return the repository that keeps ``project``; None: there is none, or it ignores the project."""
        try:
            asked = _git(project, "rev-parse", "--show-prefix")
            ignored = _git(project, "check-ignore", "--quiet", "params.yaml")
        except FileNotFoundError:
            return None
        if asked.returncode or not ignored.returncode:
            return None
        return cls(project, asked.stdout.removesuffix("\n"))

    def resolve(self, name: str) -> str | None:
        """Return the commit that a ref or HEAD stands for; None: it does not exist."""
        done = _git(self.project, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return done.stdout.strip() or None

    def branch(self) -> str:
        """Return the full name of the branch that is checked out; empty: none is."""
        return _git(self.project, "symbolic-ref", "--quiet", "HEAD").stdout.strip()

    def tree_with(self, paths: Iterable[str], extra: Mapping[str, str]) -> str:
        """Return the tree of HEAD with ``paths`` as they are in the working tree now, and ``extra`` texts added.

        Args:
            paths: Relative to the project. What git ignores, what is not there, and data that nobody gave to git are
                left out.
            extra: Path in the project → content.
        """
        index = self.project / ".convoy" / "registry" / f"index.{os.getpid()}"
        index.parent.mkdir(parents=True, exist_ok=True)
        env = {"GIT_INDEX_FILE": str(index.resolve())}
        try:
            if self.resolve("HEAD"):
                self.say("read-tree", "HEAD", env=env)
            for path in paths:
                if self._is_kept(path, env):
                    self.say("add", "--all", "--", path, env=env)
            for path, text in extra.items():
                blob = self.say("hash-object", "-w", "--stdin", text=text)
                self.say(
                    "update-index", "--add", "--cacheinfo", f"100644,{blob},{self.prefix}{path}", env=env
                )
            return self.say("write-tree", env=env)
        finally:
            index.unlink(missing_ok=True)

    def commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        """Return a new commit that no branch names yet."""
        flags = [word for parent in dict.fromkeys(parents) for word in ("-p", parent)]
        return self.say("commit-tree", tree, *flags, "-F", "-", text=message, env=self._identity())

    def move(self, ref: str, commit: str, old: str | None) -> None:
        """Let ``ref`` name ``commit``.

        Raises:
            BusyError: It no longer names ``old``.
            MachineError: git cannot make a ref of that name.
        """
        done = _git(self.project, "update-ref", "-m", "convoy promote", ref, commit, old or NONE)
        if done.returncode and self.resolve(ref) != old:
            raise BusyError(f"another promotion moved {ref} meanwhile; promote again")
        if done.returncode:
            is_taken = "; cannot create" in done.stderr
            way = "rename the branch that is in its way" if is_taken else "put that right, and promote again"
            raise MachineError(f"git cannot write {ref}: {_reason(done)}; {way}")

    def tags(self, pattern: str) -> dict[str, tuple[str, int]]:
        """Return tag → commit and the second in which it was made, the oldest first; a tag without a time is left out.

        Only a commit and an annotated tag have one; anybody may tag a file or a folder.
        """
        form = "--format=%(refname:strip=2)%00%(*objectname)%(objectname)%00%(creatordate:unix)"
        lines = self.say("for-each-ref", "--sort=creatordate", form, f"refs/tags/{pattern}").splitlines()
        found = [line.split("\0") for line in lines]
        return {name: (objects[:40], int(second)) for name, objects, second in found if second}

    def tag(self, tags: Mapping[str, tuple[str, int]], message: str) -> None:
        """Make annotated tags, all of them or none.

        Args:
            tags: Name → commit and second. GTO and DVC order tags by that, so no two may share one.
            message: What they say.

        Raises:
            MachineError: One exists.
        """
        who = self.say("var", "GIT_COMMITTER_IDENT", env=self._identity()).rsplit(" ", 2)[0]
        commands = ["start"]
        for name, (commit, second) in tags.items():
            head = f"object {commit}\ntype commit\ntag {name}\ntagger {who} {second} +0000\n"
            made = self.say("mktag", text=f"{head}\n{message}\n")
            commands.append(f"create refs/tags/{name} {made}")
        self.say("update-ref", "--stdin", text="\n".join([*commands, "prepare", "commit"]) + "\n")

    def say(self, *words: str, text: str | None = None, env: Mapping[str, str] | None = None) -> str:
        """Return what a git command prints.

        Raises:
            MachineError: It failed.
        """
        done = _git(self.project, *words, text=text, env=env)
        if done.returncode:
            raise MachineError(f"`git {words[0]}` failed in {self.project}: {_reason(done)}")
        return done.stdout.strip()

    def _is_kept(self, path: str, env: Mapping[str, str]) -> bool:
        """Return whether git keeps ``path`` or may: it is tracked, or there, not ignored, and no heap of data."""
        if _git(self.project, "ls-files", "--", path, env=env).stdout.strip():
            return True
        if not (self.project / path).exists() or _size(self.project / path) > LARGEST:
            return False
        return bool(_git(self.project, "check-ignore", "--quiet", "--", path).returncode)

    def _identity(self) -> dict[str, str]:
        if not _git(self.project, "var", "GIT_COMMITTER_IDENT").returncode:
            return {}
        return {f"GIT_{who}_{what}": IDENTITY[what] for who in ("AUTHOR", "COMMITTER") for what in IDENTITY}


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _git(
    folder: Path, *words: str, text: str | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", f"core.hooksPath={os.devnull}", *words],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C", **(env or {})},
        input=text or "",
        capture_output=True,
        text=True,
        check=False,
    )


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return the line in which git says what is wrong, and with which file; below it there may be advice."""
    lines = [line for line in done.stderr.splitlines() if line.strip()] or [
        f"it ended with code {done.returncode}"
    ]
    return next((line for line in lines if line.startswith(("fatal: ", "error: "))), lines[-1])
