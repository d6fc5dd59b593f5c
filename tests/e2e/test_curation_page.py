"""What docs/curation.md shows is what happens."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.review.records import Decision
from pytest_llmobs.workspace import Workspace
from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.here import llmobs_here, python_here
from tests.e2e.test_readme import UPDATE, Block, blocks
from tests.unit.storage.filtering.plain import PlainRun
from tests.unit.storage.filtering.stored import START, plain_run, store_of

PATH = ROOT / "docs" / "curation.md"
PAGE = PATH.read_text(encoding="utf-8")
HOUR = 3600

REFUNDS = (
    "I returned the blue jacket two weeks ago and the refund is still missing on my card",
    "Where is my refund? You got the shoes back on Monday",
    "The refund you promised on the phone never reached my bank account",
    "Refund only half paid: the order was 80 euros and I got 40 on my card",
    "How long does a refund take when I paid with a gift card?",
    "My refund went to an old credit card that I no longer have",
)
PARCELS = (
    "The courier says delivered, but no parcel is at my door",
    "My parcel has been at the depot for nine days, when will the courier come?",
    "Parcel arrived open and one of the two cups in it is broken",
    "Can the courier leave the parcel with my neighbour in number 12?",
    "Tracking of the parcel shows another town, did the courier lose it?",
)
PASSWORD = (
    "The mail to reset my password does not arrive, although I asked for it {} times since this morning"
)


def asked(number: int, hour: float, question: str, **given: Any) -> PlainRun:
    metadata = {"user_id": f"user-{number % 9}", "session_id": f"session-{number}"}
    return plain_run(
        number + int(hour * HOUR),
        name="support_agent",
        project="production",
        inputs={"question": question},
        metadata=metadata,
        **given,
    )


def rated(score: float, *further: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": "user_rating", "score": score}, *further]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a store with two weeks of runs: refunds go wrong all the time, passwords did one morning."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "pytest.ini").touch()
    runs = []
    for number, question in enumerate(REFUNDS):
        said = rated(
            0.2 if number % 2 else 0, {"key": "tone", "score": 0.75, "comment": "wrong about the refund"}
        )
        if number == 1:
            said.append({"key": "correction", "correction": "Within 14 days of the return."})
        answer = {"output": "Refunds take one day."}
        runs.append(asked(number, number * 50, question, outputs=answer, feedback=said))
    runs.append(asked(20, 320, REFUNDS[0], outputs={"output": "Soon."}, feedback=rated(0)))
    for number, question in enumerate(PARCELS):
        error = "Traceback (most recent call last):\nTimeoutError: no answer from the courier within 7 s"
        runs.append(asked(30 + number, number * 40, question, status="error", error=error))
    for number in range(3, 9):
        error = "Traceback (most recent call last):\nKeyError: 'reset mail'"
        question = PASSWORD.format(number)
        runs.append(asked(50 + number, 100 + number / 10, question, status="error", error=error))
    runs.append(asked(70, 10, "Thank you!", outputs={"output": "You're welcome."}, feedback=rated(1)))
    store_of(folder, sorted(runs, key=lambda run: run.columns["start_time"])).feedback.close()
    reviewed(folder, [run.columns["id"] for run in runs])
    return folder


def reviewed(folder: Path, run_ids: list[str]) -> None:
    """Let two reviewers go through the runs; they differ about one."""
    queues = Workspace.find(folder, {}).open_queues()
    queue = queues.create("refunds")
    queues.items(queue).add([{"run_id": run_id} for run_id in run_ids])
    for number, run_id in enumerate(run_ids[:11]):
        for reviewer in ("ada", "ben"):
            is_bad = number < 2 or number > 6 or (number == 5 and reviewer == "ben")
            verdict: Any = "reject" if is_bad else "accept"
            correction = {"output": f"It is on its way; order {number}."} if number == 0 else None
            decision = Decision(
                id=f"{number}-{reviewer}",
                run_id=run_id,
                reviewer=reviewer,
                at=START,
                rubric="0123456789ab",
                verdict=verdict,
                mode="wrong fact" if verdict == "reject" else None,
                correction=correction,
            )
            queues.decisions(queue).decide(decision)


def printed_by(line: str, folder: Path) -> str:
    """Run a command of the page, and return it with what it prints."""
    words = shlex.split(line.removeprefix("$ "))
    assert words[0] == "llmobs"
    done = llmobs_here(folder, *words[1:], "--no-embed", COLUMNS="100")
    assert done.returncode == 0, done.stderr
    return f"{line}\n{done.stderr}{done.stdout}".replace(str(folder), "shop").replace(" --no-embed", "")


def example_of(folder: Path) -> str:
    """Return an example with what a person has to look at, as the page shows it."""
    lines = (folder / "datasets" / "support_regressions.jsonl").read_text(encoding="utf-8").splitlines()
    shown = next(line for line in lines if "rejected_output" in line and '"outputs"' not in line)
    return json.dumps(json.loads(shown), indent=2, ensure_ascii=False) + "\n"


def happens(block: Block, folder: Path) -> str:
    """Return what a block of the page has to hold, having done what it says."""
    if block.note == "printed":
        commands = [line for line in block.text.splitlines() if line.startswith("$ ")]
        return "".join(printed_by(line, folder) for line in commands)
    if block.note.startswith("file of"):
        return example_of(folder)
    assert python_here(folder, block.text, plain_environment()).stderr == ""
    return block.text


def test_what_is_shown_is_what_happens(folder: Path) -> None:
    page, rest = "", PAGE
    for block in blocks(PAGE):
        before, _, rest = rest.partition(f"```{block.language}\n{block.text}```")
        page += before + f"```{block.language}\n{happens(block, folder)}```"
    page += rest
    if os.environ.get(UPDATE):
        PATH.write_text(page, encoding="utf-8")
    else:
        assert page == PAGE, f"{UPDATE}=1 writes it anew"


def test_every_block_is_tried() -> None:
    notes = {block.note.partition(":")[0] for block in blocks(PAGE)}
    assert notes == {"printed", "file of", "runs"}
