"""The frozen records of a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from operator import attrgetter
from typing import cast

from pytest_llmobs.baselines.texts import TextStore
from pytest_llmobs.files import text_hash
from pytest_llmobs.measures.broken import is_known_failure
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import present
from pytest_llmobs.records.experiments import DIRTY, SuiteScore
from pytest_llmobs.records.prompt_uses import all_prompts

SCHEMA = 2
"""Version of the file's layout. A newer one is refused, an older one upgraded."""
MOST_PASSES = 25
"""Passes that a row keeps; as more are added, the oldest go."""
UNKNOWN_SESSION = "unknown"
"""The session of passes that nobody knows more of, such as those of version 1's files."""


@dataclass(frozen=True, kw_only=True)
class BaselineSession:
    """A session whose passes a baseline holds."""

    recorded: str = ""
    """When: ISO 8601, UTC; empty where nobody knows."""
    commit: str | None = None
    """Of the code that ran; None where nobody knows, as in files of version 1."""
    clean: bool = False
    """True where no tracked file but baselines differed from that commit."""
    experiment: str = ""
    """Its name."""
    prompts: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The commits of prompts that its trials used, by the prompt's name; see ``records.prompt_uses``. Nothing where it
    used none, and in files of versions that didn't keep them."""
    last_repeat: int = 0
    """The highest number of its trials whose model calls are recorded, so that passes which are added get other
    numbers, and with them new replies; 0 where cassettes were off."""

    @property
    def code(self) -> str:
        """The commit as it is shown, with ``+dirty`` where it doesn't say all; empty where nobody knows it."""
        if self.commit is None:
            return ""
        if self.clean:
            return self.commit
        return f"{self.commit}{DIRTY}"


@dataclass(frozen=True, kw_only=True)
class RecordedSession:
    """The session that fresh trials come from."""

    key: str = UNKNOWN_SESSION
    """Its id in the file: eight hex digits."""
    session: BaselineSession = field(default_factory=BaselineSession)
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What else to keep at the top of the file: its conditions."""
    suite_scores: Sequence[SuiteScore] = ()
    """What summary evaluators say of its trials; of other suites, too."""


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
    recordings: Sequence[str | None] = ()
    """What names the recordings of each pass's model calls (``Trial.recording``), None where a call has none; empty
    where no pass has any."""

    @property
    def newest_session(self) -> str:
        """The session of its newest passes; empty where it names none."""
        return ["", *self.sessions][-1]

    def values(self, metric: str) -> Sequence[float]:
        """Return the values of a metric, without those that are missing."""
        repeats = self.repeats(metric)
        if None in repeats:
            return present(repeats)
        return cast(Sequence[float], repeats)

    def by_session(self, metric: str) -> dict[str, tuple[float | None, ...]]:
        """Return the values of a metric in each pass, by session, the oldest first; None where one is missing."""
        # a score that the row never had is missing in every pass
        repeats = chain(self.repeats(metric), repeat(None))
        parts = {}
        for session, passes in self.sessions.items():
            parts[session] = tuple(islice(repeats, passes))
        return parts

    def recordings_by_session(self) -> dict[str, tuple[str | None, ...]]:
        """Return what names the recordings of each pass, by session, the oldest first; None where there are none."""
        recordings = chain(self.recordings, repeat(None))
        parts = {}
        for session, passes in self.sessions.items():
            parts[session] = tuple(islice(recordings, passes))
        return parts

    def repeats(self, metric: str) -> Sequence[float | None]:
        """Return the value of a metric in each repeat, None where one is missing; nothing of a score it never had."""
        if metric == PASS:
            return self.passes
        return self.scores.get(metric, ())


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
    """The conditions under which latency and cost were measured; in files of version 1 more of the one session."""
    texts: TextStore | None = None
    """Prompts and outputs for the diff, or None where only fingerprints are kept."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """Example -> the name that it has in the file, where that is another one; see ``baselines.renames``."""
    same_code: Sequence[str] = ()
    """Commits, as sessions show them, whose code is that of today; whoever reads the file asks git."""
    prompt_descriptions: Mapping[str, str] = field(default_factory=dict)
    """``support:0123456789abcdef`` -> what its author said of it, of the commits that are used now; whoever reads the
    file asks the prompts' folder."""

    @property
    def prompts(self) -> dict[str, str]:
        """The commits of prompts that its sessions used, by the prompt's name."""
        return all_prompts({key: session.prompts for key, session in self.sessions.items()})

    def session(self, key: str) -> BaselineSession:
        """Return a session by its id; where the file says nothing of it, one of which nobody knows anything."""
        return self.sessions.get(key, BaselineSession())

    def row_of(self, example_id: str, example_hash: str) -> BaselineRow | None:
        """Return the row an example is compared with; None where it is new or edited, so that no gate judges it."""
        row = self.rows.get(example_id)
        if row is not None and row.hash == example_hash:
            return row
        return None

    def known_failure(self, example_id: str) -> bool:
        """Return True where the example failed in more than a tenth of its passes: that it fails is no news."""
        row = self.rows.get(example_id)
        return row is not None and is_known_failure(row.values(PASS))

    def code_of(self, example_id: str) -> str:
        """Return the commit whose code made an example's newest passes, as it is shown; empty where nobody knows."""
        row = self.rows.get(example_id)
        if row is None:
            return ""
        if row.newest_session == UNKNOWN_SESSION:
            return self.metadata.get("commit", "")
        return self.session(row.newest_session).code

    def digest(self) -> str:
        """Return a hash of the rows: of two with the same, neither judges anything otherwise."""
        return text_hash(repr(sorted(self.rows.items())))[:16]

    def version(self, row: BaselineRow, evaluator: str) -> str:
        """Return the version of an evaluator that scored ``row``, or an empty string where none did."""
        return row.versions.get(evaluator, self.metrics.get(evaluator, ""))


