"""Asking for further looks, where somebody can take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_llmobs.records.looks import Look, LookRequest, Purpose, Rerun

TakeLook = Callable[[LookRequest], Look]
"""Runs what the gate asks for, in a further session."""


class Asking:
    """Who runs further sessions, and how many passes there may be."""

    def __init__(self, look: TakeLook | None, most_passes: int, unlooked: str = "") -> None:
        """Make one.

        Args:
            look: Runs what is asked for; None where nobody can.
            most_passes: Most further passes of a suite (``--llm-confirm``); 0 for one look and no further session.
            unlooked: Why nobody can.
        """
        self._look = look if most_passes else None
        self._unlooked = unlooked or ("" if look is None else "--llm-confirm is 0")
        self._most_passes = most_passes
        self._failed = ""

    @property
    def possible(self) -> bool:
        """True where a further session can be asked for."""
        return self._look is not None and not self._failed

    @property
    def last_look(self) -> int:
        """The number of the last look at a mean that there may be."""
        return 1 if self._look is None else 1 + self._most_passes

    def ask(self, purpose: Purpose, reruns: Sequence[Rerun], commit: str = "") -> Look:
        """Have something run; after one that failed no other starts: what broke it would break it again."""
        assert self._look is not None
        answer = self._look(LookRequest(purpose=purpose, reruns=tuple(reruns), commit=commit))
        if answer.error is not None and purpose != "control":
            self._failed = answer.error
        return answer

    @property
    def failed(self) -> str:
        """Why the last session failed, or an empty string."""
        return self._failed

    @property
    def why_not(self) -> str:
        """Why no further session can be asked for; empty where one can, and where nobody would expect one."""
        return self._unlooked if self._look is None else self._failed
