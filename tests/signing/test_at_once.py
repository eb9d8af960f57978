"""Several at the same moment: one signature, five tries, whatever the number of browsers."""

from collections import Counter
from threading import Event

import pytest

from audit.models import AuditEvent
from referrals.consents.models import ConsentTerms
from referrals.models import Section
from referrals.signing import links
from referrals.signing.models import SigningRequest
from tests.databases import OwnDatabase
from tests.signing.desk import Phone, make_desk


def test_of_browsers_that_sign_one_link_at_once_one_wins(own_database: OwnDatabase) -> None:
    desk = make_desk()
    link = desk.ask()
    phones = [Phone(link) for _ in range(4)]
    tickets = [phone.say().value("ticket") for phone in phones]
    filled = desk.filled()
    answers = own_database.together(
        *(
            lambda phone=phone, ticket=ticket: phone.post(ticket=ticket, **filled)
            for phone, ticket in zip(phones, tickets, strict=True)
        )
    )
    assert Counter(answer.status for answer in answers) == {200: 1, 404: 3}
    assert ConsentTerms.objects.count() == 1
    found = Section.objects.filter(folder_id=desk.referral_id)
    assert Counter(row.type for row in found if row.type in ("Consent", "DocumentReference")) == {
        "Consent": 1,
        "DocumentReference": 1,
    }
    assert AuditEvent.objects.filter(action="consent.sign", outcome="0").count() == 1
    assert SigningRequest.objects.get().consent == ConsentTerms.objects.get().consent


def test_a_signature_and_a_no_at_once_are_one_of_the_two(own_database: OwnDatabase) -> None:
    desk = make_desk()
    for _ in range(3):
        phone = Phone(desk.ask())
        ticket, filled = phone.say().value("ticket"), desk.filled()
        signed, declined = own_database.together(
            lambda: Phone(phone.link).post(ticket=ticket, **filled),  # noqa: B023  run before the next round
            lambda: Phone(phone.link).post(ticket=ticket, step="no"),  # noqa: B023
        )
        assert sorted((signed.status, declined.status)) == [200, 404]
        row = SigningRequest.objects.get(pk=phone.link.id)
        assert row.state == ("signed" if signed.status == 200 else "declined")
        assert ConsentTerms.objects.filter(consent=row.consent).count() == int(signed.status == 200)


@pytest.mark.postgres
def test_who_says_no_does_not_wait_for_who_signs(own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one holds the link's row, the other the referral's, and each writes where the other is."""
    desk = make_desk()
    phone = Phone(desk.ask())
    ticket, filled = phone.say().value("ticket"), desk.filled()
    ended, claiming = Event(), Event()
    end, claim = links.end, links.claim

    def end_first(*arguments, **named) -> bool:
        done = end(*arguments, **named)
        ended.set()
        assert claiming.wait(20)
        return done

    def claim_second(*arguments, **named) -> bool:
        assert ended.wait(20)
        claiming.set()
        return claim(*arguments, **named)

    monkeypatch.setattr(links, "end", end_first)
    monkeypatch.setattr(links, "claim", claim_second)
    signed, declined = own_database.together(
        lambda: Phone(phone.link).post(ticket=ticket, **filled),
        lambda: Phone(phone.link).post(ticket=ticket, step="no"),
    )
    assert (signed.status, declined.status) == (404, 200)


def test_of_many_codes_tried_at_once_five_are_looked_at(own_database: OwnDatabase) -> None:
    desk = make_desk()
    phone = Phone(desk.ask())
    wrong = "000000" if phone.link.code != "000000" else "111111"
    answers = own_database.together(*[lambda: Phone(phone.link).say(wrong)] * 12)
    statuses = Counter(answer.status for answer in answers)
    assert statuses == {403: 5, 404: 7}
    assert SigningRequest.objects.get().tries == 5
    assert phone.say().status == 404
