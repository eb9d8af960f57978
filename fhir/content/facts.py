"""The short facts of an encounter (docs/words.md), as a table: what is asked, and what may be answered.

A form asks what stands here, a bundle carries it as codes of ours, and a page reads it back. Pure data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType

from fhir.content.ask import AGE_BANDS
from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.questionnaires.instrument import gettext_noop as _
from fhir.content.systems import ANONYMOUS_ASK, ENCOUNTER


class Topic(Enum):
    """The Observation a fact goes into. What tells of substance use stands apart, so that it is sealed apart."""

    ENCOUNTER = "encounter"
    SUBSTANCE = "substance"


class Kind(Enum):
    """What an answer is: one code, several, yes or no, a whole number, or words."""

    ONE = auto()
    SEVERAL = auto()
    FLAG = auto()
    COUNT = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact. ``options`` maps codes to words; ``system`` is where those codes are from."""

    code: str
    words: str
    kind: Kind
    options: Mapping[str, str] = field(default_factory=dict)
    topic: Topic = Topic.ENCOUNTER
    system: str = ENCOUNTER


def _options(*pairs: tuple[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(pairs))


_SUBSTANCES = _options(
    ("alcohol", _("alcohol")),
    ("opioid-like", _("opioid-like")),
    ("stimulant-like", _("stimulant-like")),
    ("not-known", _("not known which")),
)
_INJURIES = _options(("none", _("none")), ("first-aid", _("first aid")), ("hospital", _("hospital")))

ROWS: tuple[Fact, ...] = (
    Fact(
        code="problem",
        words=_("What is it about"),
        kind=Kind.SEVERAL,
        options=_options(
            ("suicidal", _("thoughts of suicide")),
            ("self-harm", _("self-harm")),
            ("psychosis", _("out of touch")),
            ("mania", _("racing, no sleep")),
            ("mood", _("low or anxious")),
            ("memory", _("memory, wandering")),
            ("developmental", _("developmental")),
            ("family", _("child, family")),
            ("grief", _("grief")),
            ("housing", _("housing, food")),
            ("medical", _("medical")),
        ),
    ),
    Fact(
        code="substance",
        words=_("Alcohol or drugs"),
        kind=Kind.SEVERAL,
        options=_options(("use", _("alcohol or drug use")), ("overdose", _("overdose"))),
        topic=Topic.SUBSTANCE,
    ),
    Fact(
        code="way-in",
        words=_("How they came to you"),
        kind=Kind.ONE,
        options=_options(
            ("walk-in", _("walked in")),
            ("phone", _("called themselves")),
            ("family", _("family or friend called")),
            ("outreach", _("outreach")),
            ("other", _("another way")),
        ),
    ),
    Fact(
        code="disposition",
        words=_("How you left it"),
        kind=Kind.ONE,
        options=_options(
            ("left-with-family", _("with family or friend")),
            ("resolved-on-scene", _("settled on scene")),
            ("voluntary-ed", _("to the ED, willing")),
            ("voluntary-treatment", _("to treatment, willing")),
            ("involuntary-hold", _("involuntary hold")),
            ("arrest", _("arrested")),
            ("cited", _("cited")),
            ("refused", _("wanted nothing")),
            ("no-contact", _("not reached")),
        ),
    ),
    Fact(code="town-incident", words=_("Town where it happened"), kind=Kind.WORDS),
    Fact(code="town-residence", words=_("Town where they live"), kind=Kind.WORDS),
    Fact(
        code="location",
        words=_("Kind of place"),
        kind=Kind.ONE,
        options=_options(
            ("home", _("home")),
            ("street", _("street")),
            ("school", _("school")),
            ("station", _("walked in at the station")),
            ("ed", _("emergency department")),
            ("other", _("other")),
        ),
    ),
    Fact(
        code="call",
        words=_("Kind of call"),
        kind=Kind.ONE,
        options=_options(
            ("suicidal", _("suicidal person")),
            ("wellness", _("wellness check")),
            ("overdose", _("overdose")),
            ("disturbance", _("disturbance")),
            ("family", _("family")),
            ("homeless", _("welfare, no home")),
            ("theft", _("theft")),
            ("other", _("other")),
        ),
    ),
    Fact(
        code="age-band",
        words=_("About how old"),
        kind=Kind.ONE,
        options=AGE_BANDS,
        system=ANONYMOUS_ASK,
    ),
    Fact(code="may-call", words=_("Safe to call that number"), kind=Kind.FLAG),
    Fact(code="may-leave-message", words=_("Safe to leave a message"), kind=Kind.FLAG),
    Fact(code="interpreter", words=_("Needs an interpreter"), kind=Kind.FLAG),
    Fact(code="veteran", words=_("Veteran"), kind=Kind.FLAG),
    Fact(
        code="housing",
        words=_("Where they stay"),
        kind=Kind.ONE,
        options=_options(
            ("stable", _("stable housing")),
            ("with-others", _("with others for now")),
            ("shelter", _("shelter")),
            ("outside", _("outside or in a car")),
            ("not-known", _("not known")),
        ),
    ),
    Fact(
        code="observed",
        words=_("What you saw of alcohol or drugs"),
        kind=Kind.SEVERAL,
        options=_SUBSTANCES,
        topic=Topic.SUBSTANCE,
    ),
    Fact(code="naloxone", words=_("Doses of naloxone given"), kind=Kind.COUNT, topic=Topic.SUBSTANCE),
    Fact(
        code="weapons",
        words=_("Weapons on scene"),
        kind=Kind.ONE,
        options=_options(
            ("none", _("none")),
            ("blade", _("blade")),
            ("firearm", _("firearm")),
            ("improvised", _("something else used as one")),
        ),
    ),
    Fact(code="weapons-at-home", words=_("Weapons they can get at home"), kind=Kind.FLAG),
    Fact(code="injury-client", words=_("Injury of the person"), kind=Kind.ONE, options=_INJURIES),
    Fact(code="injury-officer", words=_("Injury of an officer"), kind=Kind.ONE, options=_INJURIES),
    Fact(
        code="force",
        words=_("Force used"),
        kind=Kind.ONE,
        options=_options(
            ("none", _("none, words only")),
            ("hands", _("hands")),
            ("restraint", _("restraint")),
            ("less-lethal", _("less-lethal")),
            ("other", _("other")),
        ),
    ),
    Fact(code="children", words=_("Children there"), kind=Kind.FLAG),
    Fact(code="pets", words=_("Pets to look after"), kind=Kind.FLAG),
    Fact(code="arrest-possible", words=_("Arrest possible but not made"), kind=Kind.FLAG),
    Fact(code="ed-avoided", words=_("A trip to the emergency department avoided"), kind=Kind.FLAG),
    Fact(code="minutes", words=_("Minutes on scene"), kind=Kind.COUNT),
    Fact(code="cit", words=_("CIT-trained officer on scene"), kind=Kind.FLAG),
    Fact(
        code="clinician",
        words=_("Clinician"),
        kind=Kind.ONE,
        options=_options(("scene", _("on scene")), ("phone", _("by phone")), ("none", _("none"))),
    ),
    Fact(code="safety-notes", words=_("What visiting staff must know to be safe"), kind=Kind.WORDS),
)
FACTS: Mapping[str, Fact] = MappingProxyType({fact.code: fact for fact in ROWS})

Given = Mapping[str, "str | bool | int | tuple[str, ...]"]
"""Answers by the code of their fact: a code, codes, yes or no, a number, words."""


def components(given: Given, topic: Topic) -> list[Tree]:
    """The components of the Observation of one topic, in the order of the table.

    Raises ``KeyError`` for a fact or a code that the table does not have.
    """
    for code in given:
        FACTS[code]
    told = [fact for fact in ROWS if fact.topic is topic and fact.code in given]
    return [_component(fact, value) for fact in told for value in _values(fact, given[fact.code])]


def _component(fact: Fact, value: Object) -> Tree:
    code: Object = {"code": _concept(ENCOUNTER, fact.code, fact.words)}
    return code | value


def _values(fact: Fact, given: "str | bool | int | tuple[str, ...]") -> Iterator[Object]:
    if isinstance(given, tuple):
        for code in given:
            yield {"valueCodeableConcept": _concept(fact.system, code, fact.options[code])}
    elif isinstance(given, bool):
        yield {"valueBoolean": given}
    elif isinstance(given, int):
        yield {"valueInteger": Lexeme(str(given))}
    elif fact.options:
        yield {"valueCodeableConcept": _concept(fact.system, given, fact.options[given])}
    else:
        yield {"valueString": given}


def _concept(system: str, code: str, words: str) -> Object:
    return {"coding": [{"system": system, "code": code, "display": words}]}
