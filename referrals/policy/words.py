"""Words that say or imply substance use, treatment for it, or a program: what leaves on a ground that never carries it
is free of them (R-WARN-01, R-P2-19). A net, not a proof: a person reads it too. Pure.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

from fhir.content.builders import Pathway
from referrals.workflow import gettext_noop as _


class Implies(StrEnum):
    """What a word gives away."""

    SUBSTANCE = _("says or implies substance use; write what you saw, such as 'could not be woken'")
    TREATMENT = _("says or implies treatment for substance use")
    PROGRAM = _("says or implies a program; name the person and the place, not how they came to you")
    UNIT = _("is the name of a unit that is, or may be, a substance use program")


S, T, P = Implies.SUBSTANCE, Implies.TREATMENT, Implies.PROGRAM

# The word that is shown, what is looked for, and why; whole words, in any case. A bank's withdrawal, somebody's own
# medicine and a meals program are what such reports are about, so those words alone pass.
WORDS: tuple[tuple[str, str, Implies], ...] = (
    ("addict", r"addict\w*", S),
    ("alcohol", r"alcohol\w*", S),
    ("drunk", r"drunk\w*|binge[- ]drink\w*|drinking problem", S),
    ("intoxicated", r"intoxicat\w*|inebriat\w*", S),
    ("drug use", r"drug (?:use\w*|abuse\w*|problem|habit|addict\w*)|(?:street|illegal) drugs|on drugs", S),
    ("substance use", r"substance[- ](?:use|abuse|misuse)\w*|sud|aud|oud", S),
    ("opioid", r"opioid\w*|opiate\w*|heroin|fentanyl|oxycodone|oxycontin", S),
    ("cocaine", r"cocaine|crack pipe|meth|methamphetamine\w*|amphetamine\w*", S),
    ("cannabis", r"cannabis|marijuana", S),
    ("overdose", r"overdos\w*", S),
    ("needle", r"syringes?|needle exchange|track marks", S),
    ("withdrawal symptoms", r"withdrawal symptoms?|(?:in|going through) withdrawal|delirium tremens", S),
    ("relapse", r"relaps\w*", S),
    ("naloxone", r"naloxone|narcan", S),
    ("sober", r"sober|sobriety|halfway house", T),
    ("detox", r"detox\w*", T),
    ("rehab", r"rehabs?", T),
    ("recovery", r"in recovery|recovery (?:coach\w*|cent(?:er|re)|house|home|meeting\w*|support\w*)", T),
    ("methadone", r"methadone|suboxone|buprenorphine|naltrexone|vivitrol|sublocade|moud", T),
    ("twelve steps", r"(?:12|twelve)[- ]steps?|(?:aa|na) meetings?|(?:alcoholics|narcotics) anonymous", T),
    ("part 2", r"part[- ]2|42 cfr", T),
    ("treatment program", r"(?:treatment|outpatient|residential) programs?", P),
    ("deflection", r"deflection|diversion program|drug court|safe passage", P),
    *((way.replace("_", " "), way.replace("_", "[-_ ]"), P) for way in Pathway),
)
_PATTERNS = tuple((shown, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), implies) for shown, pattern, implies in WORDS)


def implied(text: str) -> Iterator[tuple[str, Implies]]:
    """What of ``text`` gives something away: the word that is shown to its writer, and why."""
    read = plain(text)
    for shown, pattern, implies in _PATTERNS:
        if pattern.search(read):
            yield shown, implies


def plain(text: str) -> str:
    """The text as it is read: one case, one form of each letter, one kind of blank, nothing invisible."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
    return " ".join(seen.split())
