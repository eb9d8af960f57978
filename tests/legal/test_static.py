"""What the app cannot reach, read from its source: no way to open a referral, no way into a police record (R-P2-17)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir.content.compartments import Compartment
from referrals.errors import Invalid
from referrals.legal.kinds import FIELDS
from referrals.legal.police import POLICE_FIELDS, police_record

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "referrals" / "legal"
SOURCES = sorted(path for path in APP.rglob("*.py") if "migrations" not in path.parts)
# Whatever opens, decrypts or carries the content of a referral.
OPENERS = {
    "referrals.opening", "referrals.acts", "referrals.perform", "referrals.listing", "referrals.services.unsealing",
    "referrals.services.wrapping", "referrals.services.releasing", "referrals.services.rewrapping",
    "referrals.services.work", "referrals.services.chain", "referrals.services.clients", "agencies.vault.bundles",
    "agencies.vault.shred",
}  # fmt: skip
PURE = ("kinds", "reports", "clock", "police", "errors")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Each import of a file as module and name; a relative one resolved."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((each.name, "") for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module_of(path).split(".")[: -node.level] if node.level else []
            module = ".".join([*parts, *([node.module] if node.module else [])])
            yield from ((module, each.name) for each in node.names)


def reached(path: Path) -> set[str]:
    """Every module of ours that a file imports, directly or through others."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        for module, name in imports(waiting.pop()):
            for dotted in (module, f"{module}.{name}"):
                source = ROOT / Path(*dotted.split(".")).with_suffix(".py")
                if dotted not in found and source.exists() and ROOT in source.parents:
                    found.add(dotted)
                    waiting.append(source)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_nothing_in_the_app_imports_what_opens_a_referral(path):
    named = {f"{module}.{name}" for module, name in imports(path)} | {module for module, _ in imports(path)}
    assert [each for each in named if any(each == opener or each.startswith(f"{opener}.") for opener in OPENERS)] == []


def test_of_the_rows_of_a_referral_it_knows_only_that_it_is_there_who_takes_part_and_the_ledger():
    taken = {name for path in SOURCES for module, name in imports(path) if module == "referrals.models"}
    assert taken == {"Referral", "Participation", "Disclosure"}


@pytest.mark.parametrize("name", PURE)
def test_the_tables_and_builders_are_pure(name):
    found = reached(APP / f"{name}.py")
    assert [each for each in found if each.endswith(".models")] == []
    modules = {module for each in (APP / f"{name}.py", *map(source_of, found)) for module, _ in imports(each)}
    assert [each for each in modules if each.partition(".")[0] in {"django", "celery", "guardian"}] == []


def source_of(dotted: str) -> Path:
    return ROOT / Path(*dotted.split(".")).with_suffix(".py")


def test_a_police_record_has_no_path_to_clinical_or_substance_use_content():
    found = reached(APP / "police.py")
    assert found == {"referrals.errors", "fhir.content.issues", "fhir.content.exact"}
    assert POLICE_FIELDS == ("request", "kind", "received_at", "due_at", "state")
    assert set(POLICE_FIELDS).isdisjoint({*Compartment, *FIELDS, "subject", "sender", "text", "answered"} - {"request"})


@pytest.mark.parametrize("field", [*FIELDS, "subject", "sender", "clinical", "sud", "outcome", "text", "referral"])
def test_any_other_field_is_refused_by_name(field):
    with pytest.raises(Invalid) as refusal:
        police_record({"kind": "subpoena", field: "x"})
    assert [issue.expression for issue in refusal.value.issues] == [field]
    assert "received_at" in refusal.value.issues[0].text


def test_what_is_handed_over_is_what_was_given_in_order():
    assert list(police_record({"state": "answered", "kind": "subpoena"}).items()) == [
        ("kind", "subpoena"),
        ("state", "answered"),
    ]
