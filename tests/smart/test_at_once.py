"""Several processes are asked at the same moment: an assertion is used once, a count counts, an approval is one."""

from collections import Counter

from oauth2_provider.models import AccessToken

from audit.models import AuditEvent
from fhir.smart import clients
from fhir.smart.models import RequestCount, SpentAssertion
from tests.databases import OwnDatabase
from tests.smart.partner import id_of, make_network


def test_one_assertion_sent_by_many_at_once_is_one_token(own_database: OwnDatabase) -> None:
    partner = make_network().register()
    form = partner.form()
    answers = own_database.together(*[lambda: partner.ask(assertion=form["client_assertion"]).status_code] * 6)
    assert Counter(answers) == {200: 1, 401: 5}
    assert AccessToken.objects.count() == SpentAssertion.objects.count() == 1
    codes = Counter(AuditEvent.objects.filter(action="smart.token").values_list("outcome", flat=True))
    assert codes == {"0": 1, "4": 5}


def test_requests_at_once_are_all_counted(own_database: OwnDatabase) -> None:
    partner = make_network().register()
    answers = own_database.together(*[lambda: partner.ask().status_code] * 6)
    assert answers == [200] * 6
    assert RequestCount.objects.get().count == 6


def test_a_client_approved_by_many_at_once_is_approved_once(own_database: OwnDatabase) -> None:
    network = make_network()
    partner = network.register(approved=False)
    own_database.together(*[lambda: clients.approve(network.network, id_of(partner))] * 4)
    outcomes = Counter(AuditEvent.objects.filter(action="smart.approve").values_list("outcome", flat=True))
    assert outcomes == {"0": 1, "4": 3}
