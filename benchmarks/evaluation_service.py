"""A loopback service that answers what langsmith's ``evaluate()`` asks of one, and keeps nothing. Prints its port."""

from __future__ import annotations

import json
from http.server import ThreadingHTTPServer

from collector import INFO, Collector

MOMENT = "2026-01-01T00:00:00+00:00"
SOME_ID = "22222222-2222-4222-8222-222222222222"


class Service(Collector):
    """A collector that knows experiments and datasets, too."""

    def do_GET(self) -> None:
        place, _, which = self.path.partition("?")[0].strip("/").partition("/")
        if place == "sessions":
            self.answer(200, session(which or SOME_ID))
        elif place == "datasets":
            self.answer(200, dataset(which or SOME_ID))
        else:
            self.answer(200, INFO)

    def do_POST(self) -> None:
        if self.path != "/sessions":
            super().do_POST()
            return
        asked = self.asked()
        self.answer(200, {**session(asked["id"]), **asked})

    def do_PATCH(self) -> None:
        place, _, which = self.path.strip("/").partition("/")
        if place != "sessions":
            super().do_PATCH()
            return
        self.asked()
        self.answer(200, session(which))

    def asked(self) -> dict[str, str]:
        """Read the request's body."""
        document: dict[str, str] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return document


def session(id: str) -> dict[str, object]:
    return {
        "id": id,
        "name": "bench",
        "tenant_id": SOME_ID,
        "start_time": MOMENT,
        "reference_dataset_id": SOME_ID,
    }


def dataset(id: str) -> dict[str, object]:
    """Return a dataset."""
    return {"id": id, "name": "bench", "created_at": MOMENT, "modified_at": MOMENT, "data_type": "kv"}


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    print(server.server_address[1], flush=True)
    server.serve_forever()
