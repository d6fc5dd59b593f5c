"""The confirming session works whatever the options of the session that asks for it."""

from __future__ import annotations

import pytest

from pytest_llmobs.experiments.documents import experiment_from_dict
from tests.plugin.conftest import BROKEN, GOOD, Project


@pytest.fixture
def broken(project: Project) -> Project:
    project.record()
    project.prompt(BROKEN)
    return project


OPTIONS = {
    "no cache": ("-p", "no:cacheprovider"),
    "last failed": ("--lf",),
    "quiet": ("-qq",),
    "all that is said": ("-vv", "-s", "--color=yes"),
    "one node id": ("test_app.py::test_answer",),
    "a keyword with a space": ("-k", "ada or grace or edsger"),
}


@pytest.mark.parametrize("way", OPTIONS)
def test_it_confirms_with(broken: Project, way: str) -> None:
    result = broken.experiment(*OPTIONS[way])
    assert result.ret == 1
    assert "confirming took" in result.stdout.str()
    assert broken.summary["confirmation"]["rows"]


def test_it_leaves_report_files_of_the_parent_alone(broken: Project) -> None:
    broken.experiment("--junitxml=junit.xml")
    text = broken.path.joinpath("junit.xml").read_text()
    assert text.count("<testcase") == 3  # nothing of the fifteen reruns


def test_it_works_with_another_ini_file_and_rootdir(broken: Project) -> None:
    folder = broken.path / "my config"
    folder.mkdir()
    folder.joinpath("other.ini").write_text("[pytest]\naddopts = -ra\n")
    result = broken.experiment("-c", str(folder / "other.ini"), f"--rootdir={broken.path}", "test_app.py")
    assert result.ret == 1
    assert "confirming took" in result.stdout.str()


def test_it_sees_fixtures_and_options_of_a_conftest(broken: Project) -> None:
    broken.path.joinpath("conftest.py").write_text(
        "import pytest\n"
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--greeting', required=True)\n"
        "@pytest.fixture(scope='session', autouse=True)\n"
        "def greeting(request):\n"
        "    assert request.config.getoption('--greeting') == 'two words'\n"
    )
    result = broken.experiment("--greeting", "two words")
    assert result.ret == 1
    assert "confirming took" in result.stdout.str()


@pytest.mark.parametrize(
    "chosen", [(), ("test_app.py::test_answer[ada]",), ("-n1", "test_app.py::test_answer[ada]")]
)
def test_a_drop_that_was_chance_turns_green_on_the_second_look(
    project: Project, chosen: tuple[str, ...]
) -> None:
    project.record()
    source = project.path.joinpath("app.py").read_text()
    project.path.joinpath("app.py").write_text(
        source.replace(
            "    prompt = ",
            f"    if not {'LLMOBS_CONFIRMING'!r} in __import__('os').environ and name == 'Ada':\n"
            "        return 'Hello'\n    prompt = ",
        )
    )
    result = project.experiment(*chosen)
    assert result.ret == 0
    assert "flaky" in result.stdout.str()
    confirmed = experiment_from_dict(project.summary).confirmation
    assert len(confirmed) == 5 * len(project.summary["suites"][0]["expected"]["rows"])


def test_zero_skips_the_second_look_and_lets_the_first_stand(broken: Project) -> None:
    result = broken.experiment("--llm-confirm", "0")
    assert result.ret == 1
    assert "confirming took" not in result.stdout.str()


