"""What a sender says beside a Task, in ``Task.input``: the ground, what opens on accept, how the contact came about."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from fhir.content import references
from fhir.content.catalog import codings
from fhir.content.exact import Object, Tree
from fhir.content.issues import Invalid, Issue, error
from fhir.content.systems import TASK_INPUT

Said = Mapping[str, tuple[str, ...]]

CODES: Final = ("basis", "pathway", "brought-by", "agreed")
"""What a Task of a new referral may say, each once."""

OFFERED: Final = ("basis", "consent", "release")
"""What a Task that offers a referral on may say; ``release`` once for each part that opens on accept."""

MANY: Final = frozenset({"release"})


def read(task: Object, at: str, *, known: tuple[str, ...]) -> Said:
    """The inputs of a Task that are of ``TASK_INPUT``, by code; all others are data.

    Raises ``Invalid`` for a code that is not ``known`` here, a second of what may stand once, and a value of another
    kind than ``valueCode`` (of ``consent`` a ``valueReference``).
    """
    said: dict[str, tuple[str, ...]] = {}
    issues: list[Issue] = []
    for place, code, element in _ours(task, at):
        value = _consent(element) if code == "consent" else element.get("valueCode")
        if code not in known:
            issues.append(error("not-supported", f"{place}.type", f"must be one of: {', '.join(known)}"))
        elif not isinstance(value, str):
            kind = "valueReference to a Consent" if code == "consent" else "valueCode"
            issues.append(error("value", f"{place}.value", f"must be a {kind}"))
        elif code in said and code not in MANY:
            issues.append(error("duplicate", place, f"must be the only one of its kind: {code}"))
        else:
            said[code] = (*said.get(code, ()), value)
    if issues:
        raise Invalid(issues)
    return MappingProxyType(said)


def _ours(task: Object, at: str) -> Iterator[tuple[str, str, Object]]:
    given = task.get("input")
    for index, element in enumerate(given if isinstance(given, list) else ()):
        if isinstance(element, dict):
            for system, code in codings(element.get("type")):
                if system == TASK_INPUT:
                    yield f"{at}.input[{index}]", code, element


def _consent(element: Object) -> Tree:
    reference = element.get("valueReference")
    text = reference.get("reference") if isinstance(reference, dict) else None
    found = references.target(text) if isinstance(text, str) else None
    return found.key.rpartition("/")[2] if found is not None and found.type == "Consent" else None
