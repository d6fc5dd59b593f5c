"""The gate's further sessions work whatever the options of the session that asks for them."""

from __future__ import annotations

import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.trials import Trial
from tests.plugin.conftest import BROKEN, GOOD, Project

LOOKED = "looking again, pass 2 of at most 4: 3 trials of test_app.py::test_answer"


def looks(project: Project) -> list[Look]:
    return list(experiment_from_dict(project.summary).looks)


def further(project: Project) -> list[Trial]:
    return experiment_from_dict(project.summary).further_trials


def app(project: Project, before_the_prompt: str) -> None:
    """Have the app do something before it reads its prompt; ``os`` is imported."""
    path = project.path.joinpath("app.py")
    head, call, rest = path.read_text().partition("    prompt = ")
    path.write_text(f"import os\n{head}{before_the_prompt}{call}{rest}")


@pytest.fixture
def broken(project: Project) -> Project:
    project.record()
    project.prompt(BROKEN)
    return project


OPTIONS = {
    "quiet, without a cache": ("-qq", "-p", "no:cacheprovider", "-k", "ada or grace or edsger"),
    "talkative, over what failed last": ("-vv", "-s", "--color=yes", "--lf"),
}


@pytest.mark.parametrize("way", OPTIONS)
def test_it_looks_again_with(broken: Project, way: str) -> None:
    result = broken.experiment(*OPTIONS[way])
    assert result.ret == 1
    assert LOOKED in result.stdout.str()
    assert [(look.purpose, look.error) for look in looks(broken)] == [("passes", None)]


def test_what_may_come_is_said_before_and_what_it_took_after(broken: Project) -> None:
    result = broken.experiment("--junitxml=junit.xml")
    result.stdout.fnmatch_lines(
        [
            "failed so far in test_app.py::test_answer: ada, grace, edsger",
            "looking again: up to 3 x 3 + 15 x 3 trials before the verdict, and 15 of the accepted code "
            "if it would be red (about 69 model calls, cost unknown)",
            LOOKED,
            "looked again: 3 trials, 3 model calls, cost unknown, * s",
        ]
    )
    said = " ".join(result.stdout.str().split())
    assert (
        "pass, greets: not compared with the accepted code today: the baseline doesn't say which code" in said
    )
    # nothing of the further trials
    assert broken.path.joinpath("junit.xml").read_text().count("<testcase") == 3


def test_it_sees_what_a_conftest_an_ini_file_and_a_rootdir_of_its_own_set(broken: Project) -> None:
    folder = broken.path / "my config"
    folder.mkdir()
    folder.joinpath("other.ini").write_text("[pytest]\naddopts = -ra\n")
    broken.path.joinpath("conftest.py").write_text(
        "import os, pytest\n"
        "def pytest_addoption(parser, pluginmanager):\n"
        "    parser.addoption('--greeting', required=True)\n"
        "    if not pluginmanager.has_plugin('pytest_cov'):\n"
        "        parser.addoption('--no-cov', action='store_true')\n"
        "        pluginmanager.register(object(), 'pytest_cov')\n"
        "def pytest_configure(config):\n"
        "    assert config.getoption('--no-cov') == ('LLMOBS_CONFIRMING' in os.environ)\n"
        "@pytest.fixture(scope='session', autouse=True)\n"
        "def greeting(request):\n"
        "    assert request.config.getoption('--greeting') == 'two words'\n"
    )
    result = broken.experiment(
        "-c",
        str(folder / "other.ini"),
        f"--rootdir={broken.path}",
        f"--confcutdir={broken.path}",
        "--greeting",
        "two words",
    )
    assert result.ret == 1
    assert LOOKED in result.stdout.str()
    assert len(further(broken)) == 3


def test_a_drop_that_was_chance_turns_green_on_further_looks(project: Project) -> None:
    project.record()
    app(project, "    if 'LLMOBS_CONFIRMING' not in os.environ and name == 'Ada':\n        return 'Hello'\n")
    result = project.experiment()
    assert result.ret == 0
    assert "flaky" in result.stdout.str()
    assert {trial.status for trial in further(project)} == {"passed"}


def test_zero_looks_once(broken: Project) -> None:
    result = broken.experiment("--llm-confirm", "0")
    assert result.ret == 1
    assert "looking again" not in result.stdout.str()
    assert not looks(broken)


