"""Who is who: one identifier for one person over months and spellings, and the key that alone can turn it back."""

from __future__ import annotations

import json
import re
import stat
import sys
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import cells, contents, put, run
from hypothesis import given, settings
from hypothesis import strategies as st

from caseload.cli import main
from caseload.errors import ParameterError
from caseload.intake.pseudonyms import (
    Identity,
    KeyFile,
    crockford,
    doubtful_pairs,
    keep,
    loose_name,
    new_key,
    plain_name,
    plain_number,
    read_key_file,
)

KEY = KeyFile(bytes(range(32)))


def client(name: str, born: str = "", number: str = "") -> Identity:
    return Identity("client", name, born, number)


def test_identifiers_are_a_keyed_hash() -> None:
    """HMAC with SHA-256 by Python's own module: the lowest 50 bits of its first eight bytes, lowest digit first."""
    import hashlib
    import hmac

    digest = hmac.new(bytes(range(32)), b"client|name|ada quill|1981-03-17", hashlib.sha256).digest()
    number, letters = int.from_bytes(digest[:8], "big"), ""
    for _ in range(10):
        number, digit = divmod(number, 32)
        letters += "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit]
    assert KEY.identifier(client("Ada Quill", "1981-03-17")) == f"K-{letters[:5]}-{letters[5:]}"
    assert crockford(33, 2) == "11"


@pytest.mark.parametrize(
    "written",
    ["Ada Quill", "ada quill", "ADA  QUILL", " Ada Quill ", "Quill, Ada", "QUILL,ADA", "Ada\u00a0Quill", "Ａda Quill"],
)
def test_a_person_has_one_identifier_however_the_name_is_written(written: str) -> None:
    assert plain_name(written) == "ada quill"
    assert KEY.identifier(client(written)) == KEY.identifier(client("Ada Quill"))


def test_what_tells_people_apart_makes_other_identifiers() -> None:
    people = [
        client("Ada Quill"), client("Áda Quill"), client("Ada M. Quill"), client("Ada Quill", "1981-03-17"),
        client("Ada Quill", "1982-03-17"), client("Ada Quill", number="7"), client("Ada Quill", number="8"),
        client("Quill Ada"), Identity("clinician", "Ada Quill"),
    ]  # fmt: skip
    assert len({KEY.identifier(who) for who in people}) == len(people)
    assert KEY.identifier(client("Ada", number="7")) == KEY.identifier(client("Eve", number="7.0"))


@pytest.mark.parametrize(
    ("number", "plain"), [("7.0", "7"), (" 7 ", "7"), ("7.05", "7.05"), ("A.0", "A.0"), ("007", "007")]
)
def test_numbers_lose_what_a_spreadsheet_made_of_them(number: str, plain: str) -> None:
    assert plain_number(number) == plain


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1), st.text(), st.sampled_from(["client", "clinician"]))
def test_every_identifier_has_the_same_form(name: str, born: str, kind: str) -> None:
    form = (
        r"K-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}"
        if kind == "client"
        else r"C-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}"
    )
    assert re.fullmatch(form, KEY.identifier(Identity(kind, name, born)))
    assert KEY.identifier(Identity(kind, name, born)) != KeyFile(bytes(32)).identifier(Identity(kind, name, born))


def test_a_thousand_namesakes_by_number_have_identifiers_of_their_own() -> None:
    assert len({KEY.identifier(client("", number=str(number))) for number in range(10_000)}) == 10_000


def test_nothing_of_the_key_is_printed() -> None:
    keys = new_key().with_people({"K-1": client("Ada Quill")})
    assert keys.key.hex() not in repr(keys)
    assert str(keys.key) not in repr(keys)
    assert "Ada" not in repr(keys)


def test_a_key_file_comes_back(tmp_path: Path) -> None:
    people = {"K-1": client('Áda "Q" Quill\n', "1981-03-17", "7"), "C-1": Identity("clinician", "Bee")}
    keep(tmp_path / "key", KEY.with_people(people))
    assert read_key_file(tmp_path / "key") == KEY.with_people(people)
    assert read_key_file(tmp_path / "nothing") is None


def test_people_are_added_and_nobody_is_lost(tmp_path: Path) -> None:
    """Whoever is known stays as first seen, and so do people whom another process has put there meanwhile."""
    keep(tmp_path / "key", KEY.with_people({"K-1": client("Ada")}))
    keep(tmp_path / "key", KEY.with_people({"K-2": client("Bee"), "K-1": client("ADA")}))
    found = read_key_file(tmp_path / "key")
    assert found is not None
    assert found.people == {"K-1": client("Ada"), "K-2": client("Bee")}
    with pytest.raises(ParameterError, match="another key"):
        keep(tmp_path / "key", new_key())
    assert read_key_file(tmp_path / "key") == found


