"""Requests to a service's API: JSON both ways, and every failure one line that names the status and the remedy."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from pytest_llmobs import __version__
from pytest_llmobs.cli.commands.comment.discussion import RequestError
from pytest_llmobs.errors import SettingsError

_SECONDS = 30
_PAGE = 100
"""Entries of a list that a page has at most."""
_MOST_PAGES = 100
"""Pages of a list that are read: a service that never ends it must not hold a job up."""
_LONGEST = 200
"""Characters that are told of what a service says."""
_TOKEN = re.compile("[!-~]+")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the token would go along, to whatever host the answer names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def read_token(name: str, environment: Mapping[str, str]) -> str:
    """Return a token without the line break that files end with; an empty string where there is none.

    Args:
        name: Of its variable.
        environment: The job's variables.

    Raises:
        SettingsError: It holds what no token does; a header with that would be refused, or be two.
    """
    token = environment.get(name, "").strip()
    if token and _TOKEN.fullmatch(token) is None:
        raise SettingsError(
            f"{name} is no token: it holds a blank, a line break, or what is no ASCII. Set the secret anew."
        )
    return token


def read_address(name: str, environment: Mapping[str, str], default: str) -> str:
    """Return the address of an API, without a slash at its end.

    Args:
        name: Of its variable.
        environment: The job's variables.
        default: The address where the variable isn't set.

    Raises:
        SettingsError: It is none that can be asked.
    """
    address = (environment.get(name) or default).rstrip("/")
    if not _is_address(address):
        raise SettingsError(f"{name} {address!r} is no address of an API; it begins with https://.")
    return address


@dataclass(frozen=True)
class Api:
    """One service."""

    address: str
    """Of the API, without a slash at its end."""
    headers: Mapping[str, str]
    """The token among them."""
    remedies: Mapping[int, str]
    """HTTP status -> what to do about it."""

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list that comes in pages.

        Raises:
            RequestError: The service refuses, or what it says is no list.
        """
        for number in range(1, _MOST_PAGES + 1):
            page = self.ask("GET", f"{path}?per_page={_PAGE}&page={number}")
            if not isinstance(page, list):
                raise RequestError(f"GET {self._shown(path)} answered with no list.")
            yield from page
            # the address of the next one, which the answer's head has, could lead to another host
            if len(page) < _PAGE:
                return

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        """Send a request and return what the answer holds; None where it is empty.

        Args:
            method: ``GET``, ``POST``, ``PATCH``, ``PUT``, ``DELETE``.
            path: Below the API's address, beginning with a slash.
            body: The text of a comment.

        Raises:
            RequestError: The service refuses, can't be reached, or doesn't answer with JSON.
        """
        data = None if body is None else json.dumps({"body": body}).encode()
        headers = {
            **self.headers,
            "Content-Type": "application/json",
            "User-Agent": f"pytest-llmobs/{__version__}",
        }
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        what = f"{method} {self._shown(path)}"
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status = HTTPStatus.TOO_MANY_REQUESTS if _is_limited(error) else error.code
                raise RequestError(self._refusal(what, error), status) from None
        except (OSError, HTTPException, ValueError) as error:
            # urllib wraps what the socket said, and can't read some addresses of proxies
            reason = getattr(error, "reason", None) or error
            raise RequestError(f"{what}: can't be reached ({reason}). Run the job again.") from None
        try:
            return json.loads(text) if text else None
        except (ValueError, RecursionError):
            raise RequestError(
                f"{what} answered with what is no JSON: is {self.address!r} its API?"
            ) from None

    def _shown(self, path: str) -> str:
        return self.address + path.partition("?")[0]

    def _refusal(self, what: str, error: urllib.error.HTTPError) -> str:
        try:
            answer = json.load(error)
            said = str(answer.get("message") or answer.get("error") or "") if isinstance(answer, dict) else ""
        except (OSError, HTTPException, ValueError):
            said = ""
        phrase = " ".join(said.split())[:_LONGEST] or error.reason
        return f"{what} answered {error.code} ({phrase}). {self._remedy(error)}"

    def _remedy(self, error: urllib.error.HTTPError) -> str:
        if _is_limited(error):
            return "Those were too many requests: run the job again later."
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "The service has trouble: run the job again."
        if error.code in self.remedies:
            return self.remedies[error.code]
        if HTTPStatus.MULTIPLE_CHOICES <= error.code < HTTPStatus.BAD_REQUEST:
            return "It has moved: name its new address."
        return "Nothing was posted."


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an end, a port that is no number
        return False


def _is_limited(error: urllib.error.HTTPError) -> bool:
    """Tell whether a service refuses since there were too many requests; some call that forbidden."""
    limited = error.headers.get("x-ratelimit-remaining") == "0" or bool(error.headers.get("retry-after"))
    return error.code == HTTPStatus.TOO_MANY_REQUESTS or (limited and error.code == HTTPStatus.FORBIDDEN)
