"""A folder stands in for what lies beyond this machine; the object store itself is in tests/e2e."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.remote.filesystem import MARK, RemoteFiles, is_uri


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "there"


@pytest.mark.parametrize(
    ("text", "expected"), [("s3://bucket/x", True), ("file:///x", True), ("/mnt/x", False), ("c:/x", False)]
)
def test_a_uri_has_a_scheme(text: str, expected: bool) -> None:
    assert is_uri(text) is expected


def test_a_path_and_its_uri_are_the_same_place(place: Path, tmp_path: Path) -> None:
    RemoteFiles(str(place)).probe()
    local = tmp_path / "a.json"
    local.write_text("{}")
    RemoteFiles(f"file://{place}/").upload(local, "experiments/a.json")
    assert place.joinpath("experiments", "a.json").read_text() == "{}"
    assert RemoteFiles("there", base=tmp_path).read("experiments/a.json") == b"{}"


def test_the_probe_leaves_one_small_mark(place: Path) -> None:
    remote = RemoteFiles(str(place))
    remote.probe()
    remote.probe()
    assert [path.name for path in place.iterdir()] == [MARK]


def test_a_mount_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    remote = RemoteFiles(str(tmp_path / "mnt" / "share" / "llmobs"))
    with pytest.raises(StoreError, match=r"Can't write to the store .* doesn't exist\. Mount it"):
        remote.probe()
    assert not tmp_path.joinpath("mnt").exists()


def test_a_file_in_the_way_is_told(place: Path) -> None:
    place.write_text("")
    with pytest.raises(StoreError, match=r"Can't write to the store '.*there': .*\. Check the URI\."):
        RemoteFiles(str(place)).probe()


def test_an_unknown_kind_of_uri_names_the_known_ones() -> None:
    with pytest.raises(
        StoreError, match=r"'s4://bucket/x': nobody knows .* Known: a path, file://, gs://, s3://"
    ):
        RemoteFiles("s4://bucket/x")


def test_credentials_in_a_uri_are_never_shown() -> None:
    remote = RemoteFiles("s3://KEY:SECRET@bucket/x?region=eu-west-1&endpoint_override=host:1")
    assert remote.shown == "s3://bucket/x?region=eu-west-1&endpoint_override=host:1"


@pytest.mark.parametrize(
    "uri",
    ["s3://KEY:SECRET@bucket/x?session_token=SECRET", "s4://KEY:SECRET@bucket", "s3://KEY:SECRET@bu cket/x"],
)
def test_credentials_are_not_shown_where_the_uri_is_refused_either(uri: str) -> None:
    with pytest.raises(StoreError) as caught:
        RemoteFiles(uri)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        (
            "AWS Error NO_SUCH_BUCKET during PutObject (Request ID: x1)",
            "Create the bucket, or correct its name.",
        ),
        ("AWS Error ACCESS_DENIED during PutObject", "Check the credentials"),
        ("AWS Error NETWORK_CONNECTION: curlCode: 7", "Check the network and the endpoint"),
        (
            "AWS Error UNKNOWN (HTTP status 400) during UploadPart operation: Unable to parse ExceptionName: "
            "ExpiredToken Message: The provided token has expired.",
            "Renew the credentials",
        ),
        ("AWS Error REQUEST_TIME_TOO_SKEWED during PutObject operation", "Set this machine's clock."),
        ("AWS Error SLOW_DOWN during UploadPart operation", "try again later"),
    ],
)
def test_a_failure_says_what_to_do(place: Path, reason: str, remedy: str) -> None:
    told = str(RemoteFiles(str(place)).failure("upload to", OSError(f"{reason}\nsecond line")))
    assert remedy in told
    assert "second line" not in told
    assert "Request ID" not in told


def test_entries_are_listed_below_a_folder_without_unfinished_ones(place: Path, tmp_path: Path) -> None:
    remote = RemoteFiles(str(place))
    assert remote.entries("runs") == []
    local = tmp_path / "x"
    local.write_text("12345")
    remote.upload(local, "runs/project=b/2.parquet")
    remote.upload(local, "runs/project=a/1.parquet")
    place.joinpath("runs", "project=a", ".3.parquet-77-abc").write_text("half")
    found = remote.entries("runs")
    assert [(entry.key, entry.size) for entry in found] == [
        ("runs/project=a/1.parquet", 5),
        ("runs/project=b/2.parquet", 5),
    ]


def test_reading_what_is_not_there(place: Path) -> None:
    with pytest.raises(StoreError, match="Can't read the store"):
        RemoteFiles(str(place)).read("experiments/none.json")


def test_uploading_what_is_gone_locally_is_the_callers_business(place: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RemoteFiles(str(place)).upload(tmp_path / "gone", "x")


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_llmobs.storage.remote.filesystem._SILENCE", 1.0)
    monkeypatch.setattr("pytest_llmobs.storage.remote.filesystem._ATTEMPTS", 1)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        uri = f"s3://lab/x?endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
        with pytest.raises(StoreError, match=r"Can't write to the store 's3://lab/x.*Check the network"):
            RemoteFiles(uri).probe()
