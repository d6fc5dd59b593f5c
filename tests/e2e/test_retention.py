"""A person's data is erased as a data protection officer would check it: everything is searched, by other tools too.

What docs/retention.md shows is what the commands print, and its table of places is the package's.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.retention.places import PLACES
from tests.anthropic_server import serve
from tests.e2e.conftest import ROOT, plain_environment
from tests.e2e.here import captured, pytest_here
from tests.e2e.retention_shop import commit_and_record
from tests.e2e.test_readme import UPDATE
from tests.e2e.warm import programs

PAGE = ROOT / "docs" / "retention.md"
ANN, BOB = "ann-4711", "bob-0815"
ANNS = "Why was my card ending in 4242 charged twice for the blue bicycle?"
BOBS = "Does the brass lamp come with a bulb, or do I have to buy one?"
EXAMPLE = "why-was-my-card-ending-in-069fbab0"
SHOWN = re.compile(r"```console\n\$ (llmobs purge --user [^\n]*)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serve("I am sorry.") as server:
        yield server.url


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, served: str) -> Path:
    folder = tmp_path_factory.mktemp("built") / "shop"
    folder.mkdir()
    script = Path(__file__).parent / "retention_shop.py"
    subprocess.run([programs() / "python", script], cwd=folder, env=environment(served), check=True)
    options = ("--llm-name", "nightly", "--llm-update-baseline", "--llm-report", "json")
    done = pytest_here(folder, "-q", "--llm-experiment", *options, **environment(served))
    assert done.returncode == 0, done.stdout
    commit_and_record(folder)
    return folder


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Path:
    """A copy of a shop whose bot has served Ann and Bob, with tests, a baseline and a commit."""
    return Path(shutil.copytree(built, tmp_path / "shop"))


def environment(url: str) -> dict[str, str]:
    kept = {key: value for key, value in plain_environment().items() if not key.startswith("LLMOBS")}
    return {**kept, "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url, "COLUMNS": "80"}


def llmobs(folder: Path, *words: str, status: int = 0) -> str:
    done = captured(lambda: main(words), folder, environment(""))
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def holding(folder: Path, *texts: str) -> list[str]:
    """Return the files, but for git's, that hold any of some texts: their bytes, and what Parquet has."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or ".git" in path.relative_to(folder).parts:
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += str(duckdb.sql(f"select * from read_parquet('{path}')").fetchall()).encode()
        if any(text.encode() in content for text in texts):
            found.append(path.relative_to(folder).as_posix())
    return found


def run_ids(folder: Path, question: str) -> list[str]:
    runs = f"read_parquet('{folder}/.llmobs/runs/**/*.parquet', hive_partitioning=true, union_by_name=true)"
    return [id for (id,) in duckdb.sql(f"select id from {runs} where inputs like '%{question}%'").fetchall()]


def test_nothing_of_a_person_is_left_and_everything_of_others_is(shop: Path) -> None:
    anns, bobs = run_ids(shop, ANNS), run_ids(shop, BOBS)
    of_bob = holding(shop, BOB, BOBS)
    assert len(anns) == len(bobs) == 12
    assert len(holding(shop, ANN, ANNS, EXAMPLE)) > 10
    (judged,) = shop.glob(".llmobs/judgements/an/*.json")

    llmobs(shop, "purge", "--user", ANN, "--yes")

    assert holding(shop, ANN, ANNS, EXAMPLE, *anns) == []
    assert not judged.exists()
    assert run_ids(shop, ANNS) == []
    assert run_ids(shop, BOBS) == bobs
    assert len(list(shop.glob(".llmobs/media/*.png"))) == 1
    # pytest's own cache names the tests of both; it is made again
    assert set(of_bob) - set(holding(shop, BOB, BOBS)) <= {".pytest_cache/v/cache/nodeids"}
    (receipt,) = shop.glob(".llmobs/purges/*")
    assert json.loads(receipt.read_text())["complete"]
    git = subprocess.run(
        ["git", "diff", "--stat"], cwd=shop, capture_output=True, text=True, check=True
    ).stdout
    assert "datasets/regressions.jsonl" in git


def test_what_is_left_goes_on_working(shop: Path, served: str) -> None:
    llmobs(shop, "purge", "--user", ANN, "--yes")

    assert "5 trials were erased" in llmobs(shop, "show", "nightly")
    assert "nothing is wrong" in llmobs(shop, "doctor")
    variables = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": served}
    done = pytest_here(shop, "--llm-experiment", "--llm-name", "after", **variables)
    assert done.returncode == 0, done.stdout
    told = " ".join(done.stdout.split())
    assert "1 example was erased from the baseline" in told
    llmobs(shop, "compare", "nightly", "after")


