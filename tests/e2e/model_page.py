"""A page of the docs with a scripted model: what it prints is what happens, block after block, in one folder."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.anthropic_server import Script, serve
from tests.e2e.conftest import plain_environment
from tests.e2e.test_readme import UPDATE, Block, blocks
from tests.e2e.warm import programs


def _nothing(folder: Path) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """One page."""

    path: Path
    script: Script
    """What the model answers."""
    by_chance: Sequence[tuple[str, str]]
    """Patterns of what differs from session to session, and what the page shows in their place."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of its commands."""
    known_in: Callable[[Path], Mapping[str, str]] = _nothing
    """Returns those that stand for what earlier blocks have left in the folder."""

    def check(self, folder: Path) -> None:
        """Do what the page says, in an empty folder; with ``UPDATE`` write the page anew."""
        folder.joinpath("pytest.ini").write_text("[pytest]\n")
        shown = self.path.read_text(encoding="utf-8")
        happened, rest = "", shown
        with serve(self.script) as server:
            environment = self._environment(server.url)
            for block in blocks(shown):
                before, _, rest = rest.partition(f"```{block.language}\n{block.text}```")
                happened += before + f"```{block.language}\n{self._happens(block, folder, environment)}```"
        happened += rest
        if os.environ.get(UPDATE):
            self.path.write_text(happened, encoding="utf-8")
        else:
            assert happened == shown, f"{UPDATE}=1 writes it anew"

    def _environment(self, url: str) -> dict[str, str]:
        plain = plain_environment()
        return {
            **plain,
            "PATH": f"{programs()}{os.pathsep}{plain['PATH']}",
            "COLUMNS": "100",
            "PYTHONIOENCODING": "utf-8",
            "PYTEST_ADDOPTS": f"{plain['PYTEST_ADDOPTS']} -p no:asyncio -p no:cacheprovider",
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": "k",
            **self.variables,
        }

    def _happens(self, block: Block, folder: Path, environment: Mapping[str, str]) -> str:
        """Return what a block has to hold, having done what it says; see test_review_page.py."""
        if block.file:
            file = folder / block.file
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        if not block.note.startswith("printed"):
            return block.text
        status = 1 if block.note.endswith("exit status 1") else 0
        printed = ""
        for line in block.text.splitlines():
            if line.startswith("$ "):
                printed += self._printed_by(line, folder, environment, status)
        return printed

    def _printed_by(self, line: str, folder: Path, environment: Mapping[str, str], status: int) -> str:
        """Run a line of the page in a shell, and return it with what it prints."""
        done = subprocess.run(
            ["bash", "-c", line.removeprefix("$ ")],
            cwd=folder,
            env={**environment, **self.known_in(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        printed = f"{done.stdout}{done.stderr}".replace(f"{folder}{os.sep}", "")
        for chance, shown in self.by_chance:
            printed = re.sub(chance, shown, printed)
        return f"{line}\n{printed}"
