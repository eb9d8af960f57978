"""Bad input through the real command: exit code 2, file, element and what is allowed; nothing written but that."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.models import AuditEvent, PendingEvent
from referrals.models import Referral
from tests.county import SCREEN, bundle_of
from tests.integrity.shell import Said, Shell
from tests.integrity.stage import Stage
from tests.integrity.whole import counts

# http://hl7.org/fhir/R4/valueset-issue-type.html, as far as a sender can meet them
ISSUE_TYPES = {
    "invalid", "structure", "required", "value", "invariant", "not-supported", "duplicate", "not-found", "too-long",
    "code-invalid", "extension", "too-costly", "business-rule", "no-store",
}  # fmt: skip
PATIENT, REQUEST = "Bundle.entry[0].resource", "Bundle.entry[1].resource"
Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> bytes:
    """A good bundle with one thing made bad."""
    tree = json.loads(bundle_of(SCREEN))
    change(tree)
    return json.dumps(tree).encode()


def resource(index: int, **elements: object) -> Change:
    return lambda tree: tree["entry"][index]["resource"].update(elements)


def without(index: int) -> Change:
    return lambda tree: tree["entry"].pop(index)


def put(element: str, value: object) -> Change:
    return lambda tree: tree.update({element: value})


def many(tree: dict[str, Any]) -> None:
    tree["entry"] += [
        {"fullUrl": f"urn:uuid:8c2b5f0e-0000-4000-8000-{number:012}", "resource": {"resourceType": "Observation"}}
        for number in range(100, 200)
    ]


def several(tree: dict[str, Any]) -> None:
    resource(0, birthDate="2007-13-40")(tree)
    resource(1, priority="soon", colour="red")(tree)
    resource(2, status="maybe")(tree)


# name, the file, what must be said: (element, words) of every fault
BAD: tuple[tuple[str, bytes, tuple[tuple[str, str], ...]], ...] = (
    ("empty", b"", (("", "line 1, column 1"),)),
    ("binary", b"\x89PNG\r\n\x1a\n\x00\xff", (("", "line 1, column 1: A byte here is not UTF-8"),)),
    ("not JSON", b'{"resourceType": "Bundle",', (("", "line 1, column"),)),
    ("not an object", b"[]", (("", "resourceType Bundle"),)),
    ("not a number", changed(lambda _: None).replace(b'"2007-05-11"', b"NaN"), (("", "NaN, Infinity"),)),
    (
        "a key twice",
        changed(lambda _: None).replace(b'"gender": "female"', b'"gender": "female", "gender": "male"'),
        ((PATIENT, "the key gender twice"),),
    ),
    ("not a Bundle", json.dumps(SCREEN).encode(), (("", "must hold a FHIR Bundle"),)),
    ("another Bundle", changed(put("type", "history")), (("Bundle.type", "transaction, collection"),)),
    (
        "no Patient",
        changed(without(0)),
        (("Bundle.entry", "exactly one Patient"), ("Bundle.entry[0].resource.subject.reference", "must name an entry")),
    ),
    ("no ServiceRequest", changed(without(1)), (("Bundle.entry", "exactly one ServiceRequest"),)),
    (
        "no entry",
        changed(lambda tree: tree.pop("entry")),
        (("Bundle.entry", "exactly one Patient"), ("Bundle.entry", "exactly one ServiceRequest")),
    ),
    (
        "an unknown code",
        changed(resource(1, priority="soon")),
        ((f"{REQUEST}.priority", "must be one of: routine, urgent, asap, stat"),),
    ),
    (
        "a dangling reference",
        changed(resource(1, subject={"reference": "urn:uuid:00000000-0000-4000-8000-00000000dead"})),
        ((f"{REQUEST}.subject.reference", "must name an entry of this Bundle by its fullUrl"),),
    ),
    (
        "a local reference to nothing",
        changed(resource(1, requester={"reference": "#officer"})),
        ((f"{REQUEST}.requester.reference", "must name a resource contained in this one"),),
    ),
    ("a day that is none", changed(resource(0, birthDate="2007-02-30")), ((f"{PATIENT}.birthDate", "must be"),)),
    ("a date in words", changed(resource(1, authoredOn="yesterday")), ((f"{REQUEST}.authoredOn", "must be"),)),
    ("no time zone", changed(resource(1, authoredOn="2026-11-22T10:00:00")), ((f"{REQUEST}.authoredOn", "must be"),)),
    ("an unknown element", changed(resource(1, colour="red")), ((f"{REQUEST}.colour", "is no element of FHIR R4"),)),
    (
        "a type that does not arrive",
        changed(resource(2, resourceType="Medication")),
        (
            ("Bundle.entry[2].resource", "resourceType must be one of: Communication, Condition, Consent"),
            ("Bundle.entry[2].request.url", "must be the type of the resource"),
        ),
    ),
    ("a closed request", changed(resource(1, status="completed")), ((f"{REQUEST}.status", "active"),)),
    ("too many entries", changed(many), (("Bundle.entry", "has 103 entries; at most 100 are taken"),)),
    ("too many bytes", changed(resource(1, note=[{"text": "x" * 5_000_000}])), (("", "at most 5000000"),)),
    ("too deep", b"[" * 100_000, (("", "deep"),)),
    (
        "several things",
        changed(several),
        (
            (f"{PATIENT}.birthDate", "must be"),
            (f"{REQUEST}.priority", "routine, urgent, asap, stat"),
            (f"{REQUEST}.colour", "is no element"),
            ("Bundle.entry[2].resource.status", "completed"),
        ),
    ),
)  # fmt: skip


def send(shell: Shell, file: Path | str, *more: str) -> Said:
    return shell("send", str(file), "--as", "officer@police.example.org", *(more or ("--to", "bhu")))


@pytest.mark.parametrize(("content", "faults"), [pytest.param(*row[1:], id=row[0]) for row in BAD])
def test_a_bad_bundle_is_refused_by_file_element_and_what_is_allowed(
    town: Stage, shell: Shell, tmp_path: Path, content: bytes, faults: tuple[tuple[str, str], ...]
) -> None:
    file = tmp_path / "a bundle.json"
    file.write_bytes(content)
    before = counts()
    said = send(shell, file)
    assert (said.code, said.out) == (2, "")
    lines = said.err.strip().removeprefix("CommandError: ").splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    assert [line for element, words in faults for line in lines if spoken(file, element, words, line)] == lines
    assert only_refused(before) == [("referral.send", "INVALID")]
    require_outcome(send(shell, file, "--to", "bhu", "--json"), faults, file)
    assert only_refused(before) == [("referral.send", "INVALID")] * 2


def spoken(file: Path, element: str, words: str, line: str) -> bool:
    return line.startswith(f"{file}: {element}: " if element else f"{file}: ") and words in line


def only_refused(before: dict[Any, int], *, outcome: str = "4") -> list[tuple[str, str]]:
    """The refusals since; fails if any other table has another number of rows."""
    now = counts()
    new = now[AuditEvent] - before[AuditEvent]
    assert {model: now[model] - count for model, count in before.items() if now[model] != count} == {
        AuditEvent: new,
        PendingEvent: new,
    }
    newest = AuditEvent.objects.order_by("-id")[:new]
    assert {(event.outcome, event.door) for event in newest} == {(outcome, "cli")}
    return list(newest.values_list("action", "code"))


def require_outcome(said: Said, faults: tuple[tuple[str, str], ...], file: Path) -> None:
    """Fail unless it is an OperationOutcome of R4 by its definition, with these faults in this order."""
    assert (said.code, said.err) == (2, "")
    outcome = json.loads(said.out)
    assert (list(outcome), outcome["resourceType"]) == (["resourceType", "issue", "id"], "OperationOutcome")
    issues = outcome["issue"]
    assert {issue["severity"] for issue in issues} <= {"fatal", "error"}
    assert {issue["code"] for issue in issues} <= ISSUE_TYPES
    assert {issue["diagnostics"] for issue in issues} == {str(file)}
    assert all(set(issue) <= {"severity", "code", "details", "expression", "diagnostics"} for issue in issues)
    assert [tuple(issue.get("expression", [""])) for issue in issues] == [(element,) for element, _words in faults]
    assert all(words in issue["details"]["text"] for issue, (_, words) in zip(issues, faults, strict=True))


def test_what_is_said_of_a_bad_bundle_repeats_nothing_of_the_client(town: Stage, shell: Shell, tmp_path: Path) -> None:
    """A name typed into the wrong element is still a name; what is printed may be logged by whoever runs it."""
    name = "Zwillinger"
    file = tmp_path / "bundle.json"
    for bad in (
        resource(0, gender=name),
        resource(1, **{name: 1}),
        resource(1, status=name),
        resource(0, birthDate=name),
    ):
        file.write_bytes(changed(bad).replace(b'"family": "Zwillinger"', b'"family": "X"'))
        for said in (send(shell, file), send(shell, file, "--to", "bhu", "--json")):
            assert said.code == 2
            assert name not in said.out + said.err


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--to", "nowhere"), "UNKNOWN_AGENCY", "No agency is called 'nowhere' on this network."),
        (("--to", "stranger"), "AGREEMENT_MISSING", "There is no live agreement between the two agencies"),
        (("--to", "police"), "INVALID", "An agency does not send to itself."),
        (("--to", "bhu", "--to", "bhu"), "INVALID", "Name each agency once."),
        (("--to", "bhu", "--as", "nobody@example.org"), "NOT_UNIT_MEMBER", "nobody@example.org is not a member of any"),
        (("--to", "bhu", "--from", "detox"), "NOT_UNIT_MEMBER", "is not a member of detox"),
        (("--to", "police", "--as", "agency_admin@bhu.example.org"), "ROLE", "Your role may not do this."),
        (("--to", "bhu", "--key", "k" * 129), "INVALID", "must have 1 to 128 characters"),
        (("--to", "bhu", "--key", ""), "INVALID", "must have 1 to 128 characters"),
    ],
)
def test_who_may_not_send_or_receive_is_named(
    town: Stage, shell: Shell, tmp_path: Path, words: tuple[str, ...], code: str, sentence: str, as_json: bool
) -> None:
    file = tmp_path / "bundle.json"
    file.write_bytes(bundle_of())
    before = counts()
    said = send(shell, file, *words, *(["--json"] if as_json else []))
    assert said.code == 2
    if as_json:
        outcome = json.loads(said.out)
        assert outcome["id"] == code.lower().replace("_", "-")
        assert sentence in outcome["issue"][0]["details"]["text"]
    else:
        assert sentence in said.err
        assert code in said.err or code == "INVALID"
    ((_action, logged),) = only_refused(before)
    assert logged == code


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
    ids=["missing", "a directory", "a link to itself"],
)
def test_a_file_that_cannot_be_read_is_named(
    town: Stage, shell: Shell, tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    file = tmp_path / "bundle.json"
    make(file)
    before = counts()
    said = send(shell, file)
    assert (said.code, said.out) == (2, "")
    assert f"{file}: The file cannot be read: {words}." in said.err
    require_outcome(send(shell, file, "--to", "bhu", "--json"), (("", words),), file)
    assert only_refused(before) == [("cli.send", "INVALID")] * 2


def test_one_key_gives_the_first_result_and_refuses_other_content(town: Stage, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_bytes(bundle_of())
    first = send(shell, file, "--to", "bhu", "--key", "call 12", "--json")
    before = counts()
    assert first.code == 0
    assert send(shell, file, "--to", "bhu", "--key", "call 12", "--json") == first
    assert only_refused(before, outcome="0") == [("cli.send", "")]  # asked again, and nothing done
    before = counts()
    file.write_bytes(bundle_of())
    for words in (("--to", "bhu"), ("--to", "bhu", "--json")):
        said = send(shell, file, *words, "--key", "call 12")
        assert said.code == 2
        assert "This key was used before for something else." in said.out + said.err
    assert only_refused(before) == [("referral.send", "KEY_REUSED")] * 2
    assert Referral.objects.filter(pk=json.loads(first.out)["referral"]).count() == 1
