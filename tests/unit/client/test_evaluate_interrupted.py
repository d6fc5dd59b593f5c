"""An evaluation is never truncated in silence, and goes on where it stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import evaluate
from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import ArgumentError, ConflictError, IncompleteExperiment, NotFoundError, StoreError
from pytest_llmobs.experiments.evaluation.journal import Journal, journal_names, read_journal
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.storage.spool.writer import Spool
from tests.unit.client.evaluating import DATA, App, client_in, length, right, runs_of, scores_of, stored

SCRIPT = Path(__file__).with_name("interrupted_script.py")
ROOT = Path(__file__).parents[3]


class Rejected(Exception):
    """What an SDK raises where the server answers with an error."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"status {status_code}")
        self.status_code = status_code


@pytest.fixture
def client(tmp_path: Path) -> ClientBase:
    return client_in(tmp_path)


def raising(error: BaseException, at: str = "two") -> Callable[[str], Any]:
    def act(question: str) -> Any:
        if question == at:
            raise error
        return {"answer": question.upper()}

    return act


def interrupted(
    client: ClientBase, error: BaseException | None = None, **options: Any
) -> IncompleteExperiment:
    """Evaluate an app that stops at its second example."""
    app = App(raising(error or KeyboardInterrupt()))
    with pytest.raises(IncompleteExperiment) as stopped:
        evaluate(app, data=DATA, evaluators=[right], client=client, **options)
    return stopped.value


def test_ctrl_c_raises_with_what_was_finished(client: ClientBase) -> None:
    stopped = interrupted(client)
    name = stopped.results.experiment_name
    assert [row["example"].id for row in stopped.results] == ["one"]
    assert isinstance(stopped.__cause__, KeyboardInterrupt)
    assert stopped.__cause__.__traceback__ is None  # one traceback before the message is enough
    assert str(stopped) == (
        f"The evaluation {name!r} ended early: it was interrupted. 1 of 3 trials are finished and stored; the same "
        f"call with experiment={name!r} runs the others."
    )
    experiment = stored(client, name)
    assert experiment.interrupted
    assert [trial.example_id for trial in experiment.trials] == ["one"]


def test_the_same_call_goes_on_and_calls_the_app_for_the_rest_alone(client: ClientBase) -> None:
    name = interrupted(client).results.experiment_name
    app = App()
    results = evaluate(app, data=DATA, evaluators=[right], experiment=name, client=client)
    assert app.calls == ["two", "three"]
    assert scores_of(results) == {id: {"right": 1} for id in ("one", "two", "three")}
    assert results.experiment_name == name
    experiment = stored(client, name)
    assert not experiment.interrupted
    assert len(experiment.trials) == 3
    assert journal_names(client.workspace.open_store()) == []


def test_a_trial_that_is_kept_as_ctrl_c_comes_counts_as_finished(
    client: ClientBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of an interrupted evaluation is what the next call finds, whenever the interruption came."""
    keep = Journal.keep

    def keep_and_stop(journal: Journal, trial: Trial) -> None:
        keep(journal, trial)
        if trial.example_id == "two":
            raise KeyboardInterrupt

    app = App()
    with (
        monkeypatch.context() as patched,
        pytest.raises(IncompleteExperiment, match="2 of 3 trials") as stopped,
    ):
        patched.setattr(Journal, "keep", keep_and_stop)
        evaluate(app, data=DATA, evaluators=[right], client=client, max_concurrency=0)
    name = stopped.value.results.experiment_name
    results = evaluate(app, data=DATA, evaluators=[right], experiment=name, client=client)
    assert app.calls == ["one", "two", "three"]
    assert scores_of(results) == {id: {"right": 1} for id in ("one", "two", "three")}


class Script:
    """The script in a process of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "pytest.ini").write_text("[pytest]\n")
        self._folder = folder
        self._environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), str(self._folder), *words]
        return subprocess.run(
            command,
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=_hear_ctrl_c,
        )

    @property
    def calls(self) -> list[str]:
        """What the app was called for, by all processes so far."""
        return (self._folder / "calls.txt").read_text().split()


