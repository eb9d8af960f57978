"""Rows a module's tests share: there for each of them, whatever the one before did."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction


@pytest.fixture(scope="module")
def group(build_once: Callable[[Callable[[], Group]], Group]) -> Group:
    return build_once(lambda: Group.objects.create(name="shared"))


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_deletes_or_commits_the_next_does_not_see(group: Group, turn: int) -> None:
    assert list(Group.objects.values_list("name", flat=True)) == ["shared"]
    with transaction.atomic(durable=True):
        Group.objects.create(name="own")
    Group.objects.filter(pk=group.pk).delete()
    assert list(Group.objects.values_list("name", flat=True)) == ["own"]


def test_between_tests_nothing_may_be_read(group: Group) -> None:
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        connection.cursor()
