"""The durable queue's own conditions; what it does is shown by the worker that it works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapida.errors import ConfigurationError
from rapida.jobs import durable


def test_a_sqlite_that_is_too_old_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "NEEDS_SQLITE", (99, 0))
    with pytest.raises(ConfigurationError, match=r"needs SQLite .* or Python 3\.11, or PostgreSQL"):
        durable.DurableJobs(f"sqlite:///{tmp_path / 'queue.db'}", "executor", {})
    assert list(tmp_path.iterdir()) == []