def _hear_ctrl_c() -> None:
    """Take Ctrl-C as usual, also where this session ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_what_was_killed_goes_on(tmp_path: Path) -> None:
    script = Script(tmp_path)
    killed = script.run("SIGKILL", "0")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    client = client_in(tmp_path)
    (name,) = journal_names(client.workspace.open_store())
    finished = script.run("none", "0", name)
    assert finished.stdout == "10 1.0\n", finished.stderr
    assert f"experiment={name!r}) goes on where it stopped" in finished.stderr
    assert script.calls == [*(f"e{number}" for number in range(7)), "e6", "e7", "e8", "e9"]
    assert len(stored(client, name).trials) == 10


def test_what_was_answered_while_modules_load_is_not_paid_for_twice(tmp_path: Path) -> None:
    script = Script(tmp_path)
    killed = script.run("EARLY", "1")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (name,) = journal_names(client_in(tmp_path).workspace.open_store())
    assert script.run("none", "1", name).stdout == "10 1.0\n"
    assert script.calls == [*(f"e{number}" for number in range(7)), "e6", "e7", "e8", "e9"]


@pytest.mark.parametrize("concurrency", ["0", "2"])
def test_ctrl_c_in_a_script_keeps_what_was_finished(tmp_path: Path, concurrency: str) -> None:
    script = Script(tmp_path)
    stopped = script.run("SIGINT", concurrency)
    word, finished = stopped.stdout.split()
    assert word == "incomplete", stopped.stderr
    client = client_in(tmp_path)
    (name,) = journal_names(client.workspace.open_store())
    calls_before = len(script.calls)
    assert script.run("none", concurrency, name).stdout == "10 1.0\n"
    # Ctrl-C may come between a trial's line in the journal and its row: kept, and in no results yet
    kept_without_row = 10 - int(finished) - (len(script.calls) - calls_before)
    assert kept_without_row in ((0,) if concurrency == "0" else (0, 1))


def test_examples_that_changed_meanwhile_run_again(client: ClientBase) -> None:
    name = interrupted(client).results.experiment_name
    changed = [{**DATA[0], "outputs": {"answer": "EINS"}}, *DATA[1:]]
    app = App()
    results = evaluate(app, data=changed, evaluators=[right], experiment=name, client=client)
    assert app.calls == ["one", "two", "three"]
    assert "1 example has changed since, and ran again: one" in stored(client, name).notes
    assert scores_of(results)["one"]["right"] == 0


def test_examples_that_are_gone_are_left_out_and_told(client: ClientBase) -> None:
    name = interrupted(client).results.experiment_name
    results = evaluate(App(), data=DATA[1:], evaluators=[right], experiment=name, client=client)
    assert len(results) == 2
    assert "1 example is no longer in the data: one" in stored(client, name).notes


def test_new_evaluators_score_what_was_finished(client: ClientBase) -> None:
    name = interrupted(client).results.experiment_name
    results = evaluate(App(), data=DATA, evaluators=[right, length], experiment=name, client=client)
    assert {id: scores["length"] for id, scores in scores_of(results).items()} == {
        "one": 3,
        "two": 3,
        "three": 5,
    }


def test_an_evaluation_that_ended_has_nothing_left_to_run(client: ClientBase) -> None:
    name = evaluate(App(), data=DATA, evaluators=[right], client=client).experiment_name
    app = App()
    results = evaluate(app, data=DATA, evaluators=[right], experiment=name, client=client)
    assert (app.calls, len(results)) == ([], 3)


def test_further_repetitions_are_run(client: ClientBase) -> None:
    name = evaluate(App(), data=DATA, evaluators=[right], client=client).experiment_name
    app = App()
    evaluate(app, data=DATA, evaluators=[right], experiment=name, num_repetitions=2, client=client)
    assert app.calls == ["one", "two", "three"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_provider_that_refuses_stops_the_rest(client: ClientBase, status: int) -> None:
    app = App(raising(Rejected(status)))
    with pytest.raises(
        IncompleteExperiment, match=f"the provider refuses: Rejected: status {status}. 1 of 3"
    ):
        evaluate(app, data=DATA, evaluators=[right], client=client)
    assert app.calls == ["one", "two"]


def test_what_a_provider_refused_runs_again(client: ClientBase) -> None:
    name = interrupted(client, Rejected(401)).results.experiment_name
    app = App()
    evaluate(app, data=DATA, evaluators=[right], experiment=name, client=client)
    assert app.calls == ["two", "three"]
    assert [trial.status for trial in stored(client, name).trials] == ["passed"] * 3


@pytest.mark.parametrize("concurrency", [0, 2])
def test_a_server_that_has_enough_for_now_is_asked_again(client: ClientBase, concurrency: int) -> None:
    rejections = iter([Rejected(429)])

    def act(question: str) -> dict[str, str]:
        for rejection in rejections:
            raise rejection
        return {"answer": question.upper()}

    app = App(act)
    results = evaluate(app, data=DATA, evaluators=[right], max_concurrency=concurrency, client=client)
    assert len(app.calls) == 4
    assert results.summary_scores["right"].mean == 1.0


def test_the_budget_stops_it(tmp_path: Path) -> None:
    client = client_in(tmp_path, max_cost=0.0)
    with pytest.raises(IncompleteExperiment, match=r"\$0.0000 of \$0 spent \(--llm-max-cost\). 0 of 3"):
        evaluate(App(), data=DATA, evaluators=[right], client=client)


def test_a_disk_that_takes_no_more_stops_it(client: ClientBase, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Journal.keep

    def refuse(journal: Journal, trial: Any) -> None:
        if trial.example_id == "two":
            raise OSError(28, "No space left on device")
        keep(journal, trial)

    monkeypatch.setattr(Journal, "keep", refuse)
    with pytest.raises(
        IncompleteExperiment, match=r"the disk takes no more \(No space left on device\)"
    ) as full:
        evaluate(App(), data=DATA, evaluators=[right], client=client)
    assert [row["example"].id for row in full.value.results] == ["one"]


def test_the_evaluator_that_is_interrupted_interrupts(client: ClientBase) -> None:
    def stops(inputs: Mapping[str, Any]) -> bool:
        if inputs["question"] == "two":
            raise KeyboardInterrupt
        return True

    with pytest.raises(IncompleteExperiment) as stopped:
        evaluate(App(), data=DATA, evaluators=[stops], client=client)
    assert len(stopped.value.results) == 1


def test_an_unknown_name_is_told_with_the_near_ones(client: ClientBase, tmp_path: Path) -> None:
    name = evaluate(App(), data=DATA, experiment_prefix="support", client=client).experiment_name
    with pytest.raises(NotFoundError, match=f"No experiment is called '{name}x'.*Did you mean '{name}'"):
        evaluate(App(), data=DATA, experiment=f"{name}x", client=client)


def test_an_unknown_name_makes_no_store(client: ClientBase, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"No experiment is called 'nope'.*None is known"):
        evaluate(App(), data=DATA, experiment="nope", client=client)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_under_way_is_refused(client: ClientBase) -> None:
    may_go_on = threading.Event()

    def act(question: str) -> dict[str, str]:
        may_go_on.wait(30)
        return {"answer": question}

    first = evaluate(App(act), data=DATA, blocking=False, client=client)
    try:
        with pytest.raises(ConflictError, match=f"{first.experiment_name!r} is under way already"):
            evaluate(App(), data=DATA, experiment=first.experiment_name, client=client)
    finally:
        may_go_on.set()
        first.wait()


def test_another_target_cannot_go_on_with_it(client: ClientBase) -> None:
    def other(question: str) -> str:
        return question

    name = interrupted(client).results.experiment_name
    with pytest.raises(ArgumentError, match="Give the target and the data that it began with"):
        evaluate(other, data=DATA, experiment=name, client=client)


def test_interrupted_again_it_still_goes_on(client: ClientBase) -> None:
    name = interrupted(client).results.experiment_name
    again = App(raising(KeyboardInterrupt(), at="three"))
    with pytest.raises(IncompleteExperiment, match="2 of 3"):
        evaluate(again, data=DATA, evaluators=[right], experiment=name, client=client)
    app = App()
    evaluate(app, data=DATA, evaluators=[right], experiment=name, client=client)
    assert (again.calls, app.calls) == (["two", "three"], ["three"])


def test_a_line_that_a_crash_has_cut_costs_that_trial_alone(client: ClientBase) -> None:
    name = interrupted(client).results.experiment_name
    store = client.workspace.open_store()
    with store.layout.journal(name).open("a") as journal:
        journal.write('{"trial": {"suite": "ev')
    app = App(raising(KeyboardInterrupt(), at="three"))
    with pytest.raises(IncompleteExperiment):
        evaluate(app, data=DATA, evaluators=[right], experiment=name, client=client)
    kept = read_journal(store, name)
    assert kept is not None
    assert {trial.example_id for trial in kept.trials} == {"one", "two"}


def test_a_run_that_is_not_stored_is_unscored_by_a_new_evaluator(tmp_path: Path) -> None:
    client = client_in(tmp_path, sample_rate=0.0, keep=())
    name = interrupted(client).results.experiment_name
    assert runs_of(client, name) == []
    results = evaluate(App(), data=DATA, evaluators=[right, length], experiment=name, client=client)
    assert "trace isn't stored" in str(scores_of(results)["one"]["length"].error)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_error_that_cannot_be_shown_is_an_error_like_any_other(client: ClientBase) -> None:
    results = evaluate(App(raising(Unspeakable())), data=DATA, evaluators=[right], client=client)
    trials = {trial.example_id: trial for trial in stored(client, results.experiment_name).trials}
    assert (trials["two"].status, trials["three"].status) == ("error", "passed")
    assert trials["two"].message == "Unspeakable: (its message can't be shown: RuntimeError)"


def test_a_key_in_a_refusal_is_not_kept(client: ClientBase) -> None:
    key = "sk-ant-api03-" + "Ab9dEfGh1jKlMn0pQrStUv" * 4
    error = Rejected(401)
    error.args = (f"Incorrect API key provided: {key}",)
    stopped = interrupted(client, error)
    assert "[redacted" in str(stopped)
    store = client.workspace.open_store()
    document = json.dumps(store.read_experiment(stopped.results.experiment_name))
    assert key not in document


def test_a_store_that_takes_nothing_is_told_before_anything_runs(client: ClientBase) -> None:
    store = client.workspace.open_store()
    store.layout.create()
    (store.layout.root / "unfinished").write_text("a file in the way")
    app = App()
    with pytest.raises(
        StoreError, match=r"Can't note in '.*unfinished.*' that .* has begun: .* Make room there"
    ):
        evaluate(app, data=DATA, evaluators=[right], client=client)
    assert app.calls == []


def test_an_evaluation_whose_runs_were_lost_promises_nothing(
    client: ClientBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Spool, "loss", lambda self: "2 runs of process 7 were lost: the disk is full.")
    with pytest.raises(IncompleteExperiment) as stopped:
        evaluate(App(), data=DATA, evaluators=[right], client=client)
    assert str(stopped.value) == (
        f"The evaluation {stopped.value.results.experiment_name!r} is not whole: 2 runs of process 7 were lost: the "
        "disk is full. Its scores are stored, and nothing is left for experiment= to run; the same call without it "
        "runs all trials anew."
    )
