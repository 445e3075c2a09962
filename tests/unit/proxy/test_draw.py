"""One random number, asked several times: what a draw says against counting all numbers."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as some
from pytest import approx, mark

from meshctl.proxy.routing.draw import Draw

QUESTIONS = some.lists(
    some.tuples(some.sampled_from([1, 2, 3, 4, 6, 10, 100]), some.integers(-2, 12), some.integers(-2, 110)),
    max_size=4,
)


@given(QUESTIONS)
def test_each_answer_has_its_share_of_the_numbers_that_are_left(
    questions: list[tuple[int, int, int]],
) -> None:
    numbers = list(range(math.lcm(*(modulus for modulus, _, _ in questions)) if questions else 1))
    draw = Draw()
    for modulus, start, end in questions:
        left = [n for n in numbers if start <= n % modulus < end]
        chance, after = draw.within(modulus, start, end)
        assert chance == approx(len(left) / len(numbers))
        if not left:
            return
        numbers, draw = left, after


@given(some.integers(0, 10_000), QUESTIONS)
def test_a_number_that_is_fixed_answers_for_itself(value: int, questions: list[tuple[int, int, int]]) -> None:
    draw = Draw(value=value)
    for modulus, start, end in questions:
        chance, draw = draw.within(modulus, start, end)
        assert chance == (1.0 if max(start, 0) <= value % modulus < min(end, modulus) else 0.0)
        assert draw == Draw(value=value)


@mark.parametrize(("first", "second", "kept"), [(20_000, 1, True), (1_000_003, 1_000_000, False)])
def test_numbers_without_a_small_multiple_are_drawn_apart(first: int, second: int, kept: bool) -> None:
    """The set would have millions of parts: the second question is answered as if it came alone."""
    chance, left = Draw().within(first, 0, 1)
    assert chance == approx(1 / first)
    chance, after = left.within(second, 0, 1)
    assert chance == approx(1 / second)
    assert (after == left) is (not kept or second == 1)
