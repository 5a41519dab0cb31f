"""How a number that nobody may see is named: by a token for each key, and by words that stand for the whole.

The toolbox alone holds the digits. It tells the core tokens, the model reads the words, and a tool that is
given the words gets the digits in their place.
"""

from __future__ import annotations

from typing import Final

TERMINATOR: Final = "terminator"
"""The token of the key that ends the number."""
SURPLUS: Final = "digit#0"
"""The token of a digit too many: nobody counts it."""


def digit(nth: int) -> str:
    """The token of the nth digit, from 1 on."""
    return f"digit#{nth}"


def words_for(collection_id: int) -> str:
    """What stands for the number of a collection wherever it would be said or written."""
    return f"[sensitive digits #{collection_id}]"
