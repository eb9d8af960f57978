"""Every figure of the demo county comes out of its records, within two points: opened one by one, and counted."""

import statistics
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from referrals.models import Referral, ReferralTask
from tests.databases import Pair
from tests.demo.history.loaded import demo_in, load_rest
from tests.demo.history.records import HERE, UNIT, Record, facts_of, hundredths, records, shares, within
from tests.integrity.whole import require_clean_log

pytestmark = pytest.mark.drill
POINTS = 2.0


@pytest.fixture(scope="module")
def county(new_pair: Callable[[], Pair], django_db_blocker: Any) -> Iterator[list[Record]]:
    """The whole network with its history, and every referral of it opened."""
    pair = new_pair()
    with demo_in(pair, django_db_blocker, size=1150):
        load_rest(pair)
        require_clean_log()
        yield list(records(Referral.objects.select_related("origin").order_by("created_at")))


def near(found: dict[Any, float], **wanted: float) -> bool:
    """Whether these hundredths, and no others, are as wanted within two points."""
    return found.keys() == wanted.keys() and all(abs(found[name] - share) <= POINTS for name, share in wanted.items())


def searched(county: list[Record]) -> list[Record]:
    return [record for record in county if record.asked]


def admitted(county: list[Record]) -> list[Record]:
    return [record for record in county if record.first("attend") and not record.first("no-show")]


def notices(county: list[Record]) -> list[Record]:
    return [record for record in county if home(record)]


def home(record: Record) -> str:
    """The police department that was told because the client lives there, "" for none."""
    return next((to for _from, to, name, _at in record.steps if name == "send" and to.endswith("-pd")), "")


def fact(name: str) -> Callable[[Record], Any]:
    return lambda record: record.facts[name]


def test_as_many_referrals_and_people_as_the_county_has(county):
    people = {(*record.patient["name"][0]["given"], record.patient["name"][0]["family"], record.patient["birthDate"])
              for record in county}  # fmt: skip
    assert (len(county), len(people)) == (1150, 760)
    first, last = county[0].referral.created_at, county[-1].referral.created_at
    assert timedelta(days=535) < last - first < timedelta(days=549)


def test_towns_pathways_and_problems(county):
    towns = shares(record.patient["address"][0]["city"].lower().replace(" ", "_") for record in county)
    assert near(towns, alder_falls=31, brindle=26, cobbs_landing=18, dunmere=8, eastgrove=13, fenn_hollow=4)
    ways = shares(record.pathway for record in county)
    assert near(ways, first_responder_referral=46, community_response=17, naloxone_plus=12, self_referral=11,
                active_outreach=9, officer_intervention=5)  # fmt: skip
    problems = shares(str(record.facts["Presenting problem"]).split(" ")[0] for record in county)
    assert near(problems, suicidal=23, depression=17, substance=18, overdose=11, psychosis=10, family=9, dementia=6,
                developmental=2, housing=4)  # fmt: skip


BANDS = ((12, 1), (17, 9), (24, 13), (34, 23), (44, 20), (54, 13), (64, 11), (120, 10))


def test_ages_sexes_and_languages(county):
    youngest = 0
    for oldest, share in BANDS:
        found = hundredths(county, lambda record, a=youngest, b=oldest: a <= record.age <= b)
        assert abs(found - share) <= POINTS, (youngest, oldest, found)
        youngest = oldest + 1
    assert near(shares(record.patient["gender"] for record in county), female=47, male=52, other=1)
    spoken = [record.patient["communication"][0]["language"] for record in county]
    tongues = shares(each["coding"][0]["code"] if "coding" in each else "other" for each in spoken)
    assert near(tongues, en=88, es=5, pt=3, km=2, other=2)


def test_veterans_housing_force_and_injury(county):
    assert abs(hundredths(county, fact("Veteran")) - 6) <= POINTS
    assert abs(hundredths(county, lambda record: record.facts["Housing"] == "unstable") - 17) <= POINTS
    assert abs(hundredths(county, lambda record: record.facts.get("Force used", "none") != "none") - 1.8) <= 0.2
    assert abs(hundredths(county, lambda record: record.facts.get("Injury", "none") != "none") - 1.2) <= 0.2


def test_screens_and_dispositions(county):
    screened = [record for record in county if record.risk]
    assert abs(100 * len(screened) / len(county) - 58) <= POINTS
    assert near(shares(record.risk for record in screened), none=41, low=24, moderate=17, high=14, incomplete=4)
    ends = shares(str(record.facts["Disposition"]).split(" ")[0] for record in county)
    assert near(ends, stayed=61, voluntary=14, involuntary=8, direct=9, arrest=2, refused=6)


