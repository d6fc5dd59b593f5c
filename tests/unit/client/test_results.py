"""What ``evaluate()`` returns, as scripts read it."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from pytest_llmobs.client.results.experiment import ExperimentResults
from pytest_llmobs.errors import ArgumentError, BaselineError, IncompleteExperiment, LlmobsError
from pytest_llmobs.experiments.evaluation.results_data import Interruption
from pytest_llmobs.experiments.stored import read_experiment
from tests.unit.client.evaluations import ended, plan_of, row, under_way, workspace_in

IDS = [f"e{number}" for number in range(12)]


@pytest.fixture
def results(tmp_path: Path) -> ExperimentResults:
    rows = [row("a", tone=0.25), row("b", tone=0.75), row("c", error="Traceback …\nValueError: no answer")]
    return ExperimentResults(ended(plan_of(["a", "b", "c"]), rows), workspace_in(tmp_path))


def measured(folder: Path, tone: float, *, name: str = "calm-river", ci: bool = False) -> ExperimentResults:
    rows = [row(id, tone=tone) for id in IDS]
    return ExperimentResults(ended(plan_of(IDS), rows, name=name), workspace_in(folder, ci=ci))


def gated(results: ExperimentResults, *arguments: object, **named: object) -> tuple[int, str]:
    out = io.StringIO()
    status = results.gate(*arguments, out=out, **named)  # type: ignore[arg-type]
    return status, out.getvalue()


def test_a_row_is_what_scripts_read(results: ExperimentResults) -> None:
    first = results[0]
    assert first["run"].outputs == {"output": "Because a."}
    assert first["example"].inputs == {"question": "Why a?"}
    (score,) = first["evaluation_results"]["results"]
    assert (score.key, score.score, score.value, score.comment) == ("tone", 0.25, None, "because")


def test_it_is_a_sequence_of_rows(results: ExperimentResults) -> None:
    assert len(results) == 3
    assert [each["example"].id for each in results] == ["a", "b", "c"]
    assert [each["example"].id for each in results[1:]] == ["b", "c"]
    assert results[-1]["run"].error
    with pytest.raises(IndexError):
        results[3]


def test_it_can_be_read_twice_and_asynchronously(results: ExperimentResults) -> None:
    async def ids() -> list[str]:
        found = [each["example"].id async for each in results]
        await results.wait()
        return found

    assert len(list(results)) == len(list(results)) == 3
    assert asyncio.run(ids()) == ["a", "b", "c"]


def test_rows_come_as_they_finish(tmp_path: Path) -> None:
    evaluation = under_way(plan_of(["a", "b"]))
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    rows = iter(results)
    evaluation.add(row("b"))
    assert next(rows)["example"].id == "b"
    assert repr(results) == "<ExperimentResults calm-river: 1 of 2 trials, under way>"
    threading.Thread(target=lambda: (evaluation.add(row("a")), evaluation.finish())).start()
    assert [each["example"].id for each in rows] == ["a"]


def test_the_event_loop_goes_on_while_a_row_is_awaited(tmp_path: Path) -> None:
    evaluation = under_way(plan_of(["a"]))
    results = ExperimentResults(evaluation, workspace_in(tmp_path))

    async def read() -> list[str]:
        async def feed() -> None:
            evaluation.add(row("a"))
            evaluation.finish()

        feeding = asyncio.get_running_loop().create_task(feed())
        found = [each["example"].id async for each in results]
        await feeding
        return found

    assert asyncio.run(read()) == ["a"]


def test_an_evaluation_that_is_followed_and_ends_early_says_so(tmp_path: Path) -> None:
    evaluation = under_way(plan_of(["a", "b"]))
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    rows = iter(results)
    evaluation.add(row("a"))
    assert next(rows)["example"].id == "a"
    evaluation.interrupt(Interruption("1 of 2 trials ran.", KeyboardInterrupt()))
    evaluation.finish()
    with pytest.raises(IncompleteExperiment, match="1 of 2 trials ran") as caught:
        next(rows)
    assert caught.value.results is results
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)


def test_what_was_finished_of_an_interrupted_evaluation_can_be_read(tmp_path: Path) -> None:
    evaluation = ended(plan_of(["a", "b"]), [row("a")], interruption=Interruption("1 of 2 trials ran."))
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    with pytest.raises(IncompleteExperiment):
        results.wait()
    assert len(list(results)) == 1
    assert repr(results) == "<ExperimentResults calm-river: 1 of 2 trials, interrupted>"
    assert gated(results)[0] == 1
    frame = results.to_pandas()
    assert list(frame["error"].isna()) == [True, False]
    assert frame["error"][1] == "never ran: 1 of 2 trials ran."


def test_it_knows_its_names(results: ExperimentResults) -> None:
    assert results.experiment_name == results.experiment_id == "calm-river"
    assert results.get_dataset_id() == "golden"


def test_its_report_is_a_page_in_whose_html_nothing_foreign_stands(tmp_path: Path) -> None:
    rows = [row("a", key="<script>alert(1)</script>")]
    evaluation = ended(plan_of(["a"], metrics=()), rows, name="R&D <b>")
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    gated(results)
    url = results.url
    assert url is not None
    assert url.startswith("file:///")
    assert results.comparison_url == url
    path = Path(url2pathname(urlsplit(url).path))
    assert path.parent == tmp_path / ".llmobs" / "reports"
    text = path.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "R&D" not in text  # it lies in the page's packed data


def test_what_stays_nowhere_has_no_page_and_writes_nothing(tmp_path: Path) -> None:
    evaluation = ended(plan_of(["a"]), [row("a")], stored=False)
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    assert results.url is None
    assert gated(results)[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_gets_a_table_of_what_it_comes_to_and_of_the_first_rows(tmp_path: Path) -> None:
    rows = [row(id, outputs={"output": "<img src=x onerror=alert(1)>"}) for id in IDS]
    results = ExperimentResults(ended(plan_of(IDS), rows), workspace_in(tmp_path))
    shown = results._repr_html_()
    assert "<img" not in shown
    assert "calm-river: 12 of 12 trials" in shown
    assert shown.count("<tr>") == 2 + 11
    assert "2 more rows" in shown


def test_a_notebook_gets_the_rows_so_far_of_what_goes_on(tmp_path: Path) -> None:
    evaluation = under_way(plan_of(["a", "b"]))
    evaluation.add(row("a", tone="polite"))
    shown = ExperimentResults(evaluation, workspace_in(tmp_path))._repr_html_()
    assert "under way" in shown
    assert "polite" in shown


def test_without_a_baseline_the_gate_is_green_at_the_desk_and_says_how_to_record_one(tmp_path: Path) -> None:
    status, text = gated(measured(tmp_path, 0.8))
    assert status == 0
    assert "NO BASELINE" in text
    assert "record one  results.gate(update_baseline=True)" in text


def test_without_a_baseline_the_gate_is_red_in_ci(tmp_path: Path) -> None:
    status, text = gated(measured(tmp_path, 0.8, ci=True))
    assert status == 1
    assert "No baseline for evaluate/golden" in text
    assert "results.gate(update_baseline=True)" in text


def test_a_recorded_baseline_is_what_the_next_evaluation_is_held_against(tmp_path: Path) -> None:
    status, text = gated(measured(tmp_path, 0.8, name="before"), update_baseline=True)
    assert status == 0
    assert "BASELINE RECORDED: 2 files" in text
    assert gated(measured(tmp_path, 0.8, name="same"))[0] == 0
    status, text = gated(measured(tmp_path, 0.3, name="worse"))
    assert status == 1
    assert "RED: tone regressed" in text
    kept = read_experiment("worse", workspace_in(tmp_path).open_store())
    assert kept.red


def test_other_results_or_an_experiments_name_serve_as_a_baseline(tmp_path: Path) -> None:
    before, after = measured(tmp_path, 0.8, name="before"), measured(tmp_path, 0.3, name="after")
    gated(before)  # keeps its document
    assert after.compare(before).red
    assert after.compare("before").red
    assert not before.compare(after).red
    assert gated(after, "before")[0] == 1
    (tone,) = [each for each in after.compare("before").metrics if each.metric == "tone"]
    assert tone.verdict == "REGRESSED"
    assert tone.baseline == 0.8


def test_two_evaluations_of_one_suite_each_are_compared_whatever_they_are_called(tmp_path: Path) -> None:
    rows = [row(id, tone=0.9, suite="evaluate/other") for id in IDS]
    other = ended(plan_of(IDS, suite="evaluate/other"), rows, name="other")
    assert measured(tmp_path, 0.3).compare(ExperimentResults(other, workspace_in(tmp_path))).red


def test_comparing_keeps_nothing(tmp_path: Path) -> None:
    results = measured(tmp_path, 0.8)
    results.compare(results)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rules", "status", "said"),
    [
        ({"min_mean": {"tone": 0.7}}, 0, ""),
        ({"min_mean": {"tone": 0.9}}, 1, "min_mean"),
        ({"must_pass": "tone"}, 0, ""),
        ({"must_pass": {"tone": {}}}, 0, ""),
    ],
)
def test_rules_hold_with_and_without_a_baseline(
    tmp_path: Path, rules: dict[str, object], status: int, said: str
) -> None:
    found, text = gated(measured(tmp_path, 0.8), **rules)
    assert (found, said in text) == (status, True)


def test_a_drop_below_max_drop_is_no_regression(tmp_path: Path) -> None:
    before, after = measured(tmp_path, 0.8, name="before"), measured(tmp_path, 0.75)
    assert gated(after, before)[0] == 1
    assert gated(after, before, max_drop=0.1)[0] == 0
    assert gated(after, before, max_drop={"tone": 0.1})[0] == 0


def test_marked_examples_must_pass(tmp_path: Path) -> None:
    metadata = {"e0": {"tier": "critical"}}
    rows = [row(id, tone=0.0 if id == "e1" else 1.0) for id in IDS]
    evaluation = ended(plan_of(IDS, metadata=metadata), rows)
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    assert gated(results, must_pass={"tone": {"tier": "critical"}})[0] == 0
    status, text = gated(results, must_pass=["tone"])
    assert status == 1
    assert "e1" in text


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            {"min_mean": {"tonne": 0.7}},
            "min_mean names a metric that nothing produced: 'tonne'. Did you mean 'tone'?",
        ),
        ({"min_mean": {"tone": "high"}}, "min_mean='high' in the gate of 'tone' is no finite number"),
        ({"min_mean": 0.7}, "min_mean=0.7: give the bounds by metric, such as min_mean={'tone': 0.7}."),
        ({"max_drop": -1}, "max_drop=-1 in the gate of 'pass' is negative"),
        ({"must_pass": 3}, "must_pass=3: give metrics"),
        ({"must_pass": {"tone": "critical"}}, "must_pass='critical' in the gate of 'tone' is no dict"),
        ({"fail_on": "inconclusiv"}, "Unknown value 'inconclusiv' for fail_on. Did you mean 'inconclusive'?"),
        ({"update_baseline": "yes"}, "update_baseline='yes': give True to record what ran, 'add'"),
        ({"baseline": 3}, "baseline=3: give other results, an experiment's name"),
        ({"baseline": ""}, "baseline='': give other results"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(tmp_path: Path, rules: dict[str, object], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        gated(measured(tmp_path, 0.8), **rules)
    assert said in str(caught.value)


def test_an_unknown_baseline_names_the_near_ones(tmp_path: Path) -> None:
    gated(measured(tmp_path, 0.8, name="calm-river"))
    with pytest.raises(BaselineError) as caught:
        measured(tmp_path, 0.8).compare("calm-rivver")
    assert str(caught.value).startswith("baseline 'calm-rivver' is no file, no folder and no experiment.")
    assert "Did you mean 'calm-river'?" in str(caught.value)


def test_failures_become_no_baseline_unless_that_is_asked_for(tmp_path: Path) -> None:
    rows = [row(id, error="ValueError: no key") for id in IDS]

    def results() -> ExperimentResults:
        return ExperimentResults(ended(plan_of(IDS), rows), workspace_in(tmp_path))

    status, text = gated(results(), update_baseline=True)
    assert status == 1
    assert "--llm-" not in text


def test_the_report_goes_to_whatever_can_be_written_to(tmp_path: Path) -> None:
    class Widget:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

    widget = Widget()
    measured(tmp_path, 0.8).gate(out=widget)  # type: ignore[arg-type]
    assert "NO BASELINE" in widget.text


def test_an_evaluation_that_could_not_be_concluded_says_so_wherever_it_is_asked(tmp_path: Path) -> None:
    evaluation = under_way(plan_of(["a"]))
    evaluation.finish(LlmobsError("The disk is full."))
    results = ExperimentResults(evaluation, workspace_in(tmp_path))
    for ask in (results.wait, results.compare, lambda: results.summary_scores, lambda: results.url):
        with pytest.raises(LlmobsError, match=r"The disk is full\."):
            ask()


def test_the_report_keeps_to_the_width_of_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated(measured(tmp_path, 0.8), update_baseline=True)
    for columns in ("80", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        _, text = gated(measured(tmp_path, 0.3))
        commands = text.index("  look closer")  # to be pasted, so never broken
        assert max(map(len, text[:commands].splitlines())) <= int(columns)
