"""A control imports from the worktree, however today's code got onto the path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs.plugin.control import start
from pytest_llmobs.plugin.control.checkout import Checkout
from pytest_llmobs.plugin.control.start import VARIABLE, Trees, foreign_modules

EDITABLE = """
import sys
from importlib.machinery import PathFinder
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return PathFinder.find_spec(name, [{folder!r}])
sys.meta_path.append(Finder)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Two work trees in which the modules say where they come from; one is in today's alone."""
    for name in ("here", "apart/there"):
        place = Path(name).name
        package = tmp_path / name / "src" / "bot"
        package.mkdir(parents=True)
        package.joinpath("__init__.py").write_text(f"place = {place!r}\n")
        package.joinpath("tools.py").write_text(f"place = {place!r}\n")
        plain = tmp_path / name / "src" / "space"
        plain.mkdir()
        plain.joinpath("part.py").write_text(f"place = {place!r}\n")
    tmp_path.joinpath("here/src/newer.py").write_text("place = 'here'\n")
    installed = tmp_path / "here/.venv/lib/site-packages"
    installed.mkdir(parents=True)
    installed.joinpath("installed.py").write_text("place = 'here'\n")
    return Checkout((tmp_path / "here").resolve(), (tmp_path / "apart/there").resolve())


def run(checkout: Checkout, folder: Path, code: str, **environment: str) -> str:
    """Run code in a process of a control, and return what it printed."""
    here = Path(checkout.trees.here)
    base = {"PATH": os.environ["PATH"], **environment}
    there = checkout.environment(base, here, folder)
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=checkout.folder(here), env=there, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]


ASKED = (
    "import bot, bot.tools, space.part, installed; "
    "print(bot.place, bot.tools.place, space.part.place, installed.place)"
)


@pytest.mark.parametrize("way", ["PYTHONPATH", "sys.path", "an editable install", "a relative PYTHONPATH"])
def test_every_way_to_today_s_code_leads_to_the_other_tree(
    checkout: Checkout, tmp_path: Path, way: str
) -> None:
    source = str(tmp_path / "here" / "src")
    installed = str(tmp_path / "here/.venv/lib/site-packages")
    code, environment = ASKED, {"PYTHONPATH": installed}
    if way == "PYTHONPATH":
        environment = {"PYTHONPATH": os.pathsep.join([source, installed])}
    elif way == "a relative PYTHONPATH":
        environment = {"PYTHONPATH": os.pathsep.join(["src", installed])}
    elif way == "sys.path":
        code = f"import sys; sys.path.insert(0, {source!r})\n{ASKED}"
    else:
        code = EDITABLE.format(folder=source) + ASKED
    assert run(checkout, tmp_path, code, **environment) == "there there there here"


def test_what_today_s_tree_has_alone_is_not_found(checkout: Checkout, tmp_path: Path) -> None:
    source = str(tmp_path / "here" / "src")
    code = EDITABLE.format(folder=source) + "import newer"
    missing = f"No module named 'newer' in git: {checkout.trees.there}/src/newer.py is missing"
    assert run(checkout, tmp_path, code) == f"ModuleNotFoundError: {missing}"


