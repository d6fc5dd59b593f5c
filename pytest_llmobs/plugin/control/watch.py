"""What a Python process of a control uses beside modules: files of today's work tree, and servers that run nearby.

A whole path, or an address, may come from anywhere: the environment, a file outside git, a service, the code itself.
A copy of this file lies beside that of ``start``, so it uses the standard library and nothing of ours.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.plugin.control.start import Trees

FOREIGN = "foreign-"
"""Begins the name of a note: something isn't the accepted code's."""
SERVER = "server-"
"""Begins the name of a note: a server nearby was spoken to."""


class Watch:
    """An audit hook that leaves notes, one a file or server."""

    def __init__(self, trees: Trees, notes: str) -> None:
        """Take the trees, and the folder that gets the notes."""
        self._trees = trees
        self._notes = notes
        self._seen: set[object] = set()
        self._seers: Mapping[str, Callable[..., None]] = {
            "open": self._see_file,
            "socket.connect": self._see_server,
        }

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """See an event of the interpreter's; whatever a hook raises would break what it watches."""
        see = self._seers.get(event)
        if see is None:
            return
        try:
            see(*arguments)
        except (OSError, ValueError, TypeError, AttributeError):  # no such file; or the interpreter ends
            return

    def _see_file(self, path: object, _: object, flags: int) -> None:
        """Note a file of today's that is read though the other tree's is another one."""
        if not isinstance(path, str | bytes) or flags & os.O_ACCMODE == os.O_WRONLY:
            return
        real = os.path.realpath(os.fsdecode(path))
        other = self._trees.moved(real)
        if other is None or self._trees.is_accepted(real) or not self._is_new(real):
            return
        if os.path.isfile(other) and _content(real) != _content(other):  # noqa: PTH113
            name = os.path.relpath(real, self._trees.here)
            self._note(FOREIGN, {f"the file {name}": f"was read from today's work tree, {real}"})

    def _see_server(self, _: object, address: object) -> None:
        """Note a server on this machine or in its network."""
        if isinstance(address, tuple) and _is_near(address[0]) and self._is_new(address[:2]):
            self._note(SERVER, address[:2])

    def _is_new(self, what: object) -> bool:
        is_new = what not in self._seen
        self._seen.add(what)
        return is_new

    def _note(self, kind: str, note: object) -> None:
        name = f"{kind}{os.getpid()}-{len(self._seen)}.json"
        with open(os.path.join(self._notes, name), "w", encoding="utf-8") as file:  # noqa: PTH118, PTH123
            json.dump(note, file)


def _is_near(host: str) -> bool:
    if host == "localhost":
        return True
    address = ipaddress.ip_address(host.partition("%")[0])
    # a machine's own address for its metadata holds no app
    return address.is_private and not address.is_link_local


def _content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        return file.read()
