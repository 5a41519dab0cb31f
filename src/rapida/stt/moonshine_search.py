"""Which transcript of a sound is taken: the likeliest letter by letter, or the best of several with a bonus.

Free speech is written greedily. Where phrases are expected, four transcripts go on side by side and those
that spell a phrase are favoured (`phrase_bonus.py`). A transcript that begins to repeat itself is ended.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from .moonshine_model import RATE_HZ, START, STOP, Floats, MoonshineModel, written
from .phrase_bonus import PhraseBonus, Spelled

BEAM = 4
"""Transcripts side by side. Measured with phrases over the telephone: two 93.5 % of commands right, four 95.1
%, at 105 and 144 ms of a core each."""
_TOP = 24
"""Tokens that are looked at for each of them."""
_TOKENS_PER_S = 6.5
"""No speech has more (the model's makers' own bound); without one noise is written about for ever."""
_LEAST_TOKENS = 12
"""Even the shortest sound may be a word of many pieces."""
_ENOUGH_NATS = 2.0
"""A finished transcript that is so much better than all that go on is taken."""
_BONUS_BELIEVED = 0.5
"""How much of the bonus counts for how sure a transcript is: what is expected needs less to be believed."""
_MOST_BELIEVED = math.log(0.8)
"""And how sure it can become of it."""
_REPEATS = {**dict.fromkeys(range(2, 9), 5), **dict.fromkeys(range(9, 25), 3)}
"""So many tokens, so often in a row, were written and not said; people do say "no, no, no, no"."""
_EQUAL_TOKENS = 8
"""Of a single token (a digit, a letter) people say more in a row."""


_SURE_OF_END = 0.93
"""The model closes nearly every text with a full stop, also one that was cut in two: where it is no surer
than this, the mark is left out. Measured on 22 telephone sentences of the local voice and 144 cuts inside
them, without those that a function word gives away: 95 % of the ends and 53 % of the cuts have the mark, and
with this bound 82 and 15 %."""
_SURE_OF_COMMA = 0.6
"""Of recorded people's ends and pauses, commas at pauses had 0.76 and more, and those at ends 0.54 and
less."""


class Written(Struct, frozen=True, array_like=True):
    """A transcript, and how sure the model is of a token of it on average (natural logarithm)."""

    text: str
    mean_log_probability: float


class _Path(Struct, frozen=True):
    tokens: tuple[int, ...]
    log_probability: float
    spelled: Spelled
    sure: float = 0.0
    """How likely its last token is; of a mark that ends a sentence, how likely any is."""

    @property
    def rank(self) -> float:
        return self.log_probability + self.spelled.nats


def greedy(model: MoonshineModel, sound: Floats) -> Written:
    """The likeliest token at each step. `sound`: 16 kHz samples, full scale 1."""
    transcripts, tokens, total, sure = model.listen(sound), list[int](), 0.0, 0.0
    token = START
    for _ in range(_most_tokens(sound)):
        scores = transcripts.step([token])[0]
        token = int(scores.argmax())
        total += float(scores[token])
        if token == STOP:
            break
        tokens.append(token)
        sure = _sureness(model, token, scores)
        if repeats(tokens):
            return Written("", -math.inf)
    return _written(model, tokens, total, sure)


def with_phrases(model: MoonshineModel, sound: Floats, phrases: PhraseBonus) -> Written:
    """The best transcript where one of the phrases is likely."""
    transcripts = model.listen(sound)
    paths, finished = [_Path((), 0.0, phrases.begin())], list[_Finished]()
    for _ in range(_most_tokens(sound)):
        scores = transcripts.step([path.tokens[-1] if path.tokens else START for path in paths])
        found = list[tuple[float, int, _Path]]()
        for row, path in enumerate(paths):
            for token, path_on in _continued(model, path, scores[row], phrases):
                if token == STOP:
                    finished.append((phrases.end(path.spelled), path_on))
                else:
                    found.append((path_on.rank, row, path_on))
        found.sort(key=lambda each: -each[0])
        best = found[:BEAM]
        if not best or (finished and max(map(_rank, finished)) > best[0][0] + _ENOUGH_NATS):
            break
        transcripts.keep([row for _, row, _ in best])
        paths = [path for _, _, path in best]
    if not finished:
        return Written("", -math.inf)
    bonus, path = max(finished, key=_rank)
    count = len(path.tokens) + 1
    believed = min(path.log_probability + _BONUS_BELIEVED * bonus, count * _MOST_BELIEVED)
    return _written(model, path.tokens, max(path.log_probability, believed), path.sure)


_Finished = tuple[float, _Path]
"""The bonus of a transcript that has ended, and the transcript."""


def _rank(finished: _Finished) -> float:
    bonus, path = finished
    return path.log_probability + bonus


def _continued(
    model: MoonshineModel, path: _Path, scores: Floats, phrases: PhraseBonus
) -> list[tuple[int, _Path]]:
    """What may follow a transcript: token, and the transcript with it."""
    found = list[tuple[int, _Path]]()
    for token in map(int, np.argpartition(-scores, _TOP)[:_TOP]):
        total = path.log_probability + float(scores[token])
        if token == STOP:
            found.append((token, _Path(path.tokens, total, path.spelled, path.sure)))
            continue
        tokens = (*path.tokens, token)
        if not repeats(tokens):
            spelled = phrases.read(path.spelled, model.text_of(token))
            found.append((token, _Path(tokens, total, spelled, _sureness(model, token, scores))))
    return found


def repeats(tokens: Sequence[int]) -> bool:
    """Whether a transcript ends in the same few tokens five times over, the same sentence three times, or in
    eight equal tokens."""
    if len(tokens) >= _EQUAL_TOKENS and len(set(tokens[-_EQUAL_TOKENS:])) == 1:
        return True
    for length, times in _REPEATS.items():
        last = tokens[-times * length :]
        if len(last) == times * length and last[length:] == last[:-length] and len(set(last)) > 1:
            return True
    return False


def _most_tokens(sound: Floats) -> int:
    return max(_LEAST_TOKENS, math.ceil(len(sound) / RATE_HZ * _TOKENS_PER_S) + 4)


def _sureness(model: MoonshineModel, token: int, scores: Floats) -> float:
    """How likely a token is; of a mark that ends a sentence, how likely any is."""
    alike = model.end_tokens if token in model.end_tokens else [token]
    return float(np.exp(scores[alike]).sum())


def _written(model: MoonshineModel, tokens: Sequence[int], total: float, sure: float) -> Written:
    """`sure`: how likely the last token is."""
    text = written([model.pieces[token] for token in tokens])
    if sure < (_SURE_OF_COMMA if text.endswith(",") else _SURE_OF_END):
        text = text.rstrip(".?!,")
    return Written(text, total / (len(tokens) + 1))
