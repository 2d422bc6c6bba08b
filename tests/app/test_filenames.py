"""A client's file name is data: shown and sent back, never a path, never a header."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import filenames
from tests.client import Client
from tests.scenes import SOUND, upload


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("New Recording 12.m4a", "New Recording 12.m4a"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ada\\memo.m4a", "memo.m4a"),
        ("memo\r\nX-Evil: yes.m4a", "memoX-Evil: yes.m4a"),
        ("memo\u202egpj.exe", "memogpj.exe"),
        ("a\x00b.wav", "ab.wav"),
        ("  .memo.wav. ", "memo.wav"),
        ("..", None),
        ("", None),
        (None, None),
        ("folder/", None),
        ("e\u0301tude.ogg", "étude.ogg"),
        ("\ud800.wav", "wav"),
    ],
)
def test_what_is_left_of_a_name(name: str | None, kept: str | None) -> None:
    assert filenames.tidy(name) == kept


@given(st.text())
def test_a_tidy_name_is_one_harmless_part(name: str) -> None:
    kept = filenames.tidy(name) or "x"
    assert not set(kept) & {"/", "\\"}
    assert not {unicodedata.category(character) for character in kept} & {"Cc", "Cf", "Cs"}
    assert len(kept.encode()) <= filenames.MAX_BYTES


@given(st.text())
def test_tidying_twice_changes_nothing(name: str) -> None:
    kept = filenames.tidy(name)
    assert filenames.tidy(kept) == kept


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_download_header_is_one_line_of_ascii(name: str) -> None:
    header = filenames.attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert '"' not in header


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b'filename="Caf\xc3\xa9 \xf0\x9f\x8e\x99.wav"', "Café 🎙.wav"),
        (b'filename="a\\"b.wav"', 'a"b.wav'),
        (b'filename="a;b=c.wav"', "a;b=c.wav"),
        (b'filename="x%0d%0aSet-Cookie: a.wav"', "x%0d%0aSet-Cookie: a.wav"),
        (b'filename="/etc/passwd"', "passwd"),
        (b'filename=""', None),
    ],
)
def test_odd_names_in_a_form_come_back_as_data(client: Client, sent: bytes, shown: str | None) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="consent"\r\n\r\ntrue\r\n--b\r\n'
    body = head + b'Content-Disposition: form-data; name="file"; ' + sent + b"\r\n\r\n" + SOUND + b"\r\n--b--\r\n"
    answer = client.post("/v1/interviews", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 201
    assert answer.json()["recording"]["filename"] == shown


def test_a_name_in_another_alphabet_is_the_downloads_name(client: Client) -> None:
    made = upload(client, filename="Gespräch mit Ωmega.wav")
    header = client.get(made["links"]["recording"]).headers["content-disposition"]
    assert header == "attachment; filename*=UTF-8''Gespr%C3%A4ch%20mit%20%CE%A9mega.wav"
