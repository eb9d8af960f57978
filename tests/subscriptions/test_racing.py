"""Many acts and many workers at the same moment: numbers stay contiguous and in order, each event goes once."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from fhir.subscriptions.models import Subscription, SubscriptionEvent
from fhir.subscriptions.services import keeping, sending
from referrals.acts import Send, TakeStep
from referrals.perform import perform
from tests.county import SCREEN, County, bundle_of, make_county
from tests.databases import OwnDatabase
from tests.notices.sinks import WebSink
from tests.rest import calling
from tests.rest.conftest import known
from tests.subscriptions.hooks import active, bundles, events_of, subscription

ACTS = ("accept", "start", "complete")


@pytest.fixture
def county(own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[County]:
    made = make_county()
    with known(made):
        yield made


def working(county: County, task: UUID) -> Callable[[], None]:
    def work() -> None:
        for step in ACTS:
            perform(county.clinician, [TakeStep(task_id=task, step=step)])

    return work


def test_numbers_are_contiguous_however_many_act_and_send_at_once(
    own_database: OwnDatabase, county: County, hook: WebSink
) -> None:
    id_ = active("clinician", subscription(), hook)
    sent = [perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))]) for _ in range(4)]
    tasks = [task for done in sent for task in done.tasks]

    def tell() -> None:
        for _ in range(15):
            sending._run()

    def ask() -> None:
        for _ in range(30):
            keeping.status(county.clinician, UUID(id_), require=calling.PEOPLE["clinician"].require)

    answers = own_database.together(*(working(county, task) for task in tasks), tell, tell, ask)
    assert answers == [None] * 7
    sending._run()
    expected = len(tasks) * (1 + len(ACTS))
    numbers = [int(event["event-number"]) for bundle in bundles(hook) for event in events_of(bundle)]
    assert numbers == list(range(1, expected + 1))
    row = Subscription.objects.get(pk=id_)
    assert (row.counted, row.told) == (expected, expected)
    for task in tasks:
        mine = SubscriptionEvent.objects.filter(focus=task).order_by("number")
        assert [event.created for event in mine] == [True, False, False, False]
        assert sorted(event.at for event in mine) == [event.at for event in mine]
