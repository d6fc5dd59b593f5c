"""The words of sessions, prompts and A/B tests."""

from __future__ import annotations

from pytest_llmobs.reports.glossary.entry import Entry

SESSION_WORDS: tuple[Entry, ...] = (
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
        ("cassette", "recording", "without a recording", "lacks a recording"),
        "The file of one recorded model reply, below `llm-cassettes`: what was asked, as far as it decides, and what "
        "came back. With `--llm-cassettes=only` a call that has none is an error, and nothing is sent.",
        "`--llm-cassettes=reuse` records what is missing; commit the folder.",
    ),
    Entry(
        ("reuse", "refresh", "only"),
        "What `--llm-cassettes` says: `reuse` replays what is recorded and records the rest, `refresh` records "
        "everything anew, `only` sends nothing.",
    ),
    Entry(
        ("replayed", "recordings saved", "model calls"),
        "A recorded reply came in place of a model's (`--llm-cassettes`): that call was not made, and cost nothing. "
        "`recordings saved` is what such calls had cost when they were recorded, judges' included, as far as that is "
        "known.",
        "docs/replay.md tells how; `llmobs cassettes` counts what is recorded.",
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
    Entry(
        ("xfailed",),
        "pytest's word for a test that was expected to fail. Under a baseline an assertion that fails is reported so "
        "until the gate has decided.",
    ),
)
