"""The frozen records of a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from pytest_llmobs.baselines.texts import TextStore
from pytest_llmobs.files import text_hash
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import present

SCHEMA = 2
"""Version of the file's layout. A newer one is refused, an older one upgraded."""


@dataclass(frozen=True, kw_only=True)
class BaselineSession:
    """A session whose passes a baseline holds."""

    recorded: str = ""
    """When: ISO 8601, UTC; empty where nobody knows."""
    commit: str | None = None
    """Of the code that ran; None where nobody knows, as in files of version 1."""
    clean: bool = False
    """True where no tracked file but baselines differed from that commit."""


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """What one example did when the baseline was recorded."""

    hash: str
    """Content hash of the example then."""
    passes: Sequence[float | None]
    """1 or 0 for each repeat; None where the repeat ended in an error."""
    scores: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    """Gating score -> its value in each repeat."""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """``model`` as it is; ``system``, ``messages``, ``params`` and ``tools`` as hashes of what was sent."""
    latency: float | None = None
    """Median seconds of the warm repeats; None where all ran cold (import and connection), or were replayed."""
    latency_spread: float | None = None
    """Standard deviation of the logarithms of those repeats' seconds: what the same code differs by."""
    cost: float | None = None
    """Median USD."""
    cost_spread: float | None = None
    """As ``latency_spread``."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the evaluators that scored this row, where they differ from the baseline's."""
    sessions: Mapping[str, int] = field(default_factory=dict)
    """Session -> passes of it, in the order of the passes: the oldest session first."""

    def values(self, metric: str) -> Sequence[float]:
        """Return the values of a metric, without those that are missing."""
        repeats = self.scores.get(metric, ())
        if metric == PASS:
            repeats = self.passes
        if None in repeats:
            return present(repeats)
        return cast(Sequence[float], repeats)


@dataclass(frozen=True, kw_only=True)
class SuiteRecord:
    """What a summary evaluator said of the whole suite when the baseline was recorded."""

    value: float
    version: str
    """The evaluator's."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The accepted scores of one suite."""

    suite: str
    dataset: str = ""
    dataset_version: str = ""
    repeat: int = 1
    """Most repeats any of its rows has."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """Key of each evaluator -> its version."""
    suite_scores: Mapping[str, SuiteRecord] = field(default_factory=dict)
    """Score of a summary evaluator -> what it was."""
    rows: Mapping[str, BaselineRow] = field(default_factory=dict)
    """By example id, sorted."""
    sessions: Mapping[str, BaselineSession] = field(default_factory=dict)
    """The sessions that its rows name, by id, the oldest first."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The experiment, its conditions, anything else worth knowing."""
    texts: TextStore | None = None
    """Prompts and outputs for the diff, or None where only fingerprints are kept."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """Example -> the name that it has in the file, where that is another one; see ``baselines.renames``."""

    def row_of(self, example_id: str, example_hash: str) -> BaselineRow | None:
        """Return the row an example is compared with; None where it is new or edited, so that no gate judges it."""
        row = self.rows.get(example_id)
        if row is not None and row.hash == example_hash:
            return row
        return None

    def known_failure(self, example_id: str) -> bool:
        """Return True where the example failed in some repeat."""
        row = self.rows.get(example_id)
        return row is not None and 0 in row.values(PASS)

    def digest(self) -> str:
        """Return a hash of the rows: of two with the same, neither judges anything otherwise."""
        return text_hash(repr(sorted(self.rows.items())))[:16]

    def version(self, row: BaselineRow, evaluator: str) -> str:
        """Return the version of an evaluator that scored ``row``, or an empty string where none did."""
        return row.versions.get(evaluator, self.metrics.get(evaluator, ""))
