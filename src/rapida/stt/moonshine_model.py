"""Moonshine tiny as onnxruntime runs it: sound in, scores for the next piece of a word out.

Decides how the model's files are loaded and how its memory of what it has written is carried from step to
step, for several transcripts of one sound at once. Which of them go on is decided in `moonshine_search.py`.
The model: Jeffries and others, "Moonshine: Speech Recognition for Live Transcription and Voice Commands"
(arXiv 2410.15608); weights and tokenizer are of UsefulSensors/Moonshine AI, under MIT.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as untyped
from numpy.typing import NDArray

ort: Any = untyped

RATE_HZ = 16_000
"""What the model was trained on."""
START, STOP = 1, 2
"""The tokens before the first and after the last piece of a transcript."""
_SENTENCE_ENDS = frozenset(".?!")
_LONG = 128
"""In the tokenizer's file a length from here on takes two bytes."""
_WORD_MARK = "\u2581"

Floats = NDArray[np.float32]


class MoonshineModel:
    """Both halves of the model and its pieces of words."""

    def __init__(self, encoder: Path, decoder: Path, tokens: Path) -> None:
        """Raises `OSError`, and whatever onnxruntime does for a file that is none of its own."""
        self._encoder = _session(encoder)
        self._decoder = _session(decoder)
        self.pieces = _pieces(tokens.read_bytes())
        """What each token writes."""
        self._texts = [piece.decode("utf-8", "ignore").replace(_WORD_MARK, " ") for piece in self.pieces]
        self.end_tokens = [token for token, text in enumerate(self._texts) if text in _SENTENCE_ENDS]
        """Those that end a sentence."""
        self._outputs = [
            each.name.replace("present", "past_key_values") for each in self._decoder.get_outputs()
        ][1:]
        past = [each for each in self._decoder.get_inputs() if each.name.startswith("past")]
        self._past = [each.name for each in past]
        self._heads, self._width = past[0].shape[1], past[0].shape[3]

    def text_of(self, token: int) -> str:
        """A token's letters; of a letter in several tokens none."""
        return self._texts[token]

    def listen(self, sound: Floats) -> Transcripts:
        """Begin transcripts of 16 kHz samples, full scale 1."""
        mask = np.ones((1, len(sound)), np.int64)
        (heard,) = self._encoder.run(None, {"input_values": sound[None], "attention_mask": mask})
        return Transcripts(self, heard, mask)

    def empty_past(self, heard_steps: int) -> dict[str, Floats]:
        """The memory of a transcript that has not begun."""
        return {
            name: np.zeros((1, self._heads, 0 if "decoder" in name else heard_steps, self._width), np.float32)
            for name in self._past
        }

    def decode(self, inputs: dict[str, Any]) -> tuple[Floats, dict[str, Floats]]:
        """One step: the scores of the next token for each transcript, and the new memory."""
        scores, *present = self._decoder.run(None, inputs)
        return scores[:, -1], dict(zip(self._outputs, present, strict=True))


class Transcripts:
    """Transcripts of one sound that are being written side by side."""

    def __init__(self, model: MoonshineModel, heard: Floats, mask: NDArray[np.int64]) -> None:
        self._model = model
        self._heard = heard
        self._mask = mask
        self._past = model.empty_past(heard.shape[1])
        self._begun = False

    def step(self, tokens: Sequence[int]) -> Floats:
        """Write a token to each transcript; the log-probabilities of the next, a row for each."""
        count = len(tokens)
        scores, present = self._model.decode(
            {
                "input_ids": np.array([[token] for token in tokens], np.int64),
                "use_cache_branch": np.array([self._begun]),
                "encoder_hidden_states": np.repeat(self._heard, count, 0),
                "encoder_attention_mask": np.repeat(self._mask, count, 0),
                **self._past,
            }
        )
        # What was made of the sound is given back empty once the transcript has begun.
        self._past |= {name: past for name, past in present.items() if not self._begun or "decoder" in name}
        self._begun = True
        scores = scores - scores.max(1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(1, keepdims=True))

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these of the transcripts, each as often as it is named."""
        self._past = {name: past[list(rows)] for name, past in self._past.items()}


def written(pieces: Sequence[bytes]) -> str:
    """The text of a transcript."""
    return b"".join(pieces).decode("utf-8", "replace").replace(_WORD_MARK, " ").strip()


def _session(path: Path) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # 165 MB for the process; an arena adds 50
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _pieces(content: bytes) -> list[bytes]:
    """A list of byte strings, each behind its length."""
    pieces, at = list[bytes](), 0
    while at < len(content):
        length, at = content[at], at + 1
        if length >= _LONG:
            length, at = content[at] * _LONG + length - _LONG, at + 1
        pieces.append(content[at : at + length])
        at += length
    return pieces
