"""Keys in use: who opens what, what a wrap is bound to, and rows that are not genuine."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, User
from agencies.roles import Role, fits
from agencies.vault import bundles, keyring, kms, p256, roots, signatures, suites
from agencies.vault.bundles import DataKey
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.keyring import memory, unsealed
from agencies.vault.manifests import Party, Release, State, extend
from agencies.vault.models import AgencyKey, AgencySecret
from agencies.vault.purposes import KeyPurpose
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment

INFO = b"this folder"
GENERAL, CLINICAL, SUD, TRANSPORT, SYSTEM, LEGAL, DRAFT = KeyPurpose

# Which of an agency's keys each role has opened, by hand from docs/permissions.md.
OPENS = {
    "officer": {GENERAL, DRAFT},
    "bhu_officer": {GENERAL, TRANSPORT, DRAFT},
    "dispatcher": {DRAFT},
    "clinician": {GENERAL, CLINICAL, SUD, TRANSPORT, DRAFT},
    "coordinator": {GENERAL, CLINICAL, SUD, TRANSPORT, DRAFT},
    "coach": {GENERAL, SUD, TRANSPORT, DRAFT},
    "intake": {GENERAL, CLINICAL, SUD, TRANSPORT, DRAFT},
    "driver": {TRANSPORT},
    "privacy_officer": {LEGAL},
}


def wrapped(agency, purpose=CLINICAL, plaintext=b"keys"):
    key = keyring.recipient_key(agency.id, purpose)
    return {"key_id": key.id, "sealed": keyring.wrap(key, plaintext, info=INFO), "info": INFO}


def change(key_id, **fields):
    """A row changed behind the keyring's back, as another process finds it."""
    AgencyKey.objects.filter(pk=key_id).update(**fields)
    keyring.forget()


def refused(call, *args, **named):
    with pytest.raises(CannotOpen) as refusal:
        call(*args, **named)
    assert str(refusal.value) == "This cannot be opened."
    return refusal.value


def test_a_new_agency_has_one_genuine_active_key_of_each_purpose(agency):
    keys = list(AgencyKey.objects.filter(agency=agency))
    assert {key.purpose for key in keys} == {"general", "clinical", "sud", "transport", "system", "legal", "draft"}
    assert {(key.epoch, key.state) for key in keys} == {(1, "active")}
    for key in keys:
        roots.verify_row(key)
    with pytest.raises(IntegrityError), transaction.atomic():
        keyring.create_keys(agency.id)


def test_what_is_wrapped_to_an_agency_opens_for_its_clinician(agency, make_actor):
    assert keyring.open(make_actor(agency), **wrapped(agency)) == b"keys"


@pytest.mark.parametrize("role", Role)
def test_keys_open_for_the_roles_they_are_meant_for_and_no_other(agency, make_actor, role):
    Agency.objects.filter(pk=agency.pk).update(kind=next(kind for kind in AgencyKind if fits(kind, role)).value)
    actor = make_actor(agency, role)
    for purpose in (GENERAL, CLINICAL, SUD, TRANSPORT, LEGAL, DRAFT):
        wrap = wrapped(agency, purpose)
        if purpose in OPENS.get(role, set()):
            assert keyring.open(actor, **wrap) == b"keys"
        else:
            refused(keyring.open, actor, **wrap)


def test_a_role_that_the_kind_of_agency_does_not_have_opens_nothing(agency, make_actor):
    actor = make_actor(agency, Role.CLINICIAN)
    assert keyring.open(actor, **wrapped(agency)) == b"keys"
    Agency.objects.filter(pk=agency.pk).update(kind=AgencyKind.POLICE.value)
    refused(keyring.open, actor, **wrapped(agency))


def test_many_wraps_open_in_order_with_two_queries_and_then_with_one(agency, make_actor, django_assert_num_queries):
    actor = make_actor(agency)
    wraps = [
        keyring.Wrapped(**wrapped(agency, purpose, purpose.value.encode())) for purpose in (SUD, GENERAL, CLINICAL)
    ]
    for queries in (2, 1):
        with django_assert_num_queries(queries):
            assert keyring.open_all(actor, wraps) == [b"sud", b"general", b"clinical"]


def test_one_wrap_that_does_not_open_spoils_them_all(agency, make_actor):
    wraps = [keyring.Wrapped(**wrapped(agency, purpose)) for purpose in (GENERAL, CLINICAL)]
    refused(keyring.open_all, make_actor(agency, Role.BHU_OFFICER), wraps)


