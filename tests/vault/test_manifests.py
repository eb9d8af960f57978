"""The chain of manifests: a vector, every way to tamper with one, and what a signer may not sign."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from agencies.vault import p256, signatures
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.manifests import Ground, Party, Receipt, Release, Section, Signed, State, extend, verify_chain
from agencies.vault.manifests.entries import encode, parse
from audit.uuid7 import uuid7
from fhir.content.compartments import Compartment
from tests.vault import oracle

VECTOR = json.loads(Path("tests/vectors/manifest.json").read_text())
REQUEST, CONTACT, INCIDENT, CLINICAL, SUD, TRANSPORT, OUTCOME = Compartment
FOLDER, TASK, GROUP = uuid7(), uuid7(), uuid7()
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


class Hand:
    """An agency with a signing key."""

    def __init__(self):
        self.agency_id, self.key_id, self.scalar = uuid7(), uuid7(), p256.generate()

    def sign(self, message):
        return signatures.sign(p256.load_private(self.scalar), message)


SENDER, CLINIC, DETOX, STRANGER = Hand(), Hand(), Hand(), Hand()
KEYS = {hand.key_id: (hand.agency_id, p256.public_bytes(hand.scalar)) for hand in (SENDER, CLINIC, DETOX, STRANGER)}


def party(hand, *compartments, audience=None):
    return Party(agency_id=hand.agency_id, audience=audience, compartments=frozenset(compartments))


def release(hand, *compartments, task=TASK):
    return Release(task_id=task, agency_id=hand.agency_id, group=GROUP, compartments=frozenset(compartments))


def receipt(hand, compartment, *, audience=None, epoch=1):
    return Receipt(agency_id=hand.agency_id, compartment=compartment, audience=audience, epoch=epoch)


def section(compartment, *, audience=None, sealed=bytes([1]) * 400):
    return Section.of(
        sealed,
        section_id=uuid7(),
        compartment=compartment,
        audience=audience,
        resource_type="Observation",
        resource_id="one",
        version=1,
    )


OFFER = {
    "act": "referral.send",
    "parties": [party(SENDER, REQUEST, CONTACT, CLINICAL), party(CLINIC, REQUEST), party(DETOX, REQUEST)],
    "releases": [release(CLINIC, CONTACT, CLINICAL), release(DETOX, CONTACT, task=uuid7())],
}
ACCEPT = {
    "act": "task.accept",
    "parties": [
        party(SENDER, REQUEST, CONTACT, CLINICAL),
        party(CLINIC, REQUEST, CONTACT, CLINICAL),
        party(SENDER, OUTCOME, audience=TASK),
        party(CLINIC, OUTCOME, audience=TASK),
    ],
}


def act(state, signer, **what):
    return extend(state, signer=signer, at=AT, **({"act": "referral.update", "parties": state.parties} | what))


@pytest.fixture
def offered():
    sections = [section(REQUEST), section(CONTACT), section(CLINICAL)]
    return act(State(folder_id=FOLDER), SENDER, **OFFER, sections=sections)


@pytest.fixture
def chain(offered):
    """Three entries (sent, accepted, answered for the task's audience) and the state they end in."""
    first, state = offered
    second, state = act(state, CLINIC, **ACCEPT)
    third, state = act(state, CLINIC, act="task.answer", sections=[section(OUTCOME, audience=TASK)])
    return [first, second, third], state


def verified(entries, digest, *, folder_id=FOLDER, keys=KEYS):
    return verify_chain(entries, folder_id=folder_id, newest_digest=digest, public_of=keys.__getitem__)


def reason(entries, digest, **options):
    with pytest.raises(Forged) as refused:
        verified(entries, digest, **options)
    assert isinstance(refused.value, CannotOpen)
    assert str(refused.value) == "This cannot be opened."
    return refused.value.reason


def resigned(entry, hand, **changes):
    """``entry`` changed and signed anew, by somebody who follows none of our rules."""
    body = encode(replace(parse(entry.body), **changes))
    return Signed(body, hand.sign(oracle.framed(b"bhu/manifest/v1") + oracle.framed(body)))


def digest_of(entry, number):
    return f"{number:06d}.{hashlib.sha256(entry.body).hexdigest()}"


def test_a_chain_verifies_to_the_state_it_was_written_with(chain):
    entries, state = chain
    assert verified(entries, state.digest) == state
    assert state.number == 3
    assert len(state.sections) == 4
    assert state.held(CLINIC.agency_id) == {REQUEST, CONTACT, CLINICAL}
    assert state.held(CLINIC.agency_id, TASK) == {OUTCOME}
    assert state.held(DETOX.agency_id) == frozenset()
    assert state.releases == ()


def test_the_vector_verifies_for_ever():
    keys = {UUID(key): (UUID(agency), bytes.fromhex(public)) for key, (agency, public) in VECTOR["keys"].items()}
    entries = [Signed(entry["body"].encode(), bytes.fromhex(entry["signature"])) for entry in VECTOR["entries"]]
    state = verified(entries, VECTOR["newest"], folder_id=UUID(VECTOR["folder"]), keys=keys)
    assert [parse(entry.body).act for entry in entries] == ["referral.send", "task.accept"]
    assert {(row.agency_id.hex[-1], row.compartment) for row in state.receipts} == {
        *(("a", part) for part in (REQUEST, CONTACT, CLINICAL, OUTCOME)),
        *(("b", part) for part in (REQUEST, CONTACT, CLINICAL, OUTCOME)),
    }
    assert {(row.agency_id.hex[-1], row.basis) for row in state.grounds} == {
        ("a", "internal_unit"),
        ("b", "consent_named"),
    }
    assert {str(section_id)[-2:] for section_id in state.sections} == {"41", "42", "43", "44"}
    assert [(line.standing, line.version) for line in state.consents] == [("held", 1)]


def test_the_vector_holds_by_hashlib_json_and_plain_ecdsa_alone():
    previous = ""
    for number, entry in enumerate(VECTOR["entries"], start=1):
        document = json.loads(entry["body"])
        assert json.dumps(document, sort_keys=True, separators=(",", ":")) == entry["body"]
        assert (document["number"], document["previous"]) == (number, previous)
        agency, public = VECTOR["keys"][document["key"]]
        assert agency == document["agency"]
        raw, message = bytes.fromhex(entry["signature"]), oracle.framed(b"bhu/manifest/v1")
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes.fromhex(public))
        key.verify(der, message + oracle.framed(entry["body"].encode()), ec.ECDSA(SHA256()))
        previous = hashlib.sha256(entry["body"].encode()).hexdigest()
    assert VECTOR["newest"] == f"{len(VECTOR['entries']):06d}.{previous}"


