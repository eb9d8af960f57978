"""Several act on one paper or report at the same moment: each step is taken once, and each answer has its event."""

from collections import Counter

from audit.models import AuditEvent
from referrals.legal import services
from referrals.legal.kinds import Paper
from referrals.legal.models import LegalRequest, LegalWrap, MandatedReport
from tests.databases import OwnDatabase
from tests.legal.town import hours_ago, make_town, register, report


def outcomes(action: str) -> Counter[tuple[str, str]]:
    return Counter(AuditEvent.objects.filter(action=action).values_list("outcome", "code"))


def test_a_call_is_written_down_once_and_a_request_closed_once(own_database: OwnDatabase) -> None:
    town = make_town()
    made, times = report(town.county.clinician, called_at=None), [hours_ago(hour) for hour in (1, 2, 3, 4)]
    answers = own_database.together(
        *(lambda at=at: services.follow_up(town.county.clinician, made.id, called_at=at) for at in times)
    )
    (first,) = [answer for answer in answers if not isinstance(answer, Exception)]
    assert MandatedReport.objects.get().called_at == first.called_at
    assert outcomes("legal.follow") == {("0", "elder_abuse"): 1, ("4", "INVALID"): 3}
    request = register(town.privacy, kind=Paper.SUBPOENA)
    services.answer_request(town.privacy, request.id)
    own_database.together(*[lambda: services.close_request(town.privacy, request.id)] * 4)
    assert outcomes("legal.close") == {("0", "template"): 1, ("4", "ILLEGAL_STEP"): 3}
    assert LegalRequest.objects.get().state == "closed"


def test_several_who_find_the_legal_key_missing_make_one(own_database: OwnDatabase) -> None:
    from agencies.vault import keyring
    from agencies.vault.models import AgencyKey

    town = make_town()
    AgencyKey.objects.filter(agency=town.county.bhu, purpose="legal").delete()
    keyring.forget()
    answers = own_database.together(*[lambda: register(town.privacy)] * 4)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert AgencyKey.objects.filter(agency=town.county.bhu, purpose="legal").count() == 1
    assert LegalWrap.objects.count() == 4
    for answer in answers:
        assert services.open_request(town.privacy, answer.id)
