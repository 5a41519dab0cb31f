"""msgspec's descriptions of classes are there before a second thread reads one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from msgspec import Struct

from rapida import struct_types
from rapida.providers.registry import CatalogueEntry, Registry
from rapida.struct_types import describe_struct_types
from tests.acceptance.server import opened

READ_BY_FOUR_THREADS = """
import sys, threading
import msgspec
from rapida.struct_types import describe_struct_types

sys.setswitchinterval(1e-6)
for _ in range(50):
    inner = msgspec.defstruct("Inner", [("a", int, 0), ("b", list[str], [])])
    outer = msgspec.defstruct("Outer", [(f"f{nth}", inner) for nth in range(40)])
    describe_struct_types()
    together = threading.Barrier(4)

    def read():
        together.wait()
        msgspec.convert({f"f{nth}": {"a": 1} for nth in range(40)}, outer)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
"""


def test_classes_that_are_described_may_be_read_by_any_thread() -> None:
    # Without the description this ends with a segmentation fault, each time.
    done = subprocess.run([sys.executable, "-c", READ_BY_FOUR_THREADS], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def undescribed() -> list[str]:
    """The platform's own classes that msgspec does not know yet."""
    below = set(struct_types._below(Struct)) - set(struct_types._described)
    return [each.__qualname__ for each in below if each.__module__.partition(".")[0] == "rapida"]


async def test_a_server_that_has_started_left_none_to_be_described(tmp_path: Path) -> None:
    async with opened(tmp_path / "data"):
        assert undescribed() == []


def test_a_provider_that_is_loaded_has_its_options_described() -> None:
    registry: Registry[object] = Registry(
        "tests", {"late": CatalogueEntry("tests.late_provider:LateProvider")}
    )
    assert registry.load("late").__name__ == "LateProvider"
    described = {each.__name__ for each in struct_types._described}
    assert "LateOptions" in described
    describe_struct_types()
    assert registry.load("late") is registry.load("late")
