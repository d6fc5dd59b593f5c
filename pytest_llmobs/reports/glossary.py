"""What each word of the output means, and what to do about it: ``llmobs explain`` and docs/words.md show this table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PAGE = "https://github.com/pytest-llmobs/pytest-llmobs/blob/main/docs/words.md"
"""Where the page with all words is read."""


@dataclass(frozen=True)
class Entry:
    """One thing that the output names."""

    words: tuple[str, ...]
    """How it is written; the first is the usual one."""
    meaning: str
    advice: str = ""
    """What to do about it; empty where there is nothing to do."""


GLOSSARY: tuple[Entry, ...] = (
    # what is measured
    Entry(
        ("example",),
        "One case of a dataset: its inputs, and in `outputs` what is expected of the app. Each is a test.",
    ),
    Entry(
        ("trial", "repeat"),
        "One example run once. `--llm-repeat 3` makes three trials of each example; `5/5 → 0/2` says that 5 of 5 "
        "trials of the baseline passed and 0 of 2 do now.",
    ),
    Entry(
        ("suite",),
        "The trials of one test function. Traced tests without a dataset form one suite a file, each test its own "
        "example.",
    ),
    Entry(
        ("metric", "score"),
        "What is compared: `pass` (the share of trials whose test passed) and each evaluator on the marker.",
    ),
    Entry(
        ("experiment",),
        "One session with `--llm-experiment`, under a name of its own.",
        "`llmobs experiments` lists them, `llmobs show NAME` shows one.",
    ),
    Entry(
        ("run", "trace"),
        "A run is one traced call with its inputs, outputs, time, tokens and cost. A trace is a run with all the runs "
        "below it.",
        "`llmobs show ID` shows a trace.",
    ),
    Entry(
        ("baseline",),
        "The accepted scores of each example, committed under `llm-baselines/`. An experiment is compared with them.",
        "`pytest --llm-experiment --llm-update-baseline` records one.",
    ),
    # columns
    Entry(
        ("base", "now", "candidate"), "The mean over the examples in the baseline, and in this experiment."
    ),
    Entry(
        ("Δ", "delta"),
        "The mean difference between the baseline and now, example by example. Below zero is worse.",
    ),
    Entry(
        ("CI", "interval", "90 % CI", "±"),
        "Confidence interval: where the true difference lies, in 90 of 100 experiments like this one.",
        "A wide one asks for more examples or for `--llm-repeat`.",
    ),
    Entry(
        ("p", "p-value"),
        "The chance of a drop this large if nothing had changed. `.002` means 2 in 1,000.",
    ),
    Entry(
        ("MDE",),
        "Minimum detectable effect: the smallest drop that an experiment of this size usually finds. A smaller one "
        "may go unseen.",
        "Where that is more than you care for, add examples or take `--llm-repeat 3`.",
    ),
    Entry(
        ("n", "pair", "pairs"),
        "Examples that have a value in the baseline and now. `5/6`: one of six lacks a value.",
    ),
    # verdicts
    Entry(
        ("REGRESSED",),
        "The metric dropped, and chance alone hardly does that. The build is red.",
        "Look at the change that the broken examples share. If the new state is what you want, record a new baseline.",
    ),
    Entry(
        ("NEUTRAL",),
        "No drop larger than `max_drop` (0.02) was found. That is no proof that there is none: see MDE.",
    ),
    Entry(
        ("IMPROVED",),
        "The metric rose, and chance alone hardly does that.",
        "Record a new baseline, so that the better state is what later builds are held to.",
    ),
    Entry(
        ("INCONCLUSIVE",),
        "The metric dropped, but chance may have done that. The build stays green.",
        "More examples or `--llm-repeat` would tell. `llm_fail_on = inconclusive` makes it red.",
    ),
    Entry(
        ("INSUFFICIENT_DATA", "INSUFFICIENT"),
        "Too many values are missing for a verdict: trials that raised, were skipped, could not be scored, or whose "
        "examples are gone.",
        "The line below the table says which; mend the cause and run again.",
    ),
    Entry(
        ("REBASELINE",),
        "A rubric, a judge's model or an evaluator changed, so that old and new scores can't be compared. Red in CI, "
        "a warning elsewhere.",
        "Record a new baseline: `pytest --llm-experiment --llm-update-baseline`.",
    ),
    Entry(
        ("UNPAIRED",),
        "One number for the whole suite: there are no pairs of examples to compare, so no test can judge it.",
        "`llm_gate(metric, min_mean=...)` or `rule='mean'` gates it.",
    ),
    Entry(
        ("NO BASELINE", "NO_BASELINE"),
        "Nothing to compare with. Assertions decide, as in plain pytest; in CI it is an error.",
        "`pytest --llm-experiment --llm-update-baseline`, then commit `llm-baselines/`.",
    ),
    Entry(
        ("not gated", "measured", "recorded"),
        "Shown, and no verdict is given: the score was made in a test's body, or this session records a baseline.",
    ),
    # examples
    Entry(
        ("broken", "broke"),
        "The example passed in the baseline and fails now, every time, the confirming session included. Each is a "
        "failed test.",
        "`llmobs show ID` shows what happened; `--lf` runs the broken ones again.",
    ),
    Entry(
        ("suspect",),
        "The example passed in the baseline and fails now, but it has not been run often enough to call it broken.",
    ),
    Entry(("flaky",), "The example failed, and passed when it was run again."),
    Entry(
        ("dropped", "largest drops"),
        "One of the examples that pulled a regressed metric down, although it did not break.",
    ),
    Entry(
        ("known", "known failure"), "The example fails now and failed in the baseline: accepted, and not red."
    ),
    Entry(("fixed",), "The example failed in the baseline and passes now."),
    Entry(
        ("new",),
        "The example isn't in the baseline: its assertions fail as in plain pytest. It is compared once it is "
        "recorded.",
    ),
    Entry(
        ("edited",),
        "The example's inputs or reference changed since the baseline, so that its scores are not compared.",
        "`llmobs baseline accept` records it anew.",
    ),
    Entry(
        ("renamed",),
        "The example has another id than in the baseline, and the same content.",
        "`llmobs baseline accept` records it under its new id.",
    ),
    Entry(
        ("removed",),
        "The example is in the baseline and no longer in the dataset. It counts as missing: deleting what fails is no "
        "fix.",
        "`llmobs baseline prune` drops its row.",
    ),
    # sessions
    Entry(
        ("confirming", "confirmed", "second run"),
        "Model calls vary, so that nothing turns red at a first look: what is suspect is run again in a session of "
        "its own, and only what fails there too is red. `--llm-confirm 0` leaves it out.",
    ),
    Entry(("tentative",), "Red at the first look, and nothing has been run again to confirm it."),
    Entry(
        ("partial",),
        "Only some of the tests were selected (`-k`, `--lf`, a node id); the verdict speaks of those alone.",
    ),
    Entry(
        ("unscored",),
        "An evaluator raised or its answer could not be read, so that the trial has no score. It counts as missing, "
        "never as 0.",
    ),
    Entry(
        ("must pass", "must_pass"),
        "Examples that `llm_gate(must_pass=...)` asks to pass in every trial, with or without a baseline.",
    ),
    Entry(("min_mean",), "The least mean that `llm_gate(min_mean=...)` accepts, with or without a baseline."),
    Entry(
        ("max_drop",),
        "The drop of a mean that is let pass: 0.02, unless `llm_gate(max_drop=...)` says otherwise.",
    ),
    Entry(
        ("known failures from now on",),
        "What failed while the baseline was recorded. Later builds accept that it fails.",
        "Mend it before you commit the baseline, if it should not fail.",
    ),
    Entry(
        ("cost", "at least", "cost unknown"),
        "What the calls cost by a price list that is part of the installation. `at least` says that for some calls no "
        "price is known.",
    ),
    Entry(
        ("cold",),
        "A trial that paid for imports and first connections. Its latency is shown and not compared.",
    ),
    Entry(
        ("xfailed",),
        "pytest's word for a test that was expected to fail. Under a baseline an assertion that fails is reported so "
        "until the gate has decided.",
    ),
)


def find(word: str) -> Entry | None:
    """Return the entry of a word, however it is written; None where there is none."""
    wanted = _plain(word)
    for entry in GLOSSARY:
        if wanted in map(_plain, entry.words):
            return entry
    return None


def all_words() -> Iterator[str]:
    """Yield every word that is explained."""
    for entry in GLOSSARY:
        yield from entry.words


def _plain(word: str) -> str:
    return word.casefold().replace("_", " ").replace("-", " ").strip(" ▼▲→?!·±.:[]")
