"""Words that say or imply treatment for substance use: what leaves on a ground that never carries it is free of them.

A net, not a proof: a person reads it too (R-WARN-01, R-P2-19). Pure.
"""

import re
from collections.abc import Iterator

_STEMS = (
    "addict", "alcohol", "amphetamin", "benzo", "buprenorphin", "cocaine", "detox", "drug", "drunk", "fentanyl",
    "heroin", "intoxicat", "meth", "methadone", "naloxone", "narcan", "opiate", "opioid", "overdos", "rehab", "relapse",
    "sober", "sobriety", "suboxone", "substance use", "treatment program", "vivitrol", "withdrawal",
)  # fmt: skip
_NET = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(_STEMS, key=len, reverse=True)))})\w*", re.IGNORECASE)


def implying_substance_use(text: str) -> Iterator[str]:
    """The words of ``text`` that say or imply it, as they stand there."""
    yield from (found[0] for found in _NET.finditer(text))
