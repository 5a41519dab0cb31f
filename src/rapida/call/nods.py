"""Backchannels: the sounds and words by which a listener shows attention without taking the floor.

Which language's words count is the assistant's; hums are much the same everywhere. The lists hold what
transcribers write ("mhm", "mm-hmm", "uh huh"), not what a dictionary does. A word that may just as well be an
answer of its own to an offer ("no", a number) is on none of them.
"""

from __future__ import annotations

import re

MOST_WORDS = 3
"""A longer row of nods is impatience: that takes the floor."""

_HUM = re.compile(
    r"(?:[uh]*u+h+|a+h+|o+h+|m+|h+m+|m+h+m*|a+ha+|o+ho+"
    r"|(?:m+|h+m+|m+h+|u+h+|a+h*)[-'](?:h+m+|h+u+h+|h+a+|h+))"
)
"""Hardly words in any language: "uh", "mm", "hmm", "mhm", "mm-hmm", "uh-huh", "ah", "aha"; but no "uh-uh"."""

_HUMS: dict[str, frozenset[str]] = {
    language: frozenset(hums.split())
    for language, hums in {
        "en": "um umm uhm er erm eh huh",  # elsewhere "um" and "er" are words: "one", "at", "he"
        "de": "ähm äh öhm hä",
        "fr": "euh heu hein",
        "es": "eh em este",
        "it": "ehm eh beh",
        "pt": "hã hum é",
        "nl": "eh ehm",
        "sv": "öh eh",
        "da": "øh øhm",
        "nb": "eh øh",
        "pl": "yyy eee",
        "tr": "ıı hı hıhı",
        "ru": "э эм мм хм угу ага",
        "uk": "е ем хм угу ага",
        "ja": "うん ええと えっと ああ ふん",
        "zh": "嗯 嗯嗯 呃 哦",
        "ko": "음 어 응",
    }.items()
}
_NODS: dict[str, frozenset[str]] = {
    language: frozenset(nods.split())
    for language, nods in {
        "en": "yeah yea yah yep yup yes ok okay okey kay right sure alright gotcha",
        "de": "ja jaja jep jo ok okay okey genau gut klar richtig stimmt achso verstehe",
        "fr": "oui ouais ok okay d'accord voilà exact exactement entendu",
        "es": "sí si ok okay okey vale claro bueno ajá exacto entiendo",
        "it": "sì si ok okay certo esatto capito giusto d'accordo",
        "pt": "sim ok okay tá certo claro isso entendi",
        "nl": "ja jawel ok oké okay okee goed precies klopt juist",
        "sv": "ja jo ok okej okay precis visst",
        "da": "ja jo ok okay okej præcis netop",
        "nb": "ja jo ok okay okei nettopp akkurat",
        "fi": "joo juu kyllä niin ok okei selvä aivan",
        "pl": "tak no ok okej okay dobra dobrze jasne rozumiem",
        "tr": "evet tamam peki ok okey aynen",
        "ru": "да ладно хорошо ок окей понятно ясно",
        "uk": "так добре гаразд ок окей зрозуміло ясно",
        "ja": "はい ええ そう そうです なるほど オッケー",
        "zh": "对 对对 是 是的 好 好的 行",
        "ko": "네 네네 예 그래 그래요 그렇군요",
        "hi": "हाँ हां जी अच्छा ठीक ओके",
        "ar": "نعم أجل ايوه أيوه طيب تمام حسنا",
    }.items()
}
_PAIRS: dict[str, frozenset[tuple[str, ...]]] = {
    language: frozenset(tuple(pair.split()) for pair in pairs)
    for language, pairs in {
        "en": ("i see", "got it", "all right", "of course", "uh huh", "mm hm", "mm hmm", "m hm"),
        "de": ("ach so", "alles klar", "in ordnung", "na klar"),
        "fr": ("je vois", "bien sûr", "ah bon", "très bien"),
        "es": ("de acuerdo", "muy bien", "por supuesto"),
        "it": ("va bene", "ho capito"),
        "pt": ("está bem", "tá bom"),
        "hi": ("ठीक है",),
    }.items()
}
"""Two words that are a nod only together."""
_ALIKE = {"no": "nb", "nn": "nb"}
_NONE: frozenset[str] = frozenset()


def _primary(language: str) -> str:
    primary = language.partition("-")[0].lower()
    return _ALIKE.get(primary, primary)


def is_hum(word: str, language: str) -> bool:
    """Whether a word (in lower case) is hardly one. `language` is a BCP 47 tag."""
    return word in _HUMS.get(_primary(language), _NONE) or _HUM.fullmatch(word) is not None


def without_nods(said: list[str], language: str) -> list[str]:
    """The words that remain when all nods and hums are taken away."""
    primary = _primary(language)
    nods, pairs = _NODS.get(primary, _NONE), _PAIRS.get(primary, frozenset())
    rest, at = list[str](), 0
    while at < len(said):
        if tuple(said[at : at + 2]) in pairs:
            at += 2
            continue
        if said[at] not in nods and not is_hum(said[at], language):
            rest.append(said[at])
        at += 1
    return rest
