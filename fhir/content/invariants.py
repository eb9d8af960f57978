"""The rules of FHIR 4.0.1 that hold inside one element, as a table: id, what it says, and the test of it.

All error-level rules of the types we know that can be told from the element alone. Left out: those a value set,
another resource or the whole tree is needed for (dom-3, bdl-*, drq, trd, tim-9 and the like), and txt-2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from fhir.content.exact import Lexeme, Object, Tree

_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_UCUM = "http://unitsofmeasure.org"
_ENDED = frozenset({"resolved", "remission", "inactive"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``holds`` is asked only about elements that have no other fault."""

    id: str
    text: str
    holds: Callable[[Object], bool]


def _any_of(*names: str) -> Callable[[Object], bool]:
    return lambda tree: any(name in tree for name in names)


def _only_with(name: str, needed: str) -> Callable[[Object], bool]:
    """``name`` may stand only where ``needed`` stands too."""
    return lambda tree: name not in tree or needed in tree


def _not_both(one: str, other: str) -> Callable[[Object], bool]:
    return lambda tree: one not in tree or other not in tree


def _choice(tree: Object, prefix: str) -> bool:
    return any(name.startswith(prefix) and name[len(prefix) :][:1].isupper() for name in tree)


def has_coding(concept: Tree, system: str, codes: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether a CodeableConcept holds a coding of ``system`` with one of ``codes``."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return isinstance(codings, list) and any(
        isinstance(each, dict) and each.get("system") == system and each.get("code") in codes for each in codings
    )


def _extension(tree: Object) -> bool:
    return ("extension" in tree) != (_choice(tree, "value") or _choice(tree, "_value"))


def _local_use(tree: Object, name: str) -> bool:
    """No entry of the list ``name`` is for use at home."""
    entries = tree.get(name, [])
    return isinstance(entries, list) and not any(
        isinstance(each, dict) and each.get("use") == "home" for each in entries
    )


def _abated(tree: Object) -> bool:
    return not _choice(tree, "abatement") or has_coding(tree.get("clinicalStatus"), _CLINICAL, _ENDED)


def _not_in_error(tree: Object) -> bool:
    return "clinicalStatus" not in tree or not has_coding(
        tree.get("verificationStatus"), _VERIFICATION, ("entered-in-error",)
    )


def _component_codes(tree: Object) -> bool:
    """obs-7: a component does not repeat the code of an Observation that has a value of its own."""
    components = tree.get("component", [])
    if not _choice(tree, "value") or not isinstance(components, list):
        return True
    own = _codings(tree.get("code"))
    return not any(own & _codings(each.get("code")) for each in components if isinstance(each, dict))


def _codings(concept: Tree) -> frozenset[tuple[str, str]]:
    codings = concept.get("coding", []) if isinstance(concept, dict) else []
    return frozenset(
        (str(each.get("system")), str(each["code"]))
        for each in (codings if isinstance(codings, list) else ())
        if isinstance(each, dict) and "code" in each
    )


def in_order(first: str, last: str) -> Callable[[Object], bool]:
    """Whether two dates or times of a resource are in order. Those of unlike precision can't be told apart and pass."""

    def holds(tree: Object) -> bool:
        start, end = tree.get(first), tree.get(last)
        if not isinstance(start, str) or not isinstance(end, str):
            return True
        if ("T" in start) != ("T" in end) or len(start[:10]) != len(end[:10]):
            length = min(len(start), len(end), 10)
            return start[:length] <= end[:length]
        return _moment(start) <= _moment(end) if "T" in start else start <= end

    return holds


def _moment(text: str) -> datetime:
    # A leap second is legal in FHIR and unknown to Python.
    return datetime.fromisoformat(text.replace(":60", ":59").replace("Z", "+00:00"))


def _range(tree: Object) -> bool:
    low, high = _quantity(tree.get("low")), _quantity(tree.get("high"))
    return low is None or high is None or low <= high


def _quantity(tree: Tree) -> Decimal | None:
    value = tree.get("value") if isinstance(tree, dict) else None
    return Decimal(value.text) if isinstance(value, Lexeme) else None


def _ratio(tree: Object) -> bool:
    return ("numerator" in tree) == ("denominator" in tree) and ("numerator" in tree or "extension" in tree)


def _not_negative(name: str) -> Callable[[Object], bool]:
    def holds(tree: Object) -> bool:
        value = tree.get(name)
        return not isinstance(value, Lexeme) or not value.text.startswith("-")

    return holds


def _ucum(tree: Object) -> bool:
    return tree.get("system", _UCUM) == _UCUM and ("value" not in tree or "code" in tree)


def _duration(tree: Object) -> bool:
    return "code" not in tree or (tree.get("system") == _UCUM and "value" in tree)


def _consent_patient(tree: Object) -> bool:
    # ppc-2 names the system 'something', a slip of the published rule; the scope's own system is meant.
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    return "patient" in tree or not has_coding(tree.get("scope"), scope, ("patient-privacy", "treatment"))