DAMAGED = {
    "empty": b"", "no text": b"\xff\xfe\0", "cut off": b'{"caseload_key_file": 1, "key": "00', "a list": b"[]",
    "deep": b"[" * 100_000, "a short key": json.dumps({"caseload_key_file": 1, "key": "00", "people": {}}).encode(),
    "another version": json.dumps({"caseload_key_file": 2, "key": "00" * 32, "people": {}}).encode(),
    "people of another kind": json.dumps({"caseload_key_file": 1, "key": "00" * 32, "people": {"K-1": 1}}).encode(),
    "a name that is none": json.dumps(
        {"caseload_key_file": 1, "key": "00" * 32, "people": {"K-1": {"kind": "client", "name": 7}}}
    ).encode(),
    "an unknown kind": json.dumps(
        {"caseload_key_file": 1, "key": "00" * 32, "people": {"K-1": {"kind": "Zephyrine", "name": "x"}}}
    ).encode(),
    "a kind that is a list": json.dumps(
        {"caseload_key_file": 1, "key": "00" * 32, "people": {"K-1": {"kind": ["client"]}}}
    ).encode(),
    "half a character": json.dumps(
        {"caseload_key_file": 1, "key": "00" * 32, "people": {"K-1": {"kind": "client", "name": "\udc80"}}}
    ).encode(),
    "an export": exports.csv_text(exports.attendance_rows()).encode(),
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_key_is_refused(content: bytes, tmp_path: Path) -> None:
    """By an import, which writes nothing, and by reveal."""
    (tmp_path / "practice.key").write_bytes(content)
    file = put(tmp_path, "attendance.csv", exports.attendance_rows())
    with pytest.raises(ParameterError, match="damaged") as caught:
        run(file, to=tmp_path / "practice")
    assert not exports.betrayed(str(caught.value))
    assert (tmp_path / "practice.key").read_bytes() == content
    assert not (tmp_path / "practice").exists()


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    run(put(tmp_path, "attendance.csv", exports.attendance_rows()), to=tmp_path / "practice")
    return tmp_path / "practice"


@pytest.mark.parametrize("where", ["practice/key", "practice/notes/../key", "link/key"])
def test_the_key_does_not_lie_in_the_practice_folder(where: str, practice: Path) -> None:
    (practice.parent / "link").symlink_to(practice)
    before = contents(practice.parent)
    with pytest.raises(ParameterError, match="apart from the practice folder"):
        run(practice.parent / "attendance.csv", to=practice, key_file=practice.parent / where)
    assert contents(practice.parent) == before


def test_an_imported_folder_needs_its_key(practice: Path) -> None:
    """Without it, or with another one, everybody would count as somebody else."""
    other = practice.parent / "other.key"
    keep(other, new_key())
    june = put(practice.parent, "june.csv", exports.attendance_rows(6))
    before = contents(practice.parent)
    with pytest.raises(ParameterError, match="another key"):
        run(june, to=practice, key_file=other)
    with pytest.raises(ParameterError, match="is not there"):
        run(june, to=practice, key_file=practice.parent / "none.key")
    assert contents(practice.parent) == before
    (practice.parent / "practice.key").rename(practice.parent / "moved.key")
    with pytest.raises(ParameterError, match="say where it is by --key"):
        run(june, to=practice)
    assert run(june, to=practice, key_file=practice.parent / "moved.key").changes[0].added == 9


def test_a_folder_whose_record_of_imports_is_damaged_needs_its_key_too(practice: Path) -> None:
    (practice / "imports.json").write_bytes(b"{")
    (practice.parent / "practice.key").unlink()
    with pytest.raises(ParameterError, match="say where it is by --key"):
        run(practice.parent / "attendance.csv", to=practice)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are not kept there")
def test_a_key_that_others_could_read_is_closed_and_spoken_of(practice: Path) -> None:
    key = practice.parent / "practice.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o644)
    june = put(practice.parent, "june.csv", exports.attendance_rows(6))
    (warning,) = run(june, to=practice).warnings
    assert "Others on this computer could read" in warning
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o640)
    assert run(june, to=practice, dry_run=True).warnings


def test_one_person_in_the_spellings_of_three_programs(tmp_path: Path) -> None:
    """The same clinician and the same client by name, whichever column order and case a program has."""
    hartzfeld = exports.CLINICIANS[0]
    rows = [
        [exports.SIMPLEPRACTICE, ("Quillfeather, Zephyrine", hartzfeld.upper(), "05/04/2026", "", "Show")],
        [exports.SIMPLEPRACTICE, ("zephyrine  quillfeather", "Hartzfeld, Wendeline", "06/04/2026", "", "Show")],
        [
            ("Patient First Name", "Patient Last Name", "Staff Member", "Start At", "State"),
            ("Zephyrine", "QUILLFEATHER", hartzfeld, "2026-06-05 09:00", "Arrived"),
        ],
    ]
    for number, table in enumerate(rows):
        run(put(tmp_path, f"{number}.csv", table), to=tmp_path / "practice")
    found = cells(tmp_path / "practice")
    assert len(found) == 3
    assert {len({row[name] for row in found}) for name in ("client_id", "clinician_id")} == {1}