def test_another_agencys_clinician_opens_nothing(agency, make_agency, make_actor):
    refused(keyring.open, make_actor(make_agency()), **wrapped(agency))


def end(membership):
    membership.update(until=timezone.now())


def begin_later(membership):
    membership.update(since=timezone.now() + timedelta(hours=1))


def change_role(membership):
    membership.update(role=Role.COORDINATOR.value)


def move(membership):
    membership.update(agency=Agency.objects.create(slug="moved", name="moved", kind="bhu"))


def switch_off_the_person(membership):
    User.objects.filter(memberships__in=membership).update(is_active=False)


def switch_off_the_agency(membership):
    Agency.objects.filter(memberships__in=membership).update(is_active=False)


@pytest.mark.parametrize(
    "happens",
    [end, begin_later, change_role, move, switch_off_the_person, switch_off_the_agency, lambda rows: rows.delete()],
)
def test_an_actor_whose_membership_changed_since_it_was_made_opens_nothing(agency, make_actor, happens):
    actor, wrap = make_actor(agency), wrapped(agency)
    assert keyring.open(actor, **wrap) == b"keys"
    happens(Membership.objects.filter(pk=actor.membership_id))
    refused(keyring.open, actor, **wrap)


def test_a_wrap_moved_to_another_folder_does_not_open(agency, make_actor):
    refused(keyring.open, make_actor(agency), **wrapped(agency) | {"info": b"another folder"})


def test_a_wrap_pointed_at_another_key_does_not_open(agency, make_actor):
    wrap = wrapped(agency)
    keyring.rotate(agency.id, CLINICAL)
    for purpose in (GENERAL, CLINICAL, SYSTEM):
        other = keyring.recipient_key(agency.id, purpose)
        refused(keyring.open, make_actor(agency), **wrap | {"key_id": other.id})


def test_a_wrap_to_an_unknown_key_does_not_open(agency, make_actor):
    refused(keyring.open, make_actor(agency), **wrapped(agency) | {"key_id": uuid7()})


def test_a_spoiled_wrap_does_not_open(agency, make_actor):
    wrap = wrapped(agency)
    refused(keyring.open, make_actor(agency), **wrap | {"sealed": wrap["sealed"][:-1]})
    refused(keyring.open, make_actor(agency), **wrap | {"sealed": b""})


def relabel(key_id, *, warm, **fields):
    """Change a row; ``warm``: in a process that still holds its private half open."""
    private = memory._kept.get(("private", key_id))
    change(key_id, **fields)
    if warm:
        assert private
        memory._kept["private", key_id] = private


@pytest.mark.parametrize("warm", [True, False])
def test_relabelling_the_clinical_key_as_general_opens_nothing_to_an_officer(agency, make_actor, warm):
    wrap = wrapped(agency)
    keyring.open(make_actor(agency), **wrap)
    AgencyKey.objects.filter(agency=agency, purpose="general").delete()
    relabel(wrap["key_id"], warm=warm, purpose="general")
    refused(keyring.open, make_actor(agency, Role.BHU_OFFICER), **wrap)


@pytest.mark.parametrize("warm", [True, False])
def test_a_key_row_moved_to_another_agency_opens_nothing_there(agency, make_agency, make_actor, warm):
    wrap, other = wrapped(agency), make_agency()
    keyring.open(make_actor(agency), **wrap)
    relabel(wrap["key_id"], warm=warm, agency=other, epoch=9, state="retired")
    refused(keyring.open, make_actor(other), **wrap)


def unsigned(row):
    row.root_signature = b""


def signed_by_another_root(row):
    row.root_signature = signatures.sign(p256.load_private(p256.generate()), roots._statement(row))


def signed_for_another_row(row):
    row.root_signature = AgencyKey.objects.exclude(pk=row.pk).first().root_signature


@pytest.mark.parametrize("forge", [unsigned, signed_by_another_root, signed_for_another_row])
def test_nothing_is_sealed_to_a_replaced_key(agency, forge):
    """Whoever can write rows puts in a public key of their own: the plainest attack on sealing to recipients."""
    row = keyring.recipient_key(agency.id, CLINICAL)
    row.public = suites.SUITES[1].public_bytes(suites.SUITES[1].generate())
    forge(row)
    row.save()
    keyring.forget()
    assert isinstance(refused(keyring.recipient_key, agency.id, CLINICAL), Forged)
    refused(keyring.recipient_keys, [(agency.id, GENERAL), (agency.id, CLINICAL)])
    refused(keyring.wrap, row, b"keys", info=INFO)


