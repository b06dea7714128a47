"""Writing the agenda: no entry is lost, no other character changes, nothing half is ever there, nothing is repeated."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import caseload
from caseload import cli
from caseload.errors import CaseloadError, InputError, ParameterError
from caseload.flags import FLAGS
from caseload.intake.agenda import add_decision, close_decision, is_due, read_agenda
from caseload.intake.entries import LONGEST
from caseload.intake.sheet import Sheet
from caseload.intake.tables import OUTCOMES
from caseload.writing import whole
from caseload.writing.locks import only_writer
from caseload.writing.scratch import MARK

HEADER = "clinician_id,month,flag,decision,review_month,outcome"
SECRET = "Anna Nowak walks"  # no message may hold what was decided
WALK = "C1,2026-04,self_care,walk at noon,2026-05,open"
PACE = "C1,2026-04,over_investment,look at pace,,"
posix = pytest.mark.skipif(os.name == "nt", reason="modes and signals of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A practice of C1 and C2 with sessions from March to May 2026, and no agenda."""
    rows = [
        f"S{number},C{1 + number % 2},K1,2026-0{month}-04T09:00,attended"
        for number, month in enumerate((3, 3, 4, 4, 5, 5))
    ]
    practice = tmp_path / "practice"
    practice.mkdir()
    header = "session_id,clinician_id,client_id,scheduled_start,status"
    (practice / "sessions.csv").write_text("\n".join([header, *rows, ""]))
    return practice


def held(folder: Path) -> str:
    return (folder / "agenda.csv").read_bytes().decode()


def hold(folder: Path, *lines: str, end: str = "\n", last: str = "\n", before: str = "") -> str:
    """Write an agenda file; returns its text."""
    text = before + end.join([HEADER, *lines]) + last
    (folder / "agenda.csv").write_bytes(text.encode())
    return text


def add(folder: Path, **other: object) -> object:
    entry = {"clinician_id": "C1", "month": "2026-05", "flag": "self_care", "decision": "one free evening"}
    return add_decision(folder, **(entry | other))  # type: ignore[arg-type]


ADDED = "C1,2026-05,self_care,one free evening,,open"


# ---- what is written


