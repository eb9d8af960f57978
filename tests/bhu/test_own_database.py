"""Tests that commit have a database of their own, and leave nothing behind."""

import subprocess
import sys

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from tests.databases import ROOT, OwnDatabase


def make(name: str) -> int:
    return Group.objects.create(name=name).pk


def test_threads_commit_into_the_tests_own_database(own_database: OwnDatabase) -> None:
    answers = own_database.together(lambda: make("one"), lambda: make("two"), lambda: make("two"))
    assert sum(isinstance(answer, int) for answer in answers) == 2
    assert set(Group.objects.values_list("name", flat=True)) == {"one", "two"}


def test_a_subprocess_sees_what_the_test_committed(own_database: OwnDatabase) -> None:
    make("seen")
    program = "import django; django.setup(); from django.contrib.auth.models import Group; print(Group.objects.get())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=own_database.env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "seen"


@pytest.mark.django_db
def test_the_shared_database_stays_empty_and_has_both_aliases(django_assert_num_queries: object) -> None:
    assert not Group.objects.exists()
    assert connection.in_atomic_block
