"""Merrow County's towns and agencies, as tables. Pure data: every place, number and address is invented."""

from dataclasses import dataclass

from agencies.kinds import AgencyKind as Kind
from agencies.kinds import Answer

STATE = "MA"
DOMAIN = "example.org"

TOWNS = {
    "alder-falls": "Alder Falls",
    "brindle": "Brindle",
    "cobbs-landing": "Cobbs Landing",
    "dunmere": "Dunmere",
    "eastgrove": "Eastgrove",
    "fenn-hollow": "Fenn Hollow",
}
ZIP = {slug: f"{number:05}" for number, slug in enumerate(TOWNS, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRow:
    """One agency. ``handle`` is its part of an e-mail address, ``line`` its number within 555-01xx."""

    slug: str
    handle: str
    name: str
    kind: Kind
    town: str
    street: str
    line: int
    serves: tuple[str, ...]
    part2: Answer = Answer.NO
    hipaa: Answer = Answer.NO
    treating: bool = False
    connected: bool = True

    @property
    def phone(self) -> str:
        """The number of its desk."""
        return f"555-{self.line:04}"

    @property
    def email(self) -> str:
        """The address of its desk."""
        return f"desk.{self.handle}@{DOMAIN}"

    @property
    def address(self) -> str:
        """Where it is, on one line."""
        return f"{self.street}, {TOWNS[self.town]}, {STATE} {ZIP[self.town]}"


def _police(town: str, street: str, line: int) -> AgencyRow:
    return AgencyRow(
        slug=f"{town}-pd",
        handle=town,
        name=f"{TOWNS[town]} Police Department",
        kind=Kind.POLICE,
        town=town,
        street=street,
        line=line,
        serves=(town,),
    )


ALL = tuple(TOWNS)
YES, UNKNOWN = Answer.YES, Answer.UNKNOWN

POLICE = (
    _police("alder-falls", "1 Millrace Street", 101),
    _police("brindle", "40 Quarry Road", 102),
    _police("cobbs-landing", "7 Ferry Lane", 103),
    _police("dunmere", "2 Heron Street", 104),
    _police("eastgrove", "118 Orchard Avenue", 105),
    _police("fenn-hollow", "3 Peat Road", 106),
)
BHU = AgencyRow(
    slug="merrow-bhu", handle="bhu", name="Merrow Regional Behavioral Health Unit", kind=Kind.BHU,
    town="alder-falls", street="3 Millrace Street", line=110, serves=ALL, part2=UNKNOWN, hipaa=YES, treating=True,
)  # fmt: skip
PROVIDERS = (
    AgencyRow(
        slug="merrow-detox", handle="detox", name="Merrow Detox", kind=Kind.PROVIDER,
        town="brindle", street="12 Lantern Hill Road", line=111, serves=ALL, part2=YES, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="stonebridge-women", handle="stonebridge", name="Stonebridge Residential for Women", kind=Kind.PROVIDER,
        town="eastgrove", street="5 Stonebridge Way", line=112, serves=ALL, part2=YES, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="stonebridge-men", handle="stonebridge", name="Stonebridge Residential for Men", kind=Kind.PROVIDER,
        town="eastgrove", street="9 Stonebridge Way", line=113, serves=ALL, part2=YES, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="harbor-light-otp", handle="harbor-light", name="Harbor Light Opioid Treatment Program",
        kind=Kind.PROVIDER, town="cobbs-landing", street="21 Ferry Lane", line=114, serves=ALL,
        part2=YES, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="riverside-bridge-clinic", handle="riverside", name="Riverside Bridge Clinic", kind=Kind.PROVIDER,
        town="brindle", street="77 Quarry Road", line=115, serves=ALL, part2=YES, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="northfield-cbhc", handle="northfield", name="Northfield Community Behavioral Health Center",
        kind=Kind.CRISIS_TEAM, town="alder-falls", street="60 Northfield Road", line=116, serves=ALL,
        part2=UNKNOWN, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="willow-youth-stabilisation", handle="willow", name="Willow Youth Stabilisation", kind=Kind.PROVIDER,
        town="eastgrove", street="14 Willow Court", line=117, serves=ALL, part2=UNKNOWN, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="valley-counseling", handle="valley", name="Valley Counseling", kind=Kind.PROVIDER,
        town="dunmere", street="8 Heron Street", line=118, serves=ALL,
        part2=UNKNOWN, hipaa=YES, treating=True, connected=False,
    ),
    AgencyRow(
        slug="veterans-path", handle="veterans", name="Veterans Path", kind=Kind.PROVIDER,
        town="cobbs-landing", street="30 Drum Street", line=119, serves=ALL, part2=UNKNOWN, hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="elder-services-merrow", handle="elder", name="Elder Services Merrow", kind=Kind.SOCIAL_SERVICE,
        town="brindle", street="4 Linden Square", line=120, serves=ALL,
    ),
    AgencyRow(
        slug="st-alban-shelter", handle="st-alban", name="St. Alban Shelter", kind=Kind.SHELTER,
        town="alder-falls", street="19 Chapel Row", line=121, serves=ALL, connected=False,
    ),
    AgencyRow(
        slug="second-mile", handle="second-mile", name="Second Mile Recovery Center", kind=Kind.SOCIAL_SERVICE,
        town="eastgrove", street="2 Milestone Lane", line=122, serves=ALL, part2=UNKNOWN,
    ),
    AgencyRow(
        slug="merrow-general-ed", handle="merrow-general", name="Merrow General Hospital Emergency Department",
        kind=Kind.HOSPITAL, town="alder-falls", street="100 Hospital Drive", line=123, serves=ALL,
        hipaa=YES, treating=True,
    ),
    AgencyRow(
        slug="safe-ride-merrow", handle="safe-ride", name="Safe Ride Merrow", kind=Kind.TRANSPORT,
        town="fenn-hollow", street="6 Peat Road", line=124, serves=ALL,
    ),
)  # fmt: skip
OPERATOR = AgencyRow(
    slug="merrow-network", handle="network", name="Merrow County Network Office", kind=Kind.OPERATOR,
    town="alder-falls", street="5 Millrace Street", line=125, serves=(),
)  # fmt: skip

AGENCIES = (*POLICE, BHU, *PROVIDERS, OPERATOR)

NOT_PARTIES = frozenset({"safe-ride-merrow", "merrow-network"})
"""Safe Ride has not signed yet, so that "no agreement" can be shown; the operator exchanges nothing."""
