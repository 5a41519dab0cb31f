"""The browser: a line without a telephone, for a page or a program that talks to an assistant itself.

It is no carrier: it brings no webhooks and dials nobody, so the catalogue does not list it. What it has of
one is its stream's codec (`stream.py`).
"""

from typing import Final

NAME: Final = "browser"
"""What stands in the place of a carrier's name, in paths and in contexts."""
