"""Kinds are dealt exactly as often as the table says, whoever likes what, whatever the seed."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bhu.demo.history.dealing import dealt, quotas, some

SHARES = {"few": 3, "some": 27, "many": 70}


@given(st.integers(0, 5000))
def test_quotas_are_whole_and_leave_nobody_out(total):
    found = quotas(SHARES, total)
    assert sum(found.values()) == total
    assert all(abs(found[kind] - total * share / 100) < 1 for kind, share in SHARES.items())


@given(st.integers(0, 2**32), st.integers(1, 300))
def test_every_seed_deals_the_same_numbers(seed, total):
    found = Counter(dealt(range(total), SHARES, Random(seed)))
    assert found == Counter({kind: count for kind, count in quotas(SHARES, total).items() if count})


def test_who_counts_twice_takes_the_room_of_two():
    things = [1] * 60 + [2] * 20
    found = dealt(things, SHARES, Random(1), weight=lambda thing: thing)
    assert Counter(kind for kind, thing in zip(found, things, strict=True) for _ in range(thing)) == quotas(SHARES, 100)


def test_a_kind_takes_what_it_likes_first():
    found = dealt(range(100), SHARES, Random(1), likes=lambda kind, thing: 9 * (kind == "few" and thing >= 97))
    assert found[97:] == ["few"] * 3


def test_as_many_as_there_are_and_no_more():
    assert some([1, 2], 100, Random(1)) == [True, True]
    assert some([], 50, Random(1)) == []
