"""Good runs as lines of messages, ``{"messages": […]}``, as chat models are fine-tuned with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.datasets.exchange.chat import line_of
from pytest_llmobs.datasets.exchange.messages import UnfitError
from pytest_llmobs.records.examples import canonical_json
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.runs import Run


@dataclass
class Chats:
    """What runs come to."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """A run's id, and why it became no line."""


def well_spoken_of(feedback: Iterable[Feedback]) -> list[str]:
    """Return the ids of runs of which nothing but good was said, sorted.

    Good is true, or the largest number that anybody gave under that key, and more than 0: of a thumb up and down the
    one up, of five stars all five. A run that somebody corrected wasn't good.
    """
    records = [record for record in feedback if record.run_id is not None and record.source.type != "model"]
    largest: dict[str, float] = defaultdict(float)
    for record in records:
        largest[record.key] = max(largest[record.key], float(record.score or 0))
    verdicts: dict[str, bool] = {}
    for record in records:
        if record.score is None and not record.correction:
            continue  # a remark is no verdict
        score = float(record.score or 0)
        is_good = not record.correction and 0 < score == largest[record.key]
        run_id = str(record.run_id)
        verdicts[run_id] = verdicts.get(run_id, True) and is_good
    return sorted(run_id for run_id, is_good in verdicts.items() if is_good)


def chat_lines(runs: Iterable[Run]) -> Chats:
    """Return a line for each run that succeeded and is a conversation; the same line once."""
    chats = Chats()
    seen: set[str] = set()
    for run in runs:
        if run.error is not None or run.status != "success":
            chats.refused.append((run.id, "it failed, or ended early"))
            continue
        try:
            line = line_of(run.inputs, run.outputs)
        except UnfitError as error:
            chats.refused.append((run.id, str(error)))
            continue
        said = canonical_json(line)
        if said in seen:
            chats.refused.append((run.id, "another run says the same"))
        else:
            seen.add(said)
            chats.lines.append(line)
    return chats
