"""A suite is a path and a function, whatever pytest calls them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugin.conftest import PLUGINS, Project

SUITE = """
import pytest
def app(q): return "the app of {place}"
@pytest.mark.llm_dataset([{{"id": "{place}-1", "inputs": {{"q": "Hello"}}}}], target=app)
def test_bot(example, llm_run): assert llm_run.outputs["output"] == "the app of {place}"
def test_plain(llm_run): assert llm_run.id
"""


@pytest.fixture
def outside(empty: Project) -> Project:
    """Two files of one name, outside the rootdir."""
    for place in ("a", "b"):
        folder = empty.path / place
        folder.mkdir()
        folder.joinpath("__init__.py").touch()
        folder.joinpath("test_bot.py").write_text(SUITE.format(place=place))
    empty.path.joinpath("config").mkdir()
    empty.path.joinpath("config", "pytest.ini").write_text("[pytest]\n")
    return empty


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_files_of_one_name_outside_the_rootdir_keep_to_themselves(
    outside: Project, workers: tuple[str, ...]
) -> None:
    arguments = ("-c", "config/pytest.ini", *workers, "a", "b")
    assert outside.record(*arguments).ret == 0
    recorded = outside.path.joinpath("config", "llm-baselines").glob("*--test_bot~??????????.json")
    assert sorted("b-1" in path.read_text() for path in recorded) == [False, True]
    if not workers:  # the plainer sessions need no process of their own to be told from the last
        outside.run(*arguments).assert_outcomes(passed=4)
        result = outside.experiment(*arguments)
        assert result.ret == 0
        assert "GREEN: nothing regressed" in result.stdout.str()
    broken = outside.path.joinpath("b", "test_bot.py")
    broken.write_text(broken.read_text().replace('return "the app of b"', 'return "another"'))
    result = outside.experiment(*arguments, "--llm-confirm=0")
    verdicts = re.findall(r"^(\S+::test_bot) · .*\n.* (\w+)$", result.stdout.str(), re.MULTILINE)
    assert verdicts == [
        ("../a/test_bot.py::test_bot", "NEUTRAL"),
        ("../b/test_bot.py::test_bot", "INCONCLUSIVE"),
    ]
    assert "outside any suite" not in result.stdout.str()


def linked_repository(project: Project) -> tuple[Path, Path]:
    """Make a repository with a suite, and a link to it; return both folders."""
    here, link = project.path / "repository", project.path / "link"
    here.mkdir()
    here.joinpath("test_bot.py").write_text(SUITE.format(place="a"))
    here.joinpath("pytest.ini").write_text("[pytest]\n")
    link.symlink_to(here)
    return here, link


def test_one_file_by_two_paths_is_refused_with_both(empty: Project) -> None:
    here, link = linked_repository(empty)
    paths = (str(here / "test_bot.py"), str(link / "test_bot.py"))
    arguments = (*PLUGINS, f"--rootdir={here}", "-c", str(here / "pytest.ini"), *paths)
    assert empty.run(*arguments, "--import-mode=importlib").ret == 0  # suites are of no matter there
    result = empty.experiment(*arguments, "--import-mode=importlib")
    assert result.ret == 2
    assert "are both 'test_bot.py' from the rootdir" in result.stdout.str()
    for path in paths:
        assert repr(path) in result.stdout.str()


def test_a_link_to_the_repository_names_the_same_suites(empty: Project) -> None:
    here, link = linked_repository(empty)
    result = empty.experiment(f"--rootdir={here}", "-c", str(here / "pytest.ini"), str(link / "test_bot.py"))
    assert result.ret == 0
    assert "test_bot.py::test_bot" in result.stdout.str()
    assert "../" not in result.stdout.str().partition("LLM experiment")[2]


def test_brackets_and_colons_in_parameters_and_paths(empty: Project) -> None:
    folder = empty.path / "odd"
    folder.mkdir()
    folder.joinpath("test_odd.py").write_text(
        "import pytest\n"
        "def app(q): return q\n"
        'ROWS = [{"id": "x[1]::y", "inputs": {"q": "a"}}, {"id": "x", "inputs": {"q": "b"}}]\n'
        '@pytest.mark.parametrize("mode", ["a::b", "c[d]-x"])\n'
        "@pytest.mark.llm_dataset(ROWS, target=app)\n"
        "def test_odd(example, llm_run, mode): assert llm_run.outputs\n"
    )
    empty.record("-o", "llm_baseline_repeat=2").assert_outcomes(passed=8)
    result = empty.experiment()
    assert result.ret == 0
    suites = {suite["name"] for suite in empty.summary["suites"]}
    assert suites == {"odd/test_odd.py::test_odd[a::b]", "odd/test_odd.py::test_odd[c[d]-x]"}


def test_suites_that_differ_in_case_alone_are_told_of(empty: Project) -> None:
    empty.write(test_bot="def test_A(llm_run): pass", test_Bot="def test_A(llm_run): pass")
    said = " ".join(empty.experiment().stdout.str().split())
    assert "'test_Bot.py' and 'test_bot.py' differ in case alone" in said


@pytest.mark.parametrize("outside", [False, True])
def test_a_wrapper_that_leaves_suites_out_unseen_loses_none(empty: Project, outside: bool) -> None:
    """They are left out on purpose, and neither gone nor lost to a further session."""
    for place in ("one", "two"):
        empty.path.joinpath(f"test_{place}.py").write_text(SUITE.format(place=place))
    assert empty.record().ret == 0
    before, after = ("del items[3:]", "yield") if outside else ("pass", "yield; del items[3:]")
    empty.path.joinpath("conftest.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\n"
        "def pytest_collection_modifyitems(items):\n"
        f"    {before}\n"
        f"    {after}\n"
    )
    source = empty.path.joinpath("test_two.py")
    blip = "__import__('os').path.exists('blip') and not __import__('os').remove('blip')"
    source.write_text(
        source.read_text().replace("assert llm_run.outputs", f"assert not ({blip}); assert llm_run.outputs")
    )
    empty.path.joinpath("blip").touch()
    result = empty.experiment()
    assert result.ret == 0
    assert "GREEN (partial)" in result.stdout.str()
    assert "looked again" in result.stdout.str()


TWINS = """
import pytest
@pytest.mark.parametrize("b", ["z", "y-z"])
@pytest.mark.parametrize("a", ["x-y", "x"])
def test_twins(llm_run, a, b): pass
"""


def test_two_trials_of_one_name_are_refused(empty: Project) -> None:
    """``x-y`` with ``z``, and ``x`` with ``y-z``."""
    empty.write(test_bot=TWINS.replace('["z", "y-z"]', '["z", "w"]'))
    assert empty.experiment("--keep-duplicates", "test_bot.py", "test_bot.py").ret == 0
    empty.write(test_bot=TWINS)
    result = empty.experiment()
    assert result.ret == 2
    assert "two tests are called so" in result.stdout.str()
