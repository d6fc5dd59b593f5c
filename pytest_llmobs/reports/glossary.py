"""What each word of the output means, and what to do about it: ``llmobs explain`` and docs/words.md show this table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PAGE = "https://github.com/pytest-llmobs/pytest-llmobs/blob/main/docs/words.md"
"""Where the page with all words is read."""

_SIGNS = " ▼▲→≈?!·±✓✗.:=+[]"
"""What stands around a word; a sign that stands alone is a word."""


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
        ("pass", "passes", "fresh pass", "fresh passes"),
        "As a metric, the share of trials whose test passed. Otherwise each example of a suite run once: "
        "`--llm-repeat 3` makes three passes, a baseline records five. Fresh ones are those that the gate ran after "
        "the first look.",
    ),
    Entry(
        ("experiment",),
        "One session with `--llm-experiment`, under a name of its own.",
        "`llmobs experiments` lists them, `llmobs show NAME` shows one.",
    ),
    Entry(
        ("run", "trace"),
        "A run is one traced call with its inputs, outputs, time, tokens and cost. A trace is a run with all the "
        "runs below it.",
        "`llmobs show ID` shows a trace.",
    ),
    Entry(
        ("baseline",),
        "The accepted scores of each example, committed under `llm-baselines/`. An experiment is compared with them.",
        "`pytest --llm-experiment --llm-update-baseline` records one.",
    ),
    # columns
    Entry(
        ("base", "now", "candidate"),
        "The mean over the examples in the baseline, and in this experiment with all its passes. A metric that would "
        "be red shows that of its fresh passes alone, as its Δ does.",
    ),
    Entry(
        ("Δ", "delta"),
        "The mean difference between the baseline and now, example by example. Below zero is worse, also where lower "
        "is better. Of a REGRESSED or DRIFTED metric it is of fresh passes alone: the first one was chosen for being "
        "low.",
    ),
    Entry(
        ("pp", "point", "points"),
        "Percentage points: from 0.90 to 0.88 is a drop of 2 pp. A score that doesn't lie between 0 and 1 has its "
        "own measure instead.",
    ),
    Entry(
        ("CI", "interval", "90 % CI", "±"),
        "Confidence interval: where the true difference lies, in 90 of 100 experiments like this one. In 95 of 100 "
        "it is above the lower end. It allows for examples that vary more than they did, which p doesn't, so that it "
        "may reach above zero where p is small.",
        "A wide one asks for more examples, for `--llm-repeat`, or for more passes in the baseline.",
    ),
    Entry(
        ("no drop beyond", "no rise beyond", "any drop is possible"),
        "The largest drop that the trials leave open, with 95 % confidence: the lower end of the interval. Where "
        "lower is better it is a rise.",
    ),
    Entry(
        ("p", "p-value", "mid-p"),
        "The chance of a drop this large if nothing had changed: old and new trials of each example are shuffled "
        "1,999 times, and the share of shuffles with a drop as large is counted, those that tie by half (mid-p). "
        "`.002` means 2 in 1,000.",
    ),
    Entry(
        ("p of G", "p of"),
        "The same among all G gating metrics of the session: the chance that any of them drops so far (max-T). `p of "
        "3` is of three metrics. The verdict goes by it, so that more metrics make no more false alarms.",
    ),
    Entry(
        ("MDE",),
        "Minimum detectable effect: the drop that an experiment of this size finds about four times in five. A "
        "smaller one may go unseen. `(10 passes, K=3)`: what it would be with 10 passes in the baseline, and with "
        "`--llm-repeat 3`.",
        "Where that is more than you care for, add passes to the baseline with `--llm-update-baseline=add`, which "
        "costs nothing a build, add examples, or take `--llm-repeat 3`.",
    ),
    Entry(
        ("n", "pair", "pairs"),
        "Examples that have a value in the baseline and now. `5/6`: one of six lacks a value.",
    ),
    # verdicts
    Entry(
        ("REGRESSED", "▼"),
        "The metric dropped by `max_drop` (0.02) or more, and chance alone hardly does that: the gate looked again, "
        "up to three times, and p of G is below .025 at the last look, or at most .001 before. The build is red.",
        "Look at the change that the broken examples share. If the new state is what you want, record a new "
        "baseline.",
    ),
    Entry(
        ("DRIFTED", "≈", "accepted code fails alike"),
        "The build would be red, but the accepted code, run beside it today, fails alike: what changed is the day (a "
        "provider, a cache, an index), not your code. The build stays green, with a warning.",
        "Wait, or record a baseline of how it is today. `llm_fail_on = drifted` makes it red.",
    ),
    Entry(
        ("NEUTRAL", "→"),
        "No drop was found. What the trials can't rule out stands beside it: `no drop beyond 2.0 pp`.",
    ),
    Entry(
        ("IMPROVED", "▲"),
        "The metric rose by `max_drop` (0.02) or more, and chance alone hardly does that.",
        "Record a new baseline, so that the better state is what later builds are held to.",
    ),
    Entry(
        ("INCONCLUSIVE", "?", "may have dropped"),
        "The metric dropped by `max_drop` or more, and p is below .10 at the last look, but chance may have done "
        "that. The build stays green, with a warning.",
        "More passes in the baseline, more examples or `--llm-repeat` would tell. `llm_fail_on = inconclusive` makes "
        "it red.",
    ),
    Entry(
        ("INSUFFICIENT_DATA", "INSUFFICIENT"),
        "Too many values are missing for a verdict: trials that raised, were skipped, could not be scored, or whose "
        "examples are gone. Missing trials are run once more before. A gate that wanted a further look and couldn't "
        "have it says the same: it is not green.",
        "The line below the table says which; mend the cause and run again.",
    ),
    Entry(
        ("REBASELINE",),
        "A rubric, a judge's model or an evaluator changed, or the marker lost a metric of the baseline, so that old "
        "and new scores can't be compared. Red in CI, a warning elsewhere.",
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
        'Shown, and no verdict is given: the score was made in a test\'s body, `rule="off"` says so, or this session '
        "records a baseline.",
    ),
    # examples
    Entry(
        ("suspect",),
        "The example passed in nine tenths of the baseline's trials or more, and fails in most trials now. It is run "
        "again by itself, up to 16 trials, until it is broken or flaky. Where even 16 can't tell, it stays suspect: "
        "a warning.",
        "10 passes in the baseline tell sooner: `--llm-update-baseline=add`.",
    ),
    Entry(
        ("broken", "broke"),
        "A suspect that passes so rarely, in up to 16 trials, that chance would not do that once among all examples. "
        "In a suite with a regressed metric it is one that fails in every trial, fresh ones too. Each is a failed "
        "test. By a score, an example passes in a trial that scores above half of what it scored in the baseline.",
        "`llmobs show ID` shows what happened; `--lf` runs the broken ones again.",
    ),
    Entry(
        ("flaky",),
        "The example passed in the baseline and failed at least once now, but not so often that it broke: not red.",
    ),
    Entry(
        ("dropped", "largest drops"),
        "One of the examples that pulled a regressed metric down, although it did not break.",
    ),
    Entry(
        ("known", "known failure"),
        "The example fails now and failed in more than a tenth of the baseline's trials: accepted, and not red.",
    ),
    Entry(("fixed",), "The example failed in the baseline and passes now."),
    Entry(
        ("new",),
        "The example isn't in the baseline: its assertions fail as in plain pytest. It is compared once it is "
        "recorded.",
    ),
    Entry(
        ("edited",),
        "The example's inputs or reference changed since the baseline, so that its scores are not compared. Many "
        "edited ones are INSUFFICIENT_DATA.",
        "`llmobs baseline accept` records it anew.",
    ),
    Entry(
        ("renamed",),
        "The example has another id than in the baseline, and the same content.",
        "`llmobs baseline accept` records it under its new id.",
    ),
    Entry(
        ("removed",),
        "The example is in the baseline and no longer in the dataset. It counts as missing: deleting what fails is "
        "no fix.",
        "`llmobs baseline prune` drops its row.",
    ),
    # sessions
    Entry(
        ("GREEN", "RED", "✓", "✗"),
        "How the session ended. It agrees with the exit status: RED wherever that isn't 0, whatever made it.",
    ),
    Entry(
        ("+dirty",),
        "Behind a commit: tracked files, other than baselines, had changes that were not committed.",
        "Record baselines from a clean work tree: git can't bring back such code to run it beside yours.",
    ),
    Entry(
        ("look", "further look", "looking again", "one look", "one look only", "confirming"),
        "Model calls vary, so that nothing turns red at a first look. Where a metric may have dropped (p below .10), "
        "the gate has one more pass of the suite run, in a session of its own, and looks again at all passes "
        "together; at most three times. Then suspects are run again. With one look only, red needs p below .02.",
        "`--llm-confirm N` says how many further passes there may be; 0 leaves one look.",
    ),
    Entry(
        ("accepted code", "control", "accepted code today", "not compared with the accepted code today"),
        "The code of the baseline's commit. Where a build would be red, what is suspect runs on it too, today, in a "
        "temporary worktree of git: what fails there alike has DRIFTED. Where it can't run, the red stands, and the "
        "line says why.",
        "`llm_control = off` leaves it out.",
    ),
    Entry(
        ("A/A figure", "A/A", "this suite has days"),
        "How far the same code moved between the sessions that the baseline holds, with the p of the newest against "
        "the others. Below .05 the suite has days: the same code does better on one than on another.",
        "Keep the control on, and record on two days with `--llm-update-baseline=add`.",
    ),
    Entry(
        ("same recordings", "no noise"),
        "Both sides replay the same recorded replies, so that nothing varies: any difference is the code's, and "
        "there is no p, no interval and no MDE.",
    ),
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
    Entry(
        ("min_mean", "missed a bound"),
        "The least mean that `llm_gate(min_mean=...)` accepts, with or without a baseline. It holds for the session's "
        "own passes, before any further look. A missing score counts as the worst: 0 of 0 to 1, else the worst there "
        "is.",
    ),
    Entry(
        ("course", "newest", "worst", "slid"),
        "Of `llmobs experiments --history`: the means of the newest experiments as bars, the last one, and the lowest "
        "one. A metric slid where they went one way over experiments that each passed.",
    ),
    Entry(
        ("max_drop",),
        "The smallest drop of a mean that can be red: 0.02, unless `llm_gate(max_drop=...)` says otherwise. Of a "
        "metric that leaves 0 to 1 it is 0.02 of the range seen in its baseline.",
    ),
    Entry(
        ("scale",),
        "`llm_gate(metric, scale=(1, 5))` says that scores go from 1 to 5: the table then shows every figure of the "
        "metric between 0 and 1. Scores of single examples are shown as they are.",
    ),
    Entry(
        ("known failures from now on",),
        "What failed while the baseline was recorded. Later builds accept that it fails.",
        "Mend it before you commit the baseline, if it should not fail.",
    ),
    Entry(
        ("cost", "at least", "cost unknown"),
        "What the calls cost by a price list that is part of the installation. `at least` says that for some calls "
        "no price is known.",
    ),
    Entry(
        ("cold",),
        "A trial that paid for imports and first connections. Its latency is shown and not compared.",
    ),
    # prompts
    Entry(
        ("prompt", "matched", "none in the baseline", "not used"),
        "Which commits of a prompt the trials used, then and now. `(matched)`: no object says so, but a text that a "
        "model was sent is the prompt's: a copy that stands in the code. `none in the baseline`: it was recorded "
        "before the prompt was used, or by a version that didn't keep that.",
        "`llmobs prompts diff NAME A B` shows how two commits differ; `pull_prompt(NAME)` takes the place of a copy.",
    ),
    Entry(
        ("never filled in",),
        "A model was sent a prompt with a variable in braces, such as `{customer_name}`: it saw the braces.",
        "Give the variable to `format`. A template that is sent on purpose is `str(prompt)`.",
    ),
    # A/B tests
    Entry(
        ("arm", "variant", "A/B test"),
        "A version of a prompt that some users get, dealt out by `ab()`. `llmobs prompts ab` compares the arms with "
        "the one called `control`, else with the heaviest.",
        "docs/ab-tests.md tells how.",
    ),
    Entry(
        ("assignment is broken", "sample ratio", "meant", "share"),
        "The arms haven't the shares of users that the weights meant: chance would be so far off less than once in a "
        "thousand tests. Something made the arms' users unlike, so that no difference between them can be trusted.",
        "Look for a version that crashes before its run is logged, and for parts of the app that call `ab()` with "
        "another key or salt.",
    ),
    Entry(
        ("Holm",),
        "p adjusted for how many differences the page shows: among ten, one below .05 is nothing to wonder at.",
        "Ask for the metric that decides, alone: `--metric user_rating`.",
    ),
    Entry(
        ("more", "enough", "users still needed"),
        "Users that the two arms still need so that a difference of the size of `--detect` is found in four tests of "
        "five; users who say nothing are counted in.",
    ),
    # agreement of reviewers
    Entry(
        ("κ", "kappa", "Cohen's κ", "Cohen's kappa", "Fleiss' κ", "Fleiss' kappa", "weighted κ"),
        "How far raters agree beyond what chance alone would do: 1 is full agreement, 0 no more than dice. Cohen's is of "
        "two raters, Fleiss' of any number. Of ordered categories it is weighted: two steps apart is worse than one. "
        "The figures in brackets are the ends of a 95 % interval.",
        "Where it is low, look at what reviewers differ about: `llmobs review QUEUE:disagreements`.",
    ),
    Entry(
        ("α", "alpha", "Krippendorff's α", "Krippendorff's alpha"),
        "Krippendorff's alpha: as kappa, for any number of raters who needn't have seen the same items, and for numbers, "
        "where a small difference counts less than a large one.",
    ),
    Entry(
        ("AC1", "AC2", "Gwet's AC1", "paradox", "the paradox of kappa", "paradox of kappa"),
        "Where nearly all items are alike, raters may agree on 95 of 100 and still have a kappa near 0, because chance "
        "alone would agree as often: the paradox of kappa. Gwet's AC1 takes chance to be less there. AC2 is the same "
        "for ordered categories.",
        "Believe AC1 that the raters agree, and kappa that they don't agree on the few items that matter: route more of "
        "those to the queue.",
    ),
    Entry(
        ("raw", "raw agreement"),
        "How often two raters of an item say exactly the same. Of numbers that is rare, and says little.",
    ),
    Entry(
        ("undefined",),
        "A kappa or alpha that has no value: all ratings are one class, so that there was nothing to tell apart. Then "
        "raw agreement is 1, and the gate lets it pass.",
        "Route items to the queue of which some should be rejected.",
    ),
    Entry(
        ("not exported", "agreement unknown"),
        "Reviewers agree less than the queue's `least_agreement` (0.70) or `--least` asks for: what they said becomes "
        "neither examples nor pairs. It is unknown where no two of them judged the same item: that passes, unless "
        "`--least` is given.",
        "`overlap: 20%` in the queue's file has a fifth of the items judged by two.",
    ),
    Entry(
        ("level", "nominal", "ordinal"),
        "What answers are, and so how far apart two of them lie: nominal ones are the same or not, ordinal ones lie "
        "steps apart, of interval ones the difference counts.",
    ),
    Entry(
        ("xfailed",),
        "pytest's word for a test that was expected to fail. Under a baseline an assertion that fails is reported so "
        "until the gate has decided.",
    ),
)


def find(word: str) -> Entry | None:
    """Return the entry of a word, however it is written; None where there is none."""
    for wanted in (word.strip(), _plain(word), _plain(word).removesuffix("s")):
        for entry in GLOSSARY:
            if wanted and wanted in (*entry.words, *map(_plain, entry.words)):
                return entry
    return None


def all_words() -> Iterator[str]:
    """Yield every word that is explained."""
    for entry in GLOSSARY:
        yield from entry.words


def _plain(word: str) -> str:
    bare = re.sub("[_-]", " ", word.casefold()).replace("(", "").replace(")", "")
    # among how many metrics a p is differs from session to session
    return re.sub(r"^p of \d+$", "p of g", bare.strip(_SIGNS))
