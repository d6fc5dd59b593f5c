"""What loading a dataset tells without refusing it."""

from __future__ import annotations

import warnings

from pytest_llmobs.errors import DatasetError


class DatasetWarning(UserWarning):
    """A dataset can be read, but says something that its author hardly meant."""


def warn(message: str) -> None:
    """Warn.

    Raises:
        DatasetError: Warnings are turned into errors (``-W error``): this one is then an error like any other.
    """
    try:
        # No line of code is to blame, least of all the one that happened to load the dataset.
        warnings.warn_explicit(message, DatasetWarning, "pytest-llmobs", 0, module=__name__)
    except DatasetWarning:
        raise DatasetError(f"{message} (A DatasetWarning, which a warnings filter makes an error.)") from None