def test_an_edited_entry_is_forged(chain):
    entries, state = chain
    edited = entries[1].body.replace(b"task.accept", b"task.reject")
    assert reason([entries[0], Signed(edited, entries[1].signature), entries[2]], state.digest) == "signature"


def test_a_broken_signature_is_forged(chain):
    entries, state = chain
    spoiled = Signed(entries[0].body, bytes(64))
    assert reason([spoiled, *entries[1:]], state.digest) == "signature"


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (1, 2), (0, 2), (0, 0, 1, 2)])
def test_entries_in_another_order_or_left_out_are_forged(chain, order):
    entries, state = chain
    assert reason([entries[at] for at in order], state.digest) == "place in the chain"


@pytest.mark.parametrize("keep", [0, 1, 2])
def test_a_rolled_back_chain_is_not_what_the_log_knows(chain, keep):
    entries, state = chain
    assert reason(entries[:keep], state.digest) == "not the newest the log knows"


def test_no_entries_and_no_digest_are_no_folder():
    assert reason([], State(folder_id=FOLDER).digest) == "not the newest the log knows"


def test_a_chain_rewritten_by_its_own_signer_is_not_what_the_log_knows(chain):
    entries, state = chain
    rewritten = resigned(entries[2], CLINIC, sections=())
    assert reason([*entries[:2], rewritten], state.digest) == "not the newest the log knows"


