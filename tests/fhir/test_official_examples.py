"""HL7's own examples of R4: each comes back exactly, and each that is valid is taken."""

import json

import pytest

from fhir.content.exact import Lexeme, dump, parse
from fhir.content.types import ARRIVALS
from fhir.content.validate import walk
from tests.fhir.samples import EXAMPLES, IN_CI

FILES = sorted(EXAMPLES.glob("*.json"))

# Examples of the full set that break rules of R4 themselves, and what they break.
FAULTY = {
    "Observation-clinical-gender": "its performer is a HealthcareService, which Observation.performer does not take",
    "Questionnaire-qs1": "it has items without linkId",
}


def test_the_examples_are_there() -> None:
    if not FILES and not IN_CI:
        pytest.skip(f"NO OFFICIAL EXAMPLES at {EXAMPLES}: set BHU_HL7_EXAMPLES")
    assert FILES


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_an_example_comes_back_exactly(name: str) -> None:
    data = (EXAMPLES / f"{name}.json").read_bytes()
    expected = json.loads(data, parse_float=Lexeme, parse_int=Lexeme)
    once = dump(parse(data))
    assert json.loads(once, parse_float=Lexeme, parse_int=Lexeme) == expected
    assert list(json.loads(once)) == list(json.loads(data))
    assert dump(parse(once)) == once


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_an_example_is_valid(name: str) -> None:
    tree = parse((EXAMPLES / f"{name}.json").read_bytes())
    found = walk(tree, "", types=ARRIVALS)
    assert bool(found.issues) is (name in FAULTY), [str(issue) for issue in found.issues]


@pytest.mark.skipif(not FILES, reason="NO OFFICIAL EXAMPLES")
@pytest.mark.parametrize("lexeme", ["1.00", "1E-22", "1.000000000000000000E-245", "-1.000000000000000000E+245"])
def test_the_numbers_that_libraries_lose_come_back(lexeme: str) -> None:
    data = (EXAMPLES / "Observation-decimal.json").read_bytes()
    assert f'"value": {lexeme},'.encode() in data
    assert f'"value":{lexeme},'.encode() in dump(parse(data))
