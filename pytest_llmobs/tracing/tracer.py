"""The tracer: where finished runs go, and whether they go anywhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from weakref import WeakValueDictionary

from pytest_llmobs.clocks import real
from pytest_llmobs.records.runs import PAID
from pytest_llmobs.settings import MAX_PAYLOAD
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptRecognizer
from pytest_llmobs.tracing.model_calls.recordings import Recordings
from pytest_llmobs.tracing.model_calls.stated_usage import PriceStated, take_stated_usage
from pytest_llmobs.tracing.open_run import FinishedRun, OpenRun
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.run_line import write_line, write_payload
from pytest_llmobs.tracing.sampling import HeldLines, KeepRule, checked_rate, is_sampled

KeepMedia = Callable[[str, bytes], str | None]
"""Takes a file's name and content, keeps it, and returns where it is; None where that failed."""
_CACHED_NAMES = 512
_log = logging.getLogger("pytest_llmobs")


class Sink(Protocol):
    """Where finished runs go."""

    def append(self, line: bytes) -> None:
        """Keep one spool line. Must never raise into the user's call."""


class Tracer:
    """Writes runs once they have ended, redacted, unless sampling leaves their trace out."""

    recognizer: PromptRecognizer | None = None
    """Knows prompts by their texts; None where nobody looks for any."""
    _warned_of: frozenset[str] = frozenset()
    """What was warned of once."""
    recordings: Recordings | None = None
    """Recorded replies of models; None where every request is sent."""
    _price_stated: PriceStated | None = None

    def __init__(
        self,
        *,
        project: str,
        sink: Sink | None,
        redaction: Redaction | None = None,
        session: str | None = None,
        sample_rate: float = 1.0,
        keep: tuple[KeepRule, ...] = (),
        max_payload: int = MAX_PAYLOAD,
        enabled: bool = True,
        keep_media: KeepMedia | None = None,
        unclaimed: Callable[[FinishedRun], Any] | None = None,
    ) -> None:
        """Make a tracer.

        Args:
            project: The project of its traces, unless they name another.
            sink: Takes the lines; None keeps nothing but what a collecting root collects.
            redaction: The redactors at work; None for ``secrets`` alone.
            session: The session's name, a column of every run.
            sample_rate: The share of traces that is kept, 0 to 1.
            keep: Rules that keep a trace whatever the rate (see ``sampling.read_rules``).
            max_payload: Bytes an input or output may take before it is cut.
            enabled: False traces only where the code says ``enabled=True``.
            keep_media: Keeps the images and documents of model calls; None logs only their hash and size.
            unclaimed: Takes the model calls that no collecting root accounts for; None for nobody.

        Raises:
            SettingsError: The rate isn't between 0 and 1.
        """
        self.project, self.sink, self.session = project, sink, session
        self.sample_rate, self.keep = checked_rate(sample_rate), keep
        self.max_payload, self.enabled, self.keep_media = max_payload, enabled, keep_media
        self._unclaimed = unclaimed
        self.redaction = redaction or Redaction()
        self._suspects = self.redaction.suspects
        # Roots that collect their runs, by id: headers that name one may come back to this process.
        self.collecting: WeakValueDictionary[str, OpenRun] = WeakValueDictionary()
        self._encoded_names: dict[tuple[str, str, str, str | None], str] = {}

    def know_prompts(self, recognizer: PromptRecognizer | None) -> None:
        """Have model calls looked through for the prompts of a folder; None ends that."""
        self.recognizer = recognizer

    def know_prices(self, price: PriceStated) -> None:
        """Have model calls priced whose apps state nothing but their tokens."""
        self._price_stated = price

    def warn_once(self, message: str) -> None:
        """Log a warning, unless it was logged before: an app may say the same a thousand times a minute."""
        if message not in self._warned_of:
            self._warned_of |= {message}
            _log.warning(message)

    def sample(self, root: OpenRun) -> None:
        """Decide whether the trace of ``root`` is kept, where nobody but the store wants it."""
        if self._drops(root):
            if self.keep:
                root.held = HeldLines(self.keep, root)
            else:
                root.recording = False

    def sample_stored(self, root: OpenRun) -> None:
        """Decide whether the trace of ``root`` is stored. It is recorded all the same: its trial is scored."""
        if self.sink is not None and self._drops(root):
            root.held = HeldLines(self.keep, root)

    def _drops(self, root: OpenRun) -> bool:
        return self.sample_rate < 1.0 and not is_sampled(root.trace_id, self.sample_rate)

    def write(self, run: OpenRun) -> bytes:
        """Encode a finished run and hand it to the sink and to its collecting root; return the line."""
        if run.run_type in PAID:
            take_stated_usage(run, self._price_stated)
        captured_outputs = run.outputs_json  # as they are before they are redacted
        line = self.encode(run)
        self._store(run, line)
        run.line = line  # whatever fails from here on, it is written
        root = run.root
        if root.collected is not None:
            if run is not root and run.parent is not root:
                captured_outputs = None
            root.collected.append(FinishedRun(run, line, captured_outputs))
        if self._unclaimed is not None and run.run_type in PAID and (root.collected is None or root.settled):
            self._unclaimed(FinishedRun(run, line, None))
        return line

    def encode(self, run: OpenRun) -> bytes:
        """Return the spool line of ``run``."""
        payload = write_payload(run)
        if self._suspects(payload):
            began = real.seconds_ns()
            self.redaction.clean(run)
            took = real.seconds_ns() - began
            if took > capture.SLOW:
                run.captured_for += took
            payload = write_payload(run)
        key = (run.name, run.run_type, run.project, run.entry_point)
        return write_line(run, self._encoded_names.get(key) or self._encode_names(key), payload)

    def _store(self, run: OpenRun, line: bytes) -> None:
        if self.sink is None:
            return
        held = run.root.held
        if held is None:
            self.sink.append(line)
        else:
            held.take(run, line, self.sink.append)

    def patch(self, run: OpenRun, columns: Mapping[str, Any]) -> None:
        """Write the line that overrides ``columns`` of ``run``."""
        if self.sink is not None and run.recording:
            encoded = capture.encode_mapping(columns)
            if self.redaction.suspects(encoded):
                encoded = capture.encode(self.redaction.clean_columns(json.loads(encoded)))
            self._store(run, b'{"patch":"%b",%b\t\t\n' % (run.id.encode(), encoded[1:]))

    def _encode_names(self, key: tuple[str, str, str, str | None]) -> str:
        if len(self._encoded_names) >= _CACHED_NAMES:
            self._encoded_names.clear()
        named = {"name": key[0], "run_type": key[1], "project": key[2]}
        if key[3] is not None:
            named["entry_point"] = key[3]
        encoded = capture.encode(named)
        if self.redaction.suspects(encoded):  # every test has a name of its own: the long way would be felt
            cleaned = self.redaction.clean_columns(named)
            if key[2] == self.project:  # that of an experiment, by which it is found
                cleaned["project"] = self.project
            named = cleaned
        if self.session is not None:  # not looked at: by its key alone it would be suspect
            named["session"] = self.session
        encoded = capture.encode(named)
        self._encoded_names[key] = text = encoded[1:-1].decode()
        return text
