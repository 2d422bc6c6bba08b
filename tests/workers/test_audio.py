import contextlib
import io
import json
import random
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app import errors
from tests.workers import recordings
from workers import audio, decoder_child
from workers.channels import Pick

EVAL = Path(__file__).parents[3] / "shared" / "eval" / "audio"
TUNE = recordings.tune(6)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "decoded"
    folder.mkdir()
    return folder / "sound.pcm"


def heard(decoded: audio.Decoded, pick: Pick = Pick.MIX) -> recordings.Sound:
    return audio.read(decoded.pcm, channels=decoded.channels, start_ms=0, end_ms=decoded.duration_ms, pick=pick)


def later(by_s: float, *, from_s: float) -> Callable[[Any], Any]:
    """A hole of `by_s` in a recording's time: the packets from `from_s` on are stamped that much later."""

    def shift(packet: Any) -> Any:
        if packet.pts is not None and packet.pts * packet.time_base >= from_s:
            packet.pts += round(by_s / packet.time_base)
            packet.dts += round(by_s / packet.time_base)
        return packet

    return shift


def spoil(path: Path, *, at: float, length: int) -> Path:
    content = bytearray(path.read_bytes())
    start = int(len(content) * at)
    content[start : start + length] = random.Random(7).randbytes(length)  # noqa: S311 - noise, not a secret
    path.write_bytes(content)
    return path


# What it makes


@pytest.mark.parametrize("kind", recordings.ENCODINGS)
def test_every_kind_of_recording_gives_the_sound_that_was_recorded(tmp_path: Path, into: Path, kind: str) -> None:
    made_as = recordings.ENCODINGS[kind]
    decoded = audio.decode(recordings.write(tmp_path, TUNE, kind=kind), into=into)
    assert decoded.duration_ms == pytest.approx(6000, abs=made_as.priming_ms)
    assert recordings.shift_ms(TUNE, heard(decoded)) == pytest.approx(0, abs=50)
    assert recordings.likeness(TUNE, heard(decoded)) > (0.8 if "amr" in kind else 0.99)


def test_the_name_of_a_recording_does_not_matter(tmp_path: Path, into: Path) -> None:
    disguised = recordings.write(tmp_path, TUNE, kind="m4a").rename(tmp_path / "memo.wav")
    assert audio.decode(disguised, into=into).source.container == "mp4"


def test_the_two_channels_of_a_stereo_recording_stay_apart(tmp_path: Path, into: Path) -> None:
    other = recordings.tune(6, seed=2)
    decoded = audio.decode(recordings.write(tmp_path, (TUNE, other), kind="m4a"), into=into)
    assert decoded.channels == 2
    assert recordings.likeness(TUNE, heard(decoded, Pick.LEFT)) > 0.99
    assert recordings.likeness(other, heard(decoded, Pick.RIGHT)) > 0.99


def test_of_six_channels_the_centre_is_still_heard(tmp_path: Path, into: Path) -> None:
    quiet = recordings.silence(6)
    decoded = audio.decode(
        recordings.write(tmp_path, (quiet, quiet, TUNE, quiet, quiet, quiet), kind="flac"), into=into
    )
    assert decoded.channels == 2
    assert recordings.likeness(TUNE, heard(decoded)) > 0.99


def test_a_source_tells_when_it_was_recorded_and_not_where(tmp_path: Path, into: Path) -> None:
    tags = {"creation_time": "2024-05-01T10:00:00Z", "location": "+48.1374+011.5755/", "title": "Talk with Ana"}
    source = audio.decode(recordings.write(tmp_path, TUNE, kind="m4a", tags=tags), into=into).source
    assert source.recorded_at == "2024-05-01T10:00:00+00:00"
    assert (source.codec, source.sample_rate, source.channels, source.declared_ms) == ("aac", 48_000, 1, 6000)
    assert "48.13" not in repr(source)
    assert "Ana" not in repr(source)


def test_a_recording_without_one_sample_is_a_recording_of_nothing(tmp_path: Path, into: Path) -> None:
    decoded = audio.decode(recordings.long_silence(tmp_path, hours=0), into=into)
    assert (decoded.duration_ms, into.stat().st_size) == (0, 0)


