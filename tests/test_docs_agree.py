"""What the pages say is held to the code: tables, names, commands, links, and what no page may say."""

import ast
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import pytest
from django.core.management import get_commands

import manage
from agencies.capabilities import Capability
from agencies.errors import AgencyError
from agencies.roles import Role
from agencies.vault import contexts
from agencies.vault.models import SecretKind
from agencies.vault.purposes import KeyPurpose
from agencies.vault.suites import SUITES
from audit import canonical, checks
from audit.standalone.faults import Fault
from bhu.demo.county import AGENCIES
from bhu.demo.people import people
from fhir.content.compartments import Compartment
from referrals.errors import Refused
from referrals.management.commands.referral import JOBS, Command
from referrals.policy.bases import Basis
from referrals.policy.codes import DenyCode
from referrals.projection import WORDS
from referrals.reasons import REASONS
from referrals.web.words import PARTS, PRIORITIES
from referrals.workflow import LABELS, STEPS
from tests import doc_tables
from tests.doc_tables import ROOT

TEXT = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in doc_tables.pages()}
CODE = [
    path
    for name in ("audit", "agencies", "referrals", "fhir", "bhu")
    for path in (ROOT / name).rglob("*.py")
    if "migrations" not in path.parts
]
PAGES = pytest.mark.parametrize("page", sorted(TEXT))

LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"manage\.py ([a-z][a-z_]+)")
ACTION = re.compile(
    r"(referral|section|party|client|agency|membership|role|agreement|keys|door|consent|restriction|emergency|threat|ems"
    r"|act|gate|safety|legal|retention|accounting|receipt|draft)\.[a-z-]+"
)
RULE = re.compile(r"\bR-[A-Z0-9]+-[0-9]{2}\b")
WORD_ROW = re.compile(r"^\| ([a-zA-Z][^|]*?) \|", re.MULTILINE)

# Where this was built, where packages come from, what is not so, and words that sell instead of say.
NEVER = (
    r"/(work|root|home|tmp|Users|opt)/",
    r"pypi\.org|pythonhosted|index-url|artifactory",
    r"operator (cannot|can't|can not|is unable to) read",
    r"zero[- ]knowledge|end[- ]to[- ]end encrypt|military[- ]grade|bank[- ]grade|unhackable",
    r"\b(seamless|robust|cutting[- ]edge|world[- ]class|blazing|leverag\w+|powerful|revolution\w+)\b",
    "[\U0001f300-\U0001faff\u2600-\u27bf]",
)


def missing(names: Iterable[str], page: str) -> list[str]:
    """Those names that do not stand in a page as code."""
    return [str(name) for name in names if f"`{name}`" not in TEXT[page]]


@PAGES
def test_every_table_says_what_the_code_says(page: str) -> None:
    assert doc_tables.renewed(TEXT[page]) == TEXT[page], "Run: .venv/bin/python -m tests.doc_tables"


def test_every_table_stands_on_one_page() -> None:
    found = [name for text in TEXT.values() for name in re.findall(r"<!-- table: ([a-z-]+) -->", text)]
    assert sorted(found) == sorted(doc_tables.TABLES)


def test_a_table_that_is_out_of_date_is_noticed() -> None:
    page = TEXT["docs/permissions.md"]
    assert doc_tables.renewed(page.replace("| `officer` | R | CRU |", "| `officer` | R | R |")) == page


def test_a_role_reads_what_three_tables_let_it_read() -> None:
    # Written by hand: what each role of a helping or police agency can open, and nobody else anything.
    read = {
        "officer": "request contact incident",
        "bhu_officer": "request contact incident transport",
        "clinician": "request contact incident clinical sud transport outcome",
        "coordinator": "request contact incident clinical sud transport outcome",
        "coach": "request contact incident sud transport",
        "intake": "request contact clinical sud transport outcome",
    }
    found = {role: {part for part in Compartment if doc_tables.opens(role, part)} for role in Role}
    assert found == {role: set(map(Compartment, read.get(role, "").split())) for role in Role}


@pytest.mark.parametrize(
    "names",
    [Role, Capability, Compartment, KeyPurpose, Basis, DenyCode, REASONS, [step.name for step in STEPS]],
    ids=["roles", "capabilities", "parts", "keys", "bases", "deny codes", "reasons", "steps"],
)
def test_permissions_names_every(names: Iterable[str]) -> None:
    assert missing(names, "docs/permissions.md") == []


def test_permissions_names_the_code_of_every_refusal() -> None:
    codes = {each.code for each in Refused.__subclasses__()} | {each.code for each in AgencyError.__subclasses__()}
    literal = {code for path in CODE for code in re.findall(r'code="([A-Z_]{4,})"', path.read_text("utf-8"))}
    assert {"GONE", "NOT_UNIT_MEMBER"} <= codes | literal
    assert missing(sorted(codes | literal), "docs/permissions.md") == []


def words() -> dict[str, int]:
    """Each word that a table of docs/words.md explains, and how often, its four tables of screen words together."""
    screen, _code = TEXT["docs/words.md"].split("## Words of the code")
    explained = screen.replace(doc_tables.labels(), "")
    rows = [word for word in WORD_ROW.findall(explained) if word != "word"]
    return {word: rows.count(word) for word in rows}


def test_every_word_on_a_screen_is_explained() -> None:
    labels = {*LABELS.values(), *WORDS.values(), *(step.verb for step in STEPS)}
    assert labels | {reason.text for reason in REASONS.values()} == set(words())