def test_doubts_are_counted_for_everybody_and_named_for_the_holder(
    practice: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One name with and without an accent; only pairs of which somebody is in this export are told of."""
    rows = exports.attendance_rows(6)
    rows[2] = ("Ottoline Vrabecz", *rows[2][1:])
    june = put(practice.parent, "june.csv", rows)
    (warning,) = run(june, to=practice).warnings
    assert warning.startswith("1 pair of people")
    assert not exports.betrayed(warning)
    assert main(["reveal", str(practice), "--doubts"]) == 0
    said = capsys.readouterr().out
    assert "Ottoline Vrabecz" in said
    assert "Ottoline Vrábecz" in said
    assert "the name is written in two ways" in said
    assert said.count("\n") == 1


def test_who_may_be_one_person() -> None:
    people = {
        "K-1": client("Ada Quill", "1981-03-17"), "K-2": client("Quill, Áda", "1981-03-17"),
        "K-3": client("Ada Quill", "1982-03-17"), "K-4": client("Ada B. Quill"), "K-5": client("Eve Quill"),
        "C-1": Identity("clinician", "Ada Quill"), "K-6": client("", number="7"), "K-7": client("", number="8"),
    }  # fmt: skip
    assert doubtful_pairs(people) == [
        ("K-1", "K-2", "the name is written in two ways"),
        ("K-1", "K-3", "one name with two dates of birth"),
        ("K-1", "K-4", "the name is written in two ways"),
    ]
    assert doubtful_pairs(people, among=["K-3"]) == [("K-1", "K-3", "one name with two dates of birth")]
    assert not doubtful_pairs(people, among=["K-5"])
    assert loose_name("J. Q.") == "j q"


def test_two_clinicians_at_one_moment_are_warned_of(tmp_path: Path) -> None:
    """A client cannot be in two rooms; at two moments, or when only one of them was attended, there is no telling."""
    header = ("Patient", "Staff Member", "Start At", "State")
    one, other = exports.CLINICIANS
    for number, (start, state) in enumerate([("14:00", "Arrived"), ("14:01", "Arrived"), ("14:00", "No Show")]):
        rows = [
            header,
            (exports.CLIENTS[0], one, "2026-05-04 14:00", "Arrived"),
            (exports.CLIENTS[0], other, f"2026-05-04 {start}", state),
        ]
        warnings = run(put(tmp_path, f"{number}.csv", rows), to=tmp_path / f"to{number}").warnings
        assert bool(warnings) is (number == 0)
        assert not exports.betrayed(" ".join(warnings))


def reveal(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["reveal", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_reveal_says_who_is_behind_identifiers(practice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = cells(practice)[0]
    code, out, err = reveal(capsys, practice)
    assert code == 0
    assert sorted(line.partition("  ")[2] for line in out.splitlines()) == sorted(exports.CLINICIANS)
    assert "This holds names" in err
    code, out, _ = reveal(capsys, practice, row["client_id"], row["clinician_id"])
    assert out.splitlines() == [
        f"{row['client_id']}  {exports.CLIENTS[0]}", f"{row['clinician_id']}  {exports.CLINICIANS[0]}",
    ]  # fmt: skip
    assert reveal(capsys, practice, "--doubts")[1] == "No two identifiers look like one person.\n"


def test_reveal_refuses_what_it_does_not_know(practice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = cells(practice)[0]["client_id"]
    close = known[:-1] + ("0" if known[-1] != "0" else "1")
    code, out, err = reveal(capsys, practice, close)
    assert (code, out) == (2, "")
    assert f"did you mean {known}?" in err
    other = practice.parent / "other.key"
    keep(other, new_key())
    code, out, err = reveal(capsys, practice, known, "--key", other)
    assert (code, out) == (2, "")
    assert reveal(capsys, practice, "--key", practice.parent / "none.key")[0] == 2
    assert reveal(capsys, practice, known, "--doubts")[0] == 2
    assert reveal(capsys, practice.parent / "nowhere")[0] == 2


def test_reveal_sends_nothing_to_the_terminal_but_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path / "practice.key", KEY.with_people({"K-1": client("Ada\x1b[2J\n\u202eQuill")}))
    _, out, _ = reveal(capsys, tmp_path / "practice", "K-1")
    assert out == "K-1  Ada [2J  Quill\n"
