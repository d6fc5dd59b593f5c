"""A report opens from a file, with nothing else at hand."""

from __future__ import annotations

import pytest

from tests.unit.reports.conftest import GALLERY


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_every_experiment_opens_with_its_name_and_verdict(name, open_report) -> None:
    experiment = GALLERY[name]()
    page = open_report(experiment)
    assert page.get_by_role("heading", level=1).inner_text() == experiment.name
    assert page.title().startswith(experiment.name)
