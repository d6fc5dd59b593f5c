"""The runs of an A/B split and what they came to, read from a real store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import NotFoundError
from pytest_llmobs.experiments.splits.assignments import Assignments, read_assignments
from pytest_llmobs.experiments.splits.values import RunValues, read_values
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.prompts.splitting.split import Split
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer

SPLIT = Split("support", {"control": 80, "treatment": 20}, "support")
CONTROLLED, TREATED = "user-0", "user-3"


class App:
    """An app that traces into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.spool = store.spool()
        self.feedback = FeedbackWriter(store.feedback, Redaction())

    @contextmanager
    def root(self, *users: str, project: str = "production", **columns: object) -> Iterator[RunTree]:
        run = start_root(Tracer(project=project, sink=self.spool), "answer", inputs={}, columns=columns)
        for user in users:
            run.add_stamps(SPLIT.entries(user))
        yield run
        run.end({})

    def below(self, run: RunTree, *users: str, run_type: str = "chain", **columns: object) -> str:
        child = run.create_child("step", run_type, inputs={})
        child.columns.update(columns)
        for user in users:
            child.add_stamps(SPLIT.entries(user))
        child.end({})
        return child.id

    def read(self, project: str = "production") -> tuple[Assignments, RunValues]:
        self.spool.close()
        assignments = read_assignments(self.store, "support", project, None)
        return assignments, read_values(self.store, assignments, project, None)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    store = Store(tmp_path / ".llmobs")
    yield App(store)
    store.feedback.close()


def test_a_trace_is_one_run_of_its_user_however_many_runs_tell_of_it(app: App) -> None:
    with app.root(CONTROLLED) as root:
        app.below(root, CONTROLLED)
        app.below(root)
    with app.root() as unconcerned:
        app.below(unconcerned)
    assignments, values = app.read()
    (run,) = assignments.runs
    assert (run.id, run.noted.arm, run.noted.weights) == (root.id, "control", SPLIT.weights)
    assert values["error rate"] == {root.id: 0.0}
    assert set(values["latency"]) == {root.id}


def test_a_run_tells_which_commit_it_used(app: App) -> None:
    with app.root(CONTROLLED) as root:
        root.add_stamps({"prompt.support": "0123456789abcdef"})
        root.add_stamps({"prompt.support": "0123456789abcdef (matched)", "prompt.other": "ba9876543210fedc"})
    assignments, _ = app.read()
    assert assignments.runs[0].commits == ("0123456789abcdef",)


def test_feedback_on_any_run_of_the_trace_is_its_users(app: App) -> None:
    with app.root(TREATED) as root:
        stamped, other = app.below(root, TREATED), app.below(root)
    for run_id, score in ((root.id, 1), (stamped, 0), (other, 0)):
        app.feedback.create("rating", run_id=run_id, score=score)
    app.feedback.create("category", run_id=root.id, value="billing")
    app.feedback.create("rating", run_id="019a0000-0000-7000-8000-0000000000aa", score=1)
    _, values = app.read()
    assert values["rating"] == {root.id: pytest.approx(1 / 3)}
    assert "category" not in values


def test_a_batch_of_several_users_counts_by_their_own_runs(app: App) -> None:
    with app.root(CONTROLLED, TREATED) as batch:
        first, second = app.below(batch, CONTROLLED), app.below(batch, TREATED)
    app.feedback.create("rating", run_id=second, score=1)
    app.feedback.create("rating", run_id=batch.id, score=0)  # of whom?
    assignments, values = app.read()
    assert {run.id: run.noted.arm for run in assignments.runs} == {first: "control", second: "treatment"}
    assert values["rating"] == {second: 1.0}
    assert values["cost"] == {}
    assert assignments.of_several_users == 0


def test_a_trace_of_several_users_without_runs_of_their_own_is_counted(app: App) -> None:
    with app.root(CONTROLLED, TREATED):
        pass
    assignments, _ = app.read()
    assert (assignments.runs, assignments.of_several_users) == ([], 1)


def test_the_cost_is_that_of_the_trace_unless_a_price_is_unknown(app: App) -> None:
    with app.root(CONTROLLED) as priced:
        app.below(priced, run_type="llm", total_cost=0.25)
        app.below(priced, run_type="llm", total_cost=0.5)
    with app.root(TREATED) as unpriced:
        app.below(unpriced, run_type="llm", total_cost=0.25)
        app.below(unpriced, run_type="llm")
    with app.root("user-1") as callless:
        app.below(callless)
    _, values = app.read()
    assert values["cost"] == {priced.id: 0.75}


def test_scores_of_trials_are_read_and_other_projects_are_not(app: App) -> None:
    with app.root(CONTROLLED, project="nightly", suite="s", scores={"tone": 0.5}) as trial:
        pass
    with app.root(CONTROLLED, project="nightly", suite="s", scores={"tone": 0.9}, attempt="unused"):
        pass
    with app.root(CONTROLLED):
        pass
    assignments, values = app.read("nightly")
    assert len(assignments.runs) == 2
    assert values["tone"] == {trial.id: 0.5}


def test_judges_and_earlier_runs_are_left_out(app: App) -> None:
    with app.root(CONTROLLED, evaluates="019a0000-0000-7000-8000-0000000000aa"):
        pass
    with app.root(CONTROLLED) as own:
        pass
    assignments, _ = app.read()
    assert [run.id for run in assignments.runs] == [own.id]
    with pytest.raises(NotFoundError, match=r"No run of the project 'production' since 2\d{3}-.* UTC tells"):
        read_assignments(app.store, "support", "production", real.now() + timedelta(hours=1))


def test_an_unknown_split_names_the_nearest_and_how_to_begin_one(app: App) -> None:
    with app.root(CONTROLLED):
        pass
    app.spool.close()
    with pytest.raises(NotFoundError) as raised:
        read_assignments(app.store, "suport", "production", None)
    assert str(raised.value) == (
        "No run of the project 'production' tells of an A/B test of the prompt 'suport'. Did you mean 'support'? "
        'Known: support. `ab(\'suport\', key=user_id, weights={"control": 80, "treatment": 20})` in the app begins one.'
    )


def test_a_split_of_which_nothing_is_known_at_all(app: App) -> None:
    with app.root():
        pass
    app.spool.close()
    with pytest.raises(NotFoundError, match=r"the prompt 'support'\. None is known\."):
        read_assignments(app.store, "support", "production", None)
    with pytest.raises(NotFoundError, match=r"Unknown project 'prodction'.*Did you mean 'production'"):
        read_assignments(app.store, "support", "prodction", None)


def test_somebodys_own_metadata_is_no_split(app: App) -> None:
    with app.root() as root:
        root.metadata["ab"] = {"support": "control"}
    app.spool.close()
    with pytest.raises(NotFoundError, match=r"None is known\."):
        read_assignments(app.store, "support", "production", None)
