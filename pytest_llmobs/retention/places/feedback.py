"""Feedback on other people's runs: who gave it goes, what was said stays."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.storage.erasure.erasing import find_names, take_names
from pytest_llmobs.storage.erasure.sources import NamedEvents


class FeedbackSources:
    """What feedback says of who gave it."""

    name = "sources"
    describe = "the name of a purged person in feedback on other people's runs, such as a reviewer's"
    folders = ("feedback",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the events that name the person."""
        events = _events(sought)
        if events is None:
            return
        counted = find_names(territory.store, events)
        if counted:
            files = tuple(territory.shown(territory.store.root / key) for key in counted)
            yield Finding(self.name, sum(counted.values()), "event", files)

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Take the name out of them."""
        events = _events(sought)
        if events is not None and find_names(territory.store, events):
            take_names(territory.store, events)


def _events(sought: Sought) -> NamedEvents | None:
    if sought.person is None:
        return None
    # what is said of erased runs goes as a whole, and a hold keeps it
    return NamedEvents(sought.person.user, sought.run_ids | sought.held)
