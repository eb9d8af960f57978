"""The tables of the documentation that say what the code says, made from the code.

``.venv/bin/python -m tests.doc_tables`` writes them anew, each between ``<!-- table: name -->`` and ``<!-- end -->``.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import django
from django.apps import apps
from django.core.management import get_commands, load_command_class

from agencies.capabilities import GRANTS, OPEN, Capability
from agencies.kinds import AgencyKind, Purpose
from agencies.roles import FITTING, Role
from agencies.vault.purposes import OPENED_BY, PURPOSES
from bhu.demo.county import DOMAIN
from bhu.demo.people import HANDLES, POSTS, Post
from fhir.content.compartments import Compartment
from referrals.policy.bases import EVERYTHING, RULES, BasisRule
from referrals.policy.codes import DENIALS
from referrals.policy.limits import LIMITS
from referrals.policy.matrix import MATRIX, Action, permits
from referrals.policy.purposes import purpose_of
from referrals.policy.reviewing import OPENABLE, Reason
from referrals.policy.reviewing import REASONS as REVIEW_REASONS
from referrals.policy.terms import Form
from referrals.policy.units import Trait
from referrals.projection import COARSE, STATUS, shown_reason
from referrals.projection import WORDS as COARSE_WORDS
from referrals.reasons import REASONS
from referrals.workflow import FINAL, LABELS, STEPS, WORKING, Side, State, Step

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NONE = "–"
ALL_BUT_ERROR = frozenset(State) - {State.ENTERED_IN_ERROR}
ROOMS = (
    *("consents", "desk", "drafts", "emergencies", "later", "legal", "notices", "onward", "retention", "signing"),
    "receipts",
)
OUR_APPS = frozenset(
    {"audit", "agencies", "referrals", "fhir", "fhir.smart", "fhir.subscriptions", "bhu"}
    | {f"agencies.{room}" for room in ("coverage", "vault", "vault.shred")}
    | {f"referrals.{room}" for room in ROOMS}
)
OURS = ("audit", "agencies", "coverage", "vault", "shred", "referrals", *ROOMS, "smart", "subscriptions", "bhu")
SETS = {WORKING: "accepted, in-progress, on-hold", ALL_BUT_ERROR: "every other"}


def markdown(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; an empty cell is a dash."""
    lines = [list(header), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cell or NONE for cell in line) + " |" for line in lines)


def code(name: str) -> str:
    return f"`{name}`" if name else ""


