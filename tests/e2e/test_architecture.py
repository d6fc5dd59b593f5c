"""docs/architecture.md speaks of the house as it is: its rooms, its files, its floors."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from pathlib import Path

from tests.e2e.test_readme import UPDATE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
TEXT = PAGE.read_text(encoding="utf-8")


def door_plates() -> list[tuple[str, str]]:
    """Return each room with the first line of its door plate."""
    plates = []
    for path in sorted((ROOT / "pytest_llmobs").rglob("__init__.py")):
        room = path.parent.relative_to(ROOT).as_posix()
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert text, f"{room} has no door plate"
        plates.append((room, text.partition("\n\n")[0].replace("\n", " ").replace("``", "`")))
    return plates


def test_the_rooms_are_those_there_are() -> None:
    rows = [f"| `{room.removeprefix('pytest_llmobs/')}/` | {plate} |" for room, plate in door_plates()[1:]]
    table = "\n".join(["| room | its door plate |", "|---|---|", *rows]) + "\n"
    (written,) = re.findall(r"<!-- generated: rooms -->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    if os.environ.get(UPDATE):
        marked = f"<!-- generated: rooms -->\n{written}"
        PAGE.write_text(TEXT.replace(marked, f"<!-- generated: rooms -->\n{table}"), encoding="utf-8")
    else:
        assert written == table, f"docs/architecture.md is behind; {UPDATE}=1 writes it anew"


def test_every_module_that_a_door_plate_names_is_there() -> None:
    named = []
    for path in (ROOT / "pytest_llmobs").rglob("__init__.py"):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        table = text.partition("\n::\n")[2]
        for name in re.findall(r"(?:^|  )([a-z_]+)/?  ", table, re.MULTILINE):
            named.append(name)
            assert (path.parent / name).exists() or (path.parent / f"{name}.py").exists(), f"{path}: {name}"
    assert named


def test_every_file_it_names_is_there() -> None:
    names = re.findall(r"`(pytest_llmobs/[\w/.]*)`", TEXT)
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_every_floor_is_drawn_in_its_place() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    floor_of = {}
    for number, layer in enumerate(contract["layers"]):
        for module in re.findall(r"\w+", layer):
            floor_of[module] = number
    picture = TEXT.partition("```text\n")[2].partition("```")[0]
    drawn = re.findall(r"([a-z_]+)(?:/|\.py)", picture)
    assert sorted(drawn) == sorted(floor_of)
    floors = [floor_of[module] for module in drawn]
    assert floors == sorted(floors)
