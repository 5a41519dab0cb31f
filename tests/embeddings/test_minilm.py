from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from rapida.embeddings.minilm import Minilm, MinilmOptions
from rapida.errors import ConfigurationError
from rapida.providers import model_files


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def minilm() -> AsyncGenerator[Minilm]:
    made = Minilm(MinilmOptions())
    await made.start()
    yield made
    await made.aclose()


@pytest.mark.asyncio(loop_scope="module")
async def test_texts_that_mean_the_same_lie_closer_than_others(minilm: Minilm) -> None:
    vectors = await minilm.embed(["When do you open?", "What are your opening hours?", "My tooth hurts."])
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    same, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert same > 0.7 > 0.3 > other


@pytest.mark.asyncio(loop_scope="module")
async def test_a_text_has_the_same_vector_alone_and_among_others(minilm: Minilm) -> None:
    alone = await minilm.embed(["parking"])
    among = await minilm.embed(["a much longer text about something else", "parking"])
    assert np.allclose(alone[0], among[1], atol=1e-6)
    assert (await minilm.embed([])).shape == (0, 384)


async def test_reading_words_from_the_file_changes_no_number() -> None:
    texts = ["Where can I park?", "zwölf Krankenhäuser", ""]
    whole = Minilm(MinilmOptions(model_path=str(model_files.find("minilm"))))
    parts = Minilm(MinilmOptions())
    assert np.array_equal(await whole.embed(texts), await parts.embed(texts))
    await whole.aclose()
    await parts.aclose()


def test_a_file_of_ones_own_must_be_there() -> None:
    with pytest.raises(ConfigurationError, match="there is no file"):
        Minilm(MinilmOptions(model_path="/nowhere/model.onnx"))


async def test_a_file_that_is_not_the_pinned_one_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "model.onnx"
    other.write_bytes(b"something else")
    monkeypatch.setattr(model_files, "found", lambda name: other)
    made = Minilm(MinilmOptions())
    with pytest.raises(ConfigurationError, match="SHA-256"):
        await made.start()
    await made.aclose()
