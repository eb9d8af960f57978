"""Gate 4's two tables, against an expectation written by hand from docs/permissions.md."""

import pytest

from agencies.roles import Role
from agencies.vault.purposes import OPENED_BY, PURPOSES, KeyPurpose
from fhir.content.compartments import Compartment

# One line per role: which compartments its keys reach.
REACH = {
    "officer": "request contact incident",
    "bhu_officer": "request contact incident transport",
    "dispatcher": "",
    "clinician": "request contact incident clinical sud outcome transport",
    "coordinator": "request contact incident clinical sud outcome transport",
    "intake": "request contact incident clinical sud outcome transport",
    "coach": "request contact incident sud transport",
    "driver": "transport",
    "agency_admin": "",
    "privacy_officer": "",
    "network_admin": "",
    "analyst": "",
    "liaison": "",
    "wellness": "",
    "chief": "",
    "client": "",
    "machine": "",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("compartment", Compartment)
def test_a_roles_keys_reach_what_the_law_lets_it_read(role, compartment):
    assert (OPENED_BY[compartment] in PURPOSES[role]) is (compartment in REACH[role].split())


def test_nobody_is_given_the_signing_key_to_open_with():
    assert all(KeyPurpose.SYSTEM not in purposes for purposes in PURPOSES.values())
    assert KeyPurpose.SYSTEM not in OPENED_BY.values()


@pytest.mark.parametrize("table", [OPENED_BY, PURPOSES])
def test_the_tables_cannot_be_changed_while_running(table):
    with pytest.raises(TypeError):
        table[next(iter(table))] = frozenset(KeyPurpose)
