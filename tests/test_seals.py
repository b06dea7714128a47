"""What a manifest holds of private things: known again by the next run, and nothing to anybody else."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from review_fixtures import SAMPLE

from caseload.month import seals
from caseload.month.seals import FILE, SECRET_BYTES, is_seal_of, sealed

ROWS = ["clinician_id,completed_on,instrument,item,response", *(f"C07,2026-05-04,proqol5,{n},3" for n in range(1, 30))]
ANSWERS = range(1, 6)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def guesses() -> Iterator[str]:
    """The table as it would be for every answer that could be the last one."""
    return ("\n".join([*ROWS, f"C07,2026-05-04,proqol5,30,{answer}"]) for answer in ANSWERS)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user who has never run anything."""
    monkeypatch.setattr(platformdirs, "user_state_path", lambda *_, **__: tmp_path / "state" / "caseload")
    return tmp_path / "state" / "caseload"


def lose_what_is_known() -> None:
    """As in a new process."""
    seals._secret.cache_clear()


def test_a_seal_holds_for_its_digest_alone(state: Path) -> None:
    seal = sealed(digest("page"))
    assert re.fullmatch("[0-9a-f]{48}", seal)
    assert is_seal_of(seal, digest("page"))
    assert not is_seal_of(seal, digest("another page"))
    assert not is_seal_of("", "") and not is_seal_of(sealed(""), "")
    assert not is_seal_of(digest("page"), digest("page"))  # what manifests held before there were seals


def test_two_seals_of_one_thing_look_as_different_as_those_of_two(state: Path) -> None:
    """Or whoever sees two manifests saw that an own copy has changed."""
    assert len({sealed(digest("page")) for _ in range(100)}) == 100


def test_who_knows_all_but_one_answer_learns_nothing_from_a_seal(state: Path, tmp_path: Path) -> None:
    """Tried with everything that a reader of the manifest has: the random part of the seal, and any other secret."""
    truth, seal = digest(list(guesses())[3]), sealed(digest(list(guesses())[3]))
    random, keyed = seal[:16], seal[16:]
    tried = [
        made
        for told in map(digest, guesses())
        for text in (told, random + told, f"{random}|{told}", told + random)
        for made in (text, digest(text))
    ]
    assert not [made for made in tried if keyed in made or made in seal]
    assert is_seal_of(seal, truth)
    (state / FILE).unlink()
    lose_what_is_known()
    assert not [told for told in map(digest, guesses()) if is_seal_of(seal, told)]


def test_the_secret_is_for_its_owner_alone_and_stays(state: Path) -> None:
    seal = sealed("a")
    lose_what_is_known()
    assert is_seal_of(seal, "a")
    assert len((state / FILE).read_bytes()) == SECRET_BYTES
    assert [path.name for path in state.iterdir()] == [FILE]
    if sys.platform != "win32":
        assert [path.stat().st_mode & 0o777 for path in (state, state / FILE)] == [0o700, 0o600]


@pytest.mark.parametrize("damage", ["short", "long", "huge", "open", "gone"])
def test_a_secret_that_is_none_is_made_anew(state: Path, damage: str) -> None:
    seal, file = sealed("a"), state / FILE
    if damage == "gone":
        file.unlink()
    elif damage == "open":
        if sys.platform == "win32":
            pytest.skip("modes are not known on Windows")
        file.chmod(0o640)
    else:
        file.write_bytes(b"x" * {"short": 3, "long": SECRET_BYTES + 1, "huge": 1 << 20}[damage])
    lose_what_is_known()
    assert not is_seal_of(seal, "a")
    again = sealed("a")
    lose_what_is_known()
    assert is_seal_of(again, "a")
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["~/nowhere", "a file", "a pipe"])
def test_where_no_secret_can_be_kept_seals_end_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(place) if place.startswith("~") else tmp_path / "state"
    if place == "a file":
        folder.touch()
    elif place == "a pipe":
        if sys.platform == "win32":
            pytest.skip("no pipes in folders there")
        folder.mkdir()
        os.mkfifo(folder / FILE)
        (folder / FILE).chmod(0o600)
        monkeypatch.setattr(seals, "write_file", lambda *_: (_ for _ in ()).throw(PermissionError))
    monkeypatch.setattr(platformdirs, "user_state_path", lambda *_, **__: folder)
    before = set(tmp_path.rglob("*"))
    seal = sealed("a")
    assert is_seal_of(seal, "a")
    lose_what_is_known()
    assert not is_seal_of(seal, "a")
    assert set(tmp_path.rglob("*")) == before


def test_runs_that_begin_together_have_one_secret(tmp_path: Path) -> None:
    code = "import sys, pathlib, caseload.month.seals as s; print(s._secret(pathlib.Path(sys.argv[1])).hex())"
    command = [sys.executable, "-c", code, str(tmp_path / "state")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in running}) == 1


def test_what_a_manifest_seals_is_nowhere_in_it(sample_month: Path) -> None:
    """Neither digest nor size of a table or of an own copy; and no two seals are the same."""
    text = (sample_month / "manifest.json").read_text("utf-8")
    private = [*SAMPLE.glob("*.*"), *(sample_month / "own").glob("*")]
    assert len(private) > 10
    for path in private:
        content = path.read_bytes()
        for name, size in itertools.product(("sha256", "sha1", "md5"), (8, 128)):
            assert hashlib.new(name, content).hexdigest()[:size] not in text, path.name
        assert not re.search(rf"\b{len(content)}\b", text), path.name
    manifest = json.loads(text)
    told = [*manifest["files"].values(), manifest["key"], *(entry["seal"] for entry in manifest["inputs"])]
    told += [report["key"] for report in manifest["reports"]]
    assert {len(seal) for seal in told} == {48}
    assert len(set(told)) == len(told)
