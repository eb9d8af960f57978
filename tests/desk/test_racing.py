"""Two of one person's hands at the desk at the same moment, each with a connection of its own."""

from referrals.desk.models import ReviewCase
from referrals.desk.services import reviews
from referrals.errors import IllegalStep
from referrals.policy.reviewing import Reason
from tests.databases import OwnDatabase
from tests.desk.conftest import make_office
from tests.desk.test_reviews import WORDS, C


def test_of_two_reviews_of_one_referral_asked_for_at_once_one_stands(own_database: OwnDatabase) -> None:
    office = make_office()

    def ask() -> None:
        parts = [C.CONTACT]
        reviews.ask(office.officer, office.referral_id, reason=Reason.COMPLAINT, parts=parts, hours=1, words=WORDS)

    answers = own_database.together(ask, ask, ask)
    assert [type(each) for each in answers if each is not None] == [IllegalStep, IllegalStep]
    assert ReviewCase.objects.count() == 1
