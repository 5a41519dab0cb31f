"""What puts the meaning of a text into numbers: texts that mean the same lie close together.

One `Embedder` is shared by a whole server process. How a search uses it is left to `knowledge/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One row for each text, each of length 1: their products are the cosines of the angles between them."""


class Embedder(Protocol):
    """A model that embeds texts."""

    model: str
    """Which vectors can be compared: kept with each, and changed when the numbers change."""
    answers_at: tuple[float, float]
    """The score from which a passage answers a question: one that names such questions, and one that names
    none. Measured by `bench/knowledge.py`."""
    chosen_at: tuple[tuple[float, float], tuple[float, float]]
    """The score of a choice, and how far it must be ahead of the next: from which it is taken, and from which
    the caller is asked whether it is meant. Measured by `bench/knowledge.py`."""

    async def start(self) -> None:
        """Load the model. Raises `ConfigurationError` for a file that is missing or not the pinned one."""
        ...

    async def aclose(self) -> None: ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The texts' vectors, in their order. It never blocks the event loop."""
        ...