def test_an_id3_tag_in_front_of_another_format_is_looked_behind(tmp_path: Path, into: Path) -> None:
    path = recordings.write(tmp_path, TUNE, kind="aac")
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x46\x50" + bytes(9040) + path.read_bytes())
    assert audio.decode(path, into=into).source.container == "aac"


def test_a_slice_is_read_without_the_rest(tmp_path: Path, into: Path) -> None:
    decoded = audio.decode(recordings.write(tmp_path, (TUNE, -TUNE)), into=into)
    part = audio.read(decoded.pcm, channels=2, start_ms=1250, end_ms=2000, pick=Pick.RIGHT)
    assert part.dtype == np.float32
    np.testing.assert_allclose(part, -TUNE[20_000:32_000], atol=1e-4)


def test_a_slice_past_the_end_is_as_long_as_there_is_sound(tmp_path: Path, into: Path) -> None:
    decoded = audio.decode(recordings.write(tmp_path, TUNE), into=into)
    assert audio.read(decoded.pcm, channels=1, start_ms=5000, end_ms=99_000).size == 16_000
    assert audio.read(decoded.pcm, channels=1, start_ms=7000, end_ms=99_000).size == 0


# Its clock


@pytest.mark.parametrize("kind", ["webm", "mka", "m4a", "opus", "wma"])
def test_a_hole_in_time_is_silence_and_moves_no_later_sound(tmp_path: Path, into: Path, kind: str) -> None:
    recording = recordings.write(tmp_path, TUNE, kind=kind, on_packet=later(4, from_s=3))
    decoded = audio.decode(recording, into=into)
    assert decoded.duration_ms == pytest.approx(10_000, abs=150)
    tail = audio.read(decoded.pcm, channels=1, start_ms=8000, end_ms=10_000)
    assert recordings.shift_ms(TUNE[4 * 16_000 :], tail) == pytest.approx(0, abs=50)


def test_a_clock_that_starts_again_does_not_stop_the_recording(tmp_path: Path, into: Path) -> None:
    first, second = (recordings.write(tmp_path, TUNE, kind="opus").read_bytes() for _ in range(2))
    joined = tmp_path / "joined.ogg"
    joined.write_bytes(first + second)
    assert audio.decode(joined, into=into).duration_ms == pytest.approx(12_000, abs=100)


