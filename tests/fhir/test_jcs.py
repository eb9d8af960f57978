"""Canonical JSON, held to the examples of RFC 8785."""

import json

import pytest

from fhir.content import exact, jcs
from fhir.content.exact import Lexeme

# RFC 8785, appendix B, and the turns of ECMA-262's Number::toString.
NUMBERS = {
    "0": "0", "-0": "0", "5e-324": "5e-324", "-5e-324": "-5e-324", "1.7976931348623157e308": "1.7976931348623157e+308",
    "9007199254740992": "9007199254740992", "295147905179352830000": "295147905179352830000",
    "9.999999999999997e22": "9.999999999999997e+22", "1e23": "1e+23", "1.0000000000000001e23": "1.0000000000000001e+23",
    "999999999999999700000": "999999999999999700000", "999999999999999900000": "999999999999999900000",
    "1e21": "1e+21", "9.999999999999997e-7": "9.999999999999997e-7", "0.000001": "0.000001",
    "333333333.3333332": "333333333.3333332", "-0.0000033333333333333333": "-0.0000033333333333333333",
    "1424953923781206.2": "1424953923781206.2", "1.10": "1.1", "100.00": "100", "1E2": "100", "0.50": "0.5",
}  # fmt: skip


@pytest.mark.parametrize("lexeme", NUMBERS)
def test_a_number_is_written_as_ecmascript_writes_it(lexeme: str) -> None:
    assert jcs.canonical(Lexeme(lexeme)).decode() == NUMBERS[lexeme]


def test_a_number_no_double_holds_has_no_form() -> None:
    with pytest.raises(ValueError, match="double"):
        jcs.canonical(Lexeme("1e400"))


def test_the_example_of_the_rfc_has_its_bytes() -> None:
    given = rb"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert jcs.canonical(exact.parse(given)).decode() == expected


def test_names_are_sorted_as_utf_16() -> None:
    given = exact.parse(json.dumps({"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}).encode())
    assert [*json.loads(jcs.canonical(given))] == ["\r", "1", "\x80", "ö", "\u20ac", "😀", "\ufb33"]


def test_a_document_is_signed_without_its_id_and_meta() -> None:
    tree = exact.parse(b'{"id":"1","resourceType":"Patient","meta":{},"contact":[{"id":"kept"}]}')
    assert isinstance(tree, dict)
    assert jcs.document(tree) == b'{"contact":[{"id":"kept"}],"resourceType":"Patient"}'
