"""What a format of reports is.

A format renders the digest of a finished experiment: it counts nothing, sums nothing and decides nothing. It can't
hurt a session: ``delivery`` guards it, because the gate's exit status must not hang on a report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pytest_llmobs.errors import SettingsError

if TYPE_CHECKING:
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.digest.experiment import Digest
    from pytest_llmobs.reports.text.page import Page


@dataclass(frozen=True)
class Document:
    """A report that is more than one text."""

    text: str
    """The file itself."""
    siblings: Mapping[str, bytes] = field(default_factory=dict)
    """Files beside it: name -> content. ``Context.file`` has the name of the file itself."""


class ReportFormat(Protocol):
    """One way to tell an experiment; the hook ``pytest_llmobs_reports`` offers it."""

    @property
    def name(self) -> str:
        """What ``--llm-report`` calls it; no colon in it."""
        ...

    @property
    def suffix(self) -> str:
        """How the name of its file ends (``.json``); an empty one says that it is printed, not written.

        Where the user names no path, the file is ``.llmobs/reports/<experiment><suffix>``.
        """
        ...

    def render(self, digest: Digest, page: Page, context: Context) -> str | Document:
        """Return the report, ending without a line break.

        A format whose attribute ``appended_to`` names an environment variable is added to the file that this names,
        where the user gives no path: a summary of a CI job, which other steps write to as well. One whose attribute
        ``commands`` is true is printed as it is: its lines are commands to the CI system, which anything else is kept
        from giving; what comes from elsewhere it makes harmless itself.

        Args:
            digest: The finished experiment, and all that is told of it.
            page: The terminal's for what is printed; for a file, one of 100 cells without colour.
            context: How the session was started, and whether to cut nothing.
        """
        ...


_HOOK = "pytest_llmobs_reports"


def named_formats(call_hooks: Callable[[], Iterable[Any]]) -> dict[str, ReportFormat]:
    """Return the formats that hooks offer by name; of two with one name the later wins.

    What lacks something is refused here: it would fail at the session's end, when all is paid for.

    Args:
        call_hooks: Returns what each implementation of the hook has returned.

    Raises:
        SettingsError: A hook raises, returns no list, or offers what is no format.
    """
    try:
        returned = list(call_hooks())
    except Exception as error:
        raise SettingsError(f"{_HOOK} raised {type(error).__name__}: {error}") from error
    formats: dict[str, ReportFormat] = {}
    for offered in returned:
        if not isinstance(offered, list | tuple):
            raise SettingsError(f"{_HOOK} returned {offered!r}; it returns a list of formats.")
        for format in offered:
            _check(format)
            formats[format.name] = format
    return formats


def _check(format: Any) -> None:
    if isinstance(format, type):
        raise SettingsError(
            f"{_HOOK} offers the class {format.__name__}; offer an instance, {format.__name__}()."
        )
    name = getattr(format, "name", None)
    if not isinstance(name, str) or not name or ":" in name:
        raise SettingsError(
            f"{_HOOK} offers {format!r}, whose name is {name!r}: it needs a text `name` without a colon."
        )
    if not isinstance(getattr(format, "suffix", None), str) or not callable(getattr(format, "render", None)):
        raise SettingsError(
            f"The report {name!r} is no format: it needs a text `suffix`, which may be empty, and a method "
            "`render(digest, page, context)`."
        )