def test_sound_that_sets_in_after_the_picture_keeps_its_time(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "late.mp4"
    with av.open(str(path), "w") as container:
        film = container.add_stream("mpeg4", rate=10, width=32, height=32)
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        for at in range(50):
            picture = av.VideoFrame(32, 32, "yuv420p")
            picture.pts, picture.time_base = at, Fraction(1, 10)
            container.mux(film.encode(picture))
        frame = av.AudioFrame.from_ndarray((TUNE[None, :32_000] * 32767).astype(np.int16), layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 16_000, Fraction(1, 16_000), 0
        for packet in [*film.encode(), *map(later(2, from_s=-1), [*sound.encode(frame), *sound.encode()])]:
            container.mux(packet)
    decoded = audio.decode(path, into=into)
    assert recordings.shift_ms(TUNE[:32_000], heard(decoded)) == pytest.approx(2000, abs=70)


def test_a_hole_that_ends_behind_the_declared_end_is_not_believed() -> None:
    sink = io.BytesIO()
    timeline = decoder_child.Timeline(sink, channels=1, origin_s=0, declared_s=2)
    for pts in (0, 16_000 * 3600):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 16_000, Fraction(1, 16_000), pts
        assert timeline.take(frame)
    assert len(sink.getvalue()) == 2 * 16_000 * 2


def test_a_forged_clock_is_no_bomb(tmp_path: Path, into: Path) -> None:
    recording = recordings.write(tmp_path, TUNE, kind="webm", on_packet=later(400_000, from_s=3))
    with pytest.raises(errors.RecordingTooLong):
        audio.decode(recording, into=into, limits=audio.Limits(max_ms=60_000))


# Damage


@pytest.mark.parametrize("kind", ["mp3", "flac", "opus", "webm", "aac", "mka", "wav"])
def test_a_damaged_stretch_does_not_cost_the_rest(tmp_path: Path, into: Path, kind: str) -> None:
    tune = recordings.tune(20)
    damaged = spoil(recordings.write(tmp_path, tune, kind=kind), at=0.45, length=2000)
    decoded = audio.decode(damaged, into=into)
    end = heard(decoded)[-6 * 16_000 :]
    assert decoded.duration_ms == pytest.approx(20_000, abs=900)
    assert recordings.likeness(heard(decoded)[: 6 * 16_000], tune[: 6 * 16_000]) > 0.98
    assert recordings.likeness(tune[-6 * 16_000 :], end) > 0.98


def test_packets_that_cannot_be_decoded_are_counted(tmp_path: Path, into: Path) -> None:
    damaged = spoil(recordings.write(tmp_path, recordings.tune(20), kind="m4a"), at=0.45, length=4000)
    assert audio.decode(damaged, into=into).skipped_packets > 0


@pytest.mark.parametrize("kind", ["mp3", "opus", "webm", "wav", "flac", "amr", "aac"])
def test_a_recording_cut_off_gives_its_first_part(tmp_path: Path, into: Path, kind: str) -> None:
    path = recordings.write(tmp_path, recordings.tune(20), kind=kind)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    assert audio.decode(path, into=into).duration_ms == pytest.approx(12_000, abs=700)


@pytest.mark.parametrize("kind", ["m4a", "mov", "3gp"])
def test_a_truncated_memo_says_it_is_incomplete(tmp_path: Path, into: Path, kind: str) -> None:
    path = recordings.write(tmp_path, TUNE, kind=kind)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    with pytest.raises(errors.RecordingIncomplete, match="upload it again"):
        audio.decode(path, into=into)
    assert list(into.parent.iterdir()) == []


@pytest.mark.parametrize("rate", [1, 2_000_000_000])
def test_a_sample_rate_that_no_recording_has_is_refused(tmp_path: Path, into: Path, rate: int) -> None:
    path = recordings.write(tmp_path, TUNE)
    content = path.read_bytes()
    path.write_bytes(content[:24] + struct.pack("<I", rate) + content[28:])
    with pytest.raises(errors.RecordingUnreadable):
        audio.decode(path, into=into)


@pytest.mark.parametrize("name", [b"fact", b"list"])
def test_a_chunk_that_ends_behind_any_disk_costs_nothing_before_it(tmp_path: Path, into: Path, name: bytes) -> None:
    path = recordings.write(tmp_path, TUNE, kind="w64")
    guid = name + bytes.fromhex("f3acd3118cd100c04f8edb8a")
    path.write_bytes(path.read_bytes() + guid + struct.pack("<Q", 2**61) + bytes(100))
    assert audio.decode(path, into=into).duration_ms >= 6000


def test_a_chunk_in_front_that_ends_behind_any_disk_is_unreadable_and_no_crash(tmp_path: Path, into: Path) -> None:
    path = recordings.write(tmp_path, TUNE, kind="w64")
    content = path.read_bytes()
    guid = b"list" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
    path.write_bytes(content[:40] + guid + struct.pack("<Q", 2**61) + content[40:])
    with pytest.raises(errors.RecordingUnreadable):
        audio.decode(path, into=into)


def test_a_film_without_sound_says_so(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        film = container.add_stream("mpeg4", rate=10, width=32, height=32)
        container.mux(film.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(film.encode())
    with pytest.raises(errors.NoSoundTrack):
        audio.decode(path, into=into)


def test_a_recording_that_is_gone_is_lost(tmp_path: Path, into: Path) -> None:
    with pytest.raises(errors.RecordingLost):
        audio.decode(tmp_path / "nothing", into=into)


# Malice


def hostile(neighbour: str) -> dict[str, bytes]:
    return {
        "ffconcat": f"ffconcat version 1.0\nfile {neighbour}".encode(),
        "playlist": f"#EXTM3U\n#EXTINF:6,\n{neighbour}\n#EXT-X-ENDLIST\n".encode(),
        "dash": b'<?xml version="1.0"?><MPD><BaseURL>' + neighbour.encode() + b"</BaseURL></MPD>",
        "html": b"<!DOCTYPE html><html><body>Sign in</body></html>",
        "zip": b"PK\x03\x04" + bytes(60),
        "empty": b"",
        "session": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
    }


@pytest.mark.parametrize("name", hostile(""))
def test_a_text_named_m4a_is_no_recording(tmp_path: Path, into: Path, name: str) -> None:
    neighbour = recordings.write(tmp_path, TUNE, kind="m4a")
    disguised = tmp_path / "memo.m4a"
    disguised.write_bytes(hostile(neighbour.name)[name])
    with pytest.raises(errors.RecordingUnreadable):
        audio.decode(disguised, into=into)


@pytest.mark.parametrize("kind", decoder_child.DEMUXERS)
@pytest.mark.parametrize("name", ["ffconcat", "playlist", "dash"])
def test_even_past_the_door_a_playlist_opens_nothing(tmp_path: Path, name: str, kind: str) -> None:
    neighbour = recordings.write(tmp_path, TUNE, kind="wav")
    sink = io.BytesIO()
    with contextlib.suppress(decoder_child.Unusable):  # libav's flac takes any bytes for a recording of nothing
        decoder_child.decode(io.BytesIO(hostile(str(neighbour))[name]), kind=kind, sink=sink, tell=io.BytesIO())
    assert sink.getvalue() == b""


def test_bytes_that_only_begin_like_a_recording_are_unreadable(tmp_path: Path, into: Path) -> None:
    noise = tmp_path / "noise.flac"
    noise.write_bytes(b"fLaC" + random.Random(3).randbytes(100_000))  # noqa: S311 - noise, not a secret
    with pytest.raises(errors.RecordingUnreadable):
        audio.decode(noise, into=into)


@pytest.fixture(scope="module")
def flac_bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of silence in 0.2 MB."""
    path = tmp_path_factory.mktemp("bomb") / "silence.flac"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 80_000), np.int16), layout="mono")
        frame.sample_rate, frame.time_base = 8000, Fraction(1, 8000)
        for at in range(360):
            frame.pts = at * 80_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_bomb_of_silence_is_refused_by_decoded_length_in_flat_memory(flac_bomb: Path, into: Path) -> None:
    assert flac_bomb.stat().st_size < 1_000_000
    limits = audio.Limits(max_ms=55 * 60_000, memory_bytes=300 << 20)  # the code alone is 150 MB of address space
    tracemalloc.start()
    with pytest.raises(errors.RecordingTooLong):
        audio.decode(flac_bomb, into=into, limits=limits)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20
    assert list(into.parent.iterdir()) == []


# The child


def test_a_child_that_runs_out_of_memory_is_a_crash_and_not_ours(tmp_path: Path, into: Path) -> None:
    with pytest.raises(errors.DecoderCrashed):
        audio.decode(recordings.write(tmp_path, TUNE), into=into, limits=audio.Limits(memory_bytes=40 << 20))
    assert audio.decode(tmp_path / "wav.wav", into=into).duration_ms == 6000


def test_a_child_killed_by_a_signal_is_a_crash_with_its_name(into: Path) -> None:
    with pytest.raises(errors.DecoderCrashed, match="SIGSEGV"):
        audio._Answer(io.BytesIO(), into.parent, 1000).judge(-11, kind="mp4", pcm=into)


@pytest.mark.parametrize("fact", [b"{", b"[]\n", b'{"source": 1}\n', b'{"source": {"codec": "x"}}\n{"end": {}}\n'])
def test_a_child_that_talks_nonsense_is_a_crash(into: Path, fact: bytes) -> None:
    answer = audio._Answer(io.BytesIO(), into.parent, 1000)
    answer.hear_facts(fact)
    with pytest.raises(errors.DecoderCrashed):
        answer.judge(0, kind="mp4", pcm=into)


def test_a_child_that_never_stops_talking_is_not_kept_in_memory(tmp_path: Path) -> None:
    answer = audio._Answer(io.BytesIO(), tmp_path, 1000)
    for _ in range(100):
        answer.hear_complaints(bytes(audio.READ_BYTES))
        answer.hear_facts(bytes(audio.READ_BYTES))
    assert len(answer._complaints) == len(answer._facts) == audio.MOST_SAID_BYTES


def test_a_decoder_out_of_time_is_stopped(tmp_path: Path, into: Path) -> None:
    with pytest.raises(errors.DecoderTimedOut):
        audio.decode(recordings.long_silence(tmp_path, hours=9), into=into, limits=audio.Limits(wall_s=0.5))


def test_a_decoder_out_of_processor_time_is_stopped(tmp_path: Path, into: Path) -> None:
    with pytest.raises(errors.DecoderTimedOut):
        audio.decode(recordings.long_silence(tmp_path, hours=9), into=into, limits=audio.Limits(cpu_s=1))


def test_decoding_stops_within_a_second_of_the_wish(tmp_path: Path, into: Path) -> None:
    wished_at = time.monotonic() + 0.4
    with pytest.raises(errors.WorkCanceled):
        audio.decode(
            recordings.long_silence(tmp_path, hours=9), into=into, should_stop=lambda: time.monotonic() > wished_at
        )
    assert time.monotonic() - wished_at < 1
    assert list(into.parent.iterdir()) == []


def test_progress_rises_and_stays_within_one(tmp_path: Path, into: Path) -> None:
    told: list[float] = []
    audio.decode(recordings.long_silence(tmp_path, hours=0.7), into=into, on_progress=told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert 0 < told[0] <= told[-1] <= 1


def children() -> Iterator[Path]:
    for task in Path("/proc/self/task").iterdir():
        yield from (Path("/proc") / pid for pid in (task / "children").read_text().split())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_child_has_no_secrets_no_other_files_and_its_limits(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDID_FIRST_KEY", "cdd_secret")
    seen: dict[str, str] = {}

    def look(_progress: float) -> None:
        for child in () if seen else children():  # while it is young: it may end as we look
            seen["environ"] = (child / "environ").read_text()
            seen["limits"] = (child / "limits").read_text()
            seen["status"] = (child / "status").read_text()
            seen["open"] = json.dumps([str(entry.readlink()) for entry in (child / "fd").iterdir()])

    recording = recordings.long_silence(tmp_path, hours=0.5)
    audio.decode(recording, into=into, on_progress=look)
    assert "cdd_secret" not in seen["environ"]
    assert [name for name in json.loads(seen["open"]) if not name.startswith("pipe:")] == [str(recording)]
    assert "NoNewPrivs:\t1" in seen["status"]
    for limit in ("Max core file size", "Max file size", "Max open files"):
        assert seen["limits"].partition(limit)[2].split()[:2] == ["0", "0"]


# Real recordings


def manifest() -> list[dict[str, Any]]:
    lines = (EVAL / "manifest.jsonl").read_text().splitlines() if EVAL.is_dir() else []
    return [json.loads(line) for line in lines]


@pytest.mark.skipif(not EVAL.is_dir(), reason="the measuring recordings are not here")
def test_real_recordings_of_every_codec_have_their_length(into: Path) -> None:
    one_of_each = {(line["codec"], line["container"]): line for line in manifest() if line["codec"]}
    for line in one_of_each.values():
        decoded = audio.decode(EVAL / line["file"], into=into)
        assert decoded.duration_ms / 1000 == pytest.approx(line["duration_s"], abs=0.06), line["id"]


@pytest.mark.skipif(not recordings.SAMPLE.exists(), reason="the sample is not made yet")
def test_the_sample_interview_is_one_clear_channel(into: Path) -> None:
    decoded = audio.decode(recordings.SAMPLE, into=into)
    assert decoded.channels == 1
    assert 60_000 < decoded.duration_ms < 130_000
    assert decoded.skipped_packets == 0
