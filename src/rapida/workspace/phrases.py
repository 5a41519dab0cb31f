"""The sentences that an assistant says when nobody has written any: in its own language, where we have them.

An assistant that is saved keeps them as its own from then on. In a language that is not here they stay
English, which a hint tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from ..assistant import Assistant, Idle

PHRASES: Mapping[str, Mapping[str, Any]] = {
    "de": {
        "idle": {
            "prompts": ["Sind Sie noch da?"],
            "goodbye": "Ich kann Sie nicht hören und lege jetzt auf. Auf Wiederhören.",
        },
        "unclear_message": "Das habe ich leider nicht verstanden. Können Sie es bitte wiederholen?",
        "unclear_goodbye": "Ich kann Sie nur schlecht verstehen. "
        "Bitte rufen Sie noch einmal an. Auf Wiederhören.",
        "error_message": "Bei uns ist leider etwas schiefgegangen. Bitte rufen Sie später noch einmal an. "
        "Auf Wiederhören.",
        "filler_message": "Einen Moment, bitte.",
        "warning_message": "Wir haben noch eine halbe Minute für dieses Gespräch.",
        "duration_goodbye": "Unsere Zeit ist um. Vielen Dank für Ihren Anruf. Auf Wiederhören.",
    },
    "es": {
        "idle": {
            "prompts": ["¿Sigue usted ahí?"],
            "goodbye": "No puedo oírle, así que voy a colgar. Adiós.",
        },
        "unclear_message": "Perdone, no le he entendido. ¿Puede repetirlo?",
        "unclear_goodbye": "No consigo oírle bien. Por favor, vuelva a llamar. Adiós.",
        "error_message": "Lo siento, ha habido un problema por nuestra parte. "
        "Por favor, llame más tarde. Adiós.",
        "filler_message": "Un momento, por favor.",
        "warning_message": "Nos queda medio minuto de llamada.",
        "duration_goodbye": "Se nos ha acabado el tiempo. Gracias por llamar. Adiós.",
    },
    "fr": {
        "idle": {
            "prompts": ["Êtes-vous toujours là ?"],
            "goodbye": "Je ne vous entends pas, je vais donc raccrocher. Au revoir.",
        },
        "unclear_message": "Pardon, je n'ai pas compris. Pouvez-vous répéter ?",
        "unclear_goodbye": "Je vous entends mal. Rappelez-nous, s'il vous plaît. Au revoir.",
        "error_message": "Je suis désolé, un problème est survenu de notre côté. "
        "Rappelez plus tard, s'il vous plaît. Au revoir.",
        "filler_message": "Un instant, s'il vous plaît.",
        "warning_message": "Il nous reste une demi-minute pour cet appel.",
        "duration_goodbye": "Notre temps est écoulé. Merci de votre appel. Au revoir.",
    },
    "it": {
        "idle": {
            "prompts": ["È ancora in linea?"],
            "goodbye": "Non riesco a sentirla, quindi chiudo la chiamata. Arrivederci.",
        },
        "unclear_message": "Mi scusi, non ho capito. Può ripetere?",
        "unclear_goodbye": "Non riesco a sentirla bene. La prego di richiamare. Arrivederci.",
        "error_message": "Mi dispiace, c'è stato un problema da parte nostra. "
        "La prego di richiamare più tardi. Arrivederci.",
        "filler_message": "Un momento, per favore.",
        "warning_message": "Abbiamo ancora mezzo minuto per questa chiamata.",
        "duration_goodbye": "Il nostro tempo è finito. Grazie per aver chiamato. Arrivederci.",
    },
    "nl": {
        "idle": {
            "prompts": ["Bent u er nog?"],
            "goodbye": "Ik kan u niet horen en ga nu ophangen. Tot ziens.",
        },
        "unclear_message": "Sorry, dat heb ik niet verstaan. Kunt u het herhalen?",
        "unclear_goodbye": "Ik kan u slecht verstaan. Belt u alstublieft nog eens. Tot ziens.",
        "error_message": "Het spijt me, er is bij ons iets misgegaan. "
        "Belt u later alstublieft nog eens. Tot ziens.",
        "filler_message": "Een moment, alstublieft.",
        "warning_message": "We hebben nog een halve minuut voor dit gesprek.",
        "duration_goodbye": "Onze tijd is om. Bedankt voor het bellen. Tot ziens.",
    },
    "pt": {
        "idle": {
            "prompts": ["Ainda está aí?"],
            "goodbye": "Não consigo ouvir, por isso vou desligar. Até logo.",
        },
        "unclear_message": "Desculpe, não entendi. Pode repetir?",
        "unclear_goodbye": "Não estou a conseguir ouvir bem. Por favor, ligue novamente. Até logo.",
        "error_message": "Lamento, houve um problema do nosso lado. Por favor, ligue mais tarde. Até logo.",
        "filler_message": "Um momento, por favor.",
        "warning_message": "Temos ainda meio minuto para esta chamada.",
        "duration_goodbye": "O nosso tempo acabou. Obrigado por ligar. Até logo.",
    },
}
"""By primary language subtag: every sentence that has an English default."""


def in_language(draft: Mapping[str, Any]) -> dict[str, Any]:
    """An assistant as it was sent, what it leaves out in its own language."""
    language = draft.get("language")
    known = PHRASES.get(language.partition("-")[0].lower()) if isinstance(language, str) else None
    if known is None:
        return dict(draft)
    spoken = {**known, **draft}
    if isinstance(idle := draft.get("idle"), dict):
        spoken["idle"] = {**known["idle"], **cast("dict[str, Any]", idle)}
    return spoken


def still_english(draft: Assistant) -> list[str]:
    """The fields whose sentence is the English default."""
    declared = {each.name: each.default for each in msgspec.structs.fields(Assistant)}
    own = [name for name in PHRASES["de"] if name != "idle" and getattr(draft, name) == declared[name]]
    return own + [f"idle.{name}" for name in _idle(draft.idle)]


def _idle(idle: Idle) -> Iterator[str]:
    plain = Idle()
    yield from (name for name in ("prompts", "goodbye") if getattr(idle, name) == getattr(plain, name))
