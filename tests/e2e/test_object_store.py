"""A real S3 server (moto's): what lands there, what is denied, what a broken connection leaves.

Needs ``pip install moto flask flask-cors``; skipped without them, unless ``LLMOBS_EXPECT_OBJECT_STORE`` is set.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import duckdb
import pytest
from pyarrow import fs

from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.finding import find_runs
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.search import search_store
from pytest_llmobs.storage.remote.filesystem import RemoteFiles
from pytest_llmobs.storage.remote.store import RemoteStore
from pytest_llmobs.storage.remote.uploads import upload
from pytest_llmobs.storage.store import Store
from tests.e2e.conftest import plain_environment
from tests.e2e.here import Completed, llmobs_here, pytest_here
from tests.plugin.conftest import APP, GOOD, SUITE

NAMES = ("Ada", "Grace", "Edsger")
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "COLUMNS": "200"}
MOTO = str(Path(sys.executable).with_name("moto_server"))

pytestmark = pytest.mark.skipif(
    not Path(MOTO).exists() and not os.environ.get("LLMOBS_EXPECT_OBJECT_STORE"),
    reason="needs moto, flask and flask-cors",
)


@dataclass(frozen=True)
class Server:
    """A running S3 server."""

    port: int

    def post(self, path: str, body: bytes = b"") -> None:
        plain = {"Content-Type": "application/octet-stream"}
        request = Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=plain, method="POST")
        with urlopen(request, timeout=10):
            pass

    def uri(self, place: str) -> str:
        return f"s3://{place}?endpoint_override=127.0.0.1:{self.port}&scheme=http&region=us-east-1"

    def files(self, folder: str) -> list[str]:
        found = self.client().get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
        return sorted(info.path for info in found if info.type == fs.FileType.File)

    def client(self) -> Any:
        return fs.S3FileSystem(
            access_key="test",
            secret_key="test",
            region="us-east-1",
            scheme="http",
            endpoint_override=f"127.0.0.1:{self.port}",
            allow_bucket_creation=True,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start: {process.poll()}")


@contextmanager
def _running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run what listens at a port."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process
    finally:
        process.kill()
        process.wait()


FORWARDER = """
import socket, sys, threading

def carry(source, sink):
    while content := source.recv(65536):
        sink.sendall(content)
    sink.shutdown(socket.SHUT_WR)

here, there = (("127.0.0.1", int(port)) for port in sys.argv[1:])
listener = socket.create_server(here)
while True:
    client, server = listener.accept()[0], socket.create_connection(there)
    for ends in ((client, server), (server, client)):
        threading.Thread(target=carry, args=ends, daemon=True).start()
"""


def forwarding(port: int, to: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Be the way to a server: it is gone where this process is killed, and what it holds isn't."""
    return _running([sys.executable, "-c", FORWARDER, str(port), str(to)], port)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    port = _free_port()
    with _running([MOTO, "-H", "127.0.0.1", "-p", str(port)], port):
        yield Server(port)


@pytest.fixture
def bucket(server: Server, request: pytest.FixtureRequest) -> str:
    """Return the name of a new bucket."""
    server.post("/moto-api/reset")
    name = f"lab-{abs(hash(request.node.name)) % 10**8}"
    server.client().create_dir(name)
    return name