def test_the_first_decision_makes_the_file_for_the_user_alone(folder: Path) -> None:
    noted = add(folder, review_month="2026-06")
    assert held(folder) == f"{HEADER}\nC1,2026-05,self_care,one free evening,2026-06,open\n"
    assert (noted.file, noted.row, noted.written) == (folder / "agenda.csv", 2, True)
    if os.name != "nt":
        assert stat.S_IMODE((folder / "agenda.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("before", "end", "last"),
    [("", "\n", "\n"), ("", "\n", ""), ("\ufeff", "\r\n", "\r\n"), ("\ufeff", "\r\n", ""), ("", "\r", "\r")],
    ids=["plain", "no final newline", "as Excel writes it", "as Excel writes it, cut off", "old line ends"],
)
def test_what_is_there_stays_as_it_is(folder: Path, before: str, end: str, last: str) -> None:
    old = hold(
        folder, WALK, '"C2" , 2026-04,other,"said ""no"", and\nthat","2026-05",', before=before, end=end, last=last
    )
    noted = add(folder)
    assert held(folder) == (old if last else old + end) + ADDED + end
    assert noted.row == 4
    assert close_decision(folder, "C2", "2026-04", outcome="helped").row == 3
    assert held(folder) == (old if last else old + end).replace('"2026-05",', '"2026-05",helped') + ADDED + end


def test_other_columns_and_their_order_are_kept(folder: Path) -> None:
    (folder / "agenda.csv").write_text(
        "who_said,outcome,decision,month,flag,clinician_id,review_month,\n"
        '"S01, by phone",open,walk at noon,2026-04,self_care,C1,2026-05,7.50\n'
    )
    add(folder, decision='begin with "no", and see', review_month="2026-06")
    close_decision(folder, "C1", "2026-04", outcome="not_needed")
    assert held(folder).splitlines()[1:] == [
        '"S01, by phone",not_needed,walk at noon,2026-04,self_care,C1,2026-05,7.50',
        ',open,"begin with ""no"", and see",2026-05,self_care,C1,2026-06,',
    ]


def test_empty_rows_and_rows_of_nobody_are_kept(folder: Path) -> None:
    old = hold(folder, WALK, "", ",2026-04,,somebody said,,", last="\n\n")
    assert add(folder).row == 6
    assert held(folder) == f"{old}{ADDED}\n"


@posix
def test_mode_and_link_are_kept(folder: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared.csv"
    shared.write_text(f"{HEADER}\n{WALK}\n")
    shared.chmod(0o664)
    (folder / "agenda.csv").symlink_to(shared)
    add(folder)
    assert shared.read_text() == f"{HEADER}\n{WALK}\n{ADDED}\n"
    assert stat.S_IMODE(shared.stat().st_mode) == 0o664
    assert (folder / "agenda.csv").is_symlink()
    assert {path.name for path in (*folder.iterdir(), *tmp_path.iterdir())} == {
        "agenda.csv", "sessions.csv", "shared.csv", "practice",
    }  # fmt: skip


@posix
def test_a_group_that_cannot_be_given_leaves_no_rights_to_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(folder, WALK)
    (folder / "agenda.csv").chmod(0o660)
    was = whole.Path.stat

    def of_another_group(path: Path, **follow: bool) -> object:
        found = was(path, **follow)
        if path.name != "agenda.csv":
            return found
        return os.stat_result([*found[:5], found.st_gid + 1, *found[6:10]])

    def refused(*_: object) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(whole.Path, "stat", of_another_group)
    monkeypatch.setattr(whole.os, "chown", refused)
    add(folder)
    monkeypatch.undo()
    assert stat.S_IMODE((folder / "agenda.csv").stat().st_mode) == 0o600


def test_the_agenda_of_a_workbook_lies_beside_it(folder: Path) -> None:
    pd.read_csv(folder / "sessions.csv").to_excel(folder / "log.xlsx", sheet_name="sessions", index=False)
    (folder / "sessions.csv").unlink()
    add(folder / "log.xlsx")
    assert held(folder) == f"{HEADER}\n{ADDED}\n"
    assert len(read_agenda(folder / "log.xlsx")) == 1
    assert len(caseload.read_practice(folder / "log.xlsx").agenda) == 1


def test_what_was_written_is_read_by_the_practice(folder: Path) -> None:
    caseload.add_decision(folder, "C2", pd.Period("2026-05"), "stage_incongruence", "naïve: „Ziel“, 目標", "2026-07")
    caseload.close_decision(folder, "C2", "2026-05", outcome="unchanged")
    (row,) = caseload.read_practice(folder).agenda.to_dict("records")
    assert row == {
        "clinician_id": "C2", "month": pd.Period("2026-05"), "flag": "stage_incongruence",
        "decision": "naïve: „Ziel“, 目標", "review_month": pd.Period("2026-07"), "outcome": "unchanged",
    }  # fmt: skip


def test_the_month_is_by_default_the_latest_complete_one(folder: Path) -> None:
    add(folder, month=None)
    assert list(read_agenda(folder)["month"].astype(str)) == ["2026-05"]


def test_the_same_again_is_said_and_nothing_is_written(folder: Path) -> None:
    hold(folder, WALK, PACE)
    before = (folder / "agenda.csv").stat()
    noted = add(folder, month="2026-04", decision=" walk at noon ", review_month="2026-06")
    assert (noted.row, noted.written) == (2, False)
    closed = close_decision(folder, "C1", "2026-04", "self_care", outcome="open")
    assert (closed.row, closed.written) == (2, False)
    after = (folder / "agenda.csv").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert add(folder, month="2026-05", decision="walk at noon").written  # carried on


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40).map(lambda text: f"a{text}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXT, min_size=1, max_size=4))
@example(['a", "b', "a,b;c\\", "a''\"\"", "a\u00a0b"])
def test_any_line_of_text_comes_back_as_it_was_said(folder: Path, said: list[str]) -> None:
    (folder / "agenda.csv").unlink(missing_ok=True)
    for text in said:
        add(folder, decision=text)
    kept = dict.fromkeys(text.strip() for text in said)
    assert list(read_agenda(folder)["decision"]) == list(kept)


# ---- what came of it


def test_the_outcome_is_put_into_the_one_row_that_fits(folder: Path) -> None:
    hold(folder, WALK, PACE, "C2,2026-04,self_care,walk at noon,2026-05,open")
    close_decision(folder, "C1", "2026-04", "over_investment", outcome="not_needed")
    assert held(folder).splitlines()[2] == "C1,2026-04,over_investment,look at pace,,not_needed"
    close_decision(folder, "C1", "2026-04", outcome="helped", decision="walk at noon")
    close_decision(folder, "C1", "2026-04", outcome="unchanged", row=2)
    assert held(folder).splitlines()[1:] == [
        WALK.replace("open", "unchanged"), f"{PACE}not_needed", "C2,2026-04,self_care,walk at noon,2026-05,open",
    ]  # fmt: skip


def test_which_row_is_meant_is_never_guessed(folder: Path) -> None:
    old = hold(folder, WALK, PACE, WALK.replace("walk at noon", SECRET).replace("open", "helped"))
    with pytest.raises(ParameterError) as several:
        close_decision(folder, "C1", "2026-04", outcome="helped")
    assert "3 decisions fit" in str(several.value)
    assert "row 2 (2026-04, self_care, open), row 3 (2026-04, over_investment, no outcome)" in str(several.value)
    with pytest.raises(ParameterError, match="2 decisions fit"):
        close_decision(folder, "C1", "2026-04", "self_care", outcome="helped")
    assert SECRET not in str(several.value)
    assert held(folder) == old


@pytest.mark.parametrize(
    "which",
    [{"month": "2026-03"}, {"flag": "compassion_fatigue"}, {"decision": "walk"}, {"row": 4}, {"row": 1}],
)
def test_a_decision_that_is_not_there_cannot_be_closed(folder: Path, which: dict[str, object]) -> None:
    old = hold(folder, WALK, "C2,2026-03,self_care,,,", "C2,2026-04,private words,,,")
    asked = {"clinician_id": "C1", "month": "2026-04", "outcome": "helped"} | which
    with pytest.raises(ParameterError, match=r"no decision fits; .* there is row 2 \(2026-04, self_care, open\)$"):
        close_decision(folder, **asked)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="another flag") as other:
        close_decision(folder, "C2", "2026-05", outcome="helped")
    assert "private" not in str(other.value)
    assert held(folder) == old


def test_nothing_can_be_closed_where_nothing_was_decided(folder: Path) -> None:
    with pytest.raises(ParameterError, match="there is none"):
        close_decision(folder, "C1", "2026-04", outcome="helped")
    assert not (folder / "agenda.csv").exists()


# ---- what is refused


def test_everything_that_is_wrong_comes_in_one_message_that_repeats_nothing(folder: Path) -> None:
    with pytest.raises(ParameterError) as refused:
        add_decision(folder, "C99", "05/2026", SECRET, f"={SECRET}\n" * 40, "2026-13", SECRET)
    text = str(refused.value)
    assert text.startswith("nothing was written:")
    reasons = ["clinician", "month must", "review month must", "flag must", "begin with a word", "at most", "one line"]
    for reason in (*reasons, "outcome must"):
        assert text.count(f"- {reason}") + text.count(f": {reason}") == 1, reason
    assert not any(word in text for word in (*SECRET.split(), "C99", "05/2026", "2026-13"))
    assert refused.value.exit_code == 2
    assert not (folder / "agenda.csv").exists()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"clinician_id": "K1"}, "neither sessions nor clinicians"),
        ({"clinician_id": ""}, "neither sessions nor clinicians"),
        ({"month": "2026-5"}, "month must be like 2026-05"),
        ({"month": "2026-06"}, "2026-03 to 2026-05"),
        ({"month": "2026-02"}, "2026-03 to 2026-05"),
        ({"month": "0026-05"}, "month must be like"),
        ({"review_month": "2026-04"}, "review month must not be before the month"),
        ({"review_month": "2206-04"}, "review month must be like"),
        ({"flag": "self care"}, "flag must be one of over_investment, "),
        ({"flag": ""}, "flag must be one of"),
        ({"outcome": "great"}, "outcome must be one of open, "),
        ({"decision": ""}, "in a few words"),
        ({"decision": " \t\n "}, "in a few words"),
        ({"decision": "\u200b\u2060"}, "in a few words"),
        ({"decision": "a" * (LONGEST + 1)}, "at most 500 characters, not 501"),
        *(({"decision": f"{sign}x"}, "begin with a word") for sign in ("=", "+", "-", "@", " =", "＝", "\ufeff=")),
        *(
            ({"decision": text}, "one line")
            for text in ("a\nb", "a\rb", "a\tb", "\ta", "a\x1b[2J", "a\u2028b", "\ud800")
        ),
    ],
)
def test_an_entry_that_is_wrong_is_refused(folder: Path, entry: dict[str, str], reason: str) -> None:
    with pytest.raises(ParameterError, match=reason) as refused:
        add(folder, **entry)
    assert str(refused.value).count("\n") == 1
    assert not (folder / "agenda.csv").exists()


