"""Cases of judges' calibrations: their figures come from all cases, so that a person has to calibrate anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.files import parse_json, read_text
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory

_REMEDY = (
    "its figures come from all its cases: take theirs out of the labels, and run `llmobs judge calibrate`"
)


class CalibrationCases:
    """The committed calibrations of judges."""

    name = "calibrations"
    describe = "cases of judges' calibrations; named, since a judge has to be calibrated anew"
    folders: tuple[str, ...] = ()

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the cases, each file with what is to be done about it."""
        if sought.person is None:
            return
        # all of judging comes with it
        from pytest_llmobs.evaluators.judging.calibration_file import FOLDER

        for path in sorted(territory.baselines.joinpath(FOLDER).glob("*.json")):
            number = _cases(path, sought)
            if number:
                yield Finding(self.name, number, "case", (territory.shown(path),), _REMEDY)

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Do nothing: what is left of a calibration would claim an agreement that nobody measured."""


def _cases(path: Path, sought: Sought) -> int:
    """Return how many cases of a calibration are about what is to go."""
    try:
        cases = parse_json(read_text(path))["cases"]
        return sum(case.get("id") in sought.example_ids or sought.is_about(case) for case in cases)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):  # damaged: the search looks at its bytes
        return 0