class Shop:
    """A user's project whose experiments go to the object store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.joinpath("pytest.ini").write_text("[pytest]\n")
        folder.joinpath("app.py").write_text(APP)
        folder.joinpath("test_app.py").write_text(SUITE)
        folder.joinpath("prompt.txt").write_text(GOOD)
        rows = ({"id": name.lower(), "inputs": {"name": name, "query": "?"}} for name in NAMES)
        folder.joinpath("golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def experiment(self, *arguments: str, **variables: str) -> Completed:
        return pytest_here(self.folder, "--llm-experiment", *arguments, **ENVIRONMENT, **variables)

    def llmobs(self, *words: str, **variables: str) -> Completed:
        return llmobs_here(self.folder, *words, **ENVIRONMENT, **variables)

    def process(self, module: str, *words: str) -> Completed:
        """Run a module in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.folder,
            env={**plain_environment(), **ENVIRONMENT},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_an_experiment_lands_in_the_bucket_once_and_is_read_from_there(
    server: Server, bucket: str, shop: Shop
) -> None:
    uri = server.uri(f"{bucket}/team/llmobs")
    done = shop.process("pytest", "--llm-experiment", f"--llm-store={uri}", "--llm-name", "first")
    assert done.returncode == 0, done.stdout + done.stderr
    files = server.files(bucket)
    assert files[0] == f"{bucket}/team/llmobs/experiments/first.json"
    assert files[1] == f"{bucket}/team/llmobs/llmobs.json"
    assert files[2].startswith(f"{bucket}/team/llmobs/runs/project=first/")
    assert len(files) == 3
    assert shop.llmobs("upload", uri).stdout.startswith("Nothing to upload")
    shop.folder.joinpath(".llmobs").rename(shop.folder / "gone")
    assert "first" in shop.llmobs("experiments", "--store", uri).stdout
    shown = json.loads(shop.llmobs("show", "first", "--store", uri, "--json").stdout)
    run = shop.process("pytest_llmobs.cli", "show", shown["trials"][0]["run_id"], "--store", uri)
    assert run.returncode == 0, run.stderr
    assert "Dear Ada" in run.stdout


