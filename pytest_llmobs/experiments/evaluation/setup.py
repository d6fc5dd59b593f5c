"""What an evaluation runs with, and what its experiment is concluded in: the composition root brings it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
from pytest_llmobs.settings import Settings
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.trials.runner import Runner

if TYPE_CHECKING:  # what concludes is imported while the first trials run
    from pytest_llmobs.experiments.evaluation.planning import EvaluationRequest
    from pytest_llmobs.experiments.references import Source
    from pytest_llmobs.storage.remote.filesystem import RemoteFiles


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A session's parts, as far as an evaluation needs them."""

    name: str
    """The experiment's, and its project's."""
    started: str
    """ISO 8601, UTC."""
    rootdir: Path
    settings: Settings
    """Its ``concurrency`` is how many trials run at once."""
    store: Store
    """Has the runs, and gets the document; it may be one that is thrown away."""
    stored: bool
    """False where it is."""
    redaction: Redaction
    runner: Runner
    in_turn: bool
    """True where one trial runs after the other, in the thread that waits for it."""
    baseline_of: Source
    baseline_folder: Path
    prompt_folder: Path
    remote: RemoteFiles | None
    bind: Callable[[Any], BoundEvaluator]
    prepare: Callable[[Callable[..., Any]], None]
    """Loads what the first call of a target needs."""
    keep_dataset: Callable[[EvaluationRequest], None]
    """Keeps the examples, where anything is stored; what kept it from that is among the remarks."""
    keep_uses: Callable[[str, bool], None]
    """Keeps which recorded replies a suite has used, and whether it ran whole, where any are in use."""
    seal: Callable[[], None]
    """Ends the tracing: afterwards the store has every run. A second call changes nothing."""
    remarks: Callable[[], Sequence[str]]
    """What there is to say of the session once it is sealed."""
    loss: Callable[[], str]
    """Says how many runs the disk didn't take; empty where it took them all."""
