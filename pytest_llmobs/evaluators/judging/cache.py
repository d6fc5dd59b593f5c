"""Verdicts kept, so that the same judge asked the same about the same text is not paid twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pytest_llmobs import notices
from pytest_llmobs.files import PRIVATE, make_private, write_whole
from pytest_llmobs.records.examples import content_hash
from pytest_llmobs.tracing.redaction.pipeline import Redaction


class JudgeCacheWarning(UserWarning):
    """An entry of the judge cache can't be read."""


class JudgeCache(Protocol):
    """Where verdicts are kept, by a key that stands for everything they depend on."""

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return the kept answer, or None."""

    def put(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep ``answer``. Must not raise: a cache that fails is no reason to lose a verdict."""


def cache_key(version: str, model: str, question: Any, vote: int) -> str:
    """Return the key of one vote: judge version, model, all that the model is shown, and the vote's number.

    Args:
        version: The judge's version, which covers rubric, scale, model and prompt revision.
        model: The model's name.
        question: A ``prompt.Question``; it holds rubric, inputs, outputs and reference.
        vote: 0 for the first.
    """
    return content_hash([version, model, question.system, question.prompt, dict(question.schema), vote])


class FileCache:
    """One small JSON file a verdict, below one folder; safe for any number of processes.

    Example::

        from pytest_llmobs.evaluators.judging import cache
        cache.install(cache.FileCache(".llmobs/judgements"))
    """

    def __init__(self, folder: Path | str, redaction: Redaction | None = None) -> None:
        """Keep verdicts below ``folder``; what they quote goes through ``redaction``, or ``secrets`` alone."""
        self.folder = Path(folder)
        self._redaction = redaction or Redaction()

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return the kept answer, or None where there is none, or where its file is damaged: it is then set aside."""
        path = self._path(key)
        try:
            answer = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            self.set_aside(key, str(error) or type(error).__name__)
            return None
        if not isinstance(answer, dict):
            self.set_aside(key, f"it holds {type(answer).__name__}, not an object")
            return None
        return answer

    def put(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep ``answer``; readers see the whole file or none."""
        path = self._path(key)
        try:
            make_private(path.parent)
            kept = self._redaction.clean_if_suspect(dict(answer))
            text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
            # Private, because verdicts quote what users wrote; not synced, because a lost one costs one call.
            write_whole(path, text, mode=PRIVATE, durable=False)
        except (OSError, TypeError, ValueError, RecursionError):
            return  # what can't be kept is asked again

    def set_aside(self, key: str, reason: str) -> None:
        """Rename an entry that can't be read, and say so; the judge is asked afresh. Never raises."""
        path = self._path(key)
        aside = path.with_suffix(".damaged")
        try:
            path.replace(aside)
        except OSError:
            aside = path  # read-only, or another process was faster
        problem = f"The judge cache's entry {aside} can't be read ({reason}): the judge is asked afresh."
        notices.warn(problem, JudgeCacheWarning)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


# State of the process, because it can be nobody else's: judges are made at the top of a user's test files and handed
# to sessions, production code and notebooks alike; `install` is how all of them are told, and a session takes it back.
installed: JudgeCache | None = None
"""The cache of all judges of this process; None asks the model each time."""


def install(cache: JudgeCache | None) -> None:
    """Use ``cache`` from now on; None switches caching off."""
    global installed
    installed = cache
