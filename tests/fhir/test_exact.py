"""JSON comes out as it went in, and what is not exact is refused with its place."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.content.exact import MAX_DEPTH, Lexeme, Malformed, Tree, dump, parse

LEXEMES = ["0", "-0", "1.10", "1.0e-245", "100", "1E+2", "0.00", "-12.500e3", "123456789012345678901234567890.10"]

numbers = st.sampled_from(LEXEMES) | st.decimals(allow_nan=False, allow_infinity=False).map(str)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
trees = st.recursive(
    st.none() | st.booleans() | texts | numbers.map(Lexeme),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=15,
)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(trees)
def test_every_tree_comes_back(tree: Tree) -> None:
    assert parse(dump(tree)) == tree


@settings(deadline=None, derandomize=True, max_examples=40)
@given(trees)
def test_what_we_write_the_standard_reader_reads(tree: Tree) -> None:
    assert json.loads(dump(tree), parse_float=Lexeme, parse_int=Lexeme) == tree


@pytest.mark.parametrize("lexeme", LEXEMES)
def test_a_number_keeps_its_digits(lexeme: str) -> None:
    assert dump(parse(f'{{"value": {lexeme} }}'.encode())) == f'{{"value":{lexeme}}}'.encode()


def test_keys_keep_their_order_and_strings_their_letters() -> None:
    data = '{"b":"2015-02-07T13:28:17+00:00","a":{"z":1,"y":"ß Ж 人 😀"}}'.encode()
    assert dump(parse(data)) == data


def test_escapes_are_free() -> None:
    assert parse(rb'"\ud83d\ude00 \u00e9 \/"') == "😀 é /"
    assert dump("\x00 \x7f \u2028") == '"\\u0000 \x7f \u2028"'.encode()


def test_a_surrogate_pair_spelled_out_by_another_string_is_left_alone() -> None:
    assert parse(rb'"\\ud800"') == "\\ud800"


BAD = [
    (b'{"a":1,"a":2}', 0, 0, "the key a twice"),
    (b"[NaN]", 1, 2, "NaN"),
    (b'["NaN",\n  -Infinity]', 2, 3, "Infinity"),
    (b"[1" + b"0" * 300 + b"]", 1, 2, "256"),
    (b'"\\ud800"', 0, 0, "surrogate"),
    (b'"\\udc00\\ud800"', 0, 0, "surrogate"),
    (b'{"a":"\xff"}', 1, 7, "UTF-8"),
    (b"\n\n \xed\xa0\x80", 3, 2, "UTF-8"),
    (b"\xef\xbb\xbf{}", 1, 1, "byte order mark"),
    ('{"a":1}'.encode("utf-16"), 1, 1, "UTF-8"),
    (b"", 1, 1, "value"),
    (b"[1,]", 1, 4, "value"),
    (b'{"a" 1}', 1, 6, "delimiter"),
    (b"1 2", 1, 3, "data"),
    (b'"\n"', 1, 2, "control"),
    (b"[01]", 1, 3, "delimiter"),
    (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), 0, 0, "deep"),
    (b"[" * 200_000, 0, 0, "deep"),
    (b'{"a":' * 150 + b"1" + b"}" * 150, 0, 0, "deep"),
]


@pytest.mark.parametrize(("data", "line", "column", "says"), BAD)
def test_what_is_not_exact_is_refused_with_its_place(data: bytes, line: int, column: int, says: str) -> None:
    with pytest.raises(Malformed, match=says) as refusal:
        parse(data)
    assert (refusal.value.line, refusal.value.column) == (line, column)


def test_a_doubled_key_is_refused_however_deep_it_stands() -> None:
    # Around a thousand the reader, and then the search for the place, run out of stack.
    for depth in (0, 300, 5_000, *range(850, 1_000)):
        with pytest.raises(Malformed, match=r"twice|deep"):
            parse(b'{"a":' * depth + b'{"b":1,"b":2}' + b"}" * depth)


def test_as_deep_as_is_allowed_is_read() -> None:
    data = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert dump(parse(data)) == data


def test_a_doubled_key_is_named_by_its_path() -> None:
    data = b'{"resourceType":"Bundle","entry":[{},{"resource":{"code":{"text":"a","text":"b"}}}]}'
    with pytest.raises(Malformed) as refusal:
        parse(data)
    assert refusal.value.at == "Bundle.entry[1].resource.code"
    assert "text" in str(refusal.value)


def test_a_doubled_key_that_is_no_element_is_not_repeated() -> None:
    with pytest.raises(Malformed) as refusal:
        parse(b'{"Jane Roe":1,"Jane Roe":2}')
    assert "Jane" not in str(refusal.value)


def test_no_refusal_repeats_a_value() -> None:
    for data in (b'{"name":"Roe","name":"Roe"}', b'{"name":"Roe" "x"}', b'["Roe", NaN]'):
        with pytest.raises(Malformed) as refusal:
            parse(data)
        assert "Roe" not in str(refusal.value)


@pytest.mark.parametrize("value", [1, 1.5, Decimal(1), b"x", ("a",)])
def test_a_value_without_its_lexeme_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="exact tree"):
        dump({"a": value})  # type: ignore[dict-item]  # that it is refused is what is tested
