"""How often one API key or session may ask: a bucket of requests each, which fills up again evenly.

It keeps a runaway program from taking the event loop that carries the calls. It is asked before the database
is, and knows only who is presented. Carriers present neither key nor session: they are never counted.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import TooManyTries
from ..vault import tokens

BURST_S = 2.0
"""A bucket holds what fills it in this time: a page of the dashboard asks for a dozen things at once."""
MOST_BUCKETS = 10_000
"""Some 2 MB. The one used longest ago goes, and is full again for whoever comes back."""
LIMIT_HEADER, POLICY_HEADER = "ratelimit", "ratelimit-policy"
"""As in draft-ietf-httpapi-ratelimit-headers-10."""
_NAME = '"requests"'


class TooManyRequests(TooManyTries):
    """The key or session asks too often."""


@dataclass
class _Bucket:
    left: float
    at_s: float


class RateLimit:
    """Counts the requests of this process. `per_second` of 0 counts nothing."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._most = max(1.0, per_second * BURST_S)
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, presented: str, headers: dict[str, str]) -> None:
        """Count a request of whoever presents a key or session, and tell in `headers` how many are left.

        Raises `TooManyRequests`.
        """
        if self._per_second == 0:
            return
        bucket = self._bucket(tokens.digest(presented))
        is_left = bucket.left >= 1
        if is_left:
            bucket.left -= 1
        headers[POLICY_HEADER] = f"{_NAME};q={int(self._most)};w={math.ceil(self._most / self._per_second)}"
        full_in_s = math.ceil((self._most - bucket.left) / self._per_second)
        headers[LIMIT_HEADER] = f"{_NAME};r={int(bucket.left)};t={full_in_s}"
        if not is_left:
            wait_s = math.ceil((1 - bucket.left) / self._per_second)
            raise TooManyRequests(
                f"too many requests: at most {self._per_second:g} a second, {int(self._most)} at once "
                "(RAPIDA_REQUESTS_PER_SECOND)",
                wait_s,
            )

    def _bucket(self, digest: str) -> _Bucket:
        """As full as it is by now."""
        now_s = self._clock()
        bucket = self._buckets.get(digest)
        if bucket is None:
            bucket = self._buckets[digest] = _Bucket(self._most, now_s)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(digest)
        bucket.left = min(self._most, bucket.left + (now_s - bucket.at_s) * self._per_second)
        bucket.at_s = now_s
        return bucket
