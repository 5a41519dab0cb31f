"""A catalogue: name → class, imported only when asked for.

Heavy providers cost seconds and tens of megabytes to import, so a family's catalogue holds import paths and
this module turns a missing name or a missing package into one clear error.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import ExtraMissing, UnknownName
from ..struct_types import describe_struct_types

T = TypeVar("T")
_LOADING = threading.RLock()
"""Nobody reads a provider's options before their classes are described, whichever thread loads it."""


@dataclass(frozen=True)
class CatalogueEntry:
    """Where a class lives (`package.module:Class`) and the extra that brings what it imports."""

    path: str
    extra: str = ""
    listed: bool = True
    """Whether people may choose it; else the platform takes it by itself where it is due."""


class Registry(Generic[T]):
    """The names of one family (`"tts"`, …) and where their classes are."""

    def __init__(self, family: str, entries: Mapping[str, CatalogueEntry]) -> None:
        self.family = family
        self._entries = dict(entries)
        self._loaded: dict[str, type[T]] = {}

    def __iter__(self) -> Iterator[str]:
        """The names that people may choose."""
        return (name for name, entry in self._entries.items() if entry.listed)

    def load(self, name: str) -> type[T]:
        """The class called `name`. Raises `UnknownName`, or `ExtraMissing` when its packages are absent."""
        if (loaded := self._loaded.get(name)) is not None:
            return loaded
        entry = self._entries.get(name)
        if entry is None:
            raise UnknownName(self.family, name, tuple(self))
        with _LOADING:
            found: type[T] = self._imported(name, entry)
            describe_struct_types()
            self._loaded[name] = found
        return found

    def _imported(self, name: str, entry: CatalogueEntry) -> Any:
        module, _, attribute = entry.path.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as missing:
            if not entry.extra or (missing.name or "").startswith("rapida"):
                raise
            raise ExtraMissing(self.family, name, entry.extra, missing.name or "?") from missing
