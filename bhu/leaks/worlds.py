"""The referrals of the leak matrix, one function each: made by the same acts as everybody's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals import acts
from referrals.emergencies.natures import Nature
from referrals.models import Folder, Participation, Referral, ReferralTask, Section
from referrals.perform import Done, perform
from referrals.policy.bases import Basis

from . import things
from .cells import BORN, WORDS
from .town import Town

C = Compartment
NOBODYS = UUID(int=0)
RELEASED = frozenset({C.CONTACT, C.CLINICAL, C.SUD})
SHARED = (C.CONTACT, C.CLINICAL, C.SUD, C.OUTCOME)
SOON = 2
"""A consent for so many days from the day before ends tomorrow."""


@dataclass(slots=True)
class World:
    """One referral among the agencies of a town, while it is made. ``consent`` is the one last recorded."""

    town: Town
    referral_id: UUID = NOBODYS
    consent: UUID = NOBODYS

    def do(self, who: str, act: acts.Act) -> Done:
        """Let somebody, said as ``agency/role``, do something."""
        return perform(self.town.actor(*who.split("/")), [act])

    def send(self, who: str, to: str, *trees: dict[str, Any], **more: Any) -> None:
        """Begin the referral and put it to one agency."""
        send = acts.Send(data=things.bundle(*trees), to=(self.town.agencies[to].id,), **more)
        self.referral_id = self.do(who, send).referral_id

    def step(self, who: str, step: str, **more: Any) -> None:
        """Take a step on the task by which somebody's agency was asked."""
        self.do(who, acts.TakeStep(task_id=self.task(who.partition("/")[0]), step=step, **more))

    def task(self, owner: str) -> UUID:
        """The newest task an agency was asked by."""
        found = ReferralTask.objects.filter(referral_id=self.referral_id, owner=self.town.agencies[owner])
        return found.order_by("-id").values_list("pk", flat=True)[0]

    def add(self, who: str, tree: dict[str, Any]) -> None:
        """Add one resource."""
        self.do(who, acts.AddSection(referral_id=self.referral_id, data=things.encoded(tree)))

    def consents(self, who: str, form: str, **said: Any) -> None:
        """The client signs a paper at an agency of the referral."""
        name = who.partition("/")[0]
        self.add(who, things.paper(self.patient_id, form=form, discloser=self.town.slug(name), **said))
        newest = Section.objects.filter(folder_id=self.referral_id, type="Consent").order_by("-id")
        self.consent = newest.values_list("resource_id", flat=True)[0]

    def offer(self, who: str, *to: str, **more: Any) -> None:
        """Offer it on."""
        ids = tuple(self.town.agencies[name].id for name in to)
        self.do(who, acts.Offer(referral_id=self.referral_id, to=ids, **more))

    @property
    def patient_id(self) -> UUID:
        """What the client is called in it."""
        return Folder.objects.values_list("patient_id", flat=True).get(pk=self.referral_id)

    @property
    def reference(self) -> str:
        """Its number."""
        return Referral.objects.values_list("reference", flat=True).get(pk=self.referral_id)

    def begun_by(self) -> UUID | None:
        """The membership that began it."""
        rows = Participation.objects.filter(referral_id=self.referral_id, member_id__isnull=False)
        return rows.values_list("member_id", flat=True).first()

    def written_by(self, name: str, part: Compartment) -> UUID | None:
        """A resource of this part that can be corrected: the agency's own if it wrote one, else somebody's."""
        rows = Section.objects.filter(folder_id=self.referral_id, compartment=part.value, type__in=CORRECTED)
        own = rows.filter(agency=self.town.agencies[name])
        found = own.order_by("id").first() or rows.order_by("id").first()
        return found.resource_id if found else None


CORRECTED = ("Patient", "Observation", "QuestionnaireResponse")
TREES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "Patient": things.patient,
    "Observation": lambda: things.observed("fact"),
    "QuestionnaireResponse": things.answers,
}


def _sent(world: World) -> None:
    """An officer sends what he saw and asked to the BHU."""
    world.send("police/officer", "bhu", things.observed("fact"), things.words("story"), things.answers())


def _taken(world: World) -> None:
    """The BHU took it on and wrote what it found."""
    _sent(world)
    world.step("bhu/clinician", "accept", note=WORDS["taken"])
    world.add("bhu/clinician", things.risk())
    world.add("bhu/clinician", things.words("note"))
    world.add("bhu/coordinator", things.words("said"))
    world.add("bhu/clinician", things.use())


def _working(world: World) -> None:
    _taken(world)
    world.step("bhu/clinician", "start")


def _told(world: World) -> None:
    """The client lets the police unit know how it went."""
    _working(world)
    to = [world.town.slug("police")]
    world.consents("bhu/clinician", "police-outcome", to=to, parts=[C.OUTCOME], purposes=["COC"], days=60)


def _declined_by_bhu(world: World) -> None:
    _sent(world)
    world.step("bhu/clinician", "reject", reason="outside-towns")


def _client_said_no(world: World) -> None:
    """Nobody is in danger, and the client does not want to be named."""
    world.send("police/officer", "bhu", things.observed("fact"), agreed=Agreed.NO)


def _police_business(world: World) -> None:
    world.send("police/officer", "other-police", things.observed("fact"), things.words("story"))
    world.step("other-police/bhu_officer", "accept")


def _named(world: World, **said: Any) -> None:
    """A consent by name, and an offer on it to two providers."""
    _working(world)
    to = [world.town.slug(name) for name in ("detox", "clinic")]
    world.consents("bhu/clinician", "named", to=to, parts=SHARED, **said)
    world.offer("bhu/coordinator", "detox", "clinic", release=RELEASED)