def test_an_entry_chained_to_another_past_is_forged(chain):
    entries, _ = chain
    moved = resigned(entries[2], CLINIC, previous=hashlib.sha256(b"another past").hexdigest())
    assert reason([*entries[:2], moved], digest_of(moved, 3)) == "place in the chain"


def test_a_chain_copied_to_another_folder_is_forged(chain):
    entries, state = chain
    assert reason(entries, state.digest, folder_id=uuid7()) == "place in the chain"


def test_an_entry_signed_with_another_agencys_key_is_forged(chain):
    entries, _ = chain
    body = encode(replace(parse(entries[2].body), key_id=STRANGER.key_id))
    message = oracle.framed(b"bhu/manifest/v1") + oracle.framed(body)
    borrowed = Signed(body, STRANGER.sign(message))
    assert reason([*entries[:2], borrowed], digest_of(borrowed, 3)) == "key of another agency"


def test_a_key_the_root_never_signed_does_not_verify(chain):
    entries, state = chain

    def public_of(key_id):
        raise CannotOpen

    with pytest.raises(CannotOpen):
        verify_chain(entries, folder_id=FOLDER, newest_digest=state.digest, public_of=public_of)


@pytest.mark.parametrize("hand", [STRANGER, DETOX], ids=["stranger", "the provider that lost"])
def test_who_takes_no_part_can_neither_write_nor_be_read(chain, hand):
    entries, state = chain
    with pytest.raises(Forged) as refused:
        act(state, hand)
    assert refused.value.reason == "signer takes no part"
    written = resigned(entries[2], hand, agency_id=hand.agency_id, key_id=hand.key_id)
    assert reason([*entries[:2], written], digest_of(written, 3)) == "signer takes no part"


def test_an_agency_only_something_is_promised_to_may_accept_or_decline():
    _, state = act(
        State(folder_id=FOLDER),
        SENDER,
        parties=[party(SENDER, REQUEST, CONTACT)],
        releases=[release(CLINIC, REQUEST)],
    )
    _, declined = act(state, CLINIC)
    _, accepted = act(state, CLINIC, parties=[*state.parties, party(CLINIC, REQUEST)])
    assert declined.releases == ()
    assert accepted.held(CLINIC.agency_id) == {REQUEST}


TAKES = "grants what the signer does not hold"
PROMISES = "releases what the signer does not hold"
WRITES = "writes where the signer takes no part"
WIDER = [party(SENDER, REQUEST, CONTACT, CLINICAL), party(CLINIC, REQUEST, CONTACT, CLINICAL), party(DETOX, REQUEST)]


@pytest.mark.parametrize(
    ("hand", "what", "why"),
    [
        (DETOX, {"parties": [*OFFER["parties"][:2], party(DETOX, REQUEST, CLINICAL)]}, TAKES),
        (CLINIC, {"parties": [*OFFER["parties"], party(STRANGER, CONTACT)]}, TAKES),
        (CLINIC, {"parties": [*WIDER, party(STRANGER, CLINICAL)]}, TAKES),
        (DETOX, {"parties": WIDER}, TAKES),
        (DETOX, {"releases": [release(DETOX, CLINICAL)]}, PROMISES),
        (CLINIC, {"releases": [release(STRANGER, CONTACT)]}, PROMISES),
        (DETOX, {"sections": [section(CONTACT)]}, WRITES),
        (DETOX, {"sections": [section(REQUEST, audience=TASK)]}, WRITES),
    ],
    ids=[
        "takes what was promised to another",
        "passes on what was only promised",
        "accepts and passes on in one",
        "lets another in",
        "promises itself",
        "promises what it was promised",
        "writes what it cannot read",
        "writes for an audience it opened no place in",
    ],
)
def test_nobody_signs_away_what_it_does_not_hold(offered, hand, what, why):
    entry, state = offered
    with pytest.raises(Forged) as refused:
        act(state, hand, **({"releases": state.releases} | what))
    assert refused.value.reason == why
    changes = {name: tuple(rows) for name, rows in what.items()}
    written = resigned(
        entry,
        hand,
        **{"number": 2, "previous": state.hash, "agency_id": hand.agency_id, "key_id": hand.key_id, "sections": ()}
        | changes,
    )
    assert reason([entry, written], digest_of(written, 2)) == why


