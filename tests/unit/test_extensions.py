"""What hooks return is checked where it is first asked for: a wrong offer is a message, no traceback."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llmobs import hookimpl
from pytest_llmobs.errors import SettingsError
from pytest_llmobs.extensions import Extensions, standalone_manager


def extensions(hook: str, returned: Any) -> Extensions:
    """Return the extensions of a session whose ``conftest.py`` returns this from one hook, or raises it."""

    def implementation() -> Any:
        if isinstance(returned, Exception):
            raise returned
        return returned

    manager = standalone_manager()
    manager.register(SimpleNamespace(**{hook: hookimpl(implementation)}))
    return Extensions(manager)


class Toml:
    suffixes = (".toml",)

    def rows(self, path: Any) -> list[Any]:
        return []


LISTS = {
    "formats": "pytest_llmobs_datasets",
    "redactors": "pytest_llmobs_redact",
    "providers": "pytest_llmobs_providers",
    "session_files": "pytest_llmobs_session_files",
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("returned", [3, "abc", {"a": 1}])
def test_what_is_no_list_is_refused(kind: str, returned: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        getattr(extensions(LISTS[kind], returned), kind)
    assert str(caught.value).startswith(f"{LISTS[kind]} returned {returned!r}; it returns a list of ")


@pytest.mark.parametrize("kind", [*LISTS, "evaluators"])
def test_a_hook_that_raises_is_named(kind: str) -> None:
    hook = LISTS.get(kind, "pytest_llmobs_evaluators")
    with pytest.raises(SettingsError) as caught:
        getattr(extensions(hook, KeyError("golden")), kind)
    assert str(caught.value) == f"{hook} raised KeyError: 'golden'"


@pytest.mark.parametrize(
    ("offered", "message"),
    [
        (Toml, "offers the class Toml; offer an instance, Toml()."),
        (object(), "whose suffixes are None: write them lower-case with the dot"),
        (SimpleNamespace(suffixes=".toml"), "whose suffixes are '.toml': write them"),
        (SimpleNamespace(suffixes=("toml",)), "whose suffixes are ('toml',): write them"),
        (SimpleNamespace(suffixes=(".TOML",)), "whose suffixes are ('.TOML',): write them"),
        (SimpleNamespace(suffixes=(".toml",)), "which has no method rows(path)."),
    ],
)
def test_what_is_no_format_is_refused(offered: Any, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _ = extensions("pytest_llmobs_datasets", [offered]).formats
    assert str(caught.value).startswith("pytest_llmobs_datasets offers ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("offered", "message"),
    [
        ([len], "returned [<built-in function len>]; it returns a dict from name to evaluator."),
        ({3: len}, "names an evaluator 3; a name is a text."),
        ({"": len}, "names an evaluator ''; a name is a text."),
    ],
)
def test_what_are_no_named_evaluators_is_refused(offered: Any, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _ = extensions("pytest_llmobs_evaluators", offered).evaluators
    assert str(caught.value) == f"pytest_llmobs_evaluators {message}"


def test_what_is_offered_rightly_comes_behind_the_built_in() -> None:
    assert isinstance(extensions("pytest_llmobs_datasets", [Toml()]).formats[-1], Toml)
    assert extensions("pytest_llmobs_evaluators", {"tone": len}).evaluators["tone"] is len


def test_what_an_installed_package_offers_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "cheery")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert Extensions(standalone_manager()).evaluators["cheery"] == "an evaluator"


def test_what_an_archive_on_the_path_offers_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    install(folder, "zipped")
    archive = shutil.make_archive(str(tmp_path / "packages"), "zip", folder)
    monkeypatch.syspath_prepend(archive)
    assert Extensions(standalone_manager()).evaluators["zipped"] == "an evaluator"


def install(folder: Path, name: str) -> None:
    """Put a package into a folder that offers an evaluator of its own name."""
    (folder / f"llmobs_{name}.py").write_text(
        "from pytest_llmobs import hookimpl\n\n"
        f"@hookimpl\ndef pytest_llmobs_evaluators():\n    return {{{name!r}: 'an evaluator'}}\n"
    )
    metadata = folder / f"llmobs_{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: llmobs-{name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[pytest_llmobs]\n{name} = llmobs_{name}\n")
