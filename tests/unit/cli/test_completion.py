"""Completions: as the commands are, and of use to a shell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.cli.commands.completion import SHELLS
from pytest_llmobs.storage.store import Store

Run = Callable[..., Any]
ROOT = Path(__file__).parents[3]


def test_they_are_made_of_the_commands_there_are() -> None:
    check = [sys.executable, str(ROOT / ".ci" / "completions.py"), "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_gets_its_script(llmobs: Run, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = llmobs("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    assert llmobs("completion") == done
    assert json.loads(llmobs("completion", "--json").stdout) == {"shell": shell, "script": done.stdout}


def test_a_shell_without_one_is_named(llmobs: Run) -> None:
    done = llmobs("completion", "bsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no completion for the shell 'bsh'. Did you mean 'bash'? Known: bash, zsh." in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sh"], {"show"}),
        (["prompts", "pro"], {"promote"}),
        (["show", "--br"], {"--broken"}),
        (["show", "--color", "a"], {"auto", "always"}),
        (["show", ""], {"calm-heron", "brave-otter"}),
        (["show", "ca"], {"calm-heron"}),
        (["report", "br"], {"brave-otter"}),
        (["baseline", "accept", "br"], {"brave-otter"}),
    ],
)
def test_bash_completes(
    llmobs: Run, store: Store, tmp_path: Path, words: list[str], expected: set[str]
) -> None:
    tmp_path.joinpath("llmobs.bash").write_text(llmobs("completion", "bash").stdout)
    tmp_path.joinpath("below").mkdir()
    line = " ".join(["llmobs", *words])
    script = f"""
        source llmobs.bash; cd below
        function=$(complete -p llmobs | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
        COMP_LINE='{line}'; COMP_POINT={len(line)}; COMP_CWORD={len(words)}
        COMP_WORDS=(llmobs {" ".join(f"'{word}'" for word in words)})
        $function llmobs '{words[-1]}' '{["llmobs", *words][-2]}'
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (set(done.stdout.split()), done.stderr) == (expected, "")
