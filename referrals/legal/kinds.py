"""What kinds of legal paper and of mandated report there are, and what each may ever do (R-P2-18, R-P2-19). Pure.

No paper opens anything in this software: every kind stays blocked, and the privacy officer handles it on paper.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from agencies.roles import Role
from agencies.vault.purposes import KeyPurpose
from fhir.content.compartments import Compartment
from referrals.packs.packs import Mark, Source
from referrals.policy.bases import Basis
from referrals.policy.codes import DenyCode
from referrals.workflow import gettext_noop as _

OWN_KEY: Mapping[Role, KeyPurpose] = MappingProxyType(
    {
        Role.OFFICER: KeyPurpose.GENERAL,
        Role.CLINICIAN: KeyPurpose.CLINICAL,
        Role.COORDINATOR: KeyPurpose.CLINICAL,
        Role.INTAKE: KeyPurpose.CLINICAL,
        Role.COACH: KeyPurpose.SUD,
    }
)
"""Who makes a mandated report, and the narrowest key of that role: the reporter's own copy is sealed to it."""

REPORTERS = frozenset(OWN_KEY)


class Paper(StrEnum):
    """A legal paper, as it comes through the door."""

    SUBPOENA = "subpoena"
    SEARCH_WARRANT = "search_warrant"
    COURT_ORDER = "court_order"
    ORDER_WITH_PAPER = "order_with_paper"
    PUBLIC_RECORDS = "public_records"
    CRIMINAL_JUSTICE = "criminal_justice"
    POLICE_REQUEST = "police_request"


class Need(StrEnum):
    """What a release would need shown."""

    ORDER = "order"
    FINDINGS = "findings"
    COMPELLING_PAPER = "compelling_paper"
    NOTICE = "notice"
    CONSENT = "consent"
    DUTY = "duty"
    PROCESS = "process"
    REVIEW = "review"


NEED_WORDS: Mapping[Need, str] = MappingProxyType(
    {
        Need.ORDER: _("a court order under 42 CFR part 2, subpart E"),
        Need.FINDINGS: _("the findings that 2.64, 2.65 or 2.66 asks the court to state"),
        Need.COMPELLING_PAPER: _("a subpoena or another paper that compels (2.61): an order only permits"),
        Need.NOTICE: _("notice to those the order concerns, with a chance to be heard"),
        Need.CONSENT: _("the client's consent on the form of 2.35"),
        Need.DUTY: _("the asker's duty to monitor that very case (2.35)"),
        Need.PROCESS: _("process under 45 CFR 164.512(f)(1); without it at most the identifiers of (f)(2)"),
        Need.REVIEW: _("the records officer's review: medical and privacy exemptions"),
    }
)

