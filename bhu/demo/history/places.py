"""Where the unit looks for a place, by what is wrong, and how each answers. Pure."""

from collections.abc import Mapping
from random import Random

from . import shares
from .cases import Case

WOMEN, MEN, YOUTH, VETERANS = "stonebridge-women", "stonebridge-men", "willow-youth-stabilisation", "veterans-path"
DETOX, METHADONE, CLINIC = "merrow-detox", "harbor-light-otp", "riverside-bridge-clinic"
CRISIS, HOSPITAL, ELDERS, SECOND_MILE = "northfield-cbhc", "merrow-general-ed", "elder-services-merrow", "second-mile"
SHELTER, COUNSELING = "st-alban-shelter", "valley-counseling"

PLACES: Mapping[str, tuple[str, ...]] = {
    shares.USE: (DETOX, CLINIC, METHADONE),
    shares.OVERDOSE: (CLINIC, METHADONE, DETOX),
    shares.SUICIDAL: (CRISIS, HOSPITAL),
    shares.PSYCHOSIS: (CRISIS, HOSPITAL),
    shares.LOW: (CRISIS, COUNSELING),
    shares.FAMILY: (YOUTH, CRISIS),
    shares.DEVELOPMENTAL: (CRISIS, COUNSELING),
    shares.DEMENTIA: (ELDERS, CRISIS),
    shares.HOUSING: (SECOND_MILE, SHELTER, CRISIS),
}
NOT_TREATING = frozenset({ELDERS, SECOND_MILE, SHELTER})
"""Who has to be named in a consent: they treat nobody."""
OFF_NETWORK = frozenset({SHELTER, COUNSELING})
SAYS_NO = (
    "no-capacity",
    "no-capacity",
    "no-capacity",
    "waitlist",
    "waitlist",
    "level-of-care",
    "payer",
    "not-medically-clear",
)


def candidates(case: Case, chance: Random) -> list[str]:
    """Those who may take this client, the likeliest first. Without a name on a paper nobody goes who does not treat."""
    found = list(PLACES[case.client.problem])
    if case.client.minor:
        found = [YOUTH, CRISIS]
    elif case.substances:
        found.insert(1, MEN if case.client.sex == "male" else WOMEN)
        chance.shuffle(found)
    if case.client.veteran and not case.client.minor:
        found.insert(0, VETERANS)
    if case.signed and case.consent != shares.NAMED:
        found = [each for each in found if each not in NOT_TREATING]
    return found
