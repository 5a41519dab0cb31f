"""When a machine answers: hang up, or leave a message after its beep, as the call's options say.

The carrier listens while the call goes on and reports what it found; a person, and what it cannot tell, is
left to the assistant. The message is said by the carrier itself, because its stream ends with it.
"""

from __future__ import annotations

import structlog

from ..errors import ProviderError, VaultError
from ..node.carriers import Carriers
from ..store.contexts import Context
from ..telephony.webhooks import Callback
from ..text.audible import audible
from .dialling import Dialler

_log = structlog.get_logger(__name__)


class AnsweringMachines:
    """Deals with answering machines."""

    def __init__(self, dialler: Dialler, carriers: Carriers) -> None:
        self._dialler = dialler
        self._carriers = carriers

    async def answered(self, context: Context, callback: Callback) -> None:
        """The carrier found out who answered. Raises `StoreError`."""
        if callback.answerer in ("", "person") or (order := await self._dialler.load(context.id)) is None:
            return
        options = order.options
        try:
            carrier = self._carriers.of(order.credential)
            if options.machine == "hang_up" or callback.answerer == "fax":
                await carrier.complete(callback.call_id)
            elif options.machine == "leave_message":
                await carrier.say(callback.call_id, audible(options.message), options.language)
        except (ProviderError, VaultError) as failed:
            _log.warning("machine_not_dealt_with", context_id=str(context.id), reason=str(failed))