def test_it_can_not_recurse_and_leaves_nothing_behind(
    broken: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = broken.path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    assert broken.experiment().ret == 1
    assert not [name for name in temporary.iterdir() if name.name.startswith("llmobs")]
    assert not any(broken.path.joinpath(".llmobs", "sessions").glob("*"))


def test_what_it_says_where_it_fails_itself(broken: Project) -> None:
    broken.path.joinpath("conftest.py").write_text(
        "import os\nif 'LLMOBS_CONFIRMING' in os.environ:\n"
        "    raise RuntimeError('the port is taken: sk-ant-api03-AbCdEfGhIjKlMnOp')\n"
    )
    result = broken.experiment()
    assert result.ret == 1
    assert "no result; the tentative verdict stands" in " ".join(result.stdout.str().split())
    assert "RuntimeError: the port is taken: [redacted: anthropic key]" in result.stdout.str()


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_the_tentative_verdict(broken: Project) -> None:
    broken.path.joinpath("conftest.py").write_text(
        "import os, signal, time\n"
        "if 'LLMOBS_CONFIRMING' in os.environ:\n"
        "    os.kill(os.getppid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
    )
    result = broken.process("--llm-experiment")
    assert result.ret == 1
    said = " ".join(result.stdout.str().split())
    assert "interrupted by Ctrl-C; the tentative verdict stands" in said
    assert "pass, greets: by one run alone, none was made again" in said
    assert "a second run decides" not in said
    assert "REGRESSED" in result.stdout.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_it_measures_no_coverage(broken: Project) -> None:
    broken.path.joinpath("conftest.py").write_text(
        "import os\n"
        "def pytest_addoption(parser, pluginmanager):\n"
        "    if not pluginmanager.has_plugin('pytest_cov'):\n"
        "        parser.addoption('--no-cov', action='store_true')\n"
        "        pluginmanager.register(object(), 'pytest_cov')\n"
        "def pytest_configure(config):\n"
        "    assert config.getoption('--no-cov') == ('LLMOBS_CONFIRMING' in os.environ)\n"
    )
    result = broken.experiment()
    assert result.ret == 1
    assert "confirming took" in result.stdout.str()


def test_last_failed_of_the_user_is_not_touched(broken: Project) -> None:
    broken.experiment()
    broken.prompt(GOOD)
    broken.run("--lf").assert_outcomes(passed=3)


def test_a_suspect_that_passes_once_is_not_run_again(project: Project) -> None:
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(20))
    project.record()
    source = project.path.joinpath("app.py").read_text()
    moody = "    import os\n    if name == 'N7' and 'LLMOBS_CONFIRMING' not in os.environ:\n        return 'Hello'\n"
    project.path.joinpath("app.py").write_text(source.replace("    prompt = ", f"{moody}    prompt = "))
    result = project.experiment("-q")
    assert result.ret == 0
    assert "flaky" in result.stdout.str()
    result.stdout.fnmatch_lines(
        ["confirming: running up to 4 trials again before the verdict (about 4 model calls*"]
    )
    assert len(project.summary["confirmation"]["rows"]) == 1


@pytest.mark.parametrize("way", ["node ids", "a file of them", "workers"])
def test_what_node_ids_select_is_looked_at_again_and_nothing_else(broken: Project, way: str) -> None:
    ids = ["test_app.py::test_answer[ada]", "test_app.py::test_answer[grace]"]
    broken.path.joinpath("broken.txt").write_text("\n".join(ids) + "\n")
    result = broken.experiment(
        *{"node ids": ids, "a file of them": ["@broken.txt"], "workers": [*ids, "-n2"]}[way]
    )
    assert result.ret == 1
    assert "tentative" not in result.stdout.str()
    assert "confirming took" in result.stdout.str()
    confirmation = broken.summary["confirmation"]
    names = [row[confirmation["columns"].index("example_id")] for row in confirmation["rows"]]
    assert sorted(set(names)) == ["ada", "grace"]


def test_one_in_which_nothing_ran_says_what_it_printed(broken: Project) -> None:
    broken.write(
        conftest="""
        import os

        def pytest_runtestloop():
            if "LLMOBS_CONFIRMING" in os.environ:
                print("not today")
                return True
        """
    )
    result = broken.experiment("-s")
    assert result.ret == 1
    assert "and no result; the tentative verdict stands." in " ".join(result.stdout.str().split())
    assert "not today" in result.stdout.str()