def test_consents(county):
    offered = [record for record in county if record.consent]
    said = shares(record.consent for record in offered)
    assert near({name.replace(" ", "_"): share for name, share in said.items()},
                tpo=44, tpo_and_police_outcome=19, named=8, refused=29)  # fmt: skip
    assert abs(hundredths(offered, lambda record: record.stopped) - 3) <= POINTS


def test_searches_for_a_place(county):
    asked = searched(county)
    assert abs(len(asked) - 260) <= 5
    assert abs(hundredths(asked, lambda record: record.first("accept")) - 78) <= POINTS
    waits = [(yes - record.first("send")).total_seconds() / 3600 for record in asked if (yes := record.first("accept"))]
    assert abs(statistics.median(waits) - 5.4) <= 0.8


def test_admissions_and_what_became_of_them(county):
    came = admitted(county)
    assert abs(len(came) - 171) <= 4
    for name, wanted in (
        ("30 days after admission", {"in care": 58, "left": 16, "not known": 26}),
        ("180 days after admission", {"doing well": 40, "not doing well": 29, "not known": 31}),
    ):
        told = [facts_of(each)["How"] for record in came for each in record.named(name)]
        assert len(told) > 90
        found = shares(told)
        assert found.keys() == wanted.keys()
        assert all(abs(found[how] - share) <= POINTS for how, share in wanted.items()), found


def test_notices_between_towns(county):
    told = notices(county)
    assert len(told) == 128
    visits = {record.referral.pk: record.named("Visit after an overdose") for record in told}

    def visited(record: Record) -> bool:
        return any(
            within(record.referral.created_at, datetime.fromisoformat(each["effectiveDateTime"]), 48)
            for each in visits[record.referral.pk]
        )

    def said(name: str) -> Callable[[Record], bool]:
        return lambda record: any(facts_of(each)[name] for each in visits[record.referral.pk])

    claimed = hundredths(
        told, lambda record: within(record.referral.created_at, record.first("accept", owner=home(record)), 12)
    )
    assert abs(claimed - 81) <= POINTS
    assert abs(hundredths(told, visited) - 73) <= POINTS
    assert abs(hundredths(told, said("Reached")) - 49) <= POINTS
    assert abs(hundredths(told, said("Accepted help")) - 27) <= POINTS


def test_rides(county):
    miles = [facts_of(each)["Miles"] for record in county for each in record.named("Ride")]
    assert abs(len(miles) - 190) <= 5
    assert abs(statistics.median(miles) - 41) <= 3


def test_surveys(county):
    """Asked when all was over, never of a child; the marks of those who answered, three of each."""
    asked = [record for record in county if record.named("Feedback asked for")]
    back = [record for record in asked if record.named("Feedback")]
    assert abs(100 * (len(asked) - 214) / len(county)) <= POINTS
    assert abs(100 * len(back) / len(asked) - 100 * 88 / 214) <= POINTS
    marks = [mark for record in back for each in record.named("Feedback") for mark in facts_of(each).values()]
    assert len(marks) == 3 * len(back)
    assert round(statistics.mean(marks), 1) == 4.3
    assert min(record.age for record in asked) >= 18
    for record in asked:
        ends = [at for _from, to, name, at in record.steps if (to, name) == (UNIT, "complete")]
        assert ends
        assert min(ends) - record.referral.created_at > timedelta(hours=24)


def test_nothing_that_is_older_than_two_days_waits_for_a_first_answer(county):
    newest = county[-1].referral.created_at
    old = ReferralTask.objects.filter(status="requested", authored_at__lt=newest - timedelta(days=2))
    assert list(old.values_list("owner__slug", "authored_at")) == []


def test_the_days_and_hours_are_those_of_a_county(county):
    at = [record.referral.created_at.astimezone(HERE) for record in county]
    by_day = [each for each in at if each.weekday() < 5 and 10 <= each.hour < 18]
    assert 35 <= 100 * len(by_day) / len(at) <= 60
    overdoses = [record for record in county if record.facts["Presenting problem"] == "overdose"]
    weekend = hundredths(overdoses, lambda record: record.referral.created_at.astimezone(HERE).weekday() in (4, 5))
    assert weekend > 35
    winter = [each for each in at if each.month in (12, 1)]
    days = {(each.year, each.timetuple().tm_yday) for each in at}
    assert len(days) > 400
    first, last = at[0].date(), at[-1].date()
    calendar = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    cold = sum(day.month in (12, 1) for day in calendar)
    more = (len(winter) / cold) / ((len(at) - len(winter)) / (len(calendar) - cold))
    assert abs(100 * more - 112) <= 3
