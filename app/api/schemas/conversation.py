"""How well somebody listened, in numbers with their places."""

from pydantic import Field

from app import ids
from app.api.schemas.fields import EXAMPLE_INTERVIEW, Output, SpokenOut, example
from app.conversation.values import Kind, Reason, Times
from app.transcripts.values import Role

WHY = "Why numbers beside it are null; null: all are known."
PLACE = {"segment_ids": [2, 3], "start_ms": 13396, "end_ms": 30915, "duration_ms": 17519}


class StretchOut(Output):
    """A place as proof: the segments, and ms from the start of the recording."""

    segment_ids: list[int]
    start_ms: int
    end_ms: int
    duration_ms: int


class VoiceOut(Output):
    """One speaker. The shares of all are 1 together; two who speak at once both count.

    Null is what one label for everybody cannot tell, and what is of times where those are estimated.
    """

    id: str
    name: str | None
    role: Role | None = Field(description="As given, or else inferred from who asks.")
    words: int
    word_share: float | None = Field(ge=0, le=1, description="Of all words, 0..1.")
    spoken_ms: int | None = Field(description="Pauses of half a second and more are not counted.")
    talk_share: float | None = Field(ge=0, le=1, description="Of all that was spoken, 0..1.")
    longest_monologue: StretchOut | None = Field(
        description="The longest stretch in which nobody else took the floor; a mm-hm does not take it."
    )


class TalkOut(Output):
    """How much of all that was spoken each side spoke, 0..1."""

    interviewer_share: float | None = Field(ge=0, le=1)
    interviewee_share: float | None = Field(ge=0, le=1)
    reason: Reason | None = Field(description=WHY)


class InterruptionOut(StretchOut):
    """`by` began while `of` was speaking and went on, and `of` stopped within 1.5 s."""

    by: str
    of: str


class InterruptionsOut(Output):
    """Where overlapping voices can be heard: in recordings with a channel for each speaker."""

    count: int | None
    by_interviewer: int | None
    by_interviewee: int | None
    places: list[InterruptionOut]
    reason: Reason | None = Field(description=WHY)


class AskedOut(SpokenOut):
    """A question of the interviewer."""

    kind: Kind | None = Field(
        description="Open: it invites a telling. Closed: yes, no, a number or a name answers it. Null: not English."
    )


class AskedListOut(Output):
    """What the interviewer asked. "Really?" and "It pays well, right?" do not count."""

    count: int | None
    open: int | None
    closed: int | None
    open_share: float | None = Field(ge=0, le=1)
    places: list[AskedOut]
    reason: Reason | None = Field(description=WHY)


class SilencesOut(Output):
    """What was waited after answers, from the interviewee's last word to the interviewer's next. 0: cut short."""

    count: int | None
    median_ms: int | None
    longest_ms: int | None
    places: list[StretchOut]
    reason: Reason | None = Field(description=WHY)


class LengthOut(Output):
    """How long it took, in minutes, beside the slot that was planned."""

    minutes: float | None
    planned_minutes: int | None
    over_minutes: float | None = Field(description="Longer than planned by; less than 0: shorter.")
    reason: Reason | None = Field(description=WHY)


class ConversationOut(Output):
    """How well somebody listened: personable, present, patient. Every number has its places; unknown ones are null."""

    model_config = example(
        {
            "interview_id": EXAMPLE_INTERVIEW,
            "transcript_version": 1,
            "times": "measured",
            "voices": [
                {
                    "id": "S1",
                    "name": "Nora",
                    "role": "interviewer",
                    "words": 61,
                    "word_share": 0.2346,
                    "spoken_ms": 18230,
                    "talk_share": 0.2279,
                    "longest_monologue": {"segment_ids": [1], "start_ms": 600, "end_ms": 5225, "duration_ms": 4625},
                },
                {
                    "id": "S2",
                    "name": "Daniel",
                    "role": "interviewee",
                    "words": 199,
                    "word_share": 0.7654,
                    "spoken_ms": 61770,
                    "talk_share": 0.7721,
                    "longest_monologue": PLACE,
                },
            ],
            "talk": {"interviewer_share": 0.2279, "interviewee_share": 0.7721, "reason": None},
            "interruptions": {
                "count": None,
                "by_interviewer": None,
                "by_interviewee": None,
                "places": [],
                "reason": "one-channel",
            },
            "questions": {
                "count": 1,
                "open": 1,
                "closed": 0,
                "open_share": 1.0,
                "places": [
                    {
                        "kind": "open",
                        "text": "What do you enjoy most about it?",
                        "speaker": "S1",
                        "start_ms": 31365,
                        "end_ms": 32950,
                        "segment_ids": [4],
                    }
                ],
                "reason": None,
            },
            "silences": {
                "count": 1,
                "median_ms": 450,
                "longest_ms": 450,
                "places": [{"segment_ids": [3, 4], "start_ms": 30915, "end_ms": 31365, "duration_ms": 450}],
                "reason": None,
            },
            "length": {"minutes": 31.6, "planned_minutes": 30, "over_minutes": 1.6, "reason": None},
        }
    )

    interview_id: str = Field(pattern=ids.pattern(ids.Kind.INTERVIEW))
    transcript_version: int
    times: Times = Field(description="Heard word by word, given with the text, or estimated from the number of words.")
    voices: list[VoiceOut] = Field(description="Whose words there are, in order of their first.")
    talk: TalkOut
    interruptions: InterruptionsOut
    questions: AskedListOut
    silences: SilencesOut
    length: LengthOut