def test_just_within_what_is_refused(folder: Path) -> None:
    add(folder, decision="a" * LONGEST, review_month="2026-05", month="2026-05")
    add(folder, decision=f" {'b' * LONGEST} ", month="2026-03")
    add(folder, decision="1 + 1 = 2 @ noon - or later")
    assert len(read_agenda(folder)) == 3


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty first row"),
        (HEADER.replace(",", ";").encode(), "another separator"),
        (f"{HEADER}\nC1,2026-04,self_care,caf\xe9,,\n".encode("latin-1"), "another encoding"),
        (f"\ufeff{HEADER}\n".encode("utf-16"), "another encoding"),
        (b"clinician_id,month,flag,decision,review_month\nC1,2026-04,,,\n", "no such column"),
        (HEADER.title().encode(), "in other letters"),
        (f"{HEADER},decision\n".encode(), "2 columns of this name"),
        (f"{HEADER}\nC1,2026-04,self_care,{SECRET},04/2026,\n".encode(), "text that is not a month"),
        (f"{HEADER}\nC1,2026-04,self_care,{SECRET},,great\n".encode(), "outside the list"),
        (f"{HEADER}\nC1,2026-04,self_care,{SECRET}, or not,,\n".encode(), "more or fewer cells"),
        (f"{HEADER}\nC9,2026-04,self_care,{SECRET},,\n".encode(), "neither holds"),
        (f'{HEADER}\nC2,2026-04,self_care,"{SECRET},,\n'.encode(), "more or fewer cells"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_the_contract_refuses_is_refused_and_left_alone(folder: Path, content: bytes, found: str) -> None:
    (folder / "agenda.csv").write_bytes(content)
    with pytest.raises(InputError, match=found) as refused:
        add(folder)
    with pytest.raises(CaseloadError):
        close_decision(folder, "C1", "2026-04", outcome="helped")
    assert SECRET not in str(refused.value)
    assert (folder / "agenda.csv").read_bytes() == content
    assert {path.name for path in folder.iterdir()} == {"agenda.csv", "sessions.csv"}


def test_a_quote_that_does_not_end_swallows_no_entry(folder: Path) -> None:
    old = hold(folder, WALK, 'C2,2026-04,self_care,,,"')
    with pytest.raises(InputError, match="a quote that does not end"):
        add(folder)
    assert held(folder) == old


def test_a_practice_that_cannot_be_read_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="nothing at this path"):
        add(folder / "elsewhere")
    (folder / "sessions.csv").write_text("session_id\n")
    with pytest.raises(InputError, match=r"sessions\.clinician_id"):
        add(folder)


