"""What a full stop may follow without ending a sentence, language by language.

A language without a table has numbers, initials and dotted letters to go by, as every language here has.
"""

from __future__ import annotations

from typing import NamedTuple


def _table(words: str) -> frozenset[str]:
    return frozenset(words.split())


class Abbreviations(NamedTuple):
    """The abbreviations of one language, in lower case and without their last stop."""

    before_a_name: frozenset[str] = frozenset()
    """Never the last word of a sentence."""
    before_a_number: frozenset[str] = frozenset()
    """Abbreviations only when a number follows."""
    maybe_last: frozenset[str] = frozenset()
    """May end a sentence: the next word decides."""
    starters: frozenset[str] = frozenset()
    """A capitalised one of these, after an abbreviation, begins a new sentence."""
    dotted_ordinals: bool = False
    """A number with a stop is an ordinal ("am 3. März") unless a starter follows."""


_ENGLISH = Abbreviations(
    _table(
        """dr mr mrs ms mx prof st mt ft rev fr hon gen col maj capt cpt sgt lt cmdr gov sen rep pres messrs
        vs cf eg ie e.g i.e viz approx ca"""
    ),
    _table(
        """no nos nr fig figs ext tel p pp vol ch sec art ver eq pt apt ste rm
        jan feb mar apr jun jul aug sep sept oct nov dec"""
    ),
    _table("etc inc ltd co corp jr sr bros dept est ave blvd rd hwy min max hr hrs sec al"),
    _table(
        """a an the this that these those there here i you he she it we they my your his her its our their and
        but or so if then when while what who where why how which is are was were do does did can could will
        would shall should may might must have has please thank thanks yes no ok okay sorry let now also
        however to for in at on after before because since once just not"""
    ),
)
_GERMAN = Abbreviations(
    _table(
        """dr prof hr hrn fr frl st ca bzw evtl ggf inkl zzgl vgl bspw sog z z.b d.h u.a z.t i.d.r v.a
        o.ä dipl ing geb gen max min"""
    ),
    _table("nr tel art abs s bd jan feb mär apr jun jul aug sep sept okt nov dez"),
    _table("usw etc str co mio mrd std mo di mi do fr sa so"),
    _table(
        """der die das den dem ein eine ich du er sie es wir ihr mein ihre ihren unser und oder aber denn dann
        danach also wenn weil was wer wo wie warum welche welcher welches wann ist sind war haben hat können
        kann möchten wollen soll bitte danke ja nein gut gerne leider hier heute morgen jetzt auch nur noch
        in im am um an auf bei mit nach von vor zu zum zur für"""
    ),
    dotted_ordinals=True,
)
_FRENCH = Abbreviations(
    _table("m mm mme mmes mlle dr pr me st ste mgr cf ex p.ex env av"),
    _table("n no art p pp vol tél janv févr avr juil sept oct nov déc"),
    _table("etc bd p"),
    _table(
        """le la les l un une des je tu il elle on nous vous ils elles mon votre vos notre ce cette ces et ou
        mais donc alors si quand que qui où comment pourquoi quel quelle est oui non merci bien voici à de en
        pour avec dans sur après avant puis aussi"""
    ),
)
_SPANISH = Abbreviations(
    _table("sr sra srta sres d dña dr dra prof lic ing gral ud uds vd p.ej ej aprox av avda ee"),
    _table("n núm nº art p pág págs tel vol cap ene feb mar abr jun jul ago sept oct nov dic"),
    _table("etc uu cía p"),
    _table(
        """el la los las un una yo tú él ella usted nosotros ellos mi su sus nuestro este esta y o pero
        entonces si cuando que qué quién cómo dónde por cuál es son está sí no gracias bien a de en para con
        después antes también"""
    ),
)
_ITALIAN = Abbreviations(
    _table("sig sig.ra sigg dott dott.ssa prof prof.ssa ing avv geom on p.es es ca v"),
    _table("n nr art p pag tel vol cap gen feb mar apr mag giu lug ago set ott nov dic"),
    _table("ecc c.so"),
    _table(
        """il lo la i gli le un una io tu lui lei noi voi loro mio suo nostro questo questa e o ma allora se
        quando che chi dove come perché quale è sono sì no grazie bene a di da in per con dopo prima anche"""
    ),
)
_TABLES = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH, "it": _ITALIAN}
_DOTTED_ORDINALS = _table("cs da et fi hr hu is lt lv nb nn no pl sk sl sr tr")
"""Other languages that write ordinals with a stop."""


def abbreviations(language: str) -> Abbreviations:
    """The table of a language, named by a BCP 47 tag."""
    code = language.replace("_", "-").partition("-")[0].lower()
    return _TABLES.get(code) or Abbreviations(dotted_ordinals=code in _DOTTED_ORDINALS)
