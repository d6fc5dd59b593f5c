"""The folder of the committed baselines."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.errors import BaselineError
from pytest_llmobs.settings import BASELINE_FOLDER


def baseline_directory(given: str | None) -> Path:
    """Return the folder of the baselines.

    Raises:
        BaselineError: There is none.
    """
    if given is not None:
        if not Path(given).is_dir():
            raise BaselineError(
                f"There is no folder {given!r}. --llm-update-baseline writes baselines to one."
            )
        return Path(given)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / BASELINE_FOLDER).is_dir():
            return folder / BASELINE_FOLDER
    raise BaselineError(
        f"There is no folder {BASELINE_FOLDER!r} in {str(here)!r} nor in a folder above it. "
        "`pytest --llm-experiment --llm-update-baseline` makes one; --dir PATH names one elsewhere."
    )