def _item_kind(*kinds: str, refused: tuple[str, ...]) -> Callable[[Object], bool]:
    """A Questionnaire item of one of ``kinds`` has none of ``refused``."""
    return lambda tree: tree.get("type") not in kinds or not any(name in tree for name in refused)


_QUANTITY = (Rule("qty-3", "must have a system when it has a code", _only_with("code", "system")),)
_MEASURE = (*_QUANTITY, Rule("age-1", "must have a UCUM code when it has a value", _ucum))

INVARIANTS: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "Extension": (Rule("ext-1", "must have either a value or extensions, and not both", _extension),),
        "PatientContact": (
            Rule(
                "pat-1",
                "must have a name, telecom, address or organization",
                _any_of("name", "telecom", "address", "organization"),
            ),
        ),
        "ServiceRequest": (Rule("prr-1", "may have orderDetail only with code", _only_with("orderDetail", "code")),),
        "Task": (Rule("inv-1", "lastModified must not be before authoredOn", in_order("authoredOn", "lastModified")),),
        "QuestionnaireResponseItem": (
            Rule("qrs-1", "may have items under itself or under its answers, not both", _not_both("answer", "item")),
        ),
        "Observation": (
            Rule(
                "obs-6",
                "may have dataAbsentReason only without a value",
                lambda tree: "dataAbsentReason" not in tree or not _choice(tree, "value"),
            ),
            Rule("obs-7", "a component must not repeat the code of an Observation with a value", _component_codes),
        ),
        "ObservationReferenceRange": (
            Rule("obs-3", "must have at least low, high or text", _any_of("low", "high", "text")),
        ),
        "Condition": (
            Rule("con-4", "with an abatement, clinicalStatus must be inactive, resolved or remission", _abated),
            Rule("con-5", "must not have clinicalStatus when it was entered in error", _not_in_error),
        ),
        "ConditionStage": (Rule("con-1", "must have summary or assessment", _any_of("summary", "assessment")),),
        "ConditionEvidence": (Rule("con-2", "must have code or detail", _any_of("code", "detail")),),
        "Consent": (
            Rule("ppc-1", "must have policy or policyRule", _any_of("policy", "policyRule")),
            Rule("ppc-2", "must name a patient when its scope is privacy or treatment", _consent_patient),
        ),
        "Organization": (
            Rule("org-1", "must have a name or an identifier", _any_of("name", "identifier")),
            Rule("org-2", "an address must not be of use home", lambda tree: _local_use(tree, "address")),
            Rule("org-3", "a telecom must not be of use home", lambda tree: _local_use(tree, "telecom")),
        ),
        "AuditEventEntity": (Rule("sev-1", "may have a name or a query, not both", _not_both("name", "query")),),
        "QuestionnaireItem": (
            Rule("que-1", "a display item must not have items", _item_kind("display", refused=("item",))),
            Rule("que-3", "a display item must not have a code", _item_kind("display", refused=("code",))),
            Rule(
                "que-4",
                "may have answerOption or answerValueSet, not both",
                _not_both("answerOption", "answerValueSet"),
            ),
            Rule(
                "que-6",
                "a display item must not be required or repeat",
                _item_kind("display", refused=("required", "repeats")),
            ),
            Rule(
                "que-8",
                "a group or display item must not have initial values",
                _item_kind("group", "display", refused=("initial",)),
            ),
        ),
        "Attachment": (Rule("att-1", "must have contentType when it has data", _only_with("data", "contentType")),),
        "ContactPoint": (Rule("cpt-2", "must have a system when it has a value", _only_with("value", "system")),),
        "Expression": (Rule("exp-1", "must have expression or reference", _any_of("expression", "reference")),),
        "Period": (Rule("per-1", "start must not be after end", in_order("start", "end")),),
        "Quantity": _QUANTITY,
        "Age": _MEASURE,
        "Duration": (*_QUANTITY, Rule("drt-1", "must have a value, in UCUM, when it has a code", _duration)),
        "Range": (Rule("rng-2", "low must not be above high", _range),),
        "Ratio": (Rule("rat-1", "must have numerator and denominator, or neither and an extension", _ratio),),
        "TimingRepeat": (
            Rule("tim-1", "must have durationUnit when it has duration", _only_with("duration", "durationUnit")),
            Rule("tim-2", "must have periodUnit when it has period", _only_with("period", "periodUnit")),
            Rule("tim-4", "duration must not be negative", _not_negative("duration")),
            Rule("tim-5", "period must not be negative", _not_negative("period")),
            Rule("tim-6", "must have period when it has periodMax", _only_with("periodMax", "period")),
            Rule("tim-7", "must have duration when it has durationMax", _only_with("durationMax", "duration")),
            Rule("tim-8", "must have count when it has countMax", _only_with("countMax", "count")),
            Rule("tim-10", "may have timeOfDay or when, not both", _not_both("timeOfDay", "when")),
        ),
    }
)