def test_an_agency_without_a_key_is_not_sealed_to(agency):
    AgencyKey.objects.filter(agency=agency, purpose="sud").delete()
    keyring.forget()
    refused(keyring.recipient_key, agency.id, SUD)
    refused(keyring.recipient_key, uuid7(), GENERAL)


def test_recipients_keys_come_in_one_query(agency, make_agency, django_assert_num_queries):
    other = make_agency()
    wanted = {(agency.id, GENERAL), (agency.id, CLINICAL), (other.id, SUD)}
    for queries in (1, 0):
        with django_assert_num_queries(queries):
            found = keyring.recipient_keys(wanted)
    assert {(key.agency_id, key.purpose) for key in found.values()} == wanted == found.keys()


def test_the_signing_key_is_neither_sealed_to_nor_opened_with(agency, make_actor):
    refused(keyring.wrap, keyring.recipient_key(agency.id, SYSTEM), b"keys", info=INFO)
    with pytest.raises(IntegrityError), transaction.atomic():
        AgencyKey.objects.filter(agency=agency, purpose="system").update(suite=1)


def test_rotation_makes_the_next_epoch_and_the_old_key_only_opens(agency, make_actor):
    wrap = wrapped(agency)
    new = keyring.rotate(agency.id, CLINICAL)
    old = AgencyKey.objects.get(pk=wrap["key_id"])
    assert (old.epoch, old.state, new.epoch, new.state) == (1, "retired", 2, "active")
    assert keyring.recipient_key(agency.id, CLINICAL) == new
    assert keyring.open(make_actor(agency), **wrap) == b"keys"
    refused(keyring.wrap, old, b"keys", info=INFO)


def test_a_rewrapped_bundle_opens_with_the_new_key_after_the_old_is_destroyed(agency, make_actor):
    wrap, actor = wrapped(agency), make_actor(agency)
    new = keyring.rotate(agency.id, CLINICAL)
    sealed = keyring.rewrap(old_key_id=wrap["key_id"], new_key=new, sealed=wrap["sealed"], info=INFO)
    change(new.id, created_at=timezone.now() - timedelta(hours=1))
    keyring.destroy(wrap["key_id"])
    assert bytes(AgencyKey.objects.get(pk=wrap["key_id"]).private_sealed) == b""
    assert keyring.open(actor, key_id=new.id, sealed=sealed, info=INFO) == b"keys"
    refused(keyring.open, actor, **wrap)


def test_a_bundle_is_not_rewrapped_to_another_purpose_or_agency(agency, make_agency):
    wrap, other = wrapped(agency), make_agency()
    for key in (keyring.recipient_key(agency.id, GENERAL), keyring.recipient_key(other.id, CLINICAL)):
        refused(keyring.rewrap, old_key_id=wrap["key_id"], new_key=key, sealed=wrap["sealed"], info=INFO)


def test_a_process_that_has_not_heard_of_a_rotation_carries_nothing_over_until_it_asks_again(agency):
    wrap, known = wrapped(agency), dict(memory._kept)
    new = keyring.rotate(agency.id, CLINICAL)
    memory._kept.update(known)
    stale = keyring.recipient_key(agency.id, CLINICAL)
    assert stale.id == wrap["key_id"]
    refused(keyring.rewrap, old_key_id=wrap["key_id"], new_key=stale, sealed=wrap["sealed"], info=INFO)
    assert keyring.recipient_key(agency.id, CLINICAL) == new
    memory._kept.update(known)
    assert keyring.recipient_keys([(agency.id, CLINICAL)], fresh=True)[agency.id, CLINICAL] == new


def test_only_a_retired_key_is_destroyed(agency):
    refused(keyring.destroy, keyring.recipient_key(agency.id, CLINICAL).id)
    refused(keyring.destroy, uuid7())