@pytest.mark.parametrize("compartment", [OUTCOME, TRANSPORT], ids=["one it has", "one nobody has"])
def test_a_tasks_audience_is_closed_to_those_outside_it(chain, compartment):
    _, state = chain
    _, wider = act(state, SENDER, parties=[*state.parties, party(DETOX, REQUEST)])
    for sections in ([], [section(compartment, audience=TASK)]):
        with pytest.raises(Forged) as refused:
            act(wider, DETOX, parties=[*wider.parties, party(DETOX, compartment, audience=TASK)], sections=sections)
        assert refused.value.reason == TAKES


def changed(state, *rows):
    """The parties of ``state`` with these rows in place of theirs."""
    places = {(row.agency_id, row.audience) for row in rows}
    return [*rows, *(row for row in state.parties if (row.agency_id, row.audience) not in places)]


def test_a_party_opens_a_compartment_nobody_has_yet_and_then_it_alone_widens_it(chain):
    _, state = chain
    parties = changed(state, party(CLINIC, REQUEST, CONTACT, CLINICAL, SUD))
    _, opened = act(state, CLINIC, parties=parties, sections=[section(SUD)])
    assert SUD in opened.held(CLINIC.agency_id)
    wanted = changed(opened, party(SENDER, REQUEST, CONTACT, CLINICAL, SUD))
    with pytest.raises(Forged) as refused:
        act(opened, SENDER, parties=wanted)
    assert refused.value.reason == TAKES
    assert SUD in act(opened, CLINIC, parties=wanted)[1].held(SENDER.agency_id)
    # What it writes itself is its own to give: an officer's screening, in a compartment he reads nothing of.
    assert SUD in act(opened, SENDER, parties=wanted, sections=[section(SUD)])[1].held(SENDER.agency_id)


def test_a_release_stays_the_promise_of_the_agency_that_signed_it_first(offered):
    _, state = offered
    mine, other = OFFER["releases"]
    assert state.promised_by == {mine: SENDER.agency_id, other: SENDER.agency_id}
    added = release(DETOX, REQUEST)
    _, later = act(state, CLINIC, releases=[mine, added])
    assert later.promised_by == {mine: SENDER.agency_id, added: CLINIC.agency_id}


def test_what_an_agency_was_given_is_known_until_its_wraps_are_taken_back(offered):
    _, state = offered
    mine, theirs = receipt(CLINIC, REQUEST), receipt(DETOX, REQUEST)
    _, given = act(state, SENDER, receipts=[mine, theirs])
    assert given.receipts == {mine, theirs}
    again = receipt(CLINIC, REQUEST, epoch=3)
    _, closed = act(given, SENDER, closed=[CLINIC.agency_id], receipts=[again])
    assert closed.receipts == {theirs, again}


@pytest.mark.parametrize("which", [{"compartment": CLINICAL}, {"audience": TASK}, {"epoch": 3}])
def test_no_key_is_given_where_its_receiver_takes_no_part(offered, which):
    _, state = offered
    with pytest.raises(Forged) as refused:
        act(state, SENDER, receipts=[receipt(CLINIC, **({"compartment": REQUEST} | which))])
    assert refused.value.reason == "gives a key where the receiver takes no part"


def test_a_section_is_known_by_the_entry_that_added_it_and_an_agency_once_in_stays_known(chain):
    _, state = chain
    entries = [state.added_by[section_id] for section_id in state.sections]
    assert [(entry.number, entry.agency_id) for entry in entries] == [
        *[(1, SENDER.agency_id)] * 3,
        (3, CLINIC.agency_id),
    ]
    assert state.known == {SENDER.agency_id, CLINIC.agency_id, DETOX.agency_id}


