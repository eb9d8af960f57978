"""Whatever a response holds, scoring answers; and what it answers keeps to what a score may be."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.content.exact import Lexeme, Object, Tree
from fhir.content.questionnaires import QUESTIONNAIRES, Level, clears, escalates, raised, score
from fhir.content.screens import risk
from tests.fhir.samples import LOINC

CODES = [
    *("93246-7", "93247-5", "93248-3", "93249-1", "93250-9", "93267-3", "93269-9"),
    *("44250-9", "44255-8", "44260-8", "69722-7", "44261-6", "69725-0", "69736-7"),
    *("68518-0", "68519-8", "68520-6", "75626-2", "96842-0", "88037-7", "75889-6"),
    *("seizure", "daily-use", "naloxone-doses", "ems-case", "past-month", ""),
]
ANSWERS = ["LA33-6", "LA32-8", "LA6568-5", "LA6571-9", "LA6270-8", "LA18934-2", "unknown", "asked-declined", ""]
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NUMBERS = ["0", "1", "-1", "3.0", "1e9", "9" * 40, "0.5"]

leaves: st.SearchStrategy[Tree] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([*ANSWERS, *QUESTIONNAIRES, *(f"/{code}" for code in CODES), LOINC, ABSENT, REASON, "completed"]),
    st.sampled_from(NUMBERS).map(Lexeme),
    st.text(max_size=3),
)
names = st.sampled_from(
    [
        *("item", "answer", "linkId", "valueCoding", "valueBoolean", "valueInteger", "valueDecimal", "valueString"),
        *("system", "code", "extension", "url", "valueCode", "questionnaire", "status", "resourceType", "text"),
    ]
)
wild: st.SearchStrategy[Tree] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)

absent = st.sampled_from(["unknown", "asked-declined", "masked"])
answer: st.SearchStrategy[Tree] = st.one_of(
    st.sampled_from(ANSWERS).map(lambda code: {"valueCoding": {"system": LOINC, "code": code}}),
    absent.map(lambda code: {"valueCoding": {"system": ABSENT, "code": code}}),
    absent.map(lambda code: {"extension": [{"url": REASON, "valueCode": code}]}),
    st.booleans().map(lambda flag: {"valueBoolean": flag}),
    st.sampled_from(NUMBERS).map(lambda number: {"valueInteger": Lexeme(number)}),
    wild,
)
links = st.sampled_from(CODES).map(lambda code: f"/{code}") | leaves


written = st.lists(answer, max_size=2) | wild


def item_of(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.fixed_dictionaries({"linkId": links}, optional={"answer": written, "item": st.lists(inner, max_size=3)})


single = st.fixed_dictionaries({"linkId": links}, optional={"answer": written})
items = st.recursive(single | wild, item_of, max_leaves=10)
responses: st.SearchStrategy[Object] = st.fixed_dictionaries(
    {"resourceType": st.sampled_from(["QuestionnaireResponse"] * 4 + ["Observation", "Patient"]) | leaves},
    optional={
        "questionnaire": st.sampled_from([*QUESTIONNAIRES, "https://example.org/44249-1|2", "|", ""]) | leaves,
        "status": st.sampled_from(["completed", "in-progress", "entered-in-error"]) | leaves,
        "item": st.lists(items, max_size=8) | wild,
        "answer": wild,
    },
)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(responses, st.sampled_from(["male", "female", "other", "unknown", ""]))
def test_a_response_of_any_shape_is_scored_or_not_and_nothing_is_raised(response: Object, sex: str) -> None:
    found = score(response, sex=sex)
    risk([response])
    assert not (escalates(response) and clears(response))
    if found is None:
        return
    assert found.instrument in QUESTIONNAIRES
    assert found.complete is not bool(found.missing or found.refused or found.unknown)
    assert not (found.level is Level.INCOMPLETE and (found.complete or found.total is not None))
    assert found.total is None or found.complete
    assert raised("stat", [found]) == "stat"
    assert found.advice


@settings(deadline=None, derandomize=True, max_examples=200)
@given(wild)
def test_a_tree_of_any_shape_in_the_place_of_the_items_is_no_answer_to_die_of(tree: Tree) -> None:
    for address in QUESTIONNAIRES:
        response: Object = {"resourceType": "QuestionnaireResponse", "questionnaire": address, "item": tree}
        assert score(response) is not None