def test_the_second_time_only_commits_are_found(shop: Path) -> None:
    assert "1 commit of git holds it" in llmobs(shop, "purge", "--user", ANN, "--yes")

    again = llmobs(shop, "purge", "--user", ANN, "--yes", status=1)
    assert "1 commit of git holds it" in again
    assert "Nothing else was found" in again
    assert "Nothing found" in llmobs(shop, "purge", "--user", "ann-4712", "--yes", status=1)


def test_what_a_hold_keeps_is_named_and_kept(shop: Path) -> None:
    with (shop / "pytest.ini").open("a") as ini:
        ini.write("llm_legal_hold =\n    prod*\n")

    told = llmobs(shop, "purge", "--user", ANN, "--yes", status=1)

    assert "Kept under legal hold (llm_legal_hold: prod*): 2 runs" in " ".join(told.split())
    assert ANNS in (shop / "datasets" / "regressions.jsonl").read_text()


def test_a_person_gets_their_data(shop: Path) -> None:
    from pytest_llmobs.cli.console import open_console
    from pytest_llmobs.cli.territories import open_territory
    from pytest_llmobs.retention.export import export_person
    from pytest_llmobs.retention.subjects import Person

    territory, settings = open_territory(str(shop / ".llmobs"), open_console())
    exported = export_person(territory, Person(ANN, settings.user_keys), shop / "ann")

    assert exported.numbers["runs.jsonl"] == 12
    assert exported.numbers["feedback.jsonl"] == 1
    assert exported.numbers["examples.jsonl"] == 1
    assert exported.numbers["media"] == 1
    assert ANNS in (shop / "ann" / "runs.jsonl").read_text()
    assert holding(shop / "ann", BOB, BOBS) == []
    places = json.loads((shop / "ann" / "elsewhere.json").read_text())
    assert {"baselines", "experiments", "judgements"} <= {place["place"] for place in places}


def test_the_page_shows_what_is_printed(shop: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    changed = page
    for command, shown in SHOWN.findall(page):
        status = 1 if "nobody" in command else 0
        printed = settled(llmobs(shop, *shlex.split(command)[1:], status=status), shop)
        if os.environ.get(UPDATE):
            changed = changed.replace(f"$ {command}\n{shown}```", f"$ {command}\n{printed}```")
        else:
            assert printed == shown, f"{UPDATE}=1 writes docs/retention.md anew"
    if changed != page:
        PAGE.write_text(changed, encoding="utf-8")


def settled(text: str, folder: Path) -> str:
    """Return what is printed with one time, one process and one commit."""
    text = re.sub(r"\d{8}T\d{6}-[0-9a-f]{6}\.json", "20261130T120000-5a17aa.json", text)
    text = re.sub(r"\b[0-9a-f]{12} \d{4}-\d\d-\d\d", "c57306e18936 2026-11-30", text)
    text = re.sub(r"[\w./…=-]*…[\w./…=-]*", "…", text)
    text = re.sub(r"[0-9a-f]{64}", "e284ae13…", text)
    text = re.sub(r"\d+-[0-9a-f]{12}\.jsonl", "22940-05f7472d31a7.jsonl", text)
    text = re.sub(r"\d{8}T\d{6}-\d+-[0-9a-f]{6}\.parquet", "20261130T115900-22940-16ddd5.parquet", text)
    return text.replace(str(folder), "/home/ann/shop")


def test_the_page_lists_every_place() -> None:
    rows = ["| place | what lies there, and what becomes of it |", "|---|---|"]
    rows.append("| runs, feedback, media | runs, what was said of them, and images that only they name |")
    rows += [f"| {place.name} | {place.describe} |" for place in PLACES]
    table = "\n".join(rows) + "\n"
    page = PAGE.read_text(encoding="utf-8")
    (found,) = re.findall(r"<!-- generated: places -->\n(.*?)<!-- end -->", page, re.DOTALL)
    if os.environ.get(UPDATE) and found != table:
        PAGE.write_text(
            page.replace(f"places -->\n{found}<!--", f"places -->\n{table}<!--"), encoding="utf-8"
        )
    else:
        assert found == table, f"{UPDATE}=1 writes docs/retention.md anew"
