"""Words of criminal history are found however they are written (R-CJ-01), and plain words pass."""

import pytest

from referrals.policy.cji import criminal_history


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ran him in NCIC, clear", "NCIC"),
        ("ncic\u200b hit", "NCIC"),
        ("ＮＣＩＣ check", "NCIC"),
        ("III shows two", "III"),
        ("triple I", "III"),
        ("CORI on file", "CORI"),
        ("checked with the board  of\nprobation", "BOP"),
        ("via Nlets", "CJIS"),
        ("long rap sheet", "rap sheet"),
        ("prior convictions for theft", "criminal history"),
        ("no wants and warrants", "wants and warrants"),
        ("has an open warrant", "warrant"),
        ("violated probation", "probation or parole"),
        ("registered sex offender", "sex offender"),
        ("FBI no. 123456AB7", "FBI number"),
        ("SID# MA1234567", "SID number"),
    ],
)
def test_words_of_criminal_history_are_found(typed: str, found: str) -> None:
    assert found in list(criminal_history(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "She was on the back steps, crying, and answered every question.",
        "Her cousin Cory came. He bopped to the music.",
        "Stayed at 3 Decoration Street until the roommate came.",
        "He priced a bus ticket; arrested by the sight of the river.",
        "World War II veteran",
    ],
)
def test_plain_words_pass(typed: str) -> None:
    assert list(criminal_history(typed)) == []