def test_tables_that_do_not_say_who_is_there_are_not_looked_at(folder: Path) -> None:
    (folder / "contacts.csv").write_bytes(b"\xff\xff")
    (folder / "surveys.csv").write_text("clinician_id,instrument\nC9,none\n")
    assert add(folder).written


def test_a_protected_file_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = hold(folder, WALK)
    monkeypatch.setattr(whole.os, "access", lambda *_: False)
    with pytest.raises(ParameterError, match="cannot be written, and is as it was: Permission denied"):
        add(folder)
    assert held(folder) == old


def test_a_full_disk_leaves_the_file_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    old = hold(folder, WALK)
    monkeypatch.setattr(whole.os, "fsync", full)
    with pytest.raises(ParameterError, match="No space left"):
        add(folder)
    assert held(folder) == old
    assert {path.name for path in folder.iterdir()} == {"agenda.csv", "sessions.csv"}


# ---- nothing is lost


WRITER = """
import sys
from caseload.intake.agenda import add_decision
folder, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    add_decision(folder, "C1", "2026-05", "self_care", f"{name} {number}")
    print(number, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process that adds decisions one after the other as soon as it is told to, and says which are added."""
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_processes_that_write_at_the_same_time_lose_nothing(folder: Path) -> None:
    hold(folder, WALK, last="")
    writers = [writer(folder, f"writer {name}", 12) for name in range(4)]
    assert [process.stdout.readline() for process in writers] == ["ready\n"] * 4
    for process in writers:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in writers:
        process.communicate()
    assert [process.returncode for process in writers] == [0] * 4
    lines = held(folder).splitlines()
    assert lines[:2] == [HEADER, WALK]
    wanted = {f"C1,2026-05,self_care,writer {name} {number},,open" for name in range(4) for number in range(12)}
    assert sorted(lines[2:]) == sorted(wanted)
    assert {path.name for path in folder.iterdir()} == {"agenda.csv", "sessions.csv"}