def codes(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def matrix() -> str:
    rows = (
        [code(role), *("".join(action for action in Action if action in MATRIX[role, part]) for part in Compartment)]
        for role in Role
    )
    return markdown(["role", *Compartment], rows)


def grants() -> str:
    rows = ([code(grant), codes(role for role in Role if grant in GRANTS[role])] for grant in Capability)
    return markdown(["capability", "roles that have it to begin with"], rows)


def staff() -> str:
    everywhere = frozenset.intersection(*FITTING.values())
    rows = ([code(kind), codes(role for role in Role if role in FITTING[kind] - everywhere)] for kind in AgencyKind)
    return markdown(["kind of agency", "roles it may have"], [["every kind", codes(sorted(everywhere))], *rows])


def keys() -> str:
    rows = ([code(role), codes(sorted(PURPOSES[role]))] for role in Role)
    return markdown(["role", "keys it may have opened"], rows)


def parts() -> str:
    rows = ([code(part), code(OPENED_BY[part]), code(OPEN[part])] for part in Compartment)
    return markdown(["part", "opened by the key", "and the capability"], rows)


def opens(role: Role, part: Compartment) -> bool:
    """Whether gates 1, 3 and 4 let this role read this part, with the grants every agency begins with."""
    granted = {Capability.VIEW_INBOX, OPEN[part]} <= GRANTS[role]
    return granted and permits(role, part, Action.READ) and OPENED_BY[part] in PURPOSES[role]


def readers() -> str:
    readers = [role for role in Role if any(opens(role, part) for part in Compartment)]
    rows = ([code(role), *("reads" if opens(role, part) else "" for part in Compartment)] for role in readers)
    return markdown(["role", *Compartment], rows)


def bases() -> str:
    rows = (
        [
            code(basis),
            codes(part for part in Compartment if part in rule.opens),
            codes(role for role in Role if role in rule.roles),
            _side(rule.discloser),
            _side(rule.recipient) + _police(rule),
            codes(purpose for purpose in Purpose if purpose in rule.purposes),
            _needs(rule),
            code(rule.rule),
        ]
        for basis, rule in RULES.items()
        if rule.shut is None and rule.opens
    )
    return markdown(["basis", "carries", "used by", "from", "to", "for", "needs", "rule"], rows)


def _side(traits: Iterable[Trait]) -> str:
    return ", ".join(trait for trait in Trait if trait in set(traits)) or "any"


def _police(rule: BasisRule) -> str:
    if rule.police is None:
        return ""
    return f"; police get {codes(part for part in Compartment if part in rule.police) or 'nothing'}"


def _needs(rule: BasisRule) -> str:
    forms = " or ".join(code(form) for form in Form if form in rule.forms)
    needs = [
        "an agreement" * rule.agreement,
        f"a consent on the form {forms}" * bool(forms),
        "the state switched on" * rule.switched,
        f"only {codes(sorted(rule.fields))}" * (rule.fields != EVERYTHING),
        f"ends after {rule.lasts.seconds // 60} minutes" if rule.lasts else "",
    ]
    return ", ".join(filter(None, needs))


def unbuilt_bases() -> str:
    rows = ([code(basis), code(rule.shut), code(rule.rule)] for basis, rule in RULES.items() if rule.shut)
    return markdown(["basis", "denied with", "rule"], rows)


def limits() -> str:
    rows = (
        [
            code(role),
            code(part),
            "yes" * limit.own,
            f"{limit.within.total_seconds() / 3600:.0f} h" if limit.within else "",
            codes(sorted(limit.after)) if limit.within else "",
            "" if limit.fields == EVERYTHING else codes(sorted(limit.fields)),
            "yes" * limit.helpers,
        ]
        for (role, part), limit in LIMITS.items()
    )
    header = ["role", "part", "own only", "whole for", "then", "fields", "asks a consent of helpers"]
    return markdown(header, rows)


def review_parts() -> str:
    rows = (
        [
            code(role),
            code(part),
            "" if rule.police else "no",
            "what the agency wrote itself" * rule.own,
            "" if rule.reasons == frozenset(Reason) else codes(sorted(rule.reasons)),
            f"{rule.longest} h",
        ]
        for (role, part), rule in OPENABLE.items()
    )
    return markdown(["role", "part", "at a police unit", "only", "for", "at most"], rows)


def review_reasons() -> str:
    rows = ([code(reason), ground.words, code(ground.purpose)] for reason, ground in REVIEW_REASONS.items())
    return markdown(["reason", "words", "is for"], rows)


def purposes() -> str:
    rows = ([code(role), code(purpose_of(role) or "")] for role in Role)
    return markdown(["role", "works for"], rows)


def deny_codes() -> str:
    rows = ([code(each), said.words, said.remedy, said.exception] for each, said in DENIALS.items())
    return markdown(["code", "the person reads", "what opens it", "45 CFR"], rows)


def steps() -> str:
    rows = (
        [
            code(step.name),
            step.side,
            SETS.get(step.froms) or ", ".join(state for state in State if state in step.froms),
            step.to or "stays",
            step.business or "",
            "yes" if step.needs_reason else "",
            _condition(step),
            step.verb,
        ]
        for step in STEPS
    )
    return markdown(["step", "taken by", "from", "to", "business status", "reason", "only", "button"], rows)


def _condition(step: Step) -> str:
    return f"{step.wait.total_seconds() / 3600:.0f} h after {step.after}" if step.after else ""


def reasons() -> str:
    rows = (
        [
            code(reason.code),
            reason.text,
            codes(step.name for step in STEPS if step.name in reason.steps),
            code(shown_reason(reason.code)),
        ]
        for reason in REASONS.values()
    )
    return markdown(["reason", "words", "given for", "a police sender is shown"], rows)


def coarse() -> str:
    rows = (
        [
            f"**{words}**",
            ", ".join(state for state in State if COARSE[state] is each),
            code(STATUS[each]),
        ]
        for each, words in COARSE_WORDS.items()
    )
    return markdown(["a police sender sees", "while the task is", "as Task.status"], rows)


def labels() -> str:
    rows = (
        [code(state), LABELS[state, Side.REQUESTER], LABELS[state, Side.OWNER], "yes" if state in FINAL else ""]
        for state in State
    )
    return markdown(["state", "the agency that asked reads", "the agency that was asked reads", "final"], rows)


def layers() -> str:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    found = [contract for contract in contracts if contract["type"] == "layers"]
    return "\n\n".join(
        "\n".join([f"{contract['name']}:", "", *(f"    {layer}" for layer in contract["layers"])]) for contract in found
    )


def models() -> str:
    """Every table of ours, with the first line its model says of itself."""
    found = (model for label in OURS for model in apps.get_app_config(label).get_models())
    return markdown(["table", "one row is"], ([code(model._meta.db_table), _says(model.__doc__)] for model in found))


def _says(docstring: str | None) -> str:
    first = (docstring or "").strip().splitlines()[0]
    return re.sub(r" \([a-z]+\.md §[0-9.]+\)", "", first).replace("``", "`")


def commands() -> str:
    """Every management command of ours, with its help."""
    found = sorted((name, app) for name, app in get_commands().items() if app in OUR_APPS)
    return markdown(["command", "does"], ([code(name), load_command_class(app, name).help] for name, app in found))


def demo_people() -> str:
    """Who works where in the demo network, by the address that begins with what they do."""
    rows = [
        [code(f"{post.word}{_numbers(post.count)}.{HANDLES[post.agency]}@{DOMAIN}"), code(post.role), *_places(post)]
        for post in POSTS
    ]
    return markdown(["--as", "role", "at", "and the last of them at"], rows)


def _numbers(count: int) -> str:
    return "1" if count == 1 else f"1…{count}"


def _places(post: Post) -> list[str]:
    return [code(post.agency), ", ".join(f"{code(agency)} as {code(role)}" for agency, role in post.also) or NONE]


def decisions() -> str:
    """Every page of docs/decisions, by its number and title."""
    found = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    rows = (_decision(path) for path in found)
    return markdown(["decision", "is about"], rows)


def _decision(path: Path) -> list[str]:
    number, _blank, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").partition(" ")
    return [number, f"[{title}](decisions/{path.name})"]


TABLES: Mapping[str, Callable[[], str]] = {
    "matrix": matrix,
    "grants": grants,
    "keys": keys,
    "staff": staff,
    "parts": parts,
    "readers": readers,
    "bases": bases,
    "unbuilt-bases": unbuilt_bases,
    "limits": limits,
    "review-parts": review_parts,
    "review-reasons": review_reasons,
    "purposes": purposes,
    "deny-codes": deny_codes,
    "steps": steps,
    "reasons": reasons,
    "coarse": coarse,
    "labels": labels,
    "layers": layers,
    "models": models,
    "commands": commands,
    "demo-people": demo_people,
    "decisions": decisions,
}


def renewed(page: str) -> str:
    """The page with every table as the code has it now. An unknown name raises ``KeyError``."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found['name']]()}\n{found[3]}", page)


def pages() -> list[Path]:
    """Every page of the documentation."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def main() -> None:
    """Write every table anew."""
    for path in pages():
        text = path.read_text("utf-8")
        if renewed(text) != text:
            path.write_text(renewed(text), "utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bhu.settings")
    django.setup()
    main()
