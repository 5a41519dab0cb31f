"""Rapida: a self-hosted voice-AI telephone platform.

The folders read as the table of contents of a phone call; `docs/how-a-call-flows.md` walks through them.
"""

__version__ = "0.1.0"
