"""What the carrier says to callers for whom no call comes about: in the assistant's language, where we can.

The sentences have no fields in an assistant, except one: where something is wrong on our side, its own
`error_message` is said. An assistant that is not known, or speaks another language, refuses in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from .. import telephony
from ..assistant import Assistant

Why = Literal["not_connected", "busy", "over", "apology"]

NOT_CONNECTED: Final = "This number is not connected to an assistant at the moment. Goodbye."
BUSY: Final = "All our lines are busy at the moment. Please call again in a few minutes. Goodbye."
OVER: Final = "This call cannot be continued. Please call again. Goodbye."
APOLOGY: Final = "We are sorry, we cannot take your call right now. Please call again later. Goodbye."

_ENGLISH: Final[Mapping[Why, str]] = {
    "not_connected": NOT_CONNECTED,
    "busy": BUSY,
    "over": OVER,
    "apology": APOLOGY,
}
SENTENCES: Final[Mapping[str, Mapping[Why, str]]] = {
    "en": _ENGLISH,
    "de": {
        "not_connected": "Unter dieser Nummer ist zurzeit niemand zu erreichen. Auf Wiederhören.",
        "busy": "Zurzeit sind alle unsere Leitungen belegt. "
        "Bitte rufen Sie in ein paar Minuten noch einmal an. "
        "Auf Wiederhören.",
        "over": "Dieses Gespräch kann nicht fortgesetzt werden. Bitte rufen Sie noch einmal an. "
        "Auf Wiederhören.",
        "apology": "Wir können Ihren Anruf gerade leider nicht annehmen. "
        "Bitte rufen Sie später noch einmal an. "
        "Auf Wiederhören.",
    },
    "es": {
        "not_connected": "En este momento nadie puede atenderle en este número. Adiós.",
        "busy": "Todas nuestras líneas están ocupadas. "
        "Por favor, vuelva a llamar dentro de unos minutos. Adiós.",
        "over": "Esta llamada no puede continuar. Por favor, vuelva a llamar. Adiós.",
        "apology": "Lo sentimos, ahora no podemos atender su llamada. Por favor, llame más tarde. Adiós.",
    },
    "fr": {
        "not_connected": "Personne ne peut vous répondre à ce numéro pour le moment. Au revoir.",
        "busy": "Toutes nos lignes sont occupées. "
        "Rappelez dans quelques minutes, s'il vous plaît. Au revoir.",
        "over": "Cet appel ne peut pas continuer. Rappelez-nous, s'il vous plaît. Au revoir.",
        "apology": "Nous sommes désolés, nous ne pouvons pas prendre votre appel pour le moment. "
        "Rappelez plus tard, s'il vous plaît. Au revoir.",
    },
    "it": {
        "not_connected": "Al momento nessuno può rispondere a questo numero. Arrivederci.",
        "busy": "Tutte le nostre linee sono occupate. "
        "La prego di richiamare tra qualche minuto. Arrivederci.",
        "over": "Questa chiamata non può continuare. La prego di richiamare. Arrivederci.",
        "apology": "Ci dispiace, ora non possiamo rispondere alla sua chiamata. "
        "La prego di richiamare più tardi. Arrivederci.",
    },
    "nl": {
        "not_connected": "Op dit nummer is op dit moment niemand bereikbaar. Tot ziens.",
        "busy": "Al onze lijnen zijn bezet. Belt u over een paar minuten alstublieft nog eens. Tot ziens.",
        "over": "Dit gesprek kan niet worden voortgezet. Belt u alstublieft nog eens. Tot ziens.",
        "apology": "Het spijt ons, we kunnen uw gesprek nu niet aannemen. "
        "Belt u later alstublieft nog eens. Tot ziens.",
    },
    "pt": {
        "not_connected": "De momento ninguém pode atender neste número. Até logo.",
        "busy": "Todas as nossas linhas estão ocupadas. "
        "Por favor, ligue novamente daqui a uns minutos. Até logo.",
        "over": "Esta chamada não pode continuar. Por favor, ligue novamente. Até logo.",
        "apology": "Lamentamos, não podemos atender a sua chamada neste momento. "
        "Por favor, ligue mais tarde. Até logo.",
    },
}
"""By primary language subtag, those of `phrases.PHRASES` and English."""


def refusing(carrier: str, why: Why, assistant: Assistant | None) -> str:
    """The document that says why and hangs up. `assistant` has the call's variables in its sentences."""
    refuse = telephony.carrier(carrier).documents.refuse
    if assistant is None:
        return refuse(_ENGLISH[why], "")
    if why == "apology" and assistant.error_message:
        return refuse(assistant.error_message, assistant.language)
    known = SENTENCES.get(assistant.language.partition("-")[0].lower())
    # Of a language that is not ours, the carrier's voice would read English by its own rules.
    return refuse(known[why], assistant.language) if known else refuse(_ENGLISH[why], "")
