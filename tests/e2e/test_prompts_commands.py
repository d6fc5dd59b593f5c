"""What docs/prompts.md shows of ``llmobs prompts`` is what it prints, over a history with known times."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import Any

from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.storage.store import Store
from tests.e2e.test_readme import ROOT, UPDATE, blocks
from tests.unit.cli.conftest import llmobs, store  # noqa: F401 - fixtures
from tests.unit.cli.prompts.conftest import Keep, keep, prompts  # noqa: F401 - fixtures
from tests.unit.cli.prompts.test_reading import use

PATH = ROOT / "docs" / "prompts.md"
TEXT = """\
You are the support agent of Acme.

Address {customer_name} by name, apologise first, and say when it will be solved.
- Answer in one sentence.
- Never give medical advice.
- Never quote prices.
- Offer a call back.
Never promise a refund."""
LATER = TEXT.replace("apologise first, and say", "as a {tier} customer, and say").replace(
    "refund.", "discount."
)
COMMANDS = (
    "llmobs prompts",
    "llmobs prompts diff support",
    "llmobs prompts log support",
    'llmobs prompts blame support "promise a refund"',
    "llmobs prompts promote support:{newest} production",
    "llmobs prompts check",
)


def printed(llmobs: Callable[..., Any], command: str) -> str:  # noqa: F811
    done = llmobs(*shlex.split(command)[1:])
    return f"$ {command}\n{done.stdout}{done.stderr}"


def test_what_the_commands_print_is_the_one_printed(
    llmobs: Callable[..., Any],  # noqa: F811
    store: Store,  # noqa: F811
    prompts: PromptFolder,  # noqa: F811
    keep: Keep,  # noqa: F811
) -> None:
    keep(TEXT.partition("\n- ")[0], "First words")
    second = keep(TEXT, "Say what must never be said")
    newest = keep(LATER, "Say the tier", author="Grace Hopper")
    keep("Sort {question} into one of {intents}.", name="intents.md")
    prompts.beside.set_tag("support", "production", second)
    use(store, "calm-heron", second, "2026-11-30T16:00:00+00:00")
    use(store, "brave-otter", newest, "2026-11-30T17:00:00+00:00", red=True)
    consoles = []
    for command in COMMANDS:
        if command.endswith("check"):
            (prompts.folder / "intents.md").write_text('Answer as {"intent": {intents}}.\n', encoding="utf-8")
        consoles.append(printed(llmobs, command.format(newest=newest[:12])))
    page = PATH.read_text(encoding="utf-8")
    shown = [block.text for block in blocks(page) if block.note == "printed"]
    if os.environ.get(UPDATE):
        for old, new in zip(shown, consoles, strict=True):
            mark = "<!-- printed -->\n```console\n"
            page = page.replace(f"{mark}{old}```", f"{mark[:-1]} \n{new}```", 1)
        PATH.write_text(page.replace("console \n", "console\n"), encoding="utf-8")
    else:
        assert consoles == shown, f"{UPDATE}=1 writes docs/prompts.md anew"
