"""A run becomes a draft of an example. A bad answer is never learnt: it is kept as what was rejected."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Any

from pytest_llmobs.curation.candidates import Candidate, Review
from pytest_llmobs.curation.options import Options
from pytest_llmobs.datasets.identity import derived_id

SOURCE, REASON, CLUSTER, REJECTED = "source_run_id", "reason", "cluster", "rejected_output"
"""Keys of the metadata of an example that was made of a run."""
REVIEWER, AGREEMENT, QUEUE, MODE = "reviewer", "agreement", "queue", "failure_mode"
"""Keys of the metadata of one whose run people reviewed: names with commas between, and a share of 1."""


def draft(
    candidate: Candidate,
    cluster: str,
    split: str | Sequence[str] | None,
    options: Options,
    taken: Container[str],
    dataset: str,
) -> dict[str, Any]:
    """Return the example that a run is to become.

    Its outputs are a correction, or what reviewers accepted; without either they are empty, for a person to complete,
    unless the options say that what the app answered is right.

    Args:
        candidate: The run.
        cluster: The name of its cluster.
        split: The part of the dataset that it goes to, or several.
        options: What somebody chose.
        taken: The ids that examples have.
        dataset: The dataset's name.
    """
    run = candidate.run
    metadata: dict[str, Any] = {SOURCE: run.id, REASON: candidate.reason(options.filter), CLUSTER: cluster}
    metadata.update(reviewed(candidate.review))
    outputs: Any = candidate.reference
    if outputs is None and options.keep_outputs:
        outputs = run.outputs
    elif run.outputs and outputs != run.outputs:
        metadata[REJECTED] = run.outputs
    return {
        # stated, so that of two who curate the same run at once the second is refused
        "id": derived_id(run.inputs, taken, dataset),
        "inputs": run.inputs,
        "outputs": outputs or {},
        "metadata": metadata,
        "split": split,
        "source_run_id": run.id,
    }


def reviewed(review: Review | None) -> Iterator[tuple[str, Any]]:
    """Yield what the metadata say of a review, where there is one; what nobody knows is left out."""
    if review is None:
        return
    item = review.item
    yield REVIEWER, ", ".join(item.reviewers)
    yield QUEUE, review.queue
    if item.agreement is not None:
        yield AGREEMENT, item.agreement
    if item.mode is not None:
        yield MODE, item.mode
