"""JSON lines: a value on each line, as the events of a stream."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pytest_llmobs.replay.bodies.events import Event
from pytest_llmobs.replay.bodies.exact_json import exact, form_of, written


def read_lines(content: bytes) -> tuple[list[Event], list[str]]:
    """Return the lines of a body and the words of its form. A last one that isn't JSON is ``half`` of one.

    Raises:
        ValueError: It isn't UTF-8.
    """
    text = content.decode()
    form = []
    if not text.endswith("\n"):
        form.append("open")
    if text.count("\r\n") == text.count("\n"):
        form.append("crlf")
        text = text.replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n")
    events = list(map(_read_line, lines))
    if "open" in form and "text" in events[-1]:
        events[-1] = {"half": lines[-1]}
    samples = [(line, event["data"]) for line, event in zip(lines, events, strict=True) if "data" in event]
    return events, [*form, *form_of(samples)]


def write_lines(events: Sequence[Event], form: Collection[str]) -> Iterator[bytes]:
    """Yield each line as it is sent.

    Raises:
        KeyError: One has nothing that can be sent.
    """
    line_end = "\r\n" if "crlf" in form else "\n"
    for number, event in enumerate(events, 1):
        if "half" in event:
            yield event["half"].encode()
            continue
        line = event["text"] if "text" in event else written(event["data"], form)
        if number == len(events) and "open" in form:
            yield line.encode()
        else:
            yield f"{line}{line_end}".encode()


def _read_line(line: str) -> Event:
    try:
        return {"data": exact(line)}
    except ValueError:
        return {"text": line}
