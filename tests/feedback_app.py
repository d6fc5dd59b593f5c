"""A running app that takes feedback over HTTP in several processes, and a crowd of users that press its buttons.

The app is FastAPI under uvicorn, as people deploy it; everything goes over the loopback interface.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

APP = """
import os
from fastapi import FastAPI, Request
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.workspace import Workspace

workspace = Workspace.find()
feedback = FeedbackWriter(workspace.open_store().feedback, workspace.redaction())
app = FastAPI()

@app.post("/feedback")
async def rate(request: Request):
    form = await request.json()
    run_id = form["run_id"]
    kept = [
        feedback.create("user_rating", run_id=run_id, score=form["rating"]),
        feedback.create("category", run_id=run_id, value=form["category"]),
        feedback.create("correction", run_id=run_id, correction=form["correction"]),
        feedback.create("remark", run_id=run_id, comment=form["remark"]),
    ]
    return {"ids": [one.id for one in kept], "process": os.getpid()}
"""
WRITES_OF_A_CALL = 4
CALLS_OF_A_CONNECTION = 50
"""Then a user comes back over a new one, which any worker may take."""


class Service:
    """The app in several worker processes, in a folder of its own."""

    def __init__(self, folder: Path, workers: int) -> None:
        (folder / "feedback_service.py").write_text(APP)
        self.address = ("127.0.0.1", _free_port())
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMOBS")}
        options = ["--port", str(self.address[1]), "--workers", str(workers), "--log-level", "error"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "feedback_service:app", "--no-access-log", *options],
            cwd=folder,
            env={**kept, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        )
        self._wait()

    def _wait(self) -> None:
        """Wait for the first worker: until then connections are refused."""
        while self._process.poll() is None:
            try:
                socket.create_connection(self.address, timeout=60).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError("the app didn't start")

    def stop(self) -> None:
        """End all workers as a deployment does, with SIGTERM, and wait for them."""
        self._process.terminate()
        self._process.wait(60)


@dataclass
class Crowd:
    """Users that send feedback at once, each over a connection of its own, until all is acknowledged."""

    address: tuple[str, int]
    run_id: str
    acknowledged: dict[int, list[str]] = field(default_factory=dict)
    """The number of each form whose call returned, and the ids of its feedback."""
    processes: set[int] = field(default_factory=set)
    """Workers that answered."""
    broken: int = 0
    """Calls that didn't return: their worker was killed."""
    killed: int | None = None
    """The worker that was killed."""

    def send(self, forms: int, users: int, kill_after: int | None = None) -> None:
        """Send forms; after some, kill -9 the worker that answered last.

        Args:
            forms: So many are acknowledged in the end, or a few more.
            users: So many send at once.
            kill_after: Acknowledged forms after which a worker is killed; None for never.
        """
        self._lock = threading.Lock()
        self._next, self._forms, self._kill_after = 0, forms, kill_after
        threads = [threading.Thread(target=self._user) for _ in range(users)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _user(self) -> None:
        connection: socket.socket | None = None
        calls = 0
        while (number := self._take()) is not None:
            try:
                if connection is None or calls % CALLS_OF_A_CONNECTION == 0:
                    _close(connection)
                    connection = socket.create_connection(self.address, timeout=60)
                answer = _post(connection, self._request(number))
            except OSError:
                # Nobody knows whether it was kept: the user sends the form again, which is another one.
                _close(connection)
                connection = None
                with self._lock:
                    self.broken += 1
                continue
            calls += 1
            self._acknowledge(number, answer)
        _close(connection)

    def _take(self) -> int | None:
        with self._lock:
            if len(self.acknowledged) >= self._forms:
                return None
            self._next += 1
            return self._next

    def _request(self, number: int) -> bytes:
        given = {
            "run_id": self.run_id,
            "rating": number / 7,
            "category": "billing",
            "remark": f"form {number}",
        }
        given["correction"] = {"output": "You can return it within 14 days."}
        body = json.dumps(given).encode()
        head = f"POST /feedback HTTP/1.1\r\nHost: app\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _acknowledge(self, number: int, answer: dict[str, object]) -> None:
        process = answer["process"]
        ids = answer["ids"]
        assert isinstance(process, int)
        assert isinstance(ids, list)
        with self._lock:
            self.acknowledged[number] = ids
            self.processes.add(process)
            if self.killed is None and self._kill_after == len(self.acknowledged):
                self.killed = process
                os.kill(process, signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _close(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.close()


def _post(connection: socket.socket, request: bytes) -> dict[str, object]:
    """Send a request and return the answer's JSON.

    Raises:
        OSError: The connection broke.
    """
    connection.sendall(request)
    received = b""
    while True:
        # The server writes head and body apart, and would wait for an acknowledgement that the kernel delays.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionResetError("the worker is gone")
        received += piece
        head, end, body = received.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head):
            assert head.startswith(b"HTTP/1.1 200"), received
            answer: dict[str, object] = json.loads(body)
            return answer


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise AssertionError(head)
