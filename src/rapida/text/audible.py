"""A stream of a model's text → the part of it that is for the ear.

What a model writes besides its answer (`unheard.py` knows it) is left out. The same text gives the same words
however it was cut into deltas: what may become such a thing is kept until it is known, never longer than the
thing itself. Marks of Markdown are `markdown.py`'s.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .markdown import plain
from .unheard import HEARD, LONGEST_MARK_CHARS, OPENERS, THOUGHTS, Hidden, verdict


class AudiblePart(NamedTuple):
    """What a delta adds."""

    text: str
    voids: bool = False
    """What was given before it in this reply was a thought, too."""


class Audible:
    """Feed deltas, take what is heard of them. One per reply; `finish` gives the rest."""

    def __init__(self, *, in_thought: bool = False) -> None:
        """`in_thought`: the reply begins inside a thought, unless an end mark never comes."""
        self._kept = ""
        """Not yet judged."""
        self._open: tuple[Hidden, ...] = THOUGHTS if in_thought else ()
        """What is open: the first of them that closes, closes it."""
        self._presumed = in_thought
        self._searched = 0
        """How much of what is kept holds no end mark."""
        self._left_out = False
        """Something, behind the last character given."""
        self._parting = ""
        """What parts the words on both sides of it."""
        self._before = ""
        """The last character given."""
        self._voids = False
        self._given: list[str] = []

    def feed(self, delta: str) -> AudiblePart:
        """What is known to be heard now."""
        self._kept += delta
        return self._take(last=False)

    def finish(self) -> AudiblePart:
        """What is left; there is no more text. A thought that was never ended is not heard."""
        if self._presumed and self._open:  # it was no thought at all
            self._open = ()
        return self._take(last=True)

    def _take(self, *, last: bool) -> AudiblePart:
        while self._kept and (self._skip() if self._open else self._read(last=last)):
            pass
        text, self._given = "".join(self._given), []
        voids, self._voids = self._voids, False
        return AudiblePart(text, voids)

    def _skip(self) -> bool:
        """Pass over what is hidden; false = its end is not there yet."""
        ends = [found for hidden in self._open if (found := hidden.closes.search(self._kept, self._searched))]
        if ends:
            self._kept = self._kept[min(ends, key=_start).end() :]
            if self._presumed:
                self._void()
            self._open, self._searched, self._presumed = (), 0, False
        elif self._presumed:
            self._searched = max(0, len(self._kept) - LONGEST_MARK_CHARS)
        else:
            self._kept = self._kept[-LONGEST_MARK_CHARS:]
        return bool(ends)

    def _read(self, *, last: bool) -> bool:
        """Give what is surely heard, and judge what stands behind it; false = more text must come first."""
        found = OPENERS.search(self._kept)
        at = found.start() if found else len(self._kept)
        self._give(self._kept[:at])
        self._kept = self._kept[at:]
        if not self._kept:
            return True
        what = verdict(self._kept, self._before, after_unheard=self._left_out)
        if what is None:
            if not last:
                return False
            what = HEARD
        judged, self._kept = self._kept[: what.chars], self._kept[what.chars :]
        if what.heard:
            self._give(judged)
        else:
            self._left_out = True
            self._parting = self._parting if self._parting == "\n" else what.parting or self._parting
            self._open = what.opens
        if what.voids:
            self._void()
        return True

    def _void(self) -> None:
        """All that was given was a thought."""
        self._given.clear()
        self._before = ""
        self._voids = True

    def _give(self, text: str) -> None:
        if not text:
            return
        if self._parting == "\n" or (self._parting and self._before.isalnum() and text[0].isalnum()):
            self._given.append(self._parting)
        self._given.append(text)
        self._left_out, self._parting, self._before = False, "", text[-1]


def _start(found: re.Match[str]) -> int:
    return found.start()


def audible(text: str) -> str:
    """The words of a whole text that are for the ear: without the above, and without Markdown's marks."""
    stream = Audible()
    return plain(stream.feed(text).text + stream.finish().text)
