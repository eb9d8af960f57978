"""QuestionnaireResponses written by hand for the tests of the screens, not by the builder under test."""

from collections.abc import Mapping
from typing import Any

from fhir.content.exact import Object
from tests.fhir.samples import LOINC, resource

C_SSRS, PHQ_2, PHQ_9 = "http://loinc.org/q/93373-9", "http://loinc.org/q/55757-9", "http://loinc.org/q/44249-1"
GAD_7, AUDIT_C, TAPS_1 = "http://loinc.org/q/69737-5", "http://loinc.org/q/72109-2", "http://loinc.org/q/96841-2"
MEDICAL_CHECK = "https://bhu.example.org/fhir/Questionnaire/medical-check"

YES, NO = "LA33-6", "LA32-8"
DAYS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
REFUSED = {"extension": [{"url": REASON, "valueCode": "asked-declined"}]}
UNKNOWN = {"valueCoding": {"system": ABSENT, "code": "unknown"}}

Answer = str | dict[str, Any] | None


def form(address: str, answers: Mapping[str, Answer], **more: object) -> Object:
    """A response: code -> answer code of LOINC, a whole answer, or None for asked and not answered."""
    items: list[dict[str, Any]] = []
    for code, answer in answers.items():
        item: dict[str, Any] = {"linkId": f"/{code}"}
        if isinstance(answer, str):
            item["answer"] = [{"valueCoding": {"system": LOINC, "code": answer}}]
        elif answer is not None:
            item["answer"] = [answer]
        items.append(item)
    return resource("QuestionnaireResponse", questionnaire=address, item=items, **more)
