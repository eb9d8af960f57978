"""Loading Merrow County into an empty database: agencies, their keys, people, memberships and one agreement."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from agencies import agreements, services
from agencies.kinds import Purpose
from agencies.models import Agency, Membership, Town, User
from agencies.services import SYSTEM
from bhu.clock import told_by
from bhu.models import DemoMark

from .county import AGENCIES, NOT_PARTIES, STATE, TOWNS, AgencyRow
from .people import Person, people
from .progress import Progress

AGREEMENT = "Merrow County memorandum of understanding on referrals"
DOCUMENT = b"Merrow County memorandum of understanding on referrals. An invented paper for an invented county."
FOUNDED = timedelta(days=600)
"""How long before now the network began: its history is eighteen months long."""
RUNS = timedelta(days=3 * 365)


class NotADemo(Exception):
    """The demo network is not, and must not be put, in this database. The text says why."""


def holds_demo() -> bool:
    """Whether this database carries the demo mark; one without any table does not."""
    return DemoMark._meta.db_table in connection.introspection.table_names() and DemoMark.objects.exists()


def prepare() -> None:
    """Bring the databases up to date and make the network's keys. Raises ``NotADemo`` in production."""
    if settings.PRODUCTION:
        raise NotADemo("Demo data never goes into production.")
    call_command("prepare")


@transaction.atomic
def load(progress: Progress) -> None:
    """Put Merrow County into an empty database, wholly or not at all.

    Raises ``NotADemo`` for a database that already holds an agency or a person.
    """
    if Agency.objects.exists() or User.objects.exists():
        raise NotADemo("This database already holds agencies or people: the demo network goes into an empty one only.")
    now = timezone.now()
    DemoMark(loaded_at=now).save(force_insert=True)
    with told_by(lambda: now - FOUNDED):
        _found(progress)
    Membership.objects.update(since=now - FOUNDED)


def _found(progress: Progress) -> None:
    towns = {slug: Town.objects.create(slug=slug, name=name, state=STATE) for slug, name in TOWNS.items()}
    agencies = {
        row.slug: _open(row, towns) for row in progress.over(AGENCIES, total=len(AGENCIES), what="Opening agencies")
    }
    everybody = list(people())
    for person in progress.over(everybody, total=len(everybody), what="Taking on people"):
        _take_on(person, agencies)
    _sign(agencies)


def ready(progress: Progress) -> None:
    """Make sure the demo network is there: prepare the databases, and load it if they are empty.

    Raises ``NotADemo`` for a database that holds anything else, and in production.
    """
    prepare()
    if not holds_demo():
        load(progress)


def _open(row: AgencyRow, towns: Mapping[str, Town]) -> Agency:
    return services.open_agency(
        by=SYSTEM,
        towns=[towns[slug] for slug in row.serves],
        slug=row.slug,
        name=row.name,
        kind=row.kind.value,
        connected=row.connected,
        treating_provider=row.treating,
        part2_status=row.part2.value,
        hipaa_status=row.hipaa.value,
        state=STATE,
        phone=row.phone,
        email=row.email,
        address=row.address,
    )


def _take_on(person: Person, agencies: Mapping[str, Agency]) -> None:
    create = User.objects.create_superuser if person.superuser else User.objects.create_user
    user = create(person.email, name=person.name)
    for slug, role in person.places:
        services.add_member(by=SYSTEM, agency=agencies[slug], role=role, user=user)


def _sign(agencies: Mapping[str, Agency]) -> None:
    today = timezone.now().date()
    agreements.sign(
        by=SYSTEM,
        title=AGREEMENT,
        document_sha256=sha256(DOCUMENT).hexdigest(),
        parties=[agency for slug, agency in agencies.items() if slug not in NOT_PARTIES],
        purposes=[Purpose.TREATMENT, Purpose.COORDINATION],
        effective_on=today,
        expires_on=today + RUNS,
    )
