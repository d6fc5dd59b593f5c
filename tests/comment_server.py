"""GitHub's and GitLab's API as far as comments go, on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Answer:
    """What the service says in the place of what it would."""

    status: int
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """Its comments, and all that it was asked."""

    newest_first: bool = False
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path, without the query."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the last request."""
    refusals: dict[str, Answer] = field(default_factory=dict)
    """Method -> what to answer instead."""
    address: str = ""
    added: int = 0
    """Comments that there ever were."""

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def add(self, body: str, **more: Any) -> dict[str, Any]:
        number = 100 + self.added
        self.added += 1
        comment = {"id": number, "body": body, "html_url": f"https://github.example/c/{number}", **more}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, url: str, body: Any) -> Answer:
        path = urlsplit(url)
        self.asked.append((method, path.path))
        # whatever is refused was asked for all the same
        if method in self.refusals:
            return self.refusals[method]
        if method == "GET":
            query = parse_qs(path.query)
            size, number = int(query["per_page"][0]), int(query["page"][0])
            listed = self.comments[::-1] if self.newest_first else self.comments
            return Answer(200, listed[size * (number - 1) : size * number])
        if method == "POST":
            return Answer(201, self.add(body["body"]))
        found = [each for each in self.comments if str(each["id"]) == path.path.rpartition("/")[2]]
        if not found:
            return Answer(404, {"message": "Not Found"})
        (comment,) = found
        if method == "DELETE":
            self.comments.remove(comment)
            return Answer(204, b"")
        comment["body"] = body["body"]
        return Answer(200, comment)


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Let a service listen until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            service.headers = {name.lower(): value for name, value in self.headers.items()}
            answer = service.answer(self.command, self.path, body)
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        service.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