def test_it_can_not_recurse_and_leaves_nothing_behind(
    broken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = broken.path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert broken.experiment().ret == 1
    assert not [name for name in temporary.iterdir() if name.name.startswith("llmobs")]
    assert not any(broken.path.joinpath(".llmobs", "sessions").glob("*"))
    assert not broken.path.joinpath(".llmobs", "looks").exists()
    broken.prompt(GOOD)
    broken.run("--lf").assert_outcomes(passed=3)  # what the user's own session left


def test_a_session_that_breaks_says_how_and_the_gate_has_too_little(broken: Project) -> None:
    broken.path.joinpath("conftest.py").write_text(
        "import os\nif 'LLMOBS_CONFIRMING' in os.environ:\n"
        "    raise RuntimeError('the port is taken: sk-ant-api03-AbCdEfGhIjKlMnOp')\n"
    )
    result = broken.experiment()
    assert result.ret == 1
    text = " ".join(result.stdout.str().split())
    assert "INSUFFICIENT_DATA" in text
    assert "its session ended with status 4 and no result" in text
    (look,) = looks(broken)
    assert "RuntimeError: the port is taken: [redacted: anthropic key]" in str(look.error)
    assert "sk-ant" not in result.stdout.str()


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_the_session_that_runs_and_starts_no_other(broken: Project) -> None:
    broken.path.joinpath("conftest.py").write_text(
        "import os, pathlib, signal, time\n"
        "if 'LLMOBS_CONFIRMING' in os.environ:\n"
        "    os.kill(os.getppid(), signal.SIGINT)\n"
        "    try:\n"
        "        time.sleep(60)\n"
        "    except KeyboardInterrupt:\n"
        "        pathlib.Path('torn-down.txt').touch()\n"
        "        raise\n"
    )
    result = broken.process("--llm-experiment")
    assert result.ret == 1
    assert [(look.purpose, look.error) for look in looks(broken)] == [("passes", "interrupted by Ctrl-C")]
    assert "interrupted by Ctrl-C" in result.stdout.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert broken.path.joinpath("torn-down.txt").exists()


@pytest.fixture
def swapped(project: Project) -> Project:
    """Twenty examples of which one failed and now passes, and another one the other way round: the mean stays."""
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(20))
    app(
        project,
        "    once = 'ONCE' in os.environ and 'LLMOBS_CONFIRMING' in os.environ\n"
        "    if name == os.environ.get('BAD', 'N2') and not once:\n        return 'Hello'\n",
    )
    project.record()
    return project


def test_a_suspect_that_passes_twice_is_not_run_again(
    swapped: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD", "N7")
    monkeypatch.setenv("ONCE", "1")
    result = swapped.experiment("-q")
    assert result.ret == 0
    assert "flaky" in result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "looking again: up to 15 x 1 trials before the verdict, and 5 of the accepted code "
            "if it would be red (about * model calls, cost unknown)",
            "looking again at 1 suspect (e07): up to 15 trials of test_app.py::test_answer",
        ]
    )
    assert [(trial.example_id, trial.repeat) for trial in further(swapped)] == [("e07", 2), ("e07", 3)]


def test_workers_tell_each_other_what_is_settled(swapped: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAD", "N7")
    result = swapped.experiment("-q", "-n2")
    assert result.ret == 1
    assert "e07 broke" in result.stdout.str()
    numbers = [trial.repeat for trial in further(swapped)]
    assert {trial.example_id for trial in further(swapped)} == {"e07"}
    assert len(set(numbers)) == len(numbers)
    assert 7 <= len(numbers) < 15  # eight in all settle it, and each worker is at one of its own


def test_what_node_ids_select_is_looked_at_again_and_nothing_else(broken: Project) -> None:
    ids = ["test_app.py::test_answer[ada]", "test_app.py::test_answer[grace]"]
    broken.path.joinpath("broken.txt").write_text("\n".join(ids) + "\n")
    result = broken.experiment("@broken.txt")
    assert result.ret == 1
    assert {trial.example_id for trial in further(broken)} == {"ada", "grace"}


def test_trials_that_went_missing_are_run_once_more(project: Project) -> None:
    project.dataset({"id": f"e{n}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(6))
    project.record()
    app(
        project,
        "    if 'LLMOBS_CONFIRMING' not in os.environ and name in ('N2', 'N3'):\n"
        "        raise ConnectionError('no route to host')\n",
    )
    result = project.experiment("-q")
    assert result.ret == 1  # plain pytest's: the app raised
    assert "looking again: 2 missing trials once more of test_app.py::test_answer" in result.stdout.str()
    assert sorted((trial.example_id, trial.repeat) for trial in further(project)) == [("e2", 1), ("e3", 1)]
    assert "INSUFFICIENT" not in result.stdout.str()


def test_a_budget_that_is_spent_ends_the_looking(broken: Project) -> None:
    result = broken.experiment("-o", "llm_max_calls=4", "-o", "llm_concurrency=1")
    assert result.ret == 1
    assert [look.error for look in looks(broken)] == ["4 of 4 model calls made (llm_max_calls)"]
    assert "INSUFFICIENT_DATA" in result.stdout.str()
