"""What goes over the wire, in and out, a file per noun. Outputs have no defaults: every member is always there."""

from app.api.schemas.comparison import ComparisonFilters, ComparisonOut
from app.api.schemas.consents import (
    ConsentEventOut,
    ConsentFilters,
    ConsentIn,
    ConsentOut,
    ConsentPage,
    ErasureOut,
    WithdrawalIn,
)
from app.api.schemas.fields import (
    EXAMPLE_CONSENT,
    EXAMPLE_INTERVIEW,
    EXAMPLE_JOB,
    EXAMPLE_KEY,
    LINE_LENGTH,
    VOCABULARY_LENGTH,
    Input,
    PageQuery,
)
from app.api.schemas.imports import (
    ImportFields,
    NamedIn,
    SegmentChange,
    SegmentIn,
    SpeakerChange,
    SpeakerIn,
    TranscriptIn,
    TurnIn,
    TurnsIn,
    WordIn,
)
from app.api.schemas.insights import InsightChange, InsightFilters, InsightOut, InsightPage
from app.api.schemas.interviews import (
    InterviewChange,
    InterviewFilters,
    InterviewIn,
    InterviewOut,
    InterviewPage,
    RecordingFields,
)
from app.api.schemas.jobs import JOB_EXAMPLE, JobOut, TranscriptionIn
from app.api.schemas.keys import KeyIn, KeyMade, KeyOut, KeyPage, MeOut
from app.api.schemas.questions import QuestionListOut, QuestionOut, QuestionsIn
from app.api.schemas.service import HealthOut, LimitsOut, ReadyOut
from app.api.schemas.transcripts import TranscriptEditOut, TranscriptOut

__all__ = [
    "EXAMPLE_CONSENT",
    "EXAMPLE_INTERVIEW",
    "EXAMPLE_JOB",
    "EXAMPLE_KEY",
    "JOB_EXAMPLE",
    "LINE_LENGTH",
    "VOCABULARY_LENGTH",
    "ComparisonFilters",
    "ComparisonOut",
    "ConsentEventOut",
    "ConsentFilters",
    "ConsentIn",
    "ConsentOut",
    "ConsentPage",
    "ErasureOut",
    "HealthOut",
    "ImportFields",
    "Input",
    "InsightChange",
    "InsightFilters",
    "InsightOut",
    "InsightPage",
    "InterviewChange",
    "InterviewFilters",
    "InterviewIn",
    "InterviewOut",
    "InterviewPage",
    "JobOut",
    "KeyIn",
    "KeyMade",
    "KeyOut",
    "KeyPage",
    "LimitsOut",
    "MeOut",
    "NamedIn",
    "PageQuery",
    "QuestionListOut",
    "QuestionOut",
    "QuestionsIn",
    "ReadyOut",
    "RecordingFields",
    "SegmentChange",
    "SegmentIn",
    "SpeakerChange",
    "SpeakerIn",
    "TranscriptEditOut",
    "TranscriptIn",
    "TranscriptOut",
    "TranscriptionIn",
    "TurnIn",
    "TurnsIn",
    "WithdrawalIn",
    "WordIn",
]