def test_the_standard_variables_of_the_environment_will_do(server: Server, bucket: str, shop: Shop) -> None:
    variables = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}", "AWS_DEFAULT_REGION": "us-east-1"}
    done = shop.experiment(f"--llm-store=s3://{bucket}/x", "--llm-name", "first", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "first" in shop.llmobs("experiments", "--store", f"s3://{bucket}/x", **variables).stdout


def test_shards_meet_in_the_bucket_and_are_merged_from_there(server: Server, bucket: str, shop: Shop) -> None:
    uri = server.uri(f"{bucket}/ci")
    for number in (1, 2):
        shop.experiment(f"--llm-store={uri}", "--llm-name", "ci-7", "--llm-shard", f"{number}/2")
        shop.folder.joinpath(".llmobs").rename(shop.folder / f"gone-{number}")
    merged = shop.llmobs("merge", uri)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert "3 trials" in merged.stdout
    assert shop.llmobs("upload", uri).returncode == 0
    names = [Path(path).name for path in server.files(f"{bucket}/ci/experiments")]
    assert names == ["ci-7.json", "ci-7.shard-1-of-2.json", "ci-7.shard-2-of-2.json"]
    runs = [path for path in server.files(f"{bucket}/ci/runs") if path.endswith(".parquet")]
    local = shop.folder.joinpath(".llmobs", "runs", "project=ci-7")
    assert sorted(Path(path).name for path in runs) == sorted(path.name for path in local.iterdir())


def test_what_lies_there_is_plain_parquet(server: Server, bucket: str, shop: Shop, tmp_path: Path) -> None:
    shop.experiment(f"--llm-store={server.uri(bucket)}", "--llm-name", "first")
    (path,) = (path for path in server.files(bucket) if path.endswith(".parquet"))
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(server.client().open_input_file(path).read())
    rows = duckdb.sql(f"select count(*) from '{copy}' where parent_id is null and example_id is not null")
    assert rows.fetchall() == [(3,)]


def test_a_bucket_that_does_not_exist_is_told_before_anything_costs(
    server: Server, bucket: str, shop: Shop
) -> None:
    done = shop.experiment(f"--llm-store={server.uri('nobodys-bucket/x')}")
    assert done.returncode == 4
    assert "Can't write to the store 's3://nobodys-bucket/x" in done.stderr
    assert "Create the bucket, or correct its name." in done.stderr
    assert "passed" not in done.stdout


def test_denied_credentials_are_told_before_anything_costs(server: Server, bucket: str, shop: Shop) -> None:
    server.post("/moto-api/reset-auth", b"0")  # from now on only known keys may do anything
    try:
        done = shop.experiment(f"--llm-store={server.uri(f'{bucket}/x')}")
    finally:
        server.post("/moto-api/reset-auth", b"1000000000")
    assert done.returncode == 4
    assert "Check the credentials" in done.stderr
    assert "passed" not in done.stdout


def test_an_unreachable_server_is_told_before_anything_costs(shop: Shop) -> None:
    closed = f"s3://bucket/x?endpoint_override=127.0.0.1:{_free_port()}&scheme=http&region=us-east-1"
    done = shop.experiment(f"--llm-store={closed}")
    assert done.returncode == 4
    assert "Check the network and the endpoint" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_gone_at_the_end_loses_nothing(server: Server, bucket: str, shop: Shop) -> None:
    port = _free_port()
    uri = Server(port).uri(f"{bucket}/x")
    with forwarding(port, server.port) as way:
        shop.folder.joinpath("conftest.py").write_text(
            f"import os\ndef pytest_collection_finish():\n    os.kill({way.pid}, {int(signal.SIGKILL)})\n"
        )
        done = shop.experiment(f"--llm-store={uri}", "--llm-name", "first")
    assert done.returncode == 0, done.stdout + done.stderr
    text = " ".join(done.stdout.split())
    assert "Can't upload to the store" in text
    assert "Nothing is lost" in text
    assert f"llmobs upload '{uri}'" in text
    with forwarding(port, server.port):
        later = shop.llmobs("upload", uri)
    assert later.stdout.startswith("uploaded 2 files"), later.stderr
    assert [Path(path).suffix for path in server.files(bucket)] == [".json", ".json", ".parquet"]


def test_a_kill_in_the_middle_of_an_upload_leaves_no_half_file(
    server: Server, bucket: str, shop: Shop
) -> None:
    shop.experiment("--llm-name", "first")
    uri = server.uri(f"{bucket}/x")
    script = (
        "import os\n"
        "from pytest_llmobs.storage.remote.filesystem import RemoteFiles\n"
        "from pytest_llmobs.storage.store import Store\n"
        "from pytest_llmobs.storage.remote.uploads import upload\n"
        "class Dying(RemoteFiles):\n"
        "    def _stream(self, path, content):\n"
        "        file = self.files.open_output_stream(path)\n"
        "        file.write(bytes(content)[:100])\n"
        "        os.kill(os.getpid(), 9)\n"
        f"upload(Store('.llmobs').layout, Dying({uri!r}))\n"
    )
    environment = {**os.environ, **ENVIRONMENT}
    died = subprocess.run([sys.executable, "-c", script], cwd=shop.folder, env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert server.files(bucket) == []
    assert shop.llmobs("upload", uri).stdout.startswith("uploaded 2 files")


def test_a_user_is_erased_from_the_bucket(
    server: Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    local = Store(tmp_path / ".llmobs")
    spool = local.spool()
    for number in range(6):
        user = "ada@example.com" if number % 2 else "grace@example.com"
        header = {
            "id": f"r{number}",
            "trace_id": f"r{number}",
            "project": "demo",
            "name": "x",
            "run_type": "chain",
        }
        header |= {
            "status": "success",
            "start_time": number,
            "end_time": number,
            "metadata": {"user_id": user},
        }  # type: ignore[dict-item]
        spool.append(json.dumps(header).encode() + b"\t{}\t{}\n")
    spool.close()
    uri = server.uri(f"{bucket}/team")
    upload(local.layout, RemoteFiles(uri))
    store = RemoteStore(uri)
    reading = iter(store.tables(["id"], ordered=True))
    found = find_runs(store, ["user_id"], "ada@example.com")
    erased = erase(store, found)
    assert (erased.runs, erased.is_complete) == (3, True)
    assert [id for table in reading for id in table["id"].to_pylist()] == ["r0", "r2", "r4"]
    assert [run.id for run in RemoteStore(uri).runs()] == ["r0", "r2", "r4"]
    assert search_store(store, Needles.of("ada@example.com", found)) == []
    assert len(server.files(bucket)) == 1  # the plan is gone
    assert find_runs(RemoteStore(uri), ["user_id"], "ada@example.com").is_empty
