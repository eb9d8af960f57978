"""An explanation tells what the gate was told, of a machine as of a person."""

from dataclasses import replace

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment
from referrals.acts import Send
from referrals.explaining import explain
from referrals.perform import perform
from referrals.policy.matrix import Action
from tests.county import County, bundle_of


def test_the_purpose_a_machine_is_registered_with_is_the_one_that_is_told(county: County) -> None:
    referral_id = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))]).referral_id
    for actor, purpose in ((county.clinician, "TREAT"), (replace(county.clinician, purpose=Purpose.LEGAL), "HLEGAL")):
        said = explain(actor, referral_id, Compartment.CONTACT, Action.READ)
        (policy,) = [gate for gate in said.gates if gate.name == "policy"]
        assert f"purpose={purpose}," in policy.told
