"""Words of criminal history that must not get into a narrative (R-CJ-01): what a query answered is not ours to pass on.

A net, not a proof: it warns whoever writes, and a person decides. Pure.
"""

import re
from collections.abc import Iterator

from referrals.policy.words import plain

# The word that is shown, and what is looked for; whole words, in any case.
WORDS: tuple[tuple[str, str], ...] = (
    ("NCIC", r"ncic"),
    ("III", r"triple i|iii (?:check|hit|report|query|record)|interstate identification"),
    ("CORI", r"cori(?: (?:check|report|record|hit))?"),
    ("BOP", r"bop|board of probation"),
    ("CJIS", r"cjis|nlets"),
    ("rap sheet", r"rap sheets?"),
    ("criminal history", r"(?:criminal|arrest|prior) (?:history|record)s?|prior (?:arrests?|convictions?)|priors"),
    ("wants and warrants", r"wants (?:and|&) warrants|(?:wanted|warrant) (?:check|query|hit)"),
    ("warrant", r"(?:(?:open|active|outstanding|default|straight|arrest|no) )?warrants?"),
    ("probation or parole", r"(?:on|violat\w+) (?:probation|parole)"),
    ("sex offender", r"sex offender|sorb"),
    ("FBI number", r"fbi ?(?:no\.?|number|#)? ?[0-9a-z]{5,9}"),
    ("SID number", r"sid ?(?:no\.?|number|#)? ?[a-z]{0,2}[0-9]{5,10}"),
)
_PATTERNS = tuple((shown, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for shown, pattern in WORDS)
_ROMAN = re.compile(r"(?<!\w)III(?!\w)")


def criminal_history(text: str) -> Iterator[str]:
    """The words of ``text`` that sound like criminal history, as they are shown to its writer."""
    read = plain(text)
    for shown, pattern in _PATTERNS:
        if pattern.search(read) or (shown == "III" and _ROMAN.search(text)):
            yield shown
