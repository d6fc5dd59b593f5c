"""What the section at the end of an experiment session looks like.

The golden texts lie in ``golden/``; ``LLMOBS_GOLDEN=write`` writes them anew for review in the diff.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.terminal.section import SCREEN, TerminalReport, render
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.conftest import CHANGE, OUTPUT, REGRESSED, broken, row

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
COMMAND = re.compile(
    r"^ +(look closer|rerun broken|rerun worst|accept|record one|commit this|the words) +|llmobs show "
)


def golden(text: str, name: str) -> str:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("LLMOBS_GOLDEN") == "write":
        path.write_text(text + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").removesuffix("\n")


@pytest.mark.parametrize("width", [80, 120])
def test_every_kind_of_experiment_reads_as_approved(gallery, kind, width):
    text = render(gallery[kind](), width=width, color=False)
    assert text == golden(text, f"{kind}.{width}")


@pytest.mark.parametrize("kind", ["red_examples", "red_metric", "drifted", "other_measures", "thousand"])
def test_everything_reads_as_approved(gallery, kind):
    whole = gallery[kind]()
    examples = whole.decision.examples[:20]
    cut = replace(whole, decision=replace(whole.decision, examples=examples))
    text = render(cut, width=80, color=False, context=Context(everything=True))
    assert text == golden(text, f"{kind}.all")


@pytest.mark.parametrize("width", [80, 120])
def test_a_red_experiment_fits_on_a_screen(gallery, kind, width):
    experiment = gallery[kind]()
    lines = render(experiment, width=width, color=False).split("\n")
    assert not experiment.decision.red or len(lines) <= SCREEN


@pytest.mark.parametrize("kind", ["red_examples", "insufficient", "improved", "drifted"])
def test_ascii_reads_as_approved(gallery, kind):
    text = render(gallery[kind](), width=80, color=False, encoding="ascii")
    assert text == golden(text, f"{kind}.ascii")


@pytest.mark.parametrize("width", [40, 60, 79, 80, 100, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_but_a_command_goes_beyond_the_page(gallery, kind, width, encoding):
    lines = render(gallery[kind](), width=width, color=False, encoding=encoding).split("\n")
    assert [line for line in lines if cells.width(line) > width and not COMMAND.search(line)] == []


def test_colour_changes_no_character(gallery, kind):
    colored = render(gallery[kind](), width=80, color=True)
    plain = render(gallery[kind](), width=80, color=False)
    assert ANSI.sub("", colored) == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "no-such-codec"])
def test_every_character_can_be_encoded(gallery, kind, encoding):
    text = render(gallery[kind](), width=80, color=False, encoding=encoding)
    text.encode("ascii" if encoding == "no-such-codec" else encoding)


def test_nothing_trails(gallery, kind):
    text = render(gallery[kind](), width=80, color=False)
    assert text == text.strip("\n")
    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    assert "\n\n\n" not in text


def test_red_rows_are_red_and_improved_ones_green(gallery):
    red = render(gallery["red_metric"](), width=80, color=True)
    assert re.search(r"\x1b\[31m✗ pass .*▼ REGRESSED\x1b\[0m", red)
    assert "\x1b[31;1mRED: pass regressed\x1b[0m" in red
    assert re.search(
        r"\x1b\[32m  tone_quality .*▲ IMPROVED\x1b\[0m", render(gallery["improved"](), width=80, color=True)
    )


def test_a_recorded_baseline_says_what_to_commit(gallery):
    files = ("llm-baselines/tests.test_support.test_support_agent.json", "llm-baselines/with space.json")
    text = render(gallery["recorded"](), width=80, color=False, context=Context(recorded=files))
    assert "BASELINE RECORDED: 2 files" in text
    assert "  commit this  git add -A llm-baselines" in text
    assert "record one" not in text


def test_commits_of_prompts_go_to_git_with_the_baseline_that_names_them(gallery):
    recorded = gallery["recorded"]()
    context = Context(recorded=("llm-baselines/test_support.json",), prompt_folder="prompts")
    assert render(recorded, width=80, color=False, context=context).endswith("git add -A llm-baselines")
    used = replace(recorded, prompts={"test_support.py": {"support": "0123456789abcdef"}})
    text = render(used, width=80, color=False, context=context)
    assert text.endswith("git add -A llm-baselines prompts")


WITHOUT_NOISE = {
    **REGRESSED,
    **dict.fromkeys(("low", "high", "p", "p_adjusted", "mde", "mde_more_passes", "mde_more_repeats")),
    "tests": 0,
    "passes": 1,
    "fresh": False,
    "same_recordings": True,
}


@pytest.mark.parametrize(("width", "in_table"), [(120, True), (80, True), (60, False)])
def test_a_row_on_the_same_recordings_says_so_once_in_place_of_its_figures(gallery, width, in_table):
    rows = (
        row("pass", "REGRESSED", **WITHOUT_NOISE),
        row("tone", **{**WITHOUT_NOISE, "red": False, "delta": 0.0}),
    )
    text = render(replace(gallery["small"](), decision=Decision(metrics=rows)), width=width, color=False)
    lines = text.splitlines()
    assert ("−12.0 pp, same recordings, no noise" in text) is in_table
    assert ("✗ pass: Δ of 1 pass, 36 examples; same recordings, no noise" in lines) is not in_table
    assert ("0.0 pp, same recordings, no noise" in text) is in_table
    assert "MDE" not in text
    assert "fresh" not in text


def test_recordings_go_to_git_with_the_baseline_that_names_them(gallery):
    context = Context(recorded=("llm-baselines/test_support.json",), cassette_folder="llm-cassettes")
    text = render(gallery["recorded"](), width=80, color=False, context=context)
    assert text.endswith("git add -A llm-baselines llm-cassettes")


def test_commands_keep_the_users_own_arguments_and_store(gallery):
    context = Context(
        accept="pytest tests -m llm --llm-experiment --llm-update-baseline",
        rerun="pytest -m llm --llm-experiment",
        store="/data/lab store",
    )
    text = render(gallery["small"](), width=80, color=False, context=context)
    assert "  accept        pytest tests -m llm --llm-experiment --llm-update-baseline" in text
    nodeid = "'tests/test_support.py::test_support_agent[double-charge]'"
    assert f"  rerun broken  pytest -m llm --llm-experiment {nodeid}" in text
    assert "llmobs show 0193ab12-3456-7abc-8def-0123456789ab --store '/data/lab store'" in text


def test_many_broken_examples_are_rerun_through_a_file(gallery):
    text = render(gallery["thousand"](), width=80, color=False)
    command = "llmobs show brave-otter-1123 --broken > broken.txt && pytest --llm-experiment @broken.txt"
    assert f"  rerun broken  {command}" in text


@pytest.mark.parametrize("width", [80, 120])
def test_five_failures_are_all_shown_within_forty_lines(gallery, width):
    red = gallery["red_metric"]()
    rows = []
    for number, name in enumerate(("返金-👩🏽\u200d💻", "double-charge", "é" * 70, "🇩🇪", "plain")):
        own = (CHANGE, OUTPUT, f"output:\n@@ -1 +1 @@\n-Sorry {number}\n+No {number}")
        rows += [broken(name, changes=own), broken(name, "tone_quality", changes=own)]
    experiment = replace(red, decision=replace(red.decision, examples=tuple(rows)))
    lines = render(experiment, width=width, color=False).split("\n")
    shown = [line for line in lines if re.match(r"  ✗ \S+  pass 5/5 → 0/6 trials", line)]
    assert len(shown) == 5
    assert len(lines) <= 40
    assert [line for line in lines if cells.width(line) > width and not COMMAND.search(line)] == []


def test_a_full_screen_shows_three_of_the_examples_and_the_change(gallery):
    red = gallery["red_metric"]()
    rows = [
        broken(f"e{number}", changes=(CHANGE, f"output:\n@@ -1 +1 @@\n-a\n+{number}")) for number in range(9)
    ]
    notes = tuple(f"note {number}" for number in range(9))
    experiment = replace(red, notes=notes, decision=replace(red.decision, examples=tuple(rows)))
    text = render(experiment, width=80, color=False)
    assert len(re.findall(r"^  ✗ e\d+  pass", text, re.M)) == 3
    assert "+ Address {customer_name} by name" in text
    assert "… 9 examples, uncut: llmobs show brave-otter-1123 --all" in text


def test_a_thousand_broken_examples_show_five_and_say_where_all_are(gallery):
    text = render(gallery["thousand"](), width=80, color=False)
    assert len(re.findall(r"^  ✗ e\d+  pass 5/5 → 0/6 trials", text, re.M)) == 5
    assert "… 1,000 examples, uncut: llmobs show brave-otter-1123 --all" in text
    assert "same change in 500 of 1,000 examples" in text


def test_what_all_examples_share_is_told_with_one_line_about_the_others(gallery):
    whole = gallery["thousand"]()
    rows = tuple(
        replace(each, changes=whole.decision.examples[1].changes) for each in whole.decision.examples
    )
    text = render(replace(whole, decision=replace(whole.decision, examples=rows)), width=80, color=False)
    assert "same change in all 1,000 examples" in text
    assert text.count("Address {customer_name}") == 1


def test_everything_means_everything(gallery):
    context = Context(everything=True)
    text = render(gallery["thousand"](), width=80, color=False, context=context)
    assert len(re.findall(r"^  ✗ e\d+$", text, re.M)) == 1000
    assert "… " not in text
    suites = render(gallery["many_suites"](), width=80, color=False, context=context)
    assert suites.count("::test_case_with_a_long_name") == 30


def test_an_accepting_command_is_offered_only_where_it_helps(gallery):
    offered = {kind for kind in gallery if "--llm-update-baseline" in _without_notes(gallery[kind]())}
    assert offered == {
        "improved",
        "red_metric",
        "red_examples",
        "thresholds",
        "rebaseline",
        "no_baseline",
        "no_baseline_and_failing",
        "no_baseline_in_ci",
        "one_look",
        "drifted",
        "drifted_red",
        "other_measures",
        "small",
        "many_suites",
        "thousand",
    }


def test_hostile_texts_stay_harmless(gallery):
    experiment = gallery["small"]()
    row = replace(
        experiment.decision.examples[0],
        example_id="x\x1b[2Jy\nz",
        comment="\x1b]0;owned\x07 \u202eevil\ud800\r\nend",
        changes=("model: \x9b31m -> b",),
    )
    decision = replace(experiment.decision, examples=(row,), notes=("note \x00",), errors=("e\x1brror",))
    text = render(replace(experiment, name="na\x1bme", decision=decision), width=80, color=False)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    assert r"x\x1b[2Jy z" in text
    assert r"\x1b]0;owned\x07 \u202eevil\ud800" in text


def test_equal_notes_are_said_once_and_many_are_counted(gallery):
    notes = ("twice", "twice", *(f"note {number}" for number in range(15)))
    experiment = replace(gallery["green"](), decision=Decision(notes=notes), notes=("twice",))
    text = render(experiment, width=80, color=False)
    assert text.count("! twice") == 1
    assert "… 6 more notes" in text


def test_the_report_is_a_report():
    experiment = Experiment(name="n", started="2026-11-23T16:14:05Z", duration=1.0)
    assert TerminalReport.name == "terminal"
    assert (
        TerminalReport()
        .render(digest(experiment), Page(), Context())
        .startswith("n · 2026-11-23 16:14 UTC\n")
    )


def _without_notes(experiment: Experiment) -> str:
    lines = render(experiment, width=80, color=False).split("\n")
    return "\n".join(line for line in lines if COMMAND.search(line))


def test_a_few_notes_are_whole_on_a_screen_and_many_take_a_line_each(gallery):
    red = gallery["red_metric"]()
    note = "first words, " + "more words " * 20 + "last words"
    few = render(replace(red, notes=(note,), decision=replace(red.decision, notes=())), width=80, color=False)
    assert "last words" in few
    many = render(replace(red, notes=tuple(map(note.__add__, "abcd"))), width=80, color=False)
    assert "first words" in many
    assert "last words" not in many
    output = "\n".join(f"line {number}" for number in range(30))
    one = render(
        replace(red, notes=(output,), decision=replace(red.decision, notes=())), width=80, color=False
    )
    assert ("line 0" in one, "line 9" in one, "line 29" in one) == (True, False, True)


def test_what_failed_stands_before_what_the_gate_says_of_it(gallery):
    red = gallery["small"]()
    row = replace(
        red.decision.examples[0],
        comment="passed 5 times in the baseline, failed 6 times now\nassert 'refund' in 'Hi'",
    )
    text = render(replace(red, decision=replace(red.decision, examples=(row,))), width=80, color=False)
    assert "5/5 → 0/6 trials: assert 'refund' in 'Hi'; passed 5" in text
    must = replace(row, comment="must pass (vip=True): 0 of 6 trials passed\nassert 'refund' in 'Hi'")
    rows = [replace(must, example_id=name) for name in "ab"]
    rows += [replace(row, example_id=name) for name in "cdef"]
    text = render(replace(red, decision=replace(red.decision, examples=tuple(rows))), width=80, color=False)
    assert "0/6 trials: must pass (vip=True): 0 of 6 trials passed" in text  # the rest is said once, above


def test_a_neutral_row_says_what_it_leaves_open_and_not_zero(gallery):
    suite = gallery["green"]()
    rows = [replace(each, delta=0.0, low=-0.0501, high=0.0501, mde=0.15) for each in suite.decision.metrics]
    text = render(replace(suite, decision=Decision(metrics=tuple(rows))), width=80, color=False)
    assert "no drop beyond 5.1 pp (95 %)" in text
    assert not re.search(r"(±|Δ|MDE) *0\.0", text)


@pytest.mark.parametrize("width", [60, 80])
def test_a_red_row_says_which_passes_chances_and_accepted_code_it_is_judged_by(gallery, width):
    text = " ".join(render(gallery["red_metric"](), width=width, color=False).split())
    assert (
        "✗ pass: Δ of 3 fresh passes, 36 examples; p .002, p of 3 .006; MDE 6.1 pp; the accepted code today 0.962"
        in text
    )


def test_a_page_with_room_for_the_figures_says_them_in_the_table_alone(gallery):
    text = render(gallery["red_metric"](), width=120, color=False)
    assert text.count(".002 (.006)") == text.count("3 fresh") == 1
    assert "✗ pass: the accepted code today 0.962" in text.split("\n")


def test_what_broken_examples_and_the_largest_drops_share_is_said_once(gallery):
    rows = [broken(name, comment="note\nassert 'refund' in reply") for name in "abc"]
    rows += [replace(broken(name, comment="assert 'refund' in reply"), state="dropped") for name in "def"]
    experiment = replace(gallery["green"](), decision=Decision(examples=tuple(rows)))
    assert render(experiment, width=80, color=False).count("assert 'refund' in reply") == 1


def test_examples_of_several_suites_are_listed_with_their_tests(gallery):
    green = gallery["green"]()
    rows = tuple(
        replace(broken("a", suite=f"t.py::{name}"), state="flaky", red=False) for name in ("one", "two")
    )
    metrics = tuple(row("pass", suite=each.suite) for each in rows)
    text = render(replace(green, decision=Decision(metrics=metrics, examples=rows)), width=120, color=False)
    assert "at least once now): one[a], two[a]" in text


def test_a_minus_where_lower_is_better_is_said_to_be_a_rise(gallery):
    green = gallery["green"]()
    suite = replace(green.suites[0], gates=(GateRule(metric="length", lower_is_better=True),))
    metrics = (row("length", "REGRESSED", **REGRESSED), row("pass"))
    text = render(replace(green, suites=(suite,), decision=Decision(metrics=metrics)), width=80, color=False)
    assert "· length: lower is better, so that a rise has a minus" in text.split("\n")


def test_an_example_that_broke_is_not_listed_as_flaky_by_another_metric(gallery):
    rows = (broken("a"), replace(broken("a", "tone"), state="flaky", red=False))
    text = render(replace(gallery["green"](), decision=Decision(examples=rows)), width=80, color=False)
    assert "1 example broke" in text
    assert "flaky" not in text


def test_an_example_that_is_flaky_and_known_is_listed_once(gallery):
    rows = [replace(broken("a", name), state=name, red=False) for name in ("flaky", "known")]
    text = render(replace(gallery["green"](), decision=Decision(examples=tuple(rows))), width=80, color=False)
    assert "1 known (failed now and in the baseline): a" in text
    assert "flaky" not in text


def test_of_many_red_metrics_a_screen_tells_the_figures_of_a_few(gallery):
    red = gallery["red_metric"]().decision.metrics[0]
    rows = tuple(replace(red, metric=f"m{number}", p=number / 1000) for number in range(10))
    experiment = replace(gallery["green"](), decision=Decision(metrics=rows))
    text = render(experiment, width=80, color=False)
    assert text.count("fresh passes") == 3
    assert len(text.split("\n")) <= SCREEN
    assert (
        render(experiment, width=120, color=False, context=Context(everything=True)).count("fresh passes")
        == 10
    )


def test_one_metric_alone_has_one_p(gallery):
    alone = replace(gallery["red_metric"]().decision.metrics[0], p_adjusted=None, tests=1)
    text = render(replace(gallery["green"](), decision=Decision(metrics=(alone,))), width=80, color=False)
    assert "36 examples; p .002" in text
    assert "p of" not in text


def test_why_examples_are_not_compared_with_the_accepted_code_is_said_once(gallery):
    experiment = gallery["red_examples"]()
    reason = "not compared with the accepted code today: dependencies changed since"
    assert render(experiment, width=80, color=False).count(reason) == 1
    metric = replace(gallery["red_metric"]().decision.metrics[0], control_note="dependencies changed since")
    both = replace(experiment, decision=replace(experiment.decision, metrics=(metric,)))
    assert render(both, width=80, color=False).count(reason) == 1


def test_a_broken_example_shows_what_the_accepted_code_did(gallery):
    text = render(gallery["red_examples"](), width=120, color=False)
    assert "✗ double-charge  pass 5/5 → 0/6 trials, accepted code today 5/5" in text


def test_what_drifted_names_both_figures_and_what_to_do(gallery):
    text = " ".join(render(gallery["drifted"](), width=80, color=False).split())
    assert (
        "! pass: now 0.847, the accepted code today 0.851: the accepted code fails alike today; record a"
        in text
    )
    assert "≈ double-charge pass 5/5 → 0/8 trials, accepted code today 1/5" in text
    assert "accept pytest --llm-experiment --llm-update-baseline" in text
