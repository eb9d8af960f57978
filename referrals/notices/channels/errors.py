"""The one way in which a message does not go out."""

from referrals.notices.kinds import Problem


class NotSent(Exception):
    """It was not taken. ``lasting``: trying again would not help, so a person must look."""

    def __init__(self, problem: Problem, *, lasting: bool = False) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.lasting = lasting