def _accepted(world: World, **said: Any) -> None:
    _named(world, **said)
    world.step("detox/intake", "accept", note=WORDS["came"])
    world.add("detox/clinician", things.observed("treated"))


def _declined(world: World) -> None:
    _named(world)
    world.step("detox/intake", "reject", reason="no-capacity")


def _withdrawn(world: World) -> None:
    _accepted(world)
    detox = world.town.agencies["detox"].id
    world.do("bhu/clinician", acts.WithdrawAgency(referral_id=world.referral_id, agency_id=detox))


def _stop(world: World, *, written: bool) -> None:
    stop = acts.StopConsent(referral_id=world.referral_id, consent_id=world.consent, written=written)
    world.do("bhu/clinician", stop)


def _revoked(world: World) -> None:
    _accepted(world)
    _stop(world, written=True)


def _held(world: World) -> None:
    _accepted(world)
    _stop(world, written=False)


def _revoked_before(world: World) -> None:
    """The client stopped the consent while nobody had answered; the offer goes on without a name."""
    _named(world)
    _stop(world, written=True)
    world.step("detox/intake", "accept", note=WORDS["came"])


def _ending(world: World) -> None:
    """As accepted, on a consent that ends tomorrow."""
    _accepted(world, days=SOON)


def _by_class(world: World) -> None:
    """A consent for those who treat and those who help, by class."""
    _working(world)
    classes = ("treating_providers", "program_helpers")
    world.consents("bhu/clinician", "tpo", classes=classes, parts=SHARED)
    world.offer("bhu/coordinator", "detox", release=RELEASED)
    world.step("detox/intake", "accept", note=WORDS["came"])
    world.add("detox/clinician", things.observed("treated"))


def _class_ending(world: World) -> None:
    _working(world)
    classes = ("treating_providers", "program_helpers")
    world.consents("bhu/clinician", "tpo", classes=classes, parts=SHARED, days=SOON)


def _unnamed(world: World) -> None:
    """No consent: the ask alone goes, also to who says yes."""
    _working(world)
    world.offer("bhu/coordinator", "detox")
    world.step("detox/intake", "accept", note=WORDS["came"])


def _added(world: World) -> None:
    """A third agency is let into parts of it."""
    _working(world)
    world.consents("bhu/clinician", "named", to=[world.town.slug("clinic")], parts=(C.CONTACT, C.CLINICAL))
    parts = frozenset({C.CONTACT, C.CLINICAL})
    clinic = world.town.agencies["clinic"].id
    add = acts.AddAgency(referral_id=world.referral_id, agency_id=clinic, compartments=parts, basis=Basis.CONSENT_NAMED)
    world.do("bhu/clinician", add)


def _emergency(world: World) -> None:
    """The client has a seizure: the hospital's medical people open it for an hour."""
    _working(world)
    hospital = world.town.agencies["hospital"].id
    opened = acts.OpenInEmergency(referral_id=world.referral_id, agency_id=hospital, nature=next(iter(Nature)))
    world.do("bhu/clinician", opened)


def _treatment(world: World) -> None:
    """One covered unit treats after another, in a state whose counsel allows it."""
    with _switched_on():
        world.send("crisis-team/clinician", "clinic", things.risk(), things.words("note"), basis=Basis.HIPAA_TREATMENT)
        world.step("clinic/intake", "accept")


@contextmanager
def _switched_on() -> Iterator[None]:
    real = settings.HIPAA_TREATMENT_STATES
    settings.HIPAA_TREATMENT_STATES = ["MA"]
    try:
        yield
    finally:
        settings.HIPAA_TREATMENT_STATES = real


def _warned(world: World) -> None:
    """A clinician warns another town's police of a threat."""
    said = acts.Threat(
        name=things.FAMILY, born=BORN, threat=f"{WORDS['threat']} said it twice", victim="A neighbour",
        means="A knife", when="Tonight",
    )  # fmt: skip
    done = world.do("bhu/clinician", acts.WarnOfThreat(to=world.town.agencies["other-police"].id, threat=said))
    world.referral_id = done.referral_id


def _walked_in(world: World) -> None:
    """The client came to the BHU; a clinician sends on a consent that names the crisis team."""
    slug = world.town.slug
    signed = things.paper(None, form="named", discloser=slug("bhu"), to=[slug("crisis-team")], parts=SHARED)
    world.send("bhu/clinician", "crisis-team", signed, things.risk(), things.words("note"), things.use())
    world.step("crisis-team/intake", "accept", note=WORDS["came"])


WORLDS: Mapping[str, Callable[[World], None]] = {
    "sent": _sent,
    "taken": _taken,
    "told": _told,
    "declined by the BHU": _declined_by_bhu,
    "client said no": _client_said_no,
    "police business": _police_business,
    "offered": _named,
    "accepted": _accepted,
    "declined": _declined,
    "withdrawn": _withdrawn,
    "revoked": _revoked,
    "held": _held,
    "revoked before": _revoked_before,
    "ending": _ending,
    "by class": _by_class,
    "class ending": _class_ending,
    "unnamed": _unnamed,
    "added": _added,
    "emergency": _emergency,
    "treatment": _treatment,
    "warned": _warned,
    "walked in": _walked_in,
}
"""Every world by the name the rules call it."""


def made(name: str, town: Town) -> World:
    """The world of this name, made now. Raises ``KeyError`` for an unknown one."""
    world = World(town)
    WORLDS[name](world)
    return world
