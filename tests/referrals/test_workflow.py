"""Every state × step × side, against an expectation written by hand from Gravity SDOH-CC 3.0."""

import pytest

from referrals.errors import IllegalStep
from referrals.workflow import FINAL, LABELS, STEPS, Side, State, step_called, steps_from

ALLOWED = {
    ("draft", "requester"): {"send": "requested", "cancel": "cancelled", "enter-in-error": "entered-in-error"},
    ("requested", "owner"): {"accept": "accepted", "reject": "rejected"},
    ("requested", "requester"): {"cancel": "cancelled", "enter-in-error": "entered-in-error"},
    ("requested", "network"): {"lapse": "cancelled", "withdraw": "cancelled"},
    ("accepted", "owner"): {
        "start": "in-progress",
        "hold": "on-hold",
        "complete": "completed",
        "fail": "failed",
        "confirm-cancel": "cancelled",
    },
    ("accepted", "requester"): {
        "request-cancel": "accepted",
        "force-cancel": "cancelled",
        "enter-in-error": "entered-in-error",
    },
    ("accepted", "network"): {"withdraw": "cancelled"},
    ("in-progress", "owner"): {
        "schedule": "in-progress",
        "no-show": "in-progress",
        "unschedule": "in-progress",
        "attend": "in-progress",
        "hold": "on-hold",
        "complete": "completed",
        "fail": "failed",
        "confirm-cancel": "cancelled",
    },
    ("in-progress", "requester"): {
        "request-cancel": "in-progress",
        "force-cancel": "cancelled",
        "enter-in-error": "entered-in-error",
    },
    ("in-progress", "network"): {"withdraw": "cancelled"},
    ("on-hold", "owner"): {
        "resume": "in-progress",
        "complete": "completed",
        "fail": "failed",
        "confirm-cancel": "cancelled",
    },
    ("on-hold", "requester"): {
        "request-cancel": "on-hold",
        "force-cancel": "cancelled",
        "enter-in-error": "entered-in-error",
    },
    ("on-hold", "network"): {"withdraw": "cancelled"},
    ("completed", "requester"): {"enter-in-error": "entered-in-error"},
    ("rejected", "requester"): {"enter-in-error": "entered-in-error"},
    ("failed", "requester"): {"enter-in-error": "entered-in-error"},
    ("cancelled", "requester"): {"enter-in-error": "entered-in-error"},
}
CELLS = [(state, side, step.name) for state in State for side in Side for step in STEPS]


@pytest.mark.parametrize(("state", "side", "name"), CELLS)
def test_a_step_is_taken_from_the_states_and_by_the_side_of_the_standard_and_no_other(state, side, name):
    expected = ALLOWED.get((state.value, side.value), {}).get(name)
    if expected is None:
        with pytest.raises(IllegalStep) as refusal:
            step_called(name, steps_from(state, side), state=state)
        assert refusal.value.allowed == tuple(
            step.name for step in STEPS if step.name in ALLOWED.get((state.value, side.value), {})
        )
    else:
        assert step_called(name, steps_from(state, side), state=state).lands_on(state).value == expected


def test_what_needs_a_coded_reason_is_what_the_standard_says():
    expected = {"rejected", "cancelled", "failed", "on-hold", "entered-in-error"}
    for step in STEPS:
        lands = {step.to.value} if step.to else {"cancel asked"}
        by_people = step.side is not Side.NETWORK
        assert step.needs_reason is (by_people and (bool(lands & expected) or step.name == "request-cancel")), step.name


def test_the_final_states_are_those_no_step_but_the_mistake_leaves():
    assert {state.value for state in FINAL} == {"completed", "rejected", "failed", "cancelled", "entered-in-error"}


def test_from_to_side_and_business_status_name_exactly_one_step():
    seen = [
        (state, step.lands_on(state), step.side, step.business or "kept")
        for step in STEPS
        if step.side is not Side.NETWORK
        for state in step.froms
    ]
    assert len(seen) == len(set(seen))


def test_every_state_has_a_label_for_both_sides():
    assert set(LABELS) == {(state, side) for state in State for side in (Side.REQUESTER, Side.OWNER)}
