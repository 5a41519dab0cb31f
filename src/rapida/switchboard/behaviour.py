"""How a call on the phone is answered: the assistant's version, with what its deployment says instead.

An assistant is written once and may be deployed with another greeting, other patience or no recording. The
merged value is what the call core gets and what the journal keeps.
"""

from __future__ import annotations

import msgspec

from ..assistant import Assistant
from ..store.deployments import Deployment, PhoneOptions

_SAME = tuple(name for name in PhoneOptions.__struct_fields__ if name in Assistant.__struct_fields__)


def answering(assistant: Assistant, deployment: Deployment | None) -> Assistant:
    """The assistant as it answers on its deployment."""
    return assistant if deployment is None else with_options(assistant, deployment.options)


def with_options(assistant: Assistant, options: PhoneOptions) -> Assistant:
    """The assistant with what a deployment's options say instead."""
    changes = {name: value for name in _SAME if (value := getattr(options, name)) is not None}
    merged = msgspec.structs.replace(assistant, **changes) if changes else assistant
    if not (options.announcement and merged.record):
        return merged
    greeting = f"{options.announcement} {merged.greeting}".strip()
    return msgspec.structs.replace(merged, greeting=greeting, greeting_barge_in="never")