@dataclass(frozen=True, kw_only=True)
class BaselineUpdate:
    """A renewed baseline and what a reader should know before committing it."""

    baseline: Baseline
    known_failures: Sequence[str] = ()
    """Examples recorded now that failed in more than a tenth of their passes: from now on their failure is no news."""
    recorded: Sequence[str] = ()
    """Examples whose rows are new, or were written anew."""
    added: Sequence[str] = ()
    """Examples whose rows got further passes."""
    removed: Sequence[str] = ()
    """Examples dropped because their dataset no longer has them."""
    unrecorded: Sequence[str] = ()
    """Examples that should have run and gave nothing: their old rows, if any, stay."""
    refused: Sequence[str] = ()
    """Examples that passed in no repeat, where they are most of the baseline: it wasn't written."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Examples whose rows go by another name now -> their old name."""
    cut_short: Sequence[str] = ()
    """Examples of which some repeat was never run (Ctrl-C, a budget, a dead worker, ``--lf``): their old rows, if any,
    stay."""
    edited: Sequence[str] = ()
    """Examples whose content isn't what was recorded, so that no passes were added to their rows."""
    full: Sequence[str] = ()
    """Examples whose rows keep newer passes only, as many as a row may."""
    outdated: Sequence[str] = ()
    """Examples that were recorded anew since, for other code."""
    rowless: Sequence[str] = ()
    """Examples that the baseline lacks, and that it didn't get either."""
    replayed: Sequence[str] = ()
    """Examples of which trials replayed what passes of their rows had recorded: those were not added, since one reply
    must not count twice."""
    differing: Sequence[str] = ()
    """Why these passes are no more of what was recorded: nothing was written."""

    @property
    def changes(self) -> bool:
        """True where the file is another one now."""
        return bool(self.recorded or self.added or self.removed or self.renamed)


def oldest_first(sessions: Mapping[str, BaselineSession]) -> dict[str, BaselineSession]:
    """Return sessions in the order in which they were recorded; those of which nobody knows when, first."""
    return dict(sorted(sessions.items(), key=lambda entry: (entry[1].recorded, entry[0])))


def named_sessions(
    sessions: Mapping[str, BaselineSession], rows: Iterable[BaselineRow]
) -> dict[str, BaselineSession]:
    """Return the sessions that rows name, the oldest first."""
    named = set(chain.from_iterable(map(attrgetter("sessions"), rows)))
    known = {}
    for key in named.intersection(sessions):
        known[key] = sessions[key]
    return oldest_first(known)
