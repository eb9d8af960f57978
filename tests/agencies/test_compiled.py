"""Queries compiled once: the same rows as the query set, whatever is asked, and nothing of an earlier question."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.compiled import ask, ask_together, columns, question, records
from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, User
from agencies.roles import Role
from agencies.services import add_member, end_membership, open_agency

SETUP = "System/setup"
made: list[object] = []


def slugs(*, names, **_unused):
    made.append(names)
    return Agency.objects.filter(slug__in=names).order_by("slug")


def of_agency(*, agency: UUID, at: datetime, until: "datetime | None" = None):
    return Membership.objects.live(at).filter(agency=agency, until=until).select_related("agency").order_by("pk")


def shouting(*, name: str):
    return Agency.objects.filter(slug__contains=name)


@pytest.fixture
def agencies(db: None) -> list[Agency]:
    return [
        open_agency(by=SETUP, slug=slug, name=slug.title(), kind=AgencyKind.BHU.value)
        for slug in ("alder", "birch", "cedar")
    ]


@pytest.fixture
def member(agencies: list[Agency]) -> Membership:
    user = User.objects.create_user("nurse@alder.example.org")
    return add_member(by=SETUP, agency=agencies[0], role=Role.INTAKE, user=user)


def test_each_question_is_answered_by_its_own_values(agencies):
    assert [row.slug for row in ask(slugs, names=["birch", "alder"])] == ["alder", "birch"]
    assert [row.slug for row in ask(slugs, names=["cedar", "nowhere"])] == ["cedar"]
    assert ask(slugs, names=["cedar"]) == [agencies[2]]
    assert ask(slugs, names=[]) == []


def test_it_is_compiled_once_for_a_shape_and_asked_every_time(agencies):
    ask(slugs, names=["alder", "birch", "cedar"])
    made.clear()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        ask(slugs, names=["alder", "birch", "nowhere"])
        Agency.objects.filter(slug="alder").update(slug="ash")
        assert [row.slug for row in ask(slugs, names=["alder", "ash", "cedar"])] == ["ash", "cedar"]
    assert not made
    assert len(asked) == 3


def test_rows_are_those_of_the_query_set_with_what_is_selected_along(member):
    now = timezone.now()
    (row,) = ask(of_agency, agency=member.agency_id, at=now)
    (same,) = of_agency(agency=member.agency_id, at=now)
    fields = [field.attname for field in Membership._meta.concrete_fields]
    assert [getattr(row, name) for name in fields] == [getattr(same, name) for name in fields]
    with CaptureQueriesContext(connection) as asked:
        assert row.agency == member.agency
        assert not row._state.adding
    assert not asked.captured_queries


def counted(*, agency: UUID):
    return Membership.objects.filter(agency=agency).annotate(number=Count("agency__memberships"))


def test_several_questions_are_one_statement_and_each_has_its_own_rows(agencies, member):
    now = timezone.now()
    asked = [
        question(slugs, names=["birch", "alder"]),
        question(slugs, names=[]),
        question(of_agency, agency=member.agency_id, at=now),
        question(slugs, names=["nowhere"]),
    ]
    with CaptureQueriesContext(connection) as statements:
        named, none, (row,), unknown = ask_together(*asked)
        assert row.agency == agencies[0]
    assert len(statements) == 1
    assert {each.slug for each in named} == {"alder", "birch"}
    (same,) = ask(of_agency, agency=member.agency_id, at=now)
    fields = [field.attname for field in Membership._meta.concrete_fields]
    assert [getattr(row, name) for name in fields] == [getattr(same, name) for name in fields]
    assert none == unknown == []


def test_nothing_asked_together_asks_nothing(agencies):
    with CaptureQueriesContext(connection) as statements:
        assert ask_together() == []
        assert ask_together(question(slugs, names=[])) == [[]]
    assert not statements.captured_queries


def test_what_is_annotated_comes_along(member):
    (row,) = ask(counted, agency=member.agency_id)
    assert (row, row.number) == (member, 1)
    assert [each.number for each in ask_together(question(counted, agency=member.agency_id))[0]] == [1]


def test_what_has_ended_since_is_not_served_again(member):
    assert ask(of_agency, agency=member.agency_id, at=timezone.now())
    end_membership(by=SETUP, membership_id=member.pk)
    assert not ask(of_agency, agency=member.agency_id, at=timezone.now() + timedelta(seconds=1))


def test_none_is_another_query_than_a_value(member):
    assert ask(of_agency, agency=member.agency_id, at=timezone.now(), until=None)
    assert not ask(of_agency, agency=member.agency_id, at=timezone.now(), until=timezone.now() + timedelta(days=9))


def test_a_query_that_changes_a_value_on_its_way_is_refused(db):
    with pytest.raises(ValueError, match="as it was given"):
        ask(shouting, name="alder")


def test_a_value_that_the_query_has_no_use_for_does_no_harm(agencies):
    assert ask(slugs, names=["alder"], other=UUID(int=7)) == [agencies[0]]


@pytest.mark.parametrize("mixed", [["alder", UUID(int=1)], [1, 2], [b"x"]])
def test_a_collection_holds_one_known_kind(mixed):
    with pytest.raises(TypeError, match="of one kind"):
        ask(slugs, names=mixed)


def test_rows_of_a_statement_written_by_hand_are_whole(member):
    sql = f"SELECT {columns(Membership, 'm')} FROM agencies_membership m WHERE m.id = %s"
    assert records(Membership, sql, [member.pk]) == [member]
    assert records(Membership, sql, [UUID(int=0)]) == []