def test_the_database_holds_one_active_key_and_no_destroyed_private_half(agency):
    keyring.rotate(agency.id, CLINICAL)
    for change_ in ({"state": "active"}, {"state": "destroyed"}, {"private_sealed": b""}, {"state": "lost"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AgencyKey.objects.filter(agency=agency, state="retired").update(**change_)
    assert AgencyKey.objects.filter(agency=agency, purpose="clinical", state="active").count() == 1


@pytest.mark.parametrize("suite", [1, 3])
def test_the_setting_picks_the_suite_of_new_keys_and_old_ones_stay(agency, make_actor, settings, suite):
    wrap, actor = wrapped(agency), make_actor(agency)
    settings.BHU_SUITE = suite
    new = keyring.rotate(agency.id, CLINICAL)
    assert new.suite == suite
    assert keyring.open(actor, **wrapped(agency)) == keyring.open(actor, **wrap) == b"keys"


@pytest.mark.parametrize("field", ["agency", "purpose", "epoch", "id"])
def test_a_private_half_is_bound_to_its_row(agency, make_agency, field):
    """The KMS refuses even where the root's signature would not be asked."""
    row = keyring.recipient_key(agency.id, CLINICAL)
    assert unsealed._load(row).public_key()
    other = {"agency_id": make_agency().id, "purpose": "sud", "epoch": 2, "id": uuid7()}
    name = "agency_id" if field == "agency" else field
    setattr(row, name, other[name])
    refused(unsealed._load, row)


def test_an_opened_key_is_remembered_a_minute_and_no_longer(agency, make_actor, monkeypatch):
    asked = []
    unseal = kms.unseal
    monkeypatch.setattr(kms, "unseal", lambda *args: asked.append(1) or unseal(*args))
    now = [1000.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: now[0])
    actor, wrap = make_actor(agency), wrapped(agency)
    for wait, times in ((0, 1), (59.9, 1), (0.2, 2), (1, 2)):
        now[0] += wait
        keyring.open(actor, **wrap)
        assert len(asked) == times
    now[0] += 61
    keyring.blind(agency.id, "name", ("a",))
    assert [kind for kind, _ in memory._kept] == ["secret"], "what nobody asked for again is gone"
    keyring.forget()
    assert memory._kept == {}


def test_the_membership_is_never_remembered(agency, make_actor, django_assert_num_queries):
    actor, wrap = make_actor(agency), wrapped(agency)
    keyring.open(actor, **wrap)
    with django_assert_num_queries(1) as asked:
        keyring.open(actor, **wrap)
    assert "agencies_membership" in asked.captured_queries[0]["sql"]


def test_a_rotated_key_is_sealed_to_no_more_by_the_process_that_rotated_it(agency):
    before = keyring.recipient_key(agency.id, CLINICAL)
    assert keyring.rotate(agency.id, CLINICAL) == keyring.recipient_key(agency.id, CLINICAL) != before


def test_a_key_is_not_destroyed_while_another_process_may_still_seal_to_it(agency):
    old = keyring.recipient_key(agency.id, CLINICAL)
    new = keyring.rotate(agency.id, CLINICAL)
    refused(keyring.destroy, old.id)
    change(new.id, created_at=timezone.now() - timedelta(minutes=4))
    refused(keyring.destroy, old.id)
    change(new.id, created_at=timezone.now() - timedelta(minutes=6))
    keyring.destroy(old.id)
    assert AgencyKey.objects.get(pk=old.id).state == "destroyed"
    refused(keyring.destroy, old.id)


# Delegation: what a requester promised on accept, opened with its key.

TASK, FOLDER = uuid7(), uuid7()


def data_key(compartment, audience=None):
    return DataKey(compartment=compartment, audience=audience, epoch=1, dek=bytes([9]) * 32)


@pytest.fixture
def promised(agency, make_agency):
    """A sender, the one it promised contact to on accepting TASK, and a bundle of the sender's general keys."""
    to = make_agency()
    held = frozenset({Compartment.REQUEST, Compartment.CONTACT, Compartment.INCIDENT})
    _, state = extend(
        State(folder_id=FOLDER),
        act="referral.send",
        signer=keyring.signer(agency.id),
        at=timezone.now(),
        parties=[
            Party(agency_id=agency.id, audience=None, compartments=held),
            Party(agency_id=to.id, audience=None, compartments=frozenset({Compartment.REQUEST})),
        ],
        releases=[Release(task_id=TASK, agency_id=to.id, group=uuid7(), compartments=frozenset({Compartment.CONTACT}))],
    )
    keys = [data_key(Compartment.CONTACT), data_key(Compartment.CONTACT, TASK), data_key(Compartment.INCIDENT)]
    wrap = wrapped(agency, GENERAL, bundles.encode(keys))
    return agency, to, {"state": state, "task_id": TASK, "to": to.id, **wrap}


def test_a_promise_opens_what_was_promised_and_nothing_beside_it(promised):
    sender, _, asked = promised
    assert keyring.open_delegated(sender.id, **asked) == [data_key(Compartment.CONTACT)]


def test_without_that_promise_nothing_is_opened_for_anybody(promised, make_agency):
    sender, to, asked = promised
    for other in ({"to": make_agency().id}, {"task_id": uuid7()}, {"state": State(folder_id=FOLDER)}):
        refused(keyring.open_delegated, sender.id, **asked | other)
    refused(keyring.open_delegated, to.id, **asked)


def test_a_promise_opens_no_other_agencys_bundle(promised, make_agency):
    sender, _, asked = promised
    other = wrapped(make_agency(), GENERAL, bundles.encode([data_key(Compartment.CONTACT)]))
    refused(keyring.open_delegated, sender.id, **asked | other)


def test_a_promise_opens_only_the_bundles_of_who_made_it(promised):
    sender, to, asked = promised
    _, state = extend(
        asked["state"],
        act="referral.update",
        signer=keyring.signer(to.id),
        at=timezone.now(),
        parties=asked["state"].parties,
        releases=[Release(task_id=TASK, agency_id=to.id, group=uuid7(), compartments=frozenset({Compartment.REQUEST}))],
    )
    refused(keyring.open_delegated, sender.id, **asked | {"state": state})


# Signing


def test_an_agency_signs_with_its_key_and_old_signatures_stay_good(agency):
    first = keyring.signer(agency.id)
    signature = first.sign(b"message")
    keyring.rotate(agency.id, SYSTEM)
    second = keyring.signer(agency.id)
    keyring.forget()
    assert second.key_id != first.key_id
    owner, public = keyring.public_of(first.key_id)
    assert owner == agency.id
    assert signatures.verify(public=public, message=b"message", signature=signature) is None
    assert keyring.public_of(second.key_id)[1] != public


def test_a_signing_key_is_not_shown_when_printed(agency):
    assert "_private" not in repr(keyring.signer(agency.id))


def test_a_key_that_is_not_genuine_verifies_nothing(agency):
    key_id = keyring.signer(agency.id).key_id
    assert keyring.public_of(key_id)
    change(key_id, public=p256.public_bytes(p256.generate()))
    assert isinstance(refused(keyring.public_of, key_id), Forged)
    refused(keyring.signer, agency.id)
    refused(keyring.public_of, uuid7())
    refused(keyring.public_of, keyring.recipient_key(agency.id, GENERAL).id)


# Keyed hashes


def test_a_blind_token_is_equal_for_equal_fields_of_one_agency_and_kind_only(agency, make_agency):
    token = keyring.blind(agency.id, "name", ("example", "1990-01-01"))
    assert len(token) == 16
    keyring.forget()
    assert keyring.blind(agency.id, "name", ("example", "1990-01-01")) == token
    others = {
        keyring.blind(make_agency().id, "name", ("example", "1990-01-01")),
        keyring.blind(agency.id, "phone", ("example", "1990-01-01")),
        keyring.blind(agency.id, "name", ("example1990-01-01",)),
        keyring.blind(agency.id, "name", ("exampl", "e1990-01-01")),
        keyring.blind(agency.id, "name", ("1990-01-01", "example")),
    }
    assert len(others) == 5
    assert token not in others


@pytest.mark.parametrize("fields", [(), ("",), ("example", "")])
def test_a_blind_token_over_nothing_is_refused(agency, fields):
    with pytest.raises(ValueError, match="every one"):
        keyring.blind(agency.id, "name", fields)


def test_a_request_digest_is_the_agencys_own(agency, make_agency):
    digest = keyring.mac(agency.id, b"request")
    assert len(digest) == 32
    assert digest == keyring.mac(agency.id, b"request")
    assert len({digest, keyring.mac(agency.id, b"other"), keyring.mac(make_agency().id, b"request")}) == 3


def test_a_secret_moved_to_another_agency_or_use_does_not_open(agency, make_agency):
    other = make_agency()
    blind, idempotency = (AgencySecret.objects.get(agency=agency, kind=kind) for kind in ("blind", "idempotency"))
    AgencySecret.objects.filter(agency=other, kind="blind").update(sealed=blind.sealed)
    refused(keyring.blind, other.id, "name", ("a",))
    AgencySecret.objects.filter(pk=idempotency.pk).update(sealed=blind.sealed)
    refused(keyring.mac, agency.id, b"request")
    refused(keyring.mac, uuid7(), b"request")
