"""Why a part has no usable answer. Inside this room only: to the job's reader each is a `problem`, a few words."""


class LlmFault(Exception):
    """`problem` is for the reader of the job: never the model's own words."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class TooLong(LlmFault):
    """The part, or the answer to it, does not fit: a shorter one may."""


class AnswerUnusable(LlmFault):
    """Not the answer that was asked for. `fault` says what is wrong with it, to the model."""

    def __init__(self, problem: str, fault: str) -> None:
        super().__init__(problem)
        self.fault = fault


class NotReadWhole(AnswerUnusable):
    """The answer names other sentences than the first and last that were sent."""


class EndpointAway(LlmFault):
    """There is no answer to be had there: at once, or after waiting `pause_s`, it may be different if `is_passing`."""

    def __init__(self, problem: str, *, is_passing: bool, pause_s: float | None = None) -> None:
        super().__init__(problem)
        self.is_passing = is_passing
        self.pause_s = pause_s
