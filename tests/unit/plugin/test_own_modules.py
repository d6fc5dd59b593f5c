"""The package's own modules are imported as plain Python does: pytest, which runs this, would rewrite each."""

from importlib.machinery import SourceFileLoader

import pytest_llmobs
from pytest_llmobs import wording
from pytest_llmobs.plugin import OwnModules


def test_pytest_leaves_the_packages_modules_as_they_are() -> None:
    assert wording.__spec__ is not None
    assert type(wording.__spec__.loader) is SourceFileLoader


def test_other_modules_are_left_to_pytest() -> None:
    assert OwnModules.find_spec("pytest_llmobs.wording", pytest_llmobs.__path__) is not None
    assert OwnModules.find_spec("pytest_llmobs_of_a_friend") is None
    assert OwnModules.find_spec("json") is None
