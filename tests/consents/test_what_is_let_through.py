"""What the terms of a consent let through: no more than its paper says, and nothing of one that is refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment
from referrals.errors import Invalid
from referrals.packs.packs import Length, Mark, Source
from referrals.policy.terms import Form, Method, Recipients, Standing, Terms
from tests.consents.samples import ALDER_PD, BHU, CONSENT, DETOX, HARBOR, MA, PERMIT, facts, form, terms

C = Compartment


def test_the_terms_of_a_named_consent() -> None:
    assert terms(facts("named", recipients=("merrow-detox", "harbor-light"))) == Terms(
        consent=CONSENT,
        version=1,
        form=Form.NAMED,
        form_version="https://bhu.example.org/consent-forms/named/v1/en",
        form_hash=form("named").sha256,
        method=Method.ON_SCREEN,
        standing=Standing.ACTIVE,
        holder=BHU,
        answers=True,
        # The BHU too: the paper says that those named may answer it.
        agencies=frozenset({DETOX, HARBOR, BHU}),
        classes=frozenset(),
        compartments=frozenset({C.CONTACT, C.SUD}),
        purposes=frozenset({Purpose.TREATMENT, Purpose.COORDINATION}),
        since=datetime(2026, 11, 22, 15, 12, tzinfo=UTC),
        until=datetime(2027, 5, 23, 4, 0, tzinfo=UTC),
    )


def test_the_terms_of_a_consent_for_treatment() -> None:
    found = terms(facts("tpo"))
    assert (found.form, found.classes, found.until) == (Form.TPO, frozenset({Recipients.TREATING}), None)
    assert found.agencies == frozenset({BHU})
    # Payment is no purpose of anything the network does.
    assert found.purposes == frozenset({Purpose.TREATMENT, Purpose.COORDINATION})


def test_the_terms_of_a_consent_for_police_name_the_police_alone() -> None:
    found = terms(facts("police-outcome"))
    assert (found.form, found.agencies) == (Form.NAMED, frozenset({ALDER_PD}))
    assert found.compartments == frozenset({C.OUTCOME})


def test_because_the_client_asks_stands_for_every_purpose_of_the_paper() -> None:
    found = terms(facts("police-outcome", purposes=("PATRQT",)))
    assert found.purposes == frozenset({Purpose.COORDINATION, Purpose.PATIENT_REQUEST})


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({}, datetime(2026, 11, 22, 15, 12, tzinfo=UTC)),
        ({"since": ""}, datetime(2026, 11, 22, 15, 12, tzinfo=UTC)),
        ({"since": "2026-11-01"}, datetime(2026, 11, 22, 15, 12, tzinfo=UTC)),
        ({"since": "2026-12-24"}, datetime(2026, 12, 24, 5, 0, tzinfo=UTC)),
        ({"signed": "2026-11-22", "since": ""}, datetime(2026, 11, 22, 5, 0, tzinfo=UTC)),
    ],
)
def test_nothing_goes_before_it_was_signed_or_begins(changes: dict[str, str], since: datetime) -> None:
    assert terms(facts("named", **changes)).since == since


def test_an_event_ends_at_the_latest_when_the_state_says() -> None:
    year = Length(default_days=30, longest_days=30, source=Source(Mark.DESIGN, ""))
    strict = replace(MA, lengths={**MA.lengths, "tpo": year})
    assert terms(facts("tpo"), strict).until == datetime(2026, 12, 23, 5, 0, tzinfo=UTC)


def test_a_refused_consent_has_no_terms_and_says_why() -> None:
    with pytest.raises(Invalid) as refused:
        terms(facts("named", purposes=(), signed=""))
    assert [issue.expression for issue in refused.value.issues] == ["Consent.dateTime", f"{PERMIT}.purpose"]
