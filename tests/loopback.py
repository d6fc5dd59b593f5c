"""A threaded HTTP server on loopback that ends with its block: its connections and their threads too. No pytest."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LoopbackServer(ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1."""

    # the threads end with the server, though a client may keep its connection
    daemon_threads = False
    block_on_close = True
    request_queue_size = 1024

    def __init__(self, handler: type[BaseHTTPRequestHandler], owner: Any) -> None:
        """Take the handler of requests, and what it finds as ``server.owner``."""
        self.owner = owner
        self.ended = threading.Event()
        """Set once nobody waits for answers any more."""
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up on the clients that are still connected, and wait for the threads that served them."""
        self.ended.set()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the script, not an error."""


@contextmanager
def running(server: LoopbackServer) -> Iterator[None]:
    """Serve inside the ``with`` block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