@posix
@pytest.mark.slow
def test_killed_at_any_moment_the_old_or_the_new_file_is_there(folder: Path) -> None:
    """What a killed process said it had added is there, in whole rows, and the next one is not held up."""
    moments = random.Random(7)
    for attempt in range(8):
        process = writer(folder, f"attempt {attempt}", 10_000)
        process.stdout.readline()
        process.stdin.write("\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(moments.uniform(0, 0.08))
        process.send_signal(signal.SIGKILL)
        said = process.communicate()[0].split()
        count = int(said[-1]) + 1 if said else 1
        text = held(folder)
        assert text.startswith(f"{HEADER}\n")
        assert text.endswith(",,open\n")
        mine = [line for line in text.splitlines() if f",attempt {attempt} " in line]
        whole = [f"C1,2026-05,self_care,attempt {attempt} {number},,open" for number in range(len(mine))]
        assert mine == whole
        assert count <= len(mine) <= count + 1
    assert add(folder).written
    assert {path.name for path in folder.iterdir()} == {"agenda.csv", "sessions.csv"}


@pytest.mark.parametrize(
    "step",
    [
        "touch",
        "fsync",
        "chmod",
        "replace",
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_at_every_step_the_old_or_the_new_file_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    class Stopped(BaseException):
        pass

    owner = whole.os if step == "fsync" else whole.Path
    done = getattr(owner, step)

    def stopped(*arguments: object, **others: object) -> None:
        if when == "after":
            done(*arguments, **others)
        raise Stopped

    old = hold(folder, WALK)
    monkeypatch.setattr(owner, step, stopped)
    with pytest.raises(Stopped):
        whole.rewrite(folder / "agenda.csv", lambda old: (old + b"new", None))
    monkeypatch.undo()
    assert held(folder) == (f"{old}new" if (step, when) == ("replace", "after") else old)
    assert {path.name for path in folder.iterdir()} == {"agenda.csv", "sessions.csv"}


def test_what_is_written_is_on_the_disk_before_it_takes_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def noted(name: str, done: object, *arguments: object) -> object:
        steps.append(name)
        return done(*arguments)  # type: ignore[operator]

    monkeypatch.setattr(whole.os, "fsync", partial(noted, "fsync", os.fsync))
    replace = whole.Path.replace
    monkeypatch.setattr(whole.Path, "replace", lambda *paths: noted("replace", replace, *paths))
    add(folder)
    assert steps == ["fsync", "replace", *(["fsync"] if os.name != "nt" else [])]


def test_a_file_saved_meanwhile_by_a_spreadsheet_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(folder, WALK)
    synchronised = os.fsync

    def saving(descriptor: int) -> None:
        monkeypatch.undo()
        synchronised(descriptor)
        hold(folder, WALK, PACE)

    monkeypatch.setattr(whole.os, "fsync", saving)
    assert add(folder).row == 4
    assert held(folder) == f"{HEADER}\n{WALK}\n{PACE}\n{ADDED}\n"


def test_a_file_made_meanwhile_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synchronised = os.fsync

    def saving(descriptor: int) -> None:
        monkeypatch.undo()
        synchronised(descriptor)
        hold(folder, WALK)

    monkeypatch.setattr(whole.os, "fsync", saving)
    add(folder)
    assert held(folder) == f"{HEADER}\n{WALK}\n{ADDED}\n"


def test_a_file_that_never_rests_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(1000))
    monkeypatch.setattr(whole.os, "fsync", lambda _: hold(folder, WALK, f"C2,2026-04,,{next(times)},,"))
    with pytest.raises(ParameterError, match="changes all the time"):
        add(folder)
    assert ADDED not in held(folder)


def test_who_waits_too_long_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(only_writer.__wrapped__, "__defaults__", (0.05, lambda: None))
    with only_writer(folder / "agenda.csv"), pytest.raises(ParameterError, match="another process"):
        add(folder)
    assert not (folder / "agenda.csv").exists()
    assert add(folder).written


def test_what_a_killed_process_left_is_in_nobodys_way(folder: Path) -> None:
    for name in (".agenda.csv.lock", f"{MARK}1.lock"):
        (folder / name).write_text("left")
    (folder / f"{MARK}1").mkdir()
    (folder / f"{MARK}2").mkdir()
    assert add(folder).written
    assert len(caseload.read_practice(folder).agenda) == 1
    assert {path.name for path in folder.iterdir()} == {"agenda.csv", "sessions.csv"}


# ---- the text of a table


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b", 1),
        ("a,b\n", 1),
        ("a,b\r\n1,2\r\n", 2),
        ('a,b\n"1\n2",3', 2),
        ('a,b\n"1""\n",3\n', 2),
        ("a,b\n\n1,2\n\n", 4),
        ('a,b\n1,x"y\n3,"x"y\n', 3),
        ("a,b\n1,", 2),
    ],
)
def test_rows_are_counted_as_a_spreadsheet_does(text: str, rows: int) -> None:
    assert Sheet(text).next_row == rows + 1