_ORDER = (Need.FINDINGS, Need.COMPELLING_PAPER, Need.NOTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRule:
    """What one kind of paper may do, and what a release would need.

    ``opens`` is empty for every kind, and a request for more is denied with ``code``. ``basis`` is the ground under
    which an entry by hand goes to the ledger; ``None`` for a paper that is no ground for any disclosure.
    """

    words: str
    rule: str
    needs: tuple[Need, ...]
    basis: Basis | None = None
    opens: frozenset[Compartment] = frozenset()
    code: DenyCode = DenyCode.LEGAL_PROCESS_INSUFFICIENT


PAPERS: Mapping[Paper, PaperRule] = MappingProxyType(
    {
        Paper.SUBPOENA: PaperRule(words=_("subpoena"), rule="R-P2-18", needs=(Need.ORDER, Need.FINDINGS, Need.NOTICE)),
        Paper.SEARCH_WARRANT: PaperRule(
            words=_("search warrant"), rule="R-P2-18", needs=(Need.ORDER, Need.FINDINGS, Need.NOTICE)
        ),
        Paper.COURT_ORDER: PaperRule(words=_("court order"), rule="R-P2-18", needs=_ORDER, basis=Basis.COURT_ORDER),
        Paper.ORDER_WITH_PAPER: PaperRule(
            words=_("court order with a paper that compels"),
            rule="R-P2-18",
            needs=(Need.FINDINGS, Need.NOTICE),
            basis=Basis.COURT_ORDER,
        ),
        Paper.PUBLIC_RECORDS: PaperRule(words=_("public-records request"), rule="R-P2-18", needs=(Need.REVIEW,)),
        Paper.CRIMINAL_JUSTICE: PaperRule(
            words=_("request of criminal justice under 2.35"),
            rule="R-P2-10",
            needs=(Need.CONSENT, Need.DUTY),
            basis=Basis.CONSENT_2_35,
        ),
        Paper.POLICE_REQUEST: PaperRule(
            words=_("request of law enforcement under 45 CFR 164.512(f)"),
            rule="R-H-03",
            needs=(Need.PROCESS,),
            basis=Basis.HIPAA_512F2,
        ),
    }
)


def missing(paper: Paper, shown: Iterable[Need]) -> tuple[Need, ...]:
    """What a release on this paper would still need, in the order of its rule."""
    have = frozenset(shown)
    return tuple(need for need in PAPERS[paper].needs if need not in have)


def refusal(paper: Paper, shown: Iterable[Need]) -> str:
    """Why nothing is released on this paper: what is missing; if nothing is, that none is released from here."""
    lacks = [f"{need}=False ({NEED_WORDS[need]})" for need in missing(paper, shown)] or ["release=False"]
    return (
        f"{'; '.join(lacks)}. Nothing is released from here on a legal paper: the privacy officer handles it on paper."
    )


class State(StrEnum):
    """How far a legal request is."""

    REGISTERED = "registered"
    ANSWERED = "answered"
    CLOSED = "closed"


class Answered(StrEnum):
    """With what a request was answered."""

    TEMPLATE = "template"
    BY_HAND = "by_hand"


STEPS: Mapping[str, frozenset[State]] = MappingProxyType(
    {
        "answer": frozenset({State.REGISTERED, State.ANSWERED}),
        "by-hand": frozenset({State.REGISTERED, State.ANSWERED}),
        "close": frozenset({State.ANSWERED}),
    }
)
"""From which states each step is taken: what was not answered is not closed."""

LETTER = _(
    """\
To whom it may concern

We received your request. We can neither confirm nor deny that the person named in it
has ever been in contact with us, or that we hold any record of them.

We give this answer to every request of this kind, about anybody, known to us or not.
Please draw no conclusion from it.

The law protects what people tell those who help them (42 CFR part 2; 45 CFR parts 160
and 164; state law). A subpoena, a search warrant, a public-records request or a letter
is not enough by itself, whoever signed it. If there were such records, we could give
them out only with

  - the person's own written consent, in the form the law asks for; or
  - a court order under 42 CFR part 2, subpart E, that states the findings asked for
    there, together with a subpoena or another paper that compels us.

If you have one of these, please send it to our privacy officer, who reads every paper
personally. If you believe that somebody is in danger now, call 911.

The privacy officer
"""
)
"""The one answer, the same bytes for everybody: it takes no argument, so it can depend on nobody."""


class Report(StrEnum):
    """A report that the law asks for, or allows."""

    CHILD = "child_abuse"
    ELDER = "elder_abuse"
    DISABLED = "disabled_abuse"
    OTHER = "other"
    PREMISES = "crime_on_premises"


FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "name": _("Name"),
        "age": _("Age or date of birth"),
        "sex": _("Sex"),
        "language": _("Language"),
        "address": _("Address"),
        "whereabouts": _("Last known whereabouts"),
        "responsible": _("Who is thought to be responsible, and how related"),
        "circumstances": _("What happened"),
        "when": _("When"),
        "where": _("Where"),
        "injuries": _("Injuries and their extent"),
        "danger": _("Danger now"),
        "others_at_risk": _("Others at risk"),
        "help_given": _("What was done to help"),
        "patient_status": _("Patient of ours"),
        "substance_use": _("Substance use"),
        "treatment": _("Treatment"),
        "program": _("Program"),
        "pathway": _("Pathway"),
        "unit": _("Unit"),
        "employer": _("The reporter works for"),
        "reporter_name": _("Reported by"),
        "reporter_phone": _("To be reached at"),
    }
)
"""What a report may say at all, and the words for it."""