def test_the_ground_of_each_agency_is_the_newest_signed(offered):
    _, state = offered
    ground = Ground(agency_id=CLINIC.agency_id, task_id=TASK, basis="consent_named", consent=uuid7())
    _, named = act(state, SENDER, grounds=[ground])
    assert named.grounds == (ground,)
    assert act(named, SENDER)[1].grounds == ()


def test_withdrawing_takes_away_and_needs_no_more_than_taking_part(chain):
    _, state = chain
    _, withdrawn = act(state, SENDER, parties=state.parties[:1])
    assert withdrawn.held(CLINIC.agency_id) == frozenset()
    assert len(withdrawn.sections) == len(state.sections)


def test_a_section_is_never_replaced(chain):
    _, state = chain
    (first, *_) = state.sections.values()
    with pytest.raises(Forged) as refused:
        act(state, SENDER, sections=[first])
    assert refused.value.reason == "section replaced"


def test_a_section_is_its_own_bytes_and_no_others(offered):
    _, state = offered
    mine, other = bytes([1]) * 400, bytes([1]) * 401
    line = section(CONTACT, sealed=mine)
    _, state = act(state, SENDER, releases=state.releases, sections=[line])
    assert state.check_section(line.section_id, mine) == line
    for section_id, sealed in ((line.section_id, other), (uuid7(), mine)):
        with pytest.raises(Forged):
            state.check_section(section_id, sealed)


def test_the_same_party_twice_is_not_written(offered):
    _, state = offered
    with pytest.raises(ValueError, match="once"):
        act(state, SENDER, parties=[party(SENDER, REQUEST), party(SENDER, CONTACT)])


BODY = VECTOR["entries"][0]["body"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "[" * 100_000,
        BODY[:-1],
        BODY + " ",
        BODY.replace(":", ": ", 1),
        BODY.replace('"format":1', '"format":2'),
        BODY.replace('"format":1', '"format":true'),
        BODY.replace('"number":1', '"number":1.0'),
        BODY.replace('"number":1', '"number":true'),
        BODY.replace('"format":1', '"format":1,"more":1'),
        BODY.replace('"act":"referral.send"', '"act":5'),
        BODY.replace('"act":"referral.send"', '"act":"x","act":"referral.send"'),
        BODY.replace('"act":"referral.send",', ""),
        BODY.replace("+00:00", "Z"),
        BODY.replace("01926a00", "01926A00"),
        BODY.replace('"contact"', '"unknown"', 1),
        BODY.replace('["clinical","contact"]', '["contact","clinical"]'),
        BODY.replace('["clinical","contact"]', '["clinical","contact","contact"]'),
    ],
)
def test_an_entry_has_one_spelling(body):
    assert body != BODY
    with pytest.raises(Forged) as refused:
        parse(body.encode())
    assert refused.value.reason == "encoding"
    assert encode(parse(BODY.encode())) == BODY.encode()


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_a_link_that_differs_from_what_was_verified_before_is_verified_anew(chain, changed):
    entries, state = chain
    verified(entries, state.digest)
    other = [Signed(each.body, bytes(64)) if place == changed else each for place, each in enumerate(entries)]
    assert reason(other, state.digest) == "signature"
    assert verified(entries, state.digest) == state


def test_a_chain_verified_before_is_continued_and_cut_back_alike(chain):
    entries, state = chain
    verified(entries[:1], digest_of(entries[0], 1))
    assert verified(entries, state.digest) == state
    assert verified(entries[:2], digest_of(entries[1], 2)).number == 2
    assert reason(entries[:2], state.digest) == "not the newest the log knows"


def test_a_key_that_became_anothers_is_not_taken_for_the_one_it_was(chain):
    entries, state = chain
    verified(entries, state.digest)
    moved = KEYS | {CLINIC.key_id: (STRANGER.agency_id, KEYS[CLINIC.key_id][1])}
    assert reason(entries, state.digest, keys=moved) == "key of another agency"
