"""How often what happens in Merrow County, in hundredths, and how many of what in eighteen months. Tables only.

Where one kind is choosy (an overdose is of a grown person) it stands before the others: it is dealt first.
"""

from collections.abc import Mapping

from fhir.content.builders import Pathway

P = Pathway
Shares = Mapping[str, float]

SEED = 20261122
REFERRALS, PEOPLE, MONTHS = 1150, 760, 18
DAYS = 548

TIMES = {14: 5, 5: 10, 4: 25, 3: 50, 2: 110}
"""How many people come so often; everybody else comes once."""

SEARCHES, ADMITTED, RIDES, NOTICES = 260, 171, 190, 128
"""How many of the referrals led to a search for a place, to an admission, to a ride, to another town's being told."""

TOWN: Shares = {
    "fenn-hollow": 4, "dunmere": 8, "eastgrove": 13, "cobbs-landing": 18, "brindle": 26, "alder-falls": 31,
}  # fmt: skip
AGES: Mapping[tuple[int, int], float] = {
    (8, 12): 1, (13, 17): 9, (65, 91): 10, (55, 64): 11, (45, 54): 13, (18, 24): 13, (35, 44): 20, (25, 34): 23,
}  # fmt: skip
SEX: Shares = {"other": 1, "female": 47, "male": 52}
LANGUAGE: Shares = {"km": 2, "other": 2, "pt": 3, "es": 5, "en": 88}
VETERAN = 6
UNHOUSED = 17

SUICIDAL, LOW, USE, OVERDOSE = "suicidal", "depression or anxiety", "substance use", "overdose"
PSYCHOSIS, FAMILY, DEMENTIA = "psychosis or mania", "family or youth", "dementia or elder"
DEVELOPMENTAL, HOUSING = "developmental", "housing or basic need"
PROBLEM: Shares = {
    FAMILY: 9, DEMENTIA: 6, OVERDOSE: 11, USE: 18, HOUSING: 4, DEVELOPMENTAL: 2, PSYCHOSIS: 10, LOW: 17, SUICIDAL: 23,
}  # fmt: skip
SUBSTANCES = frozenset({USE, OVERDOSE})

PATHWAY: Mapping[Pathway, float] = {
    P.NALOXONE_PLUS: 12, P.SELF_REFERRAL: 11, P.OFFICER_INTERVENTION: 5, P.ACTIVE_OUTREACH: 9,
    P.COMMUNITY_RESPONSE: 17, P.FIRST_RESPONDER_REFERRAL: 46,
}  # fmt: skip

SCREENED = 58
RISK: Shares = {"high": 14, "incomplete": 4, "moderate": 17, "low": 24, "none": 41}
ARRESTED, REFUSED, HELD = "arrest", "refused", "involuntary hold"
DIRECT, TO_ED, AT_HOME = "direct to treatment", "voluntary transport to the ED", "stayed home with a plan"
DISPOSITION: Shares = {ARRESTED: 2, REFUSED: 6, HELD: 8, DIRECT: 9, TO_ED: 14, AT_HOME: 61}
FORCE, INJURY = 1.8, 1.2

OFFERED_CONSENT = 45
NOT_SIGNED, NAMED, TPO_AND_POLICE, TPO = "refused", "named", "tpo and police outcome", "tpo"
CONSENT: Shares = {NAMED: 8, TPO_AND_POLICE: 19, NOT_SIGNED: 29, TPO: 44}
REVOKED = 3

FOUND = 78
HOURS_TO_BED = 5.4
"""The median of the hours from the first asking to the first yes."""

IN_CARE, LEFT, UNKNOWN = "in care", "left", "not known"
AFTER_30_DAYS: Shares = {LEFT: 16, UNKNOWN: 26, IN_CARE: 58}
DOING_WELL, NOT_WELL = "doing well", "not doing well"
AFTER_180_DAYS: Shares = {NOT_WELL: 29, UNKNOWN: 31, DOING_WELL: 40}

CLAIMED_IN_12_HOURS, VISITED_IN_48_HOURS, REACHED, ACCEPTED_HELP = 81, 73, 49, 27
MILES = 41
"""The median of a ride."""
SURVEYS, ANSWERED = 214, 88
"""How many were asked, when all was done, how they had been treated, and how many of them answered."""
MARKS: Mapping[int, float] = {1: 1, 2: 4, 3: 11, 4: 32, 5: 52}
"""How often each mark is given, 5 being the best; their mean is 4.3."""

DECLINED, CALLED_OFF, NOT_REACHED, SERVED = "declined", "called off", "not reached", "served"
FATE: Shares = {CALLED_OFF: 2, DECLINED: 5, NOT_REACHED: 9, SERVED: 84}
"""What becomes of a referral put to the unit."""
PAUSED = 7
