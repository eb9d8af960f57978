"""The people of the demo network: who works where, as a table, and invented names for them. Pure data."""

from collections.abc import Iterator
from dataclasses import dataclass

from agencies.roles import Role

from .county import AGENCIES, DOMAIN, POLICE

GIVEN = (
    "Adair", "Brisa", "Corwin", "Delphine", "Eamon", "Fiora", "Galen", "Hollis", "Ione", "Jarek", "Kestrel", "Lorcan",
    "Maren", "Nevin", "Odile", "Perrin", "Quilla", "Rowan", "Sorrel",
)  # fmt: skip
FAMILY = (
    "Ambergate", "Birchmore", "Coldwell", "Dovebrook", "Elmsworth", "Fairwater", "Greyford", "Hawkridge", "Ivorley",
    "Juniper", "Kingsmoor", "Larkhill", "Mossgrave", "Netherby", "Oakhurst", "Pinewright", "Quarrier", "Ravenshaw",
    "Silverlea", "Thornbury", "Underhill", "Vinemoor", "Wetherby",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """``count`` people with one role at one agency. ``word`` begins their addresses: ``officer1.brindle@example.org``.

    ``also`` are second places that the last of them holds as well.
    """

    word: str
    role: Role
    agency: str
    count: int = 1
    also: tuple[tuple[str, Role], ...] = ()
    superuser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One user and every place they have."""

    email: str
    name: str
    places: tuple[tuple[str, Role], ...]
    superuser: bool


OFFICERS = {"alder-falls": 4, "brindle": 5, "cobbs-landing": 3, "dunmere": 2, "eastgrove": 3, "fenn-hollow": 1}
"""How many officers a department has on the network besides the one who visits."""
PART_TIME = {"cobbs-landing": (("merrow-bhu", Role.BHU_OFFICER),)}

POSTS = (
    *(Post(word="chief", role=Role.CHIEF, agency=unit.slug) for unit in POLICE),
    *(Post(word="admin", role=Role.AGENCY_ADMIN, agency=unit.slug) for unit in POLICE),
    *(Post(word="officer", role=Role.OFFICER, agency=unit.slug, count=OFFICERS[unit.town]) for unit in POLICE),
    *(
        Post(word="outreach", role=Role.BHU_OFFICER, agency=unit.slug, also=PART_TIME.get(unit.town, ()))
        for unit in POLICE
    ),
    Post(
        word="clinician", role=Role.CLINICIAN, agency="merrow-bhu", count=3, also=(("northfield-cbhc", Role.CLINICIAN),)
    ),
    Post(word="coordinator", role=Role.COORDINATOR, agency="merrow-bhu", count=2),
    Post(word="coach", role=Role.COACH, agency="merrow-bhu", count=3),
    Post(word="intake", role=Role.INTAKE, agency="merrow-detox"),
    Post(word="intake", role=Role.INTAKE, agency="stonebridge-women", also=(("stonebridge-men", Role.INTAKE),)),
    Post(word="intake", role=Role.INTAKE, agency="riverside-bridge-clinic", also=(("harbor-light-otp", Role.INTAKE),)),
    Post(word="intake", role=Role.INTAKE, agency="northfield-cbhc"),
    Post(word="intake", role=Role.INTAKE, agency="willow-youth-stabilisation"),
    Post(word="intake", role=Role.INTAKE, agency="veterans-path"),
    Post(word="intake", role=Role.INTAKE, agency="elder-services-merrow"),
    Post(word="intake", role=Role.INTAKE, agency="second-mile"),
    Post(word="intake", role=Role.INTAKE, agency="merrow-general-ed"),
    Post(word="driver", role=Role.DRIVER, agency="safe-ride-merrow", count=14),
    Post(word="privacy", role=Role.PRIVACY_OFFICER, agency="merrow-bhu"),
    Post(word="privacy", role=Role.PRIVACY_OFFICER, agency="merrow-network"),
    Post(word="admin", role=Role.NETWORK_ADMIN, agency="merrow-network", superuser=True),
    Post(word="liaison", role=Role.LIAISON, agency="alder-falls-pd"),
    Post(word="liaison", role=Role.LIAISON, agency="brindle-pd"),
    Post(word="wellness", role=Role.WELLNESS, agency="merrow-network"),
    Post(word="admin", role=Role.AGENCY_ADMIN, agency="merrow-bhu"),
    Post(word="admin", role=Role.AGENCY_ADMIN, agency="northfield-cbhc"),
)

HANDLES = {row.slug: row.handle for row in AGENCIES}


def people() -> Iterator[Person]:
    """Everybody, in the order of the table: always the same names at the same addresses."""
    seats = ((post, number) for post in POSTS for number in range(1, post.count + 1))
    for place, (post, number) in enumerate(seats):
        last = number == post.count
        yield Person(
            email=f"{post.word}{number}.{HANDLES[post.agency]}@{DOMAIN}",
            # 19 and 23 have no common factor, so no full name comes twice among 437 people.
            name=f"{GIVEN[place % len(GIVEN)]} {FAMILY[place % len(FAMILY)]}",
            places=((post.agency, post.role), *(post.also if last else ())),
            superuser=post.superuser,
        )