def test_what_the_environment_does_as_python_starts_it_still_does(checkout: Checkout, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    own.joinpath("sitecustomize.py").write_text("import sys\nsys.was_customized = True\n")
    code = "import sys, sitecustomize; print(sys.was_customized, sitecustomize.__file__)"
    assert run(checkout, tmp_path, code, PYTHONPATH=str(own)) == f"True {own}/sitecustomize.py"


def test_a_module_of_the_wrong_tree_is_named(checkout: Checkout, tmp_path: Path) -> None:
    here = tmp_path / "here" / "src" / "bot" / "__init__.py"
    code = (
        "import sys, types, json, os\n"
        "from importlib.util import spec_from_file_location, module_from_spec\n"
        f"spec = spec_from_file_location('bot', {str(here)!r})\n"
        "sys.modules['bot'] = module_from_spec(spec)\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from pytest_llmobs.plugin.control.start import foreign_modules, trees_here\n"
        "print(list(foreign_modules(sys.modules, trees_here(os.environ))))"
    )
    assert run(checkout, tmp_path, code) == str([("bot", str(here))])


def test_modules_of_no_tree_are_nobody_s_business() -> None:
    assert list(foreign_modules(sys.modules, Trees("/nowhere/here", "/nowhere/there"))) == []


def test_a_command_is_the_same_one_in_the_other_tree(checkout: Checkout, tmp_path: Path) -> None:
    here, there = Path(checkout.trees.here), Path(checkout.trees.there)
    outside = tmp_path / "shared.ini"
    outside.touch()
    here.joinpath("tests").mkdir()
    here.joinpath("tests/test_bot.py").touch()
    given = [
        "-q",
        "--rootdir",
        str(here),
        f"--confcutdir={here}/tests",
        f"{here}/tests/test_bot.py::test_answer[a::b]",
        "tests/test_bot.py::test_answer",
        "-k",
        "tests or other",
        "-c",
        "../shared.ini",
        f"@{here}/tests/test_bot.py",
        "no/such/path",
    ]
    assert checkout.arguments(given, here) == [
        "-q",
        "--rootdir",
        str(there),
        f"--confcutdir={there}/tests",
        f"{there}/tests/test_bot.py::test_answer[a::b]",
        "tests/test_bot.py::test_answer",
        "-k",
        "tests or other",
        "-c",
        str(outside.resolve()),
        f"@{there}/tests/test_bot.py",
        "no/such/path",
    ]
    assert checkout.arguments(["here/tests"], tmp_path) == [f"{there}/tests"]


@pytest.fixture
def redirected(checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> start.Redirected:
    """This process, its imports redirected; nothing is imported."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "here" / "src"), *sys.path])
    start.redirect(checkout.trees)
    finder = sys.meta_path[0]
    assert isinstance(finder, start.Redirected)
    return finder


def test_entries_of_the_path_are_moved_once(redirected: start.Redirected, checkout: Checkout) -> None:
    assert sys.path[:2] == ["", f"{checkout.trees.there}/src"]
    start.redirect(checkout.trees)
    assert sys.path[:2] == ["", f"{checkout.trees.there}/src"]


def test_what_a_finder_finds_in_today_s_tree_is_found_in_the_other_one(
    redirected: start.Redirected, checkout: Checkout, tmp_path: Path
) -> None:
    sys.path.insert(0, str(tmp_path / "here" / "src"))
    for name, file in (("bot", "bot/__init__.py"), ("bot.tools", "bot/tools.py")):
        path = [str(tmp_path / "here/src/bot")] if "." in name else None
        spec = redirected.find_spec(name, path)
        assert spec is not None
        assert spec.origin == f"{checkout.trees.there}/src/{file}"
    package = redirected.find_spec("bot")
    assert package is not None
    assert package.submodule_search_locations == [f"{checkout.trees.there}/src/bot"]
    namespace = redirected.find_spec("space")
    assert namespace is not None
    assert list(namespace.submodule_search_locations or ()) == [
        f"{checkout.trees.there}/src/space",
        f"{checkout.trees.there}/src/space",
    ]
    assert redirected.find_spec("no_such_module") is None
    built_in = redirected.find_spec("json")
    assert built_in is not None
    assert built_in.origin == sys.modules["json"].__file__
    with pytest.raises(ModuleNotFoundError, match="No module named 'newer' in git"):
        redirected.find_spec("newer")


def test_an_environment_in_the_work_tree_is_no_code_of_its_own(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = checkout.trees.here
    assert checkout.trees.moved(f"{here}/lib/python3.11/site-packages/x.py") is None
    assert checkout.trees.moved(f"{here}/env/src/x.py") is not None
    monkeypatch.setattr(sys, "prefix", f"{here}/env")
    assert checkout.trees.moved(f"{here}/env/src/x.py") is None
    monkeypatch.setattr(sys, "prefix", here)  # `python -m venv .`
    monkeypatch.setattr(sys, "exec_prefix", here)
    assert checkout.trees.moved(f"{here}/src/x.py") == f"{checkout.trees.there}/src/x.py"


def test_a_process_of_no_control_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", ["/nowhere/start", *sys.path])
    before = list(sys.meta_path)
    monkeypatch.setattr(start, "NAME", "no_such_module")
    start.begin("/nowhere/start")
    assert sys.meta_path == before
    assert "/nowhere/start" not in sys.path


def test_in_its_own_repository_the_plugin_is_that_of_the_session(tmp_path: Path) -> None:
    here, there = (tmp_path / "here").resolve(), (tmp_path / "there").resolve()
    for place in (here, there):
        package = place / "tool"
        package.mkdir(parents=True)
        package.joinpath("__init__.py").write_text("")
        package.joinpath("part.py").write_text(f"PLACE = {place.name!r}")
    trees = Trees(str(here), str(there), (), str(here / "tool"))
    checkout = Checkout(here, there)
    environment = checkout.environment({"PATH": os.environ["PATH"]}, here, tmp_path)
    environment[VARIABLE] = json.dumps(trees)
    code = "import sys; sys.path.insert(0, ''); from tool.part import PLACE; print(PLACE)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=there, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "here"
