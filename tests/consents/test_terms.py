"""What a consent's terms let through, row by row; and that their bytes have one form and no other."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment
from referrals.policy.codes import DenyCode
from referrals.policy.terms import (
    Form,
    Method,
    Recipient,
    Recipients,
    Standing,
    Terms,
    decode,
    digest,
    encode,
    lapsed,
    names,
    refusal,
)

C, P, D = Compartment, Purpose, DenyCode
A, A2, POLICE, OTHER_POLICE, HOLDER = (UUID(int=number) for number in (1, 2, 3, 4, 5))
SINCE, UNTIL = datetime(2026, 11, 22, 15, tzinfo=UTC), datetime(2027, 5, 23, 4, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)

NAMED = Terms(
    consent=UUID(int=9),
    version=1,
    form=Form.NAMED,
    form_version="https://bhu.example.org/consent-forms/named/v1/en",
    form_hash="ab" * 32,
    method=Method.ON_SCREEN,
    standing=Standing.ACTIVE,
    holder=HOLDER,
    answers=True,
    agencies=frozenset({A}),
    classes=frozenset(),
    compartments=frozenset({C.CONTACT, C.SUD}),
    purposes=frozenset({P.TREATMENT}),
    since=SINCE,
    until=UNTIL,
)
TPO = replace(NAMED, form=Form.TPO, agencies=frozenset(), classes=frozenset({Recipients.TREATING}), until=None)
HELPERS = replace(TPO, classes=frozenset({Recipients.OPERATING}))
FOR_POLICE = replace(
    NAMED,
    agencies=frozenset({POLICE}),
    compartments=frozenset({C.OUTCOME}),
    purposes=frozenset({P.COORDINATION}),
)

PROVIDER = Recipient(agency_id=A, discloser_id=HOLDER, sworn=False, treating=True, accepted=True)
SHELTER = replace(PROVIDER, treating=False)
ASKED = replace(PROVIDER, accepted=False)
ANOTHER = replace(PROVIDER, agency_id=A2)
PASSED_ON = replace(PROVIDER, discloser_id=A2)
BACK = replace(PROVIDER, agency_id=HOLDER, discloser_id=A)
ANSWERED = replace(NAMED, agencies=frozenset({A, HOLDER}))
DEPARTMENT = Recipient(agency_id=POLICE, discloser_id=HOLDER, sworn=True, treating=False, accepted=False)
TREATING_DEPARTMENT = replace(DEPARTMENT, treating=True, accepted=True)

COVERED, EXPIRED = D.RECIPIENT_NOT_COVERED, D.CONSENT_EXPIRED
TICK = timedelta(microseconds=1)

ROWS: list[tuple[str, Terms, Recipient, Compartment, Purpose, datetime, DenyCode | None]] = [
    ("the agency named", NAMED, PROVIDER, C.SUD, P.TREATMENT, NOW, None),
    ("the agency named, which does not treat", NAMED, SHELTER, C.CONTACT, P.TREATMENT, NOW, None),
    ("the agency named, before its yes", NAMED, ASKED, C.CONTACT, P.TREATMENT, NOW, None),
    ("from an agency that only received it", NAMED, PASSED_ON, C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("back to who shared it", ANSWERED, BACK, C.CONTACT, P.TREATMENT, NOW, None),
    ("back, on a paper without answers", replace(ANSWERED, answers=False), BACK, C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("its neighbour", NAMED, ANOTHER, C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("its neighbour, for the anonymous ask", NAMED, ANOTHER, C.REQUEST, P.TREATMENT, NOW, COVERED),
    ("another part", NAMED, PROVIDER, C.CLINICAL, P.TREATMENT, NOW, D.CONSENT_SCOPE),
    ("what police wrote", NAMED, PROVIDER, C.INCIDENT, P.TREATMENT, NOW, D.CONSENT_SCOPE),
    ("the anonymous ask", NAMED, PROVIDER, C.REQUEST, P.TREATMENT, NOW, None),
    ("another purpose", NAMED, PROVIDER, C.CONTACT, P.COORDINATION, NOW, D.CONSENT_PURPOSE),
    ("another purpose, for the ask", NAMED, PROVIDER, C.REQUEST, P.LEGAL, NOW, D.CONSENT_PURPOSE),
    ("the last moment before", NAMED, PROVIDER, C.SUD, P.TREATMENT, SINCE - TICK, D.CONSENT_MISSING),
    ("the first moment", NAMED, PROVIDER, C.SUD, P.TREATMENT, SINCE, None),
    ("the last moment", NAMED, PROVIDER, C.SUD, P.TREATMENT, UNTIL - TICK, None),
    ("the moment it ends", NAMED, PROVIDER, C.SUD, P.TREATMENT, UNTIL, EXPIRED),
    ("after", NAMED, PROVIDER, C.SUD, P.TREATMENT, UNTIL + TICK, EXPIRED),
    ("the moment it ends, told elsewhere", NAMED, PROVIDER, C.SUD, P.TREATMENT,
     UNTIL.astimezone(timezone(timedelta(hours=-5))), EXPIRED),
    ("without an end, long after", TPO, PROVIDER, C.SUD, P.TREATMENT, datetime(2150, 1, 1, tzinfo=UTC), None),
    ("a class: treats and said yes", TPO, PROVIDER, C.SUD, P.TREATMENT, NOW, None),
    ("a class: any other that does", TPO, ANOTHER, C.SUD, P.TREATMENT, NOW, None),
    ("a class: treats, is only asked", TPO, ASKED, C.REQUEST, P.TREATMENT, NOW, None),
    ("a class: does not treat, is only asked", TPO, replace(SHELTER, accepted=False), C.REQUEST, P.TREATMENT, NOW,
     COVERED),
    ("police by class, only asked", TPO, TREATING_DEPARTMENT, C.REQUEST, P.TREATMENT, NOW, COVERED),
    ("a class: treats, no yes yet", TPO, ASKED, C.SUD, P.TREATMENT, NOW, COVERED),
    ("a class: said yes, does not treat", TPO, SHELTER, C.SUD, P.TREATMENT, NOW, COVERED),
    ("a class of helpers is no provider", HELPERS, PROVIDER, C.SUD, P.TREATMENT, NOW, COVERED),
    ("no class and nobody named", replace(TPO, classes=frozenset()), PROVIDER, C.SUD, P.TREATMENT, NOW, COVERED),
    ("police by class", TPO, DEPARTMENT, C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("police that treats, by class", TPO, TREATING_DEPARTMENT, C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("police by name on the form for treatment", replace(TPO, agencies=frozenset({POLICE})), TREATING_DEPARTMENT,
     C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("police by class on a form for names", replace(NAMED, classes=frozenset(Recipients)), TREATING_DEPARTMENT,
     C.CONTACT, P.TREATMENT, NOW, COVERED),
    ("police by name", FOR_POLICE, DEPARTMENT, C.OUTCOME, P.COORDINATION, NOW, None),
    ("police by name, more than the outcome", FOR_POLICE, DEPARTMENT, C.CONTACT, P.COORDINATION, NOW,
     D.CONSENT_SCOPE),
    ("another department", FOR_POLICE, replace(DEPARTMENT, agency_id=OTHER_POLICE), C.OUTCOME, P.COORDINATION, NOW,
     COVERED),
    ("police by name on the paper of a case", replace(FOR_POLICE, form=Form.CRIMINAL_JUSTICE), DEPARTMENT, C.OUTCOME,
     P.COORDINATION, NOW, COVERED),
    ("police by name on the paper of a proceeding", replace(FOR_POLICE, form=Form.PROCEEDING), DEPARTMENT, C.OUTCOME,
     P.COORDINATION, NOW, COVERED),
    ("an oral yes for substance use", replace(NAMED, method=Method.ORAL), PROVIDER, C.SUD, P.TREATMENT, NOW,
     D.CONSENT_INCOMPLETE),
    ("an oral yes for anything else", replace(NAMED, method=Method.ORAL), PROVIDER, C.CONTACT, P.TREATMENT, NOW, None),
    ("held", NAMED.standing_as(Standing.HELD), PROVIDER, C.CONTACT, P.TREATMENT, NOW, D.CONSENT_REVOKED),
    ("revoked", NAMED.standing_as(Standing.REVOKED), PROVIDER, C.CONTACT, P.TREATMENT, NOW, D.CONSENT_REVOKED),
    ("revoked, for the ask", NAMED.standing_as(Standing.REVOKED), PROVIDER, C.REQUEST, P.TREATMENT, NOW,
     D.CONSENT_REVOKED),
    ("revoked and over", NAMED.standing_as(Standing.REVOKED), PROVIDER, C.CONTACT, P.TREATMENT, UNTIL,
     D.CONSENT_REVOKED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "recipient", "part", "purpose", "at", "denied"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_is_let_through(
    terms: Terms, recipient: Recipient, part: Compartment, purpose: Purpose, at: datetime, denied: DenyCode | None
) -> None:
    assert refusal(terms, recipient, part, purpose, at=at) is denied


def test_every_way_to_sign_lets_substance_use_through_but_the_oral_one() -> None:
    found = {
        method: refusal(replace(NAMED, method=method), PROVIDER, C.SUD, P.TREATMENT, at=NOW) is None
        for method in Method
    }
    assert found == {Method.ON_SCREEN: True, Method.OWN_PHONE: True, Method.PAPER: True, Method.ORAL: False}


def test_terms_that_lapsed_are_no_ground_for_anything() -> None:
    assert lapsed(NAMED, at=NOW) is None
    assert lapsed(NAMED, at=UNTIL) is EXPIRED
    assert lapsed(NAMED.standing_as(Standing.HELD), at=NOW) is D.CONSENT_REVOKED


MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  # the strategy adds the zone
    max_value=datetime(2199, 12, 31),  # noqa: DTZ001  # as above
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=14))]),
)
TERMS = st.builds(
    Terms,
    consent=st.uuids(),
    version=st.integers(1, 2**31),
    form=st.sampled_from(Form),
    form_version=st.text(max_size=40),
    form_hash=st.text("0123456789abcdef", min_size=64, max_size=64),
    method=st.sampled_from(Method),
    standing=st.sampled_from(Standing),
    agencies=st.frozensets(st.uuids(), max_size=4),
    classes=st.frozensets(st.sampled_from(Recipients)),
    compartments=st.frozensets(st.sampled_from(Compartment)),
    purposes=st.frozensets(st.sampled_from(Purpose)),
    since=MOMENTS,
    until=st.none() | MOMENTS,
)


@given(TERMS)
@settings(deadline=None)
def test_terms_come_back_from_their_bytes(terms: Terms) -> None:
    assert decode(encode(terms)) == terms
    assert encode(decode(encode(terms))) == encode(terms)


@given(TERMS)
@settings(deadline=None)
def test_the_bytes_are_sorted_compact_ascii(terms: Terms) -> None:
    data = encode(terms)
    assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode("ascii")


# Written by hand: what the bytes of one set of terms are, and so what is signed.
BYTES = (
    b'{"agencies":["00000000-0000-0000-0000-000000000001"],"answers":true,"classes":[],'
    b'"compartments":["contact","sud"],"consent":"00000000-0000-0000-0000-000000000009","form":"named",'
    b'"form_hash":"abababababababababababababababababababababababababababababababab",'
    b'"form_version":"https://bhu.example.org/consent-forms/named/v1/en",'
    b'"holder":"00000000-0000-0000-0000-000000000005","method":"on_screen","purposes":["TREAT"],'
    b'"since":"2026-11-22T15:00:00.000000+00:00","standing":"active","until":"2027-05-23T04:00:00.000000+00:00",'
    b'"version":1}'
)


def test_the_bytes_are_these() -> None:
    assert encode(NAMED) == BYTES
    assert decode(BYTES) == NAMED


def test_a_moment_told_in_another_zone_gives_the_same_bytes() -> None:
    assert encode(replace(NAMED, since=SINCE.astimezone(timezone(timedelta(hours=-5))))) == BYTES


def test_the_digest_is_of_what_the_form_says_however_it_stands() -> None:
    assert digest(NAMED) == sha256(BYTES).digest()
    assert {digest(NAMED.standing_as(standing)) for standing in Standing} == {digest(NAMED)}
    assert digest(replace(NAMED, version=2)) != digest(NAMED)


TAMPERED: dict[str, tuple[bytes, bytes]] = {
    "a space": (b'"version":1', b'"version": 1'),
    "another order": (b'"agencies":[', b'"zzz":[],"agencies":['),
    "a field more": (b'"version":1', b'"version":1,"wider":true'),
    "a field twice": (b'"version":1', b'"version":1,"version":1'),
    "a field less": (b',"version":1', b""),
    "a part nobody knows": (b'"contact"', b'"everything"'),
    "parts in another order": (b'"contact","sud"', b'"sud","contact"'),
    "a part twice": (b'"contact","sud"', b'"contact","contact","sud"'),
    "a purpose nobody knows": (b'"TREAT"', b'"FUN"'),
    "a form nobody knows": (b'"form":"named"', b'"form":"blanket"'),
    "an agency in capitals": (b'"consent":"0', b'"consent":"{0'),
    "an agency that is none": (b'"00000000-0000-0000-0000-000000000001"', b'"everybody"'),
    "agencies as one word": (b'["00000000-0000-0000-0000-000000000001"]', b'"1"'),
    "no list of classes": (b'"classes":[]', b'"classes":null'),
    "a class in a list": (b'"classes":[]', b'"classes":[[]]'),
    "a moment without its zone": (b"15:00:00.000000+00:00", b"15:00:00.000000"),
    "a moment in another zone": (b"15:00:00.000000+00:00", b"10:00:00.000000-05:00"),
    "a moment cut short": (b"15:00:00.000000+00:00", b"15:00:00+00:00"),
    "a day": (b"2026-11-22T15:00:00.000000+00:00", b"2026-11-22"),
    "an empty end": (b'"until":"2027-05-23T04:00:00.000000+00:00"', b'"until":""'),
    "a false end": (b'"until":"2027-05-23T04:00:00.000000+00:00"', b'"until":false'),
    "an end as a number": (b'"until":"2027-05-23T04:00:00.000000+00:00"', b'"until":1'),
    "a standing nobody knows": (b'"active"', b'"resting"'),
    "a version in words": (b'"version":1', b'"version":"x"'),
    "a version that is true": (b'"version":1', b'"version":true'),
    "half a version": (b'"version":1', b'"version":1.5'),
    "a hash that is a list": (b'"form_hash":"ab', b'"form_hash":[1],"x":"ab'),
    "an answer that is a number": (b'"answers":true', b'"answers":1'),
    "a moment before all time": (b"2026-11-22T15:00:00.000000+00:00", b"0001-01-01T00:00:00.000000+14:00"),
}


@pytest.mark.parametrize(("old", "new"), TAMPERED.values(), ids=TAMPERED)
def test_tampered_bytes_are_refused(old: bytes, new: bytes) -> None:
    assert BYTES.count(old) == 1
    with pytest.raises(ValueError, match=r"."):
        decode(BYTES.replace(old, new))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"1", b'"x"', b"\xff", BYTES + b"\n", b" " + BYTES])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_is_refused_or_says_something_else(place: int, change: int) -> None:
    changed: Any = bytearray(BYTES)
    changed[place] ^= change
    try:
        found = decode(bytes(changed))
    except ValueError:
        return
    assert found != NAMED
    assert encode(found) == bytes(changed)


@pytest.mark.parametrize(
    ("terms", "who", "sworn", "treating", "named"),
    [
        (NAMED, A, False, True, True),
        (NAMED, HOLDER, False, True, True),
        (NAMED, A2, False, True, False),
        (NAMED, POLICE, True, False, False),
        (FOR_POLICE, POLICE, True, False, True),
        (FOR_POLICE, OTHER_POLICE, True, False, False),
        (FOR_POLICE, A, False, True, False),
        (TPO, A2, False, True, True),
        (TPO, A2, False, False, False),
        (TPO, POLICE, True, True, False),
        (HELPERS, A2, False, True, False),
    ],
)
def test_a_consent_names_agencies_and_whoever_falls_under_its_class_but_no_police_by_class(
    terms: Terms, who: UUID, sworn: bool, treating: bool, named: bool
) -> None:
    assert names(terms, who, sworn=sworn, treating=treating) is named


def test_the_papers_are_part_of_the_signed_bytes_and_terms_without_any_read_as_before() -> None:
    with_paper = replace(NAMED, papers=frozenset({A, A2}))
    assert decode(encode(with_paper)) == with_paper
    assert digest(with_paper) != digest(NAMED)
    assert b"papers" not in encode(NAMED)