def test_every_part_and_urgency_of_a_page_is_explained() -> None:
    rows = dict(re.findall(r"^\| ([A-Z][A-Za-z ]+) \| .* \| `([a-z]+)` \|$", TEXT["docs/words.md"], re.MULTILINE))
    assert rows == {label: part.value for part, label in PARTS.items()}
    said = re.search(r"^How urgent it is: (.*)\.$", TEXT["docs/words.md"], re.MULTILINE)
    assert said
    assert re.sub(r" \(`[a-z]+`\)", "", said[1]).split(", ") == list(PRIORITIES.values())


def test_a_word_is_explained_twice_only_where_it_says_so() -> None:
    # A police sender reads one state in the word of everybody else; one state is a reason too.
    assert {word for word, count in words().items() if count > 1} == {"not picked up yet", "recorded by mistake"}


def strings(path: Path) -> Iterator[str]:
    """Every string written in a module, docstrings and all."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_audit_names_every_action_that_is_logged() -> None:
    logged = {text for path in CODE for text in strings(path) if ACTION.fullmatch(text)}
    assert {"referral.send", "keys.delegate", "membership.end"} <= logged
    assert missing(sorted(logged), "docs/audit.md") == []


def test_audit_names_every_field_fault_check_and_table() -> None:
    assert missing(canonical.GRAMMAR, "docs/audit.md") == []
    assert missing(Fault, "docs/audit.md") == []
    assert (
        missing([canonical.VERSION, *checks.APPEND_ONLY, "audit_pending", "audit_detail", "audit_log"], "docs/audit.md")
        == []
    )


def test_encryption_names_every_label_suite_and_secret() -> None:
    labels = {text for text in strings(Path(contexts.__file__)) if re.fullmatch(r"bhu/[a-z-]+/v[0-9]", text)}
    assert len(labels) == 12
    assert missing(sorted(labels), "docs/encryption.md") == []
    assert missing(SecretKind, "docs/encryption.md") == []
    assert all(f"\n| {number} " in TEXT["docs/encryption.md"] for number in SUITES)
    assert missing(sorted(path.name for path in (ROOT / "tests/vectors").iterdir()), "docs/encryption.md") == []


def test_encryption_shows_every_field_of_a_manifest() -> None:
    bodies = [entry["body"] for entry in json.loads((ROOT / "tests/vectors/manifest.json").read_text())["entries"]]
    assert [
        f'"{field}":'
        for body in bodies
        for field in json.loads(body)
        if f'"{field}":' not in TEXT["docs/encryption.md"]
    ] == []


def test_the_shell_page_names_every_command_and_job() -> None:
    ours = [name for name, app in get_commands().items() if app in doc_tables.OUR_APPS]
    assert missing([*ours, *JOBS, "up", "test", "setup"], "docs/shell.md") == []
    assert missing(KeyPurpose, "docs/shell.md") == []


def examples() -> list[list[str]]:
    """The arguments of every ``referral`` command that docs/shell.md shows, a task's id in the place of TASK."""
    shown = TEXT["docs/shell.md"].replace("\\\n", " ")
    lines = re.findall(r"^ +\$ python3 manage\.py referral (.+)$", shown, re.MULTILINE)
    return [shlex.split(re.sub(r"\$?\bTASK\b", str(UUID(int=0)), line)) for line in lines]


@pytest.mark.parametrize("arguments", examples(), ids=" ".join)
def test_every_example_can_be_typed_on_the_demo_network(arguments: list[str]) -> None:
    given = Command().create_parser("manage.py", "referral").parse_args(arguments)
    assert given.email in {person.email for person in people()}
    assert {*(getattr(given, "to", None) or [])} <= {row.slug for row in AGENCIES}
    assert given.job != "send" or (ROOT / given.file).exists() or given.file == "bad.json"


def test_the_rules_page_names_every_rule_that_the_code_names() -> None:
    sources = [*CODE, *(ROOT / "tests").rglob("*.py"), ROOT / "pyproject.toml"]
    named = {rule for path in sources for rule in RULE.findall(path.read_text("utf-8"))}
    assert named <= set(RULE.findall(TEXT["docs/rules.md"]))


def test_the_readme_is_short() -> None:
    assert len(TEXT["README.md"].splitlines()) <= 120


@PAGES
def test_every_command_on_a_page_exists(page: str) -> None:
    known = {*get_commands(), *manage.RUNNERS, "setup"}
    assert [name for name in COMMAND.findall(TEXT[page]) if name not in known] == []


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings give."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@PAGES
def test_every_link_leads_somewhere(page: str) -> None:
    for link in LINK.findall(TEXT[page]):
        if link.startswith("https://"):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for link in LINK.findall(TEXT[page]):
            path = link.partition("#")[0]
            target = ((ROOT / page).parent / path).resolve()
            name = target.relative_to(ROOT).as_posix() if path and target.is_relative_to(ROOT) else ""
            if name in TEXT and name not in reached | set(waiting):
                waiting.append(name)
    assert set(TEXT) == reached


@PAGES
def test_no_page_says_what_none_may_say(page: str) -> None:
    said = [found[0] for pattern in NEVER for found in re.finditer(pattern, TEXT[page], re.IGNORECASE)]
    assert said == []


def test_every_row_lock_lets_a_reference_pass() -> None:
    """Else a row that refers to a locked one waits at its commit, holding what the lock's owner needs next."""
    locks = [
        node
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "select_for_update"
    ]
    assert len(locks) > 20
    assert [node.lineno for node in locks if "no_key" not in {word.arg for word in node.keywords}] == []