def test_cells_are_put_in_their_places() -> None:
    text = '\ufeffa,b,c\r\n"1,1" ,"two ""2""",\r\n'
    assert Sheet(text).with_cells(2, "abc", {"c": "x", "b": 'y"'}) == '\ufeffa,b,c\r\n"1,1" ,"y""",x\r\n'
    assert Sheet(text).with_row("abc", {"b": "z"}) == f"{text},z,\r\n"
    with pytest.raises(IndexError):
        Sheet(text).with_cells(3, "abc", {"a": "x"})


# ---- what is due


def test_due_is_what_was_to_be_looked_at_and_was_not() -> None:
    months = pd.PeriodIndex(["2026-05"] * 5 + ["2026-04", "2026-06", None], freq="M")
    outcomes = ["open", None, "helped", "unchanged", "not_needed", "open", "open", "open"]
    agenda = pd.DataFrame({"review_month": months, "outcome": pd.Series(outcomes, dtype="str")})
    assert list(is_due(agenda, pd.Period("2026-05"))) == [True, True, False, False, False, True, False, False]


def test_the_agenda_is_read_by_clinician_and_by_what_is_due(folder: Path) -> None:
    hold(folder, WALK, PACE, "", "C2,2026-04,self_care,walk,2026-06,open")
    assert list(read_agenda(folder).index) == [2, 3, 5]
    assert list(read_agenda(folder, "C2").index) == [5]
    assert list(read_agenda(folder, due="2026-05").index) == [2]
    assert list(read_agenda(folder, "C2", due="2026-06").index) == [5]
    with pytest.raises(ParameterError, match=r"clinician: [\s\S]*due must be like"):
        read_agenda(folder, "C9", due="May")
    (folder / "agenda.csv").unlink()
    assert read_agenda(folder).empty


