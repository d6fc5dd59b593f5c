"""The folder of datasets that the tests of editing work in."""

from tests.unit.datasets.editing.conftest import catalog, write  # noqa: F401 - fixtures
