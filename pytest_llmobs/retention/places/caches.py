"""Files that can be made again, and go whole: verdicts of judges, reports, cassettes, messages of killed sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import parse_json, read_text
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.subjects import Age, Sought
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.storage.sessions import living_sessions

_YOUNG = 60.0
"""Seconds for which a temporary file may have a writer that lives."""
Files = Callable[[Territory], Iterator[Path]]


@dataclass(frozen=True)
class WholeFiles:
    """Files that go whole where they hold anything that is to go."""

    name: str
    describe: str
    unit: str
    files: Files
    folders: tuple[str, ...] = ()
    ages: bool = False
    """True where files that are older than data may be go as well."""

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the files."""
        files = tuple(map(territory.shown, self._theirs(sought, territory)))
        if files:
            yield Finding(self.name, len(files), self.unit, files)

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Delete the files.

        Raises:
            StoreError: The disk refuses.
        """
        for path in list(self._theirs(sought, territory)):
            _delete(path)

    def _theirs(self, sought: Sought, territory: Territory) -> Iterator[Path]:
        for path in self.files(territory):
            if (self.ages and _is_older(path, sought.subject)) or _is_theirs(path, sought):
                yield path


def _is_theirs(path: Path, sought: Sought) -> bool:
    """Tell whether a file holds anything that is to go: it names it, or is JSON with a text of theirs."""
    if sought.mentions(path.name):
        return True
    try:
        text = read_text(path)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):  # no text: the search looks at its bytes
        return False
    if sought.mentions(text):
        return True
    return any(map(sought.is_about, _values(text)))


def _values(text: str) -> Iterator[object]:
    """Yield what is JSON in a file: all of it, or each line."""
    try:
        yield parse_json(text)
        return
    except ValueError:
        pass
    for line in text.split("\n"):
        try:
            yield parse_json(line)
        except ValueError:
            yield line.strip()


def _is_older(path: Path, subject: object) -> bool:
    """Tell whether a file is of before a time; where only some projects are meant, nobody knows whose it is."""
    if not isinstance(subject, Age) or subject.projects is not None:
        return False
    try:
        return path.stat().st_mtime < subject.before.timestamp()
    except FileNotFoundError:
        return False


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"Can't delete {str(path)!r}: {error.strerror or error}.") from error


def below(*folder: str) -> Files:
    """Return what lists the files of a folder of the store, at any depth."""

    def files(territory: Territory) -> Iterator[Path]:
        root = territory.store.root.joinpath(*folder)
        yield from filter(Path.is_file, sorted(root.rglob("*")))

    return files


def cassettes(territory: Territory) -> Iterator[Path]:
    """Yield the recorded model replies."""
    yield from filter(Path.is_file, sorted(territory.cassettes.rglob("*")))


def messages(territory: Territory) -> Iterator[Path]:
    """Yield what processes of killed sessions have left for each other; those that live need theirs."""
    living = living_sessions(territory.store.layout)
    for folder in sorted(territory.store.root.joinpath("sessions").glob("*")):
        if folder.name not in living:
            yield from filter(Path.is_file, sorted(folder.rglob("*")))


def remembered_tests(territory: Territory) -> Iterator[Path]:
    """Yield what pytest remembers of tests, such as those that failed last."""
    folder = territory.rootdir / ".pytest_cache"
    yield from filter(Path.is_file, sorted(folder.rglob("*")))


def leftovers(territory: Territory) -> Iterator[Path]:
    """Yield temporary files whose writer was killed; a young one may be renamed at any moment, to what it is for."""
    youngest = real.now().timestamp() - _YOUNG
    for folder in (territory.store.root, *territory.committed):
        for path in sorted(folder.rglob(".*.tmp")):
            try:
                if path.stat().st_mtime < youngest:
                    yield path
            except FileNotFoundError:
                continue
