"""What says who asks never reaches the disk, neither in a file nor in its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.unit.replay.recordings import answer, question, recorder

SECRET = "hunter2-blue-lamp-4711"
"""Not by its form: only the names say that it is one."""


def test_secrets_in_headers_urls_and_forms_stay_off_the_disk(tmp_path: Path) -> None:
    request = question("Which?")
    named = (
        "authorization",
        "x-api-key",
        "api-key",
        "cookie",
        "x-goog-api-key",
        "proxy-authorization",
        "x-my-token",
    )
    headers = {**request.headers, **dict.fromkeys(named, SECRET)}
    url = f"https://me:{SECRET}@api.example.com/v1/x?key={SECRET}&access_token={SECRET}&X-Amz-Signature={SECRET}&a=1"
    form = {**headers, "content-type": "application/x-www-form-urlencoded"}
    here = recorder(tmp_path)
    for sent in (
        replace(request, headers=headers, url=url),
        replace(request, headers=form, url=url, content=f"client_secret={SECRET}&a=1".encode()),
        replace(request, headers={**headers, "x-unusual-apikey-header": SECRET}),
    ):
        assert here.take(sent, None).keep(answer("Bright"))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    for path in written:
        assert SECRET not in str(path)
        assert SECRET.encode() not in path.read_bytes(), path.read_text(encoding="utf-8")
