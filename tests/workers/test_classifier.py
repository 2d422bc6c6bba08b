"""The classifier: what was trained is what runs, every sentence is read once, and its proof is its words."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import WeightsCorrupt, WeightsMissing
from app.extraction import Category, Turn, conversation, extract, rules
from app.transcripts.values import Role
from training import corpus, examples
from workers import judges
from workers.classifier import Classifier, features, graph, passages, prepared, weights
from workers.classifier.encoder import Encoder

MODELS = Path("/nowhere")  # made with the installation: nothing is looked for here
ASKER, ANSWERER = Role.INTERVIEWER, Role.INTERVIEWEE
JUDGE = Classifier(MODELS).judge()
BASE = prepared.installed() / prepared.name()


def asked(question: str, answer: str) -> list[Turn]:
    return [Turn("A", ASKER, question), Turn("B", ANSWERER, answer)]


@pytest.fixture(scope="module")
def cutter() -> passages.Cutter:
    return passages.Cutter(weights.tokenizer_of((BASE / prepared.TOKENIZER).read_bytes()))


words = st.text("abc ,.?!'é中\n", max_size=200)


@given(st.lists(st.tuples(words, words), min_size=1, max_size=6))
def test_every_sentence_has_its_place_in_one_passage(cutter: passages.Cutter, talk: list[tuple[str, str]]) -> None:
    said = conversation.listen([turn for question, answer in talk for turn in asked(question, answer)])
    cut = cutter.cut(said)
    assert sorted(place.index for passage in cut for place in passage.places) == list(range(len(said)))
    assert all(len(passage.ids) <= passages.WINDOW for passage in cut)


def test_a_long_answer_is_read_in_windows_that_overlap(cutter: passages.Cutter) -> None:
    answer = " ".join(f"On day {number} I drove the number {number} tram to the depot." for number in range(60))
    cut = cutter.cut(conversation.listen(asked("What do you do all day?", answer)))
    assert len(cut) > 3
    assert all(passage.ids[:8] == cut[0].ids[:8] for passage in cut)


def test_what_was_trained_is_what_runs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from training.network import Network, Shape  # noqa: PLC0415 - needs torch, which an installation may lack

    base = weights.base()
    onnx.save(graph.build(base.arrays, exact=True), tmp_path / "exact.onnx")
    network = Network({k: torch.from_numpy(v) for k, v in base.arrays.items()}, Shape(1, 1, 1, 0.0)).eval()
    ids = torch.randint(1000, 20000, (2, 200))
    network.head = torch.nn.Identity()
    with torch.no_grad():
        trained = network(ids, torch.ones_like(ids, dtype=torch.bool), torch.eye(400), torch.zeros(400, 0))
    ran = np.concatenate(Encoder(tmp_path / "exact.onnx", base.arrays[graph.BY_DISTANCE]).read(ids.tolist()))
    assert np.abs(ran - trained.numpy()).max() < 1e-4


@pytest.mark.parametrize(
    ("question", "answer", "category"),
    [
        ("What does it pay?", "I'm on thirty-one dollars an hour at the moment.", Category.COMPENSATION),
        (
            "What's a day like?",
            "We load the van at six, we're on roofs till two, then I do invoices.",
            Category.TYPICAL_DAY,
        ),
        ("What keeps you in it?", "When a kid reads her first page aloud to me, I float home.", Category.ENJOYS),
        (
            "How did you get into it?",
            "I answered an ad in the laundromat and was hired on a Friday.",
            Category.CAREER_PATH,
        ),
    ],
)
def test_it_names_what_the_question_and_the_words_say_together(question: str, answer: str, category: Category) -> None:
    assert category in extract(asked(question, answer), judge=JUDGE)[0].categories


def test_a_finding_says_how_sure_the_model_was_and_what_the_rules_saw() -> None:
    (found,) = extract(asked("What does it pay?", "I earn 52,000 dollars a year."), judge=JUDGE)
    assert found.method == "model"
    assert found.because.split()[0].startswith("model:")
    assert "figure" in found.because.split()


@pytest.mark.parametrize("dialogue", corpus.read_all()[::9], ids=lambda dialogue: dialogue.name)
def test_every_quote_is_verbatim_and_none_overlap(dialogue: corpus.Dialogue) -> None:
    found = extract(dialogue.turns, judge=JUDGE)
    assert found
    assert all(dialogue.turns[one.turn_index].text[one.start : one.end] == one.quote for one in found)
    places = [(one.turn_index, one.start, one.end) for one in found]
    assert all(a[0] < b[0] or a[2] <= b[1] for a, b in itertools.pairwise(places))


def test_reading_twice_finds_the_same() -> None:
    turns = corpus.read_all()[0].turns
    assert extract(turns, judge=JUDGE) == extract(turns, judge=Classifier(MODELS).judge())


def test_nothing_said_is_nothing_found() -> None:
    assert JUDGE.verdicts([]) == []
    assert extract([Turn("B", ANSWERER, "\u200b. \u200b.")], judge=JUDGE) == []


def test_marks_become_targets_of_the_sentences_they_cover(cutter: passages.Cutter) -> None:
    dialogue = corpus.read_all()[0]
    example = examples.of(dialogue, cutter)
    places = {(said.turn_index, said.start, said.end): row for row, said in enumerate(example.said)}
    certain = [span for span in dialogue.spans if span.weight == "certain"]
    whole = [(span, places.get((span.turn_index, span.start, span.end))) for span in certain]
    rows = [(row, features.CATEGORIES.index(span.categories[0])) for span, row in whole if row is not None]
    assert rows
    assert all(example.targets[place] == 1.0 for place in rows)
    assert example.features.shape == (len(example.said), features.COUNT)


def test_weights_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "TOKENIZER_SHA256", "0" * 64)
    with pytest.raises(WeightsCorrupt, match="is not the published file"):
        weights.base()


def test_without_its_weights_the_rules_judge_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PIECES", ("a-package-nobody-has",))
    assert judges.best(MODELS).method == "rule"
    with pytest.raises(WeightsMissing, match="a-package-nobody-has"):
        weights.base()


def test_it_is_made_ready_where_it_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "installed", lambda: tmp_path / "never")
    judge = Classifier(tmp_path / "models").judge()
    turns = asked("What does it pay?", "I earn 52,000 dollars a year.")
    assert extract(turns, judge=judge) == extract(turns, judge=JUDGE)
    assert [path.name for path in (tmp_path / "models").iterdir() if path.name[0] != "."] == [prepared.name()]


def test_the_command_line_extracts_with_the_classifier(tmp_path: Path) -> None:
    turns = {
        "turns": [
            {"speaker": "interviewer", "text": "What does it pay?"},
            {"speaker": "interviewee", "text": "I earn 52,000 dollars a year."},
        ]
    }
    (tmp_path / "turns.json").write_text(json.dumps(turns))
    command = [sys.executable, "-m", "workers", "extract", str(tmp_path / "turns.json")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    (found,) = json.loads(ran.stdout)
    assert (found["method"], found["value"]["amount_min"]) == ("model", 52_000)


def test_rules_features_are_between_nought_and_one() -> None:
    said = conversation.listen(corpus.read_all()[3].turns)
    rows = features.of(said, rules.judge(said))
    assert rows.min() >= 0
    assert rows.max() <= 1
