"""Words → phonemes, by hibari's lexicons and rules, with the place of each word in the text.

Of the package `hibari-tts` only what turns text into phonemes is imported: not its `__init__`, which brings
what could download other voices. Its tables are read from the files that we know by hash, and the large ones
are packed (`packed_table.py`). Runs in the worker process alone.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import onnxruntime as untyped

from .packed_table import PackedTable
from .readable import ReadableText, readable

_ORT: Any = untyped  # its types are written only for some platforms
_LETTER_A = "ˈA"
"""The name of the letter, which is else taken for the article."""


class SaidWord(NamedTuple):
    """A word or mark at `character` of what is read, and its phonemes with the blank behind it."""

    character: int
    phonemes: str

    @property
    def sounds(self) -> bool:
        """Whether it is a word, and no mark."""
        return any(each.isalpha() for each in self.phonemes)


class Phonemes:
    """The lexicons, the tagger and the network for unknown words; `files` as `model_files` names them."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        rules = _rules("")
        self._normalize = rules.normalize
        reader = object.__new__(rules.G2P)  # its own constructor would read the tables into dictionaries
        reader.lexicon = _rules(".lexicon").Lexicon(
            PackedTable(_unpacked(files["hibari-lexicon"])),
            PackedTable(_unpacked(files["hibari-lexicon-more"])),
        )
        tagger = msgspec.json.decode(_unpacked(files["hibari-tagger"]), type=dict[str, msgspec.Raw])
        reader.tagger = _rules(".tagger").Tagger(
            {
                name: PackedTable(bytes(content)) if name == "weights" else msgspec.json.decode(content)
                for name, content in tagger.items()
            }
        )
        reader.tokenizer = _rules(".tokenize").Tokenizer(
            msgspec.json.decode(files["hibari-contractions"].read_bytes())
        )
        reader.unk, reader.british = "", False
        # Made at once and not at the first unknown word: a caller would wait for it.
        unknown = files["hibari-unknown-words"]
        reader._oov = _rules(".oov").OOV(str(unknown), session(unknown.read_bytes()))
        self._reader: Any = reader

    def readable(self, text: str) -> ReadableText:
        """`text` as it will be read."""
        return readable(text, self._normalize)

    def words(self, text: ReadableText) -> list[SaidWord]:
        """What is read, word by word; marks are words too."""
        said = text.said
        tokens: list[Any] = self._reader.tokenize(said)
        for token, at in zip(tokens, _places(said, tokens), strict=True):
            if token.text == "A" and _spells(text, at):
                token.phonemes = _LETTER_A
        read: list[Any] = self._reader.phonemize_tokens(tokens)
        return [
            SaidWord(at, (word.phonemes or "") + (" " if word.whitespace else ""))
            for word, at in zip(read, _places(said, read), strict=True)
        ]


def session(model: bytes) -> Any:
    """A network for one thread, which keeps no memory from one run to the next.

    Raises the runtime's own errors, which have no common class.
    """
    options = _ORT.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # What a long sentence needed is given back: without, the process keeps 40 MB more.
    options.enable_cpu_mem_arena = False
    return _ORT.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _rules(module: str) -> Any:
    """`hibari.g2p` or a module in it, its package's own `__init__` left out. Raises `ModuleNotFoundError`."""
    if "hibari" not in sys.modules and (found := find_spec("hibari")) is not None:
        sys.modules["hibari"] = module_from_spec(found)
    return import_module(f"hibari.g2p{module}")


def _unpacked(place: Path) -> bytes:
    return gzip.decompress(place.read_bytes())


def _places(said: str, tokens: Sequence[Any]) -> list[int]:
    """Where each token begins; one that was changed begins where the one before it ends."""
    places: list[int] = []
    at = 0
    for token in tokens:
        found = said.find(token.text, at)
        places.append(found if found >= 0 else at)
        at = places[-1] + (len(token.text) if found >= 0 else 0)
    return places


def _spells(text: ReadableText, character: int) -> bool:
    """Whether our own rules put the letter at `character`, as they do to spell a code."""
    at = 0
    for part in text.parts:
        at += len(part.said)
        if character < at:
            return part.written != part.said
    return False