# ---- the command line


def run(folder: Path, command: str, *arguments: str) -> int:
    return cli.main(["agenda", command, str(folder), *arguments])


def test_a_decision_is_added_closed_and_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = ["--clinician", "C1", "--flag", "self_care", "--decision", "one free evening"]
    assert run(folder, "add", *entry, "--review", "2026-06") == 0
    assert capsys.readouterr().out == f"{folder / 'agenda.csv'}, row 2: noted\n"
    assert run(folder, "add", *entry, "--month", "2026-05") == 0
    assert "row 2: there already, nothing was written" in capsys.readouterr().out
    assert run(folder, "list", "--due", "2026-06") == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["row", "clinician", "month", "flag", "review", "outcome", "decision"]
    assert row == "2    C1         2026-05  self_care  2026-06  open     one free evening"
    assert run(folder, "close", "--clinician", "C1", "--month", "2026-05", "--outcome", "helped") == 0
    assert held(folder) == f"{HEADER}\nC1,2026-05,self_care,one free evening,2026-06,helped\n"
    capsys.readouterr()
    assert run(folder, "list", "--clinician", "C1", "--due", "2026-06") == 0
    assert capsys.readouterr().out == "No decision.\n"


def test_a_row_is_named_where_several_fit(folder: Path) -> None:
    hold(folder, WALK, WALK.replace("noon", "one"))
    which = ["--clinician", "C1", "--month", "2026-04", "--flag", "self_care", "--outcome", "helped"]
    assert run(folder, "close", *which) == 2
    assert run(folder, "close", *which, "--row", "3") == 0
    assert held(folder).splitlines()[2].endswith("helped")


def test_a_listing_says_what_is_missing_and_tells_the_terminal_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(folder, 'C1,2026-04,,"red\x1b[31m\nalert",,')
    assert run(folder, "list") == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "2",
        "C1",
        "2026-04",
        "-",
        "-",
        "-",
        "red",
        "[31m",
        "alert",
    ]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("add", ["--clinician", "C9", "--flag", "none", "--decision", f"={SECRET}", "--month", "May"]),
        ("close", ["--clinician", "C9", "--month", "May", "--outcome", SECRET]),
        ("list", ["--clinician", "C9", "--due", "May"]),
    ],
)
def test_what_is_wrong_is_exit_code_2_and_is_not_repeated(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, arguments: list[str]
) -> None:
    old = hold(folder, WALK)
    assert run(folder, command, *arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "clinician: " in shown.err
    assert "must be like 2026-05" in shown.err
    assert not any(word in shown.err for word in (*SECRET.split(), "C9", "May", "Traceback"))
    assert held(folder) == old


def test_a_text_without_quotes_is_not_repeated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(folder, "add", "--clinician", "C1", "--flag", "self_care", "--decision", *SECRET.split())
    shown = capsys.readouterr().err
    assert "put a text with blanks into quotes" in shown
    assert not any(word in shown for word in SECRET.split())
    with pytest.raises(SystemExit, match="2"):
        run(folder, "list", "--dew", "2026-05")
    assert "unrecognized arguments: --dew\n" in capsys.readouterr().err
    assert not (folder / "agenda.csv").exists()


def test_an_agenda_that_is_refused_is_exit_code_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = hold(folder, f"C1,2026-04,self_care,{SECRET},,great")
    assert run(folder, "add", "--clinician", "C1", "--flag", "self_care", "--decision", "walk") == 2
    assert run(folder, "list") == 2
    shown = capsys.readouterr()
    assert "agenda.outcome, row 2" in shown.err
    assert SECRET not in shown.err + shown.out
    assert held(folder) == old


def test_the_help_names_every_flag_and_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("add", "close", "list"):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["agenda", command, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    *others, last = FLAGS
    assert f"{', '.join(others)} or {last}" in text
    assert all(outcome in text for outcome in OUTCOMES)
    assert text.count("examples: caseload agenda") == 3
