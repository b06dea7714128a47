"""The one room that writes: whole or not at all, one at a time, never over an input, nothing left by the dead."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from caseload.errors import ParameterError
from caseload.writing.exchange import BEFORE, only_changer, replace_files
from caseload.writing.locks import lock_of, only_writer, try_lock
from caseload.writing.places import check_apart, check_claimed, check_writable
from caseload.writing.scratch import MARK, clear_dead, reserved, scratch
from caseload.writing.whole import (
    content_of,
    copy_folder,
    private_folder,
    remove,
    rewrite,
    write_file,
    write_together,
)

PACKAGE = Path(__file__).parents[1] / "src" / "caseload"
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


@contextmanager
def child(act: Callable[[], object]) -> Iterator[int]:
    """A process that is ready when `act` has returned, and does nothing more until it is killed."""
    ready, told = os.pipe()
    process = os.fork()
    if not process:  # pragma: no cover
        try:
            kept = act()  # so that it does not end
            os.write(told, b".")
            signal.pause()
        finally:
            os._exit(kept is None)
    os.close(told)
    try:
        assert os.read(ready, 1)
        yield process
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(ready)


def left_by(parent: Path) -> list[str]:
    return sorted(path.name for path in parent.iterdir())


# --- scratch folders ------------------------------------------------------------------------------------------------


def test_a_scratch_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with suppress(KeyError), scratch(tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "view.pickle").write_text("somebody's")
        raise KeyError
    assert left_by(tmp_path) == []


def test_by_default_it_is_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch() as folder:
        assert folder.parent == tmp_path
    clear_dead()


@forks
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_what_a_killed_process_left_is_removed_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    def hold() -> object:
        held = scratch(tmp_path)
        (held.__enter__() / "page.html").write_text("somebody's")
        return held

    with child(hold), scratch(tmp_path) as mine:
        clear_dead(tmp_path)
        assert len([name for name in left_by(tmp_path) if not name.endswith(".lock")]) == 2
        assert mine.is_dir()
    assert len(left_by(tmp_path)) == 2
    clear_dead(tmp_path)
    assert left_by(tmp_path) == []


def test_only_what_has_our_name_is_removed_and_no_link_is_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years")
    place = tmp_path / "place"
    place.mkdir()
    (place / f"{MARK}1").symlink_to(precious)
    (place / f"{MARK}2").write_text("a file of this name")
    (place / ".caseload").mkdir()
    (place / f"{MARK}3").mkdir()
    (place / f"{MARK}3" / "link").symlink_to(precious)
    clear_dead(place)
    assert left_by(place) == [".caseload", f"{MARK}1", f"{MARK}2"]
    assert (precious / "thesis.txt").read_text() == "years"
    clear_dead(tmp_path / "nowhere")


def test_many_writers_in_one_folder_lose_nothing(tmp_path: Path) -> None:
    """Each run clears what the dead have left: never what another one has not finished."""
    failed: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(40):
                clear_dead(tmp_path)
                write_together(tmp_path, {f"{name}.txt": f"{number}", f"own/{name}.txt": f"{number}"})
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [path.read_text() for path in sorted(tmp_path.rglob("*.txt"))] == ["39"] * 6
    assert left_by(tmp_path) == ["a.txt", "b.txt", "c.txt", "own"]


def test_a_reserve_is_freed_when_it_is_asked_for(tmp_path: Path) -> None:
    with reserved(tmp_path, 10) as free:
        assert sum(path.stat().st_size for path in tmp_path.rglob("reserve")) == 10
        free()
        assert list(tmp_path.rglob("reserve")) == []


# --- locks ------------------------------------------------------------------------------------------------------------


def test_the_second_writer_waits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caseload.writing.locks.SHORTLY", 0.0)
    order, said = [], threading.Event()

    def second() -> None:
        with only_writer(tmp_path / "month", None, said.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with only_writer(tmp_path / "month"):
        thread.start()
        assert said.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert left_by(tmp_path) == []


def test_patience_ends(tmp_path: Path) -> None:
    with (
        only_writer(tmp_path / "month"),
        pytest.raises(ParameterError, match="another process"),
        only_writer(tmp_path / "month", 0.02),
    ):
        pass


@forks
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_the_lock_of_a_dead_process_holds_nobody(tmp_path: Path) -> None:
    lock = lock_of(tmp_path / "month")
    with child(lambda: try_lock(lock)):
        assert try_lock(lock) is None
    with only_writer(tmp_path / "month", 0.0):
        assert lock.exists()


# --- places -----------------------------------------------------------------------------------------------------------


def test_a_place_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ParameterError, match="is not a folder"):
        check_writable(tmp_path / "file" / "reports")
    check_writable(tmp_path / "new" / "reports")
    assert left_by(tmp_path) == ["file"]
    for path in (Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(ParameterError, match="cannot write to"):
            check_writable(path)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no such place here")
def test_a_place_of_the_system_is_none() -> None:
    with pytest.raises(ParameterError, match="cannot write to /proc/x"):
        check_writable(Path("/proc/x"))


@pytest.mark.parametrize("spelling", ["practice", "practice/../practice", "link", "./practice/."])
def test_output_is_never_put_where_the_input_is(spelling: str, tmp_path: Path) -> None:
    (tmp_path / "practice").mkdir()
    (tmp_path / "link").symlink_to("practice")
    with pytest.raises(ParameterError, match="the practice's own tables"):
        check_apart(tmp_path / spelling, tmp_path / "practice")
    with pytest.raises(ParameterError, match="the practice's own tables"):
        check_apart(tmp_path / spelling, tmp_path / "practice" / "practice.xlsx")
    check_apart(tmp_path / spelling / "reports", tmp_path / "practice")


def test_a_file_that_no_run_claims_is_never_replaced(tmp_path: Path) -> None:
    for name in ("ours.csv", "theirs.csv"):
        (tmp_path / name).write_text("")
    (tmp_path / "broken.csv").symlink_to("nowhere")
    check_claimed(tmp_path, ["ours.csv", "new.csv"], lambda file: file.name == "ours.csv")
    with pytest.raises(ParameterError, match=r"broken\.csv and 1 more there was not written by this command"):
        check_claimed(tmp_path, ["broken.csv", "ours.csv", "theirs.csv"], lambda file: file.name == "ours.csv")


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_are_private_whatever_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_together(
            tmp_path / "out", {"a.csv": "text", "own/b.bin": b"bytes", "c": lambda file: file.write_text("c")}
        )
    finally:
        os.umask(before)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out", *(tmp_path / "out").rglob("*"))
    }
    assert modes == {"out": 0o700, "own": 0o700, "a.csv": 0o600, "b.bin": 0o600, "c": 0o600}


def test_files_are_put_in_place_all_or_none(tmp_path: Path) -> None:
    write_together(tmp_path, {"a.csv": "old"})
    with pytest.raises(UnicodeEncodeError):
        write_together(tmp_path, {"a.csv": "new", "own/b.csv": "\ud800"})
    assert [(path.name, path.read_text()) for path in tmp_path.rglob("*")] == [("a.csv", "old")]


def test_a_new_file_replaces_none(tmp_path: Path) -> None:
    write_file(tmp_path / "map.toml", "first", new=True)
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "map.toml", "second", new=True)
    assert (tmp_path / "map.toml").read_text() == "first"
    write_file(tmp_path / "map.toml", "third")
    assert (tmp_path / "map.toml").read_text() == "third"


def test_nothing_outside_a_folder_is_removed(tmp_path: Path) -> None:
    out, elsewhere = private_folder(tmp_path / "out"), private_folder(tmp_path / "elsewhere")
    for path in (out / "a.html", elsewhere / "b.html"):
        path.write_text("")
    (out / "own").symlink_to(elsewhere)
    remove(out, ["a.html", "own/b.html", "../elsewhere/b.html", str(elsewhere / "b.html"), "no\0name", "nowhere/c"])
    assert left_by(out) == ["own"]
    assert left_by(elsewhere) == ["b.html"]


def test_an_edit_keeps_the_file_where_it_fails_or_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "agenda.csv"
    assert rewrite(file, lambda old: (b"one", old)) is None
    assert rewrite(file, lambda old: (None, old)) == b"one"
    with pytest.raises(ZeroDivisionError):
        rewrite(file, lambda old: 1 // 0)
    assert content_of(file) == b"one"
    assert left_by(tmp_path) == ["agenda.csv"]
    with pytest.raises(ParameterError, match="cannot be written, and is as it was"):
        rewrite(tmp_path, lambda old: (b"", None))


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_is_exchanged_with_what_stays_in_it(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "practice")
    for name in ("sessions.csv", "old.csv", ".hidden.lock", f"{MARK}1", ".agenda.csv.lock"):
        (folder / name).write_text(name)
    (folder / "notes").mkdir()
    (folder / "notes" / "plan.txt").write_text("ours")
    with only_changer(folder) as place:
        replace_files(place, {"sessions.csv": "new"}, edited="agenda.csv", without=["old.csv"])
    assert left_by(folder) == [".hidden.lock", "notes", "sessions.csv"]
    assert (folder / "sessions.csv").read_text() == "new"
    assert left_by(tmp_path) == ["practice"]
    with only_changer(folder) as place:
        replace_files(place, {"truth/a.csv": "a"}, without=None)
    assert left_by(folder) == ["truth"]


def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "practice")
    (folder / "sessions.csv").write_text("old")

    def fail(_: Path) -> None:
        raise OSError(28, "no space left")

    with pytest.raises(ParameterError, match="is as it was"), only_changer(folder) as place:
        replace_files(place, {"sessions.csv": "new", "clients.csv": fail})
    assert [path.read_text() for path in folder.iterdir()] == ["old"]
    assert left_by(tmp_path) == ["practice"]


def test_what_an_interruption_left_is_put_right(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    private_folder(tmp_path / BEFORE.format("practice")).joinpath("sessions.csv").write_text("old")
    private_folder(tmp_path / ".practice.importing").joinpath("sessions.csv").write_text("half")
    with only_changer(folder):
        assert (folder / "sessions.csv").read_text() == "old"
    assert left_by(tmp_path) == ["practice"]
    shutil.copytree(folder, tmp_path / BEFORE.format("practice"))
    with only_changer(folder):
        assert left_by(tmp_path) == [".practice.lock", "practice"]
    for bad in (folder / "sessions.csv", tmp_path / "nowhere" / "practice"):
        with pytest.raises(ParameterError), only_changer(bad):
            pass


# --- nobody else writes -----------------------------------------------------------------------------------------------

WRITING = {
    "write_text", "write_bytes", "touch", "mkdir", "makedirs", "rmdir", "unlink", "rename", "symlink_to", "hardlink_to",
    "to_csv", "to_parquet", "write_table", "savefig", "copyfile", "copytree", "copy2", "rmtree", "move",
    "NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp",
}  # fmt: skip
# The content of a file that the room has made: what is written here goes to a path or stream that was handed in.
CONTENT = {
    "intake/exports/stored.py": {"open", "write_csv"},
    "simulate/folder.py": {"to_csv", "to_parquet"},
    "estimates/storage.py": {"write_table"},
    "figures/saving.py": {"savefig"},
    "figures/export.py": {"savefig"},
    "month/csv_tables.py": {"to_csv"},
    "research/publication/datapackage.py": {"to_csv"},
}
FRAME_METHODS = {"rename"}  # of pandas, too: a path's `rename` takes one argument that is no keyword


def writes(source: str) -> set[str]:
    """Names of the calls that write to a file, as far as they can be seen from their form."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in FRAME_METHODS and not (len(node.args) == 1 and not node.keywords and _is_path(node.args[0])):
            continue
        mode = [arg.value for arg in (*node.args, *(k.value for k in node.keywords if k.arg == "mode"))
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]  # fmt: skip
        opens = name == "open" and any(set(text) <= set("rwxabt+") and set(text) & set("wxa+") for text in mode)
        if name in WRITING or opens:
            found.add(name)
    return found


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"folder", "before", "target", "path", "to", "new", "old"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nobody_else_writes(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if not name.startswith("writing/"):
        assert writes(path.read_text("utf-8")) - CONTENT.get(name, set()) == set()


def test_a_call_that_writes_is_seen() -> None:
    assert writes("p.write_text('x'); open(p, 'w'); p.open(mode='ab'); shutil.rmtree(p); p.rename(target)") == {
        "write_text", "open", "rmtree", "rename"
    }  # fmt: skip
    assert writes("p.open('rb'); open(p); frame.rename(columns={}); series.rename('value')") == set()


def test_a_copy_of_a_folder_is_whole_and_private(tmp_path: Path) -> None:
    (tmp_path / "practice" / "instruments").mkdir(parents=True)
    (tmp_path / "practice" / "sessions.csv").write_bytes(b"a\r\n1\r\n")
    (tmp_path / "practice" / "instruments" / "own.csv").write_bytes(b"item")
    copy_folder(tmp_path / "practice", tmp_path / "copy")
    made = {path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*")}
    assert made == {"instruments", "instruments/own.csv", "sessions.csv"}
    assert (tmp_path / "copy" / "sessions.csv").read_bytes() == b"a\r\n1\r\n"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