_ABUSE = (
    "name", "age", "sex", "language", "address", "whereabouts", "responsible", "circumstances", "when", "where",
    "injuries", "danger", "others_at_risk", "help_given", "employer", "reporter_name", "reporter_phone",
)  # fmt: skip
_SUD = ("substance_use", "treatment", "program", "pathway", "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRule:
    """What one kind of report may say: ``fields`` and no others; without ``says_sud`` no word may imply it either."""

    title: str
    rule: str
    fields: tuple[str, ...]
    says_sud: bool = False


REPORTS: Mapping[Report, ReportRule] = MappingProxyType(
    {
        # 42 CFR 2.12(c)(6): the initial report of suspected child abuse, and no other, is outside Part 2.
        Report.CHILD: ReportRule(
            title=_("Report of suspected abuse or neglect of a child"),
            rule="R-P2-19",
            fields=(*_ABUSE, *_SUD),
            says_sud=True,
        ),
        Report.ELDER: ReportRule(
            title=_("Report of suspected abuse or neglect of an elder"), rule="R-P2-19", fields=_ABUSE
        ),
        Report.DISABLED: ReportRule(
            title=_("Report of suspected abuse or neglect of an adult with a disability"),
            rule="R-P2-19",
            fields=_ABUSE,
        ),
        Report.OTHER: ReportRule(title=_("Report"), rule="R-MAND-01", fields=_ABUSE),
        # 42 CFR 2.12(c)(5): five facts, one of which says that somebody is a patient.
        Report.PREMISES: ReportRule(
            title=_("Report of a crime on the premises or against staff"),
            rule="R-P2-19",
            fields=("circumstances", "patient_status", "name", "address", "whereabouts"),
            says_sud=True,
        ),
    }
)
"""``circumstances`` must be said in each."""

NOW = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a state asks: whom to tell, and how long for the call and for the writing."""

    to: str
    call: timedelta
    written: timedelta | None
    source: Source


_ADULTS_IN_ILLINOIS = Duty(
    to="Adult Protective Services",
    call=timedelta(hours=24),
    written=None,
    source=Source(Mark.VERIFIED, "320 ILCS 20/4 (a-5)"),
)


def _massachusetts(to: str, law: str) -> Duty:
    return Duty(to=to, call=NOW, written=timedelta(hours=48), source=Source(Mark.VERIFIED, law))


DUTIES: Mapping[tuple[Report, str], Duty] = MappingProxyType(
    {
        (Report.CHILD, "MA"): _massachusetts("Department of Children and Families", "M.G.L. c.119 §51A"),
        (Report.ELDER, "MA"): _massachusetts("Elder protective services", "M.G.L. c.19A §15"),
        (Report.DISABLED, "MA"): _massachusetts("Disabled Persons Protection Commission", "M.G.L. c.19C §10"),
        (Report.CHILD, "IL"): Duty(
            to="Department of Children and Family Services",
            call=NOW,
            written=timedelta(hours=48),
            source=Source(Mark.VERIFIED, "325 ILCS 5/7, in a federal summary of it"),
        ),
        (Report.ELDER, "IL"): _ADULTS_IN_ILLINOIS,
        (Report.DISABLED, "IL"): _ADULTS_IN_ILLINOIS,
    }
)
"""By kind and state. For any other the software knows no deadline, and the report can be made all the same."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Whom to tell, and until when the call and the writing are due; "" and ``None`` where the table knows of none."""

    to: str
    call_by: datetime | None
    written_by: datetime | None


def deadlines(kind: Report, state: str, *, made_at: datetime) -> Deadlines:
    """Both counted from when the reporter came to know: the earliest that the law could mean."""
    duty = DUTIES.get((kind, state))
    if duty is None:
        return Deadlines("", None, None)
    return Deadlines(duty.to, made_at + duty.call, made_at + duty.written if duty.written is not None else None)
