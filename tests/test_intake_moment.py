"""What is fingerprinted is what was read: the bytes that were parsed, of one moment of the folder."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from export_fixtures import attendance_rows, csv_text
from intake_fixtures import sessions

from caseload.errors import InputError
from caseload.intake import moment, read_practice
from caseload.intake.content import Content
from caseload.intake.exports.run import import_exports
from caseload.intake.history import read_history


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moment, "PAUSE", 0.001)


def version(folder: Path, name: str) -> Path:
    """A practice whose two tables say of which version they are."""
    folder.mkdir()
    sessions(4).assign(modality=name).to_csv(folder / "sessions.csv", index=False)
    pd.DataFrame({"client_id": ["K1"], "programme": [name]}).to_csv(folder / "clients.csv", index=False)
    return folder


def versions(folder: Path) -> set[str]:
    found = read_practice(folder)
    return {*found.sessions["modality"], *found.clients["programme"]}


def on_reading(monkeypatch: pytest.MonkeyPatch, act, times: int = 1) -> list[int]:
    """Do something after the first table of a reading was parsed, in as many readings."""
    from caseload.intake import read

    load, count = read._load, [0]

    def loading(*given):
        found = load(*given)
        if given[0][0].table == "clients":
            count[0] += 1
            if count[0] <= times:
                act(count[0])
        return found

    monkeypatch.setattr(read, "_load", loading)
    return count


def test_a_folder_that_is_exchanged_while_it_is_read_is_read_as_it_was(tmp_path: Path, monkeypatch) -> None:
    practice, other = version(tmp_path / "practice", "video"), version(tmp_path / "other", "phone")

    def exchange(_: int) -> None:
        practice.rename(tmp_path / "old")
        other.rename(practice)

    count = on_reading(monkeypatch, exchange)
    assert (versions(practice), count) == ({"video"}, [1])
    assert versions(practice) == {"phone"}


def test_a_table_that_is_replaced_after_it_was_parsed_is_read_again(tmp_path: Path, monkeypatch) -> None:
    """Consent is withdrawn while a long run reads: neither the old answers nor the new file's fingerprint alone."""
    practice = version(tmp_path / "practice", "video")

    def replace(_: int) -> None:
        new = practice / ".new"
        new.write_text("client_id,programme\nK1,phone\n", encoding="utf-8")
        new.replace(practice / "clients.csv")

    on_reading(monkeypatch, replace)
    found = read_practice(practice)
    assert found.clients["programme"].tolist() == ["phone"]
    digests = found.quality.files.set_index("file")["sha256"]
    assert digests["clients.csv"] == hashlib.sha256((practice / "clients.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("change", ["appears", "vanishes", "grows"])
def test_any_change_of_the_files_is_seen(change: str, tmp_path: Path, monkeypatch) -> None:
    practice = version(tmp_path / "practice", "video")

    def act(_: int) -> None:
        if change == "appears":
            (practice / "support.toml").write_text("", encoding="utf-8")
        elif change == "vanishes":
            (practice / "clients.csv").unlink()
        else:
            with (practice / "clients.csv").open("a", encoding="utf-8") as stream:
                stream.write("K2,phone\n")

    count = on_reading(monkeypatch, act)
    found = read_practice(practice)
    assert count[0] >= (1 if change == "vanishes" else 2)
    assert len(found.clients) == {"appears": 1, "vanishes": 0, "grows": 2}[change]


def test_a_folder_that_changes_all_the_time_is_refused(tmp_path: Path, monkeypatch) -> None:
    practice = version(tmp_path / "practice", "video")
    on_reading(monkeypatch, lambda count: (practice / f"note{count}.txt").touch(), times=moment.TRIES)
    with pytest.raises(InputError, match="files that change all the time") as caught:
        read_practice(practice)
    assert len(caught.value.problems) == 1


def test_a_folder_between_two_renames_is_waited_for(tmp_path: Path, monkeypatch) -> None:
    """Where folders cannot change places in one step, there is a moment without any."""
    practice = version(tmp_path / "practice", "video")
    practice.rename(tmp_path / ".practice.before")
    pauses = iter(range(9))

    def pause(_: float) -> None:
        if next(pauses) == 1:
            (tmp_path / ".practice.before").rename(practice)

    monkeypatch.setattr("caseload.intake.moment.time.sleep", pause)
    assert versions(practice) == {"video"}


def test_no_reading_mixes_two_versions(tmp_path: Path, monkeypatch) -> None:
    practice, other = version(tmp_path / "practice", "video"), version(tmp_path / "other", "phone")
    stop = threading.Event()

    def exchange() -> None:
        while not stop.is_set():
            for one, two in ((practice, tmp_path / "away"), (other, practice), (tmp_path / "away", other)):
                one.rename(two)
            stop.wait(0.002)

    thread = threading.Thread(target=exchange)
    thread.start()
    seen: list[set[str]] = []
    try:
        for _ in range(150):
            with suppress(InputError):  # it was away, or changed all the time
                seen.append(versions(practice))
    finally:
        stop.set()
        thread.join()
    assert len(seen) > 50
    assert all(found in ({"video"}, {"phone"}) for found in seen)


def test_the_fingerprint_is_that_of_the_bytes_that_were_parsed() -> None:
    assert Content("a.csv", b"abc").fingerprint == ("a.csv", hashlib.sha256(b"abc").hexdigest(), 3)
    assert "abc" not in repr(Content("a.csv", b"abc"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_history_of_imports_has_the_fingerprint_of_what_was_read(kind: str, tmp_path: Path, monkeypatch) -> None:
    from export_fixtures import workbook

    rows = attendance_rows()
    file = tmp_path / f"attendance.{kind}"
    if kind == "csv":
        file.write_text(csv_text(rows), encoding="utf-8")
    else:
        workbook(file, rows)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    from caseload.intake.exports import run

    translate = run.translate

    def replaced(*given):
        file.write_text("another", encoding="utf-8")
        return translate(*given)

    monkeypatch.setattr(run, "translate", replaced)
    import_exports([file], tmp_path / "practice", "simplepractice")
    (entry,) = read_history(tmp_path / "practice")
    assert entry.sha256 == digest


def test_what_a_lock_or_an_editor_leaves_does_not_matter(tmp_path: Path, monkeypatch) -> None:
    practice = version(tmp_path / "practice", "video")
    count = on_reading(monkeypatch, lambda _: (practice / ".agenda.csv.lock").touch())
    assert versions(practice) == {"video"}
    assert count == [1]
