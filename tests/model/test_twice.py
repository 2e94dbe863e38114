"""Values that are given to a function the second time."""

from __future__ import annotations

import pytest

from elcheck.checker.model.twice import turned


@pytest.mark.parametrize("elements", [(3, 11), (11, 3), (3, 11, 0), (1, 2, 3)])
def test_a_set_iterates_the_other_way_round_where_hashes_collide(elements: tuple[int, ...]) -> None:
    """Small integers are their own hashes. In a table of eight places 3 and 11 both want place 3, and the one
    that comes second goes to place 0; put into another table in that order, they change places.
    """
    known = frozenset(elements)
    again = turned(known)
    assert isinstance(again, frozenset)
    assert list(again) == list(known)[::-1]
    assert again == known
    assert hash(again) == hash(known)


def test_what_is_made_of_a_turned_set_iterates_the_other_way_round_too() -> None:
    known = frozenset((1, 2, 3, 4))
    again = turned(known)
    assert isinstance(again, frozenset)
    assert list(again - {2}) == list(known - {2})[::-1]
    assert list(frozenset((2, 3)) & again) == list(frozenset((2, 3)) & known)[::-1]
