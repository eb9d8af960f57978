"""The statements of 42 CFR 2.32 are the law's words: a changed letter is noticed (R-P2-11)."""

from hashlib import sha256

import pytest

from fhir.content.compartments import Compartment
from fhir.content.notices import PART2, PART2_SHORT, Notice, version_for

# Worked out once from the rule's own text.
HASHES = {
    PART2: "d82205a18044f9f45776343d91e26d8ddb44bf13e136af169ec73d755facd9a8",
    PART2_SHORT: "79fee3d6dff7e052183c61b66bfed589f0f45dcf330bb277e07b396bd12e9774",
}


@pytest.mark.parametrize("notice", HASHES, ids=["long", "short"])
def test_the_words_are_those_of_the_rule(notice: Notice) -> None:
    assert sha256(notice.text.encode()).hexdigest() == HASHES[notice]


def test_the_short_form_is_that_of_2024_not_the_old_one() -> None:
    assert "use or disclosure" in PART2_SHORT.text
    assert PART2_SHORT.text == "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


@pytest.mark.parametrize("part", Compartment)
def test_substance_use_records_alone_carry_it(part: Compartment) -> None:
    assert version_for({part}) == ("42cfr2-2024" if part is Compartment.SUD else "")
