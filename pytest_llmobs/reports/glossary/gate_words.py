"""The words of what is measured, of the columns of the table, of verdicts and of examples."""

from __future__ import annotations

from pytest_llmobs.reports.glossary.entry import Entry

GATE_WORDS: tuple[Entry, ...] = (
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
)
