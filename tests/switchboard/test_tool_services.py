"""What a call's tools get where something is not installed."""

from __future__ import annotations

import pytest

from rapida.embeddings.base import Embedder
from rapida.errors import ExtraMissing, ModelFileMissing
from rapida.switchboard.tool_services import _where_installed


@pytest.mark.parametrize(
    "missing",
    [ExtraMissing("embeddings", "minilm", "knowledge", "onnxruntime"), ModelFileMissing("no 'minilm'")],
)
async def test_without_its_package_or_its_file_an_embedder_is_done_without(missing: Exception) -> None:
    async def absent(name: str) -> Embedder | None:
        raise missing

    assert await _where_installed(absent)("minilm") is None
