"""Every hop of the demo stands on exactly one ground, and nobody in it is asked why they work."""

import inspect
from datetime import UTC, datetime

import pytest

from agencies.models import Agency
from bhu.demo import story
from bhu.demo.progress import Progress, silent
from bhu.demo.scenes import SCENES
from referrals import acts
from referrals.masks import compartments_in
from referrals.models import Disclosure
from referrals.policy.bases import RULES, Basis
from referrals.policy.gate import Permit
from referrals.policy.purposes import purpose_of
from referrals.services import chain, consented
from referrals.services.facts import Exchange, Partners
from tests.databases import OwnDatabase


def permitting(row: Disclosure) -> set[Basis]:
    """The grounds on which the gate lets all of what one row of the ledger names cross."""
    discloser, recipient = (Agency.objects.get(pk=pk) for pk in (row.discloser_id, row.recipient_id))
    terms = consented.load(chain.load(row.referral_id)).get(row.consent) if row.consent else None
    partners = Partners(discloser.id, on=row.at.date())
    found = set()
    for basis in (basis for basis, rule in RULES.items() if not rule.emergency):  # those have an act of their own
        exchange = Exchange(
            discloser=discloser, recipient=recipient, basis=basis, role=None, at=datetime.now(UTC), terms=terms,
            accepted=True, kept_local=False, restricted=False, partners=partners,
        )  # fmt: skip
        if all(isinstance(exchange.decide(part), Permit) for part in compartments_in(row.mask)):
            found.add(basis)
    return found


def test_each_hop_is_permitted_by_the_one_ground_it_names_and_no_purpose_is_asked(
    own_database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "ATTEMPTS", ())
    told = story.run(silent, Progress(silent))
    assert told.ok, told.problems
    rows = list(Disclosure.objects.order_by("id"))
    # The anonymous ask identifies nobody, so it may always go without a ground that names the client as well.
    beside = {row.id: permitting(row) - {Basis.DEIDENTIFIED} for row in rows}
    assert {row.basis for row in rows} == {"referral_for_help", "consent_named"}
    assert [beside[row.id] for row in rows] == [{Basis(row.basis)} for row in rows]
    prompts = [scene.step for scene in SCENES if purpose_of(scene.part.actor().role) is None]
    assert prompts == []


@pytest.mark.parametrize("act", [getattr(acts, name) for name in acts.__all__ if name != "Act"])
def test_no_act_takes_a_purpose_from_a_person(act: type) -> None:
    assert "purpose" not in inspect.signature(act).parameters
