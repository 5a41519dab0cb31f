"""Which voice and which ear need no key on this machine: of two, the better one that is whole.

| machine | voice | ear |
|---|---|---|
| Linux with glibc 2.34 (aarch64: 2.31) and later, macOS 15 on ARM, Windows on x64 | hibari | moonshine |
| Linux with glibc 2.28 to 2.33, macOS 14 on ARM, Windows on ARM | hibari | pocketsphinx, or moonshine after \
`rapida models pull moonshine` |
| musl, older systems, Intel Macs: no onnxruntime | espeak | pocketsphinx |

That follows from what is looked for here: the wheels that a platform has decide what can be installed on it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal, NamedTuple

from . import model_files

Family = Literal["tts", "stt"]


class LocalProvider(NamedTuple):
    """A provider that needs no key: the modules that it imports, and the package that ships its model."""

    name: str
    modules: tuple[str, ...]
    package: str = ""


LOCAL: dict[Family, tuple[LocalProvider, ...]] = {
    "tts": (
        LocalProvider("hibari", ("onnxruntime", "hibari"), "hibari-tts"),
        LocalProvider("espeak", ("espeakng_loader",)),
    ),
    "stt": (
        LocalProvider("moonshine", ("onnxruntime",), "moonshine-voice"),
        LocalProvider("pocketsphinx", ("pocketsphinx",)),
    ),
}
"""By family, the better one first; the last is taken where none is whole, and says itself what it lacks."""


class LocalChoice(NamedTuple):
    """The provider to take. `lacking` says of each better one why it is not that one."""

    name: str
    lacking: tuple[str, ...]


def local_choice(family: Family) -> LocalChoice:
    """The best that this machine has. Imports no provider, and compares no hash: a worker does."""
    lacking: list[str] = []
    for provider in LOCAL[family]:
        if not (why := _lacks(provider)):
            return LocalChoice(provider.name, tuple(lacking))
        lacking.append(f"{provider.name}: {why}")
    return LocalChoice(LOCAL[family][-1].name, tuple(lacking[:-1]))


def _lacks(provider: LocalProvider) -> str:
    """What is missing for a provider; "" = nothing."""
    for module in provider.modules:
        if find_spec(module) is None:
            return f"the package {module!r} is not installed here, or has no wheel for this platform"
    for name in model_files.names_of(provider.package):
        if model_files.found(name) is None:
            return model_files.missing(name)
    return ""
