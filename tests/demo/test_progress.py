"""A person hears nothing for the first second, and not more than once a second after it."""

from bhu.demo.progress import Progress


def test_progress_is_said_once_a_second_and_never_in_the_first() -> None:
    times = iter([0.0, 0.4, 0.9, 1.2, 1.9, 2.3])
    said: list[str] = []
    done = list(Progress(said.append, clock=lambda: next(times)).over("abcde", total=5, what="Opening"))
    assert done == list("abcde")
    assert said == [
        "Opening: █████████░░░░░░░░░░░░░░░ 2 of 5 ...",
        "Opening: ███████████████████░░░░░ 4 of 5 ...",
    ]
