"""What is left, found in the bytes of files of every kind, and nothing that only looks like it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_runs
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.payloads import hashes_of, payload_hash
from pytest_llmobs.storage.erasure.search import Remaining, search, search_store
from pytest_llmobs.storage.store import Store
from tests.unit.storage.erasure.conftest import ADA, GRACE, KEYS, LONG, Line

Keep = Callable[..., Store]


def _ids(*texts: str) -> Needles:
    return Needles(frozenset(texts))


def _found(path: Path, *texts: str) -> list[tuple[str, str, int]]:
    return [(each.form, each.what, each.count) for each in search([path], _ids(*texts))]


@pytest.mark.parametrize(
    "content",
    [
        "user=u-1",
        '{"user": "u-1"}',
        "u-1",
        "a\nu-1\nb",
        json.dumps("line\nu-1"),
        json.dumps(json.dumps({"text": "\tu-1"})),
        '{"user": "\\u0075-1"}',
        '{"user": "\\u0075\\u002D\\u0031"}',
        json.dumps('{"user": "\\u0075-1"}'),
        "https://example.com/?user%3Du-1&x",
        "u-1, u-10",
    ],
)
def test_an_id_is_found_however_it_is_written(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    assert _found(path, "u-1") == [("text", "id", 1)]


@pytest.mark.parametrize("content", ["u-10", "xu-1", "mu-1", "_u-1", "u-1é", "u-2", "U-1", "", "nu-1"])
def test_what_only_looks_like_an_id_is_not_found(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    assert _found(path, "u-1") == []


@pytest.mark.parametrize("user", ["zoë", "🙂", 'a"b', "c:\\d", "O'Hara & <Sons>", "a/b", "é"])
@pytest.mark.parametrize(
    "write",
    [
        str,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps(json.dumps(text)),
        lambda text: json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False),
        lambda text: f"http://host/{quote(text, safe='')}",
        lambda text: __import__("html").escape(text),
    ],
)
def test_ids_that_have_to_be_escaped_are_found(
    tmp_path: Path, user: str, write: Callable[[str], str]
) -> None:
    path = tmp_path / "file"
    path.write_text(f"before {write(user)} after")
    assert _found(path, user) == [("text", "id", 1)]


def test_ids_that_begin_alike_are_each_found(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("order-12, order-1 and order-123; order-1234 is somebody else's. 42")
    needles = Needles(frozenset({"order-1", "order-12", "order-123", "42"}))
    (remaining,) = search([tmp_path], needles)
    assert remaining.count == 4


def test_an_id_across_two_windows_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("x " * 40 + ADA + " y" * 40 + " " + ADA)
    for window in range(100, 180, 3):
        monkeypatch.setattr("pytest_llmobs.storage.erasure.searching.files._WINDOW", window)
        assert _found(path, ADA) == [("text", "id", 2)], window


def test_an_escaped_id_across_two_windows_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("x " * 80 + json.dumps("zoë@example.com") + " y" * 80)
    for window in range(100, 220, 3):
        monkeypatch.setattr("pytest_llmobs.storage.erasure.searching.files._WINDOW", window)
        assert search([path], _ids("zoë@example.com")), window


def test_compressed_files_are_decompressed(tmp_path: Path) -> None:
    tmp_path.joinpath("a.jsonl.gz").write_bytes(gzip.compress(b"x " * 99999 + ADA.encode()))
    with pa.CompressedOutputStream(str(tmp_path / "b.zst"), "zstd") as stream:
        stream.write(b"x " * 99999 + ADA.encode())
    whole = gzip.compress(b"x " * 99999)
    tmp_path.joinpath("c.gz").write_bytes(whole[: len(whole) // 2])
    remaining = search([tmp_path], _ids(ADA))
    assert [(Path(each.path).name, each.form, each.what) for each in remaining] == [
        ("a.jsonl.gz", "gzip", "id"),
        ("b.zst", "zstd", "id"),
        ("c.gz", "gzip", "unsearchable"),
    ]


def test_names_of_files_hidden_ones_and_links_are_searched(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    folder.joinpath(f"{ADA}.json").touch()
    folder.joinpath(".hidden.tmp").write_text(ADA)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.joinpath("x").write_text(ADA)
    elsewhere.joinpath("back").symlink_to(folder)
    folder.joinpath("link").symlink_to(elsewhere)
    remaining = search([folder, tmp_path / "nowhere"], _ids(ADA))
    assert [(Path(each.path).name, each.form) for each in remaining] == [
        (".hidden.tmp", "text"),
        (f"{ADA}.json", "name"),
        ("x", "text"),
    ]


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_every_column_of_a_parquet_file_is_searched(
    tmp_path: Path, dictionary: bool, compression: str
) -> None:
    columns = {
        "plain": ["u-1", "x", None, "u-1"],
        "neighbours": ["u-", "1", "xu-1", "u-10"],
        "list": [["a", "u-1"], [], None, ["b"]],
        "map": pa.array([[("u-1", "v")], [], None, [("k", "u-1")]], pa.map_(pa.string(), pa.string())),
        "struct": [{"a": {"b": "u-1"}}, {"a": None}, None, {"a": {"b": "no"}}],
        "binary": [b"u-1", b"", None, b"\xff"],
        "escaped": ['"\\u0075-1"', "", None, ""],
        "number": [1, 2, 3, 4],
    }
    path = tmp_path / "x.parquet"
    pq.write_table(
        pa.table(columns), path, use_dictionary=dictionary, compression=compression, write_statistics=False
    )
    (remaining,) = search([path], _ids("u-1"))
    assert set(remaining.places) == {"plain", "list", "map", "struct", "binary", "escaped"}
    assert remaining.count >= 8


def test_a_damaged_parquet_file_is_never_passed_over(keep: Keep, of: Line, store: Store) -> None:
    keep(*(of(number, GRACE, inputs={"q": f"{number} of {ADA}" * 9}) for number in range(4100)))
    (path,) = store.layout.runs.rglob("*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    (cut,) = search([path], _ids(ADA))
    assert (cut.what, cut.form) == ("unsearchable", "parquet")
    path.write_bytes(b"\0\0\0\0" + whole[4:-20])
    assert search([path], _ids(ADA))[0].what == "unsearchable"
    column = pq.read_metadata(pa.BufferReader(whole)).row_group(1).column(9)
    flipped = bytearray(whole)
    flipped[(column.dictionary_page_offset or column.data_page_offset) + 60] ^= 0xFF
    path.write_bytes(flipped)
    damaged = search([path], _ids(ADA))
    assert [each.what for each in damaged] == ["id", "unsearchable"]
    assert "inputs in row group 1" in damaged[1].places[0]


def test_lines_that_were_put_aside_are_searched_as_they_are(store: Store) -> None:
    store.layout.create()
    store.layout.spool.joinpath("old.corrupt").write_bytes(
        b'{"id": 7, "metadata": {"user_id": "ada@example.com"}\xff'
    )
    (remaining,) = search_store(store, _ids(ADA))
    assert (remaining.form, remaining.what) == ("text", "id")


def test_nothing_is_left_of_an_erased_user(keep: Keep, of: Line, store: Store) -> None:
    keep(of(1, ADA, inputs={"q": LONG}), of(2, GRACE), of(3, ADA, outputs={"a": LONG}))
    found = find_runs(store, KEYS, ADA)
    needles = Needles.of(ADA, found)
    assert {each.what for each in search_store(store, needles)} == {"id", "payload"}
    erase(store, found)
    assert search_store(store, needles) == []


def test_a_run_that_stays_and_quotes_what_was_removed_is_named(keep: Keep, of: Line, store: Store) -> None:
    messages = [
        {"role": "system", "content": "You answer questions about orders."},
        {"role": "user", "content": LONG},
    ]
    keep(
        of(1, None, inputs={"form": {"text": LONG}}, outputs={"done": True}),
        of(2, ADA, parent=1, root=1, inputs={"messages": messages}),
        of(3, GRACE, inputs={"messages": messages[:1]}),
        of(4, GRACE, outputs={"text": "as somebody else has said", "number": 1.5}),
        of(5, ADA, outputs={"text": "as somebody else has said", "number": 1.5}),
    )
    found = find_runs(store, KEYS, ADA)
    erase(store, found)
    (remaining,) = search_store(store, Needles.of(ADA, found))
    assert (remaining.form, remaining.what, remaining.count) == ("parquet", "payload", 2)
    assert remaining.places == ("inputs", "outputs")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"cases": [{"inputs": {"b": 1, "question": LONG}}]}, indent=2),
        json.dumps([LONG]),
        json.dumps({"text": LONG}) + "\n" + json.dumps({"text": "other"}) + "\n",
        "no json\nhead\t" + json.dumps({"question": LONG, "b": 1}) + "\t\n",
    ],
)
def test_documents_and_lines_that_hold_a_removed_text_are_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(content)
    payload = json.dumps({"question": LONG, "b": 1}).encode()
    needles = Needles(payload_hashes=frozenset(hashes_of(payload)))
    (remaining,) = search([path], needles)
    assert (remaining.form, remaining.what) == ("text", "payload")
    assert search([path], Needles(payload_hashes=frozenset([payload_hash(b"something else" * 9)]))) == []


def test_short_payloads_may_be_anybodys_and_have_no_hash() -> None:
    assert list(hashes_of(b'{"answer":"yes"}')) == []
    assert (
        len(list(hashes_of(json.dumps({"q": LONG}).encode()))) == 3
    )  # as it was written, as JSON, and its text
    assert len(list(hashes_of(b"no JSON, but long enough to have a hash"))) == 1


def test_what_remains_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(f"{ADA} {ADA}")
    assert search([path], _ids(ADA)) == [Remaining(str(path), "text", "id", 2)]
