from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rapida.embeddings import word_table
from rapida.providers import model_files


def test_the_network_is_smaller_by_its_table_whose_rows_are_read_from_the_file() -> None:
    file = model_files.find("minilm")
    network, name, table = word_table.split(file)
    assert name == "embedding"
    assert file.stat().st_size - len(network) > 30_522 * 384
    rows = table.rows(np.array([[101, 102], [0, 30_521]], np.int64))
    assert (rows.shape, rows.dtype) == ((2, 2, 384), np.float32)
    assert rows.std() > 0.01
    with pytest.raises(IndexError):
        table.rows(np.array([30_522], np.int64))


@pytest.mark.parametrize("data", [b"", b"something else", b"\x3a\x00", b"\x3a\x02\x0a\x00"])
def test_what_looks_up_no_words_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises((ValueError, IndexError)):
        word_table.split(tmp_path / "model.onnx")
