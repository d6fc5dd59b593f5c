"""Dataset files as people, spreadsheets and programs write them: strategies of hypothesis."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import yaml
from hypothesis import strategies as st

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "42",
            "1e5",
            "true",
            "null",
            "~",
            "- a",
            "a: b",
            "# no",
            '["x"',
            "yes",
            " x ",
            "a\nb",
            "a\n\n",
            "\n",
            "ä😀",
        ]
    ),
    st.sampled_from(
        ["a\r\nb", "x\ty", "\u2028", "\x85", "=1+1", "'", '"', "{", "2026-01-31", "|", "\ufeff", ""]
    ),
)
VALUES = st.recursive(
    st.one_of(
        TEXTS, st.integers(-(2**64), 2**64), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)
ENDS = st.sampled_from(["\n", "\n", "\r\n"])
MARKS = st.sampled_from([b"", b"", b"\xef\xbb\xbf"])


@st.composite
def rows(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> dict[str, Any]:
    """Return what a row has besides its id."""
    row: dict[str, Any] = {
        "inputs": draw(st.dictionaries(st.sampled_from(["query", "n", "x y"]), values, max_size=2))
    }
    if draw(st.booleans()):
        row["outputs"] = {"answer": draw(values)}
    if draw(st.booleans()):
        row["split"] = draw(st.sampled_from(["base", "hard"]))
    return row


@st.composite
def _rows_with_ids(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number, row in enumerate(draw(st.lists(rows(), max_size=5))):
        if draw(st.integers(0, 3)):
            found.append({"id": f"ex-{number}", **row})
        else:
            found.append(row)
    return found


def _encoded(draw: st.DrawFn, lines: list[str]) -> bytes:
    end = draw(ENDS)
    text = "".join(f"{line}{end}" for line in lines)
    if draw(st.booleans()):
        text = text.removesuffix(end)
    return draw(MARKS) + text.encode()


@st.composite
def jsonl(draw: st.DrawFn) -> bytes:
    lines = []
    for row in draw(_rows_with_ids()):
        lines += draw(st.sampled_from([[], [], [""], ["  "]]))
        separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")]))
        lines.append(json.dumps(row, ensure_ascii=draw(st.booleans()), separators=separators))
    return _encoded(draw, lines)


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    texts = st.one_of(TEXTS, st.lists(TEXTS, min_size=1, max_size=2).map(json.dumps))
    header = draw(
        st.sampled_from([["id", "inputs.query", "outputs.answer"], ["split", "inputs.query", "inputs.n"]])
    )
    between = draw(st.sampled_from([",", ";", "\t"]))
    file = io.StringIO(newline="")
    end = draw(ENDS)
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(file, delimiter=between, lineterminator=end, quoting=quoting)
    if draw(st.booleans()):
        file.write(f"sep={between}{end}")
    writer.writerow(header)
    for number in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            file.write(end)
        cells = [draw(texts) for _ in header]
        if header[0] == "id":
            cells[0] = f"ex-{number}"
        else:
            cells[:1] = draw(st.sampled_from([[""], ["base"]]))
        writer.writerow(cells)
    text = file.getvalue()
    if draw(st.booleans()):
        text = text.removesuffix(end)
    return draw(MARKS) + text.encode()


@st.composite
def yaml_blocks(draw: st.DrawFn) -> bytes:
    lines = draw(st.sampled_from([[], ["# What support is asked", ""], ["---"]]))
    indent = draw(st.sampled_from(["", "  "]))
    for row in draw(_rows_with_ids()):
        lines = [
            *lines,
            *draw(st.sampled_from([[], [], [""], [f"{indent}# the next one"], ["# far left", ""]])),
        ]
        style = draw(st.sampled_from([None, None, "|", ">", '"', "'"]))
        width = draw(st.sampled_from([5, 80, 10_000]))
        if draw(st.integers(0, 4)):
            text = yaml.safe_dump(row, allow_unicode=True, sort_keys=False, width=width)
            if style:
                text = yaml.safe_dump(
                    row, allow_unicode=True, default_style=style, sort_keys=False, width=width
                )
        else:
            text = yaml.safe_dump(row, allow_unicode=True, default_flow_style=True, width=width)
        first, *others = text.removesuffix("\n").split("\n")
        comment = draw(st.sampled_from(["", "", "  # noted"])) if style is None and not others else ""
        lines.append(f"{indent}- {first}{comment}")
        lines += [f"{indent}  {line}" if line else "" for line in others]
    return _encoded(draw, lines + draw(st.sampled_from([[], [], ["# the end"], ["", ""]])))


@st.composite
def yaml_flows(draw: st.DrawFn) -> bytes:
    items = []
    for row in draw(_rows_with_ids()):
        items.append(
            yaml.safe_dump(row, allow_unicode=True, default_flow_style=True, width=10_000).removesuffix("\n")
        )
    if draw(st.booleans()):
        return _encoded(draw, [f"[{', '.join(items)}]"])
    lines = ["# a list", "["]
    for number, item in enumerate(items):
        comma = "," if number + 1 < len(items) or draw(st.booleans()) else ""
        lines.append(f"  {item}{comma}{draw(st.sampled_from(['', '', '  # noted']))}")
    return _encoded(draw, [*lines, "]"])


FILES = {".jsonl": jsonl(), ".csv": csv_files(), ".yaml": st.one_of(yaml_blocks(), yaml_flows())}
