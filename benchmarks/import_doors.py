"""The doors of imports beside those in `doors.py`: calendars, questionnaires, workbooks of other kinds, packed files,
first maps that somebody has completed, and check-ins read into a folder.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from pathlib import Path
from random import Random

import doors
import examples
from doors import NOW, Share, said_of
from inputs import as_csv, as_json, bent, changed, odd_text, planted, with_odd_cells

from caseload.errors import InputError
from caseload.intake.exports.checkin_file import checksum
from caseload.intake.exports.checkins import import_checkins
from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.reading import map_for, read_all
from caseload.intake.exports.run import import_exports
from caseload.pages.import_report import import_report
from caseload.pages.import_summary import checkin_summary, import_summary

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from workbook_fixtures import ods, xls, xls_records

ANSWERS = ("attended", "client_cancelled", "month/day/year", "Europe/Berlin", "minutes", "Bo Roe", "proqol5", "x", "1")
SESSIONS = "session_id,clinician_id,client_id,scheduled_start,status\nS1,C1,K1,2026-05-03T14:00,attended\n"
RULES = (
    "FREQ=WEEKLY;COUNT=5", "FREQ=DAILY;INTERVAL=2;UNTIL=20260601T000000Z", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=SECONDLY",
    "FREQ=WEEKLY;INTERVAL=0", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;BYHOUR=1,2,3,4,5,6", "FREQ", "",
    "FREQ=DAILY;COUNT=999999999",
)  # fmt: skip


def read_as_far_as_its_grid(path: Path, format: str = "") -> str:
    """What is said of a file and of what is in it."""
    found, problems = read_all([path], map_for(format, [path]), NOW)
    notes = [note for _, _, grid in found for note in grid.notes]
    return said_of([*problems, *(one for _, _, grid in found for one in grid.problems)], *notes)


def decided(rng: Random, path: Path) -> None:
    """Put an answer in the place of every question of a first map."""
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'"\?"(?=[\s,\]}]|$)', lambda _: f'"{rng.choice(ANSWERS)}"', text), encoding="utf-8")


def with_its_first_map(rng: Random, file: Path, folder: Path) -> str:
    """A file imported by its own first map: what is said, the map, and the page on the import."""
    said = write_first_map(file, folder / "map.toml")
    written = (folder / "map.toml").read_text(encoding="utf-8")
    decided(rng, folder / "map.toml")
    try:
        done = import_exports([file], folder / "practice", str(folder / "map.toml"), now=NOW,
                              exclude_invalid=rng.random() < 0.5)  # fmt: skip
    except InputError as error:
        return " ".join([said, written, str(error)])
    return " ".join([said, written, import_summary(done), import_report(done, "2026-07-01")])


def calendar(rng: Random, folder: Path) -> str:
    """A calendar, of which a line here and there is another."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", f"X-WR-CALNAME:{rng.choice(('Bo Roe', odd_text(rng)))}"]
    lines += rng.choice((["X-WR-TIMEZONE:Europe/Berlin"], [f"X-WR-TIMEZONE:{odd_text(rng)}"], []))
    for number in range(rng.randrange(1, 4)):
        lines += ["BEGIN:VEVENT", f"UID:{number}", rng.choice(("DTSTART:20260504T090000", "DTSTART:20260504T090000Z",
                  "DTSTART;TZID=Europe/Berlin:20260504T090000", "DTSTART;VALUE=DATE:20260504")),
                  rng.choice(("DTEND:20260504T095000", "DURATION:PT50M", "DURATION:-P1D", "DTEND:19000101")),
                  f"SUMMARY:{planted(rng)}{rng.choice(('', ' - no show', ' (lc)'))}"]  # fmt: skip
        lines += [f"RRULE:{rng.choice(RULES)}"] if rng.random() < 0.4 else []
        lines += [rng.choice(("EXDATE:20260511T090000", "RDATE:20260512T090000", "RECURRENCE-ID:20260504T090000"))] * (
            rng.random() < 0.2
        )
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    for _ in range(rng.randrange(3)):
        place = rng.randrange(len(lines))
        lines[place : place + 1] = rng.choice(
            ([], [lines[place]] * 2, [f"{lines[place].partition(':')[0]}:{odd_text(rng)}"])
        )
    content = "\r\n".join(lines).encode("utf-8", "surrogatepass")
    (folder / "calendar.ics").write_bytes(bent(rng, content, 0.1))
    return with_its_first_map(rng, folder / "calendar.ics", folder)


def wide(rng: Random, folder: Path) -> str:
    """A questionnaire with a column for each item, in words or numbers."""
    count = rng.choice((30, 21, 19, 17, 16, 12))
    pattern = rng.choice(("q{}", "ProQOL {}", "item_{}", "{}. I feel calm", "cbi{}"))
    words = rng.choice((("1", "2", "5"), ("Never", "Often", "Very often"), ("Always", "Seldom", odd_text(rng))))
    rows = [["who", "Timestamp", *(pattern.format(number) for number in range(1, count + 1))]]
    rows += [[planted(rng), f"2026-06-0{n}", *(rng.choice(words) for _ in range(count))] for n in range(1, 4)]
    (folder / "answers.csv").write_bytes(as_csv(rng, with_odd_cells(rng, rows, rng.randrange(4))))
    return with_its_first_map(rng, folder / "answers.csv", folder)


def guessed(rng: Random, folder: Path) -> str:
    """An unknown report, imported by its own first map."""
    rows = with_odd_cells(rng, examples.attendance(rng), rng.randrange(3))
    rows[0] = [rng.choice((name, name.replace("_", " ").title(), odd_text(rng))) for name in rows[0]]
    (folder / "export.csv").write_bytes(as_csv(rng, rows))
    return with_its_first_map(rng, folder / "export.csv", folder)


def old_workbook(rng: Random, folder: Path) -> str:
    """An .xls file, of which a record, a sector or a byte is another."""
    records = bytearray(xls_records(with_odd_cells(rng, examples.attendance(rng), rng.randrange(3))))
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(records))
        records[place : place + rng.choice((1, 2, 4))] = rng.randbytes(rng.choice((1, 2, 4)))
    path = xls(
        folder / "export.xls", {"Report": bytes(records), planted(rng)[:20]: bytes(records[: rng.randrange(99)])}
    )
    path.write_bytes(bent(rng, path.read_bytes(), 0.3))
    return read_as_far_as_its_grid(path, "simplepractice")


def document(rng: Random, folder: Path) -> str:
    """An .ods file, of which an attribute, a tag or a byte is another."""
    rows = with_odd_cells(rng, examples.attendance(rng), rng.randrange(3))
    times = rng.choice(("1", "3", "1048576", "-1", "99999999999", "x", ""))
    cell = (
        f'<table:table-cell office:value-type="{rng.choice(("string", "date", "float", "time", ""))}" '
        f'office:date-value="{rng.choice(("2026-05-04", "PT9H", "x"))}" table:number-columns-repeated="{times}"/>'
    )
    extra = f'<table:table-row table:number-rows-repeated="{times}">{cell}</table:table-row>'
    at = rng.randrange(len(rows) + 1)
    lines = [*rows[:at], *([extra] if rng.random() < 0.5 else []), *rows[at:]]
    path = ods(folder / "export.ods", {"Report": lines, planted(rng): rows[:1]}, compress=rng.random() < 0.5)
    path.write_bytes(bent(rng, path.read_bytes(), 0.4))
    return read_as_far_as_its_grid(path, "simplepractice")


def packed(rng: Random, folder: Path) -> str:
    """A packed CSV file."""
    stream = io.StringIO()
    csv.writer(stream, escapechar="\\").writerows(with_odd_cells(rng, examples.attendance(rng), rng.randrange(3)))
    content = gzip.compress(bent(rng, stream.getvalue().encode("utf-8", "surrogatepass"), 0.2))
    (folder / "export.csv.gz").write_bytes(bent(rng, content * rng.choice((1, 1, 2)), 0.4))
    return read_as_far_as_its_grid(folder / "export.csv.gz", rng.choice(("", "simplepractice")))


def check_ins(rng: Random, folder: Path) -> str:
    """A check-in read into a folder; what it writes is of the clinician's own making, and only the summary counts."""
    (folder / "practice").mkdir()
    (folder / "practice" / "sessions.csv").write_text(SESSIONS)
    tree = changed(rng, examples.check_in(rng), rng.randrange(4))
    if isinstance(tree, dict):
        tree["checksum"] = checksum(tree)
    path = folder / "checkin-C1-2026-05.json"
    path.write_bytes(as_json(rng, tree))
    return checkin_summary(import_checkins([path], folder / "practice"))


DOORS = {
    **doors.DOORS,
    **{
        share.door.__name__: share
        for share in (
            Share(old_workbook, 60), Share(document, 60), Share(packed, 30), Share(calendar, 15), Share(wide, 15),
            Share(guessed, 10), Share(check_ins, 15),
        )
    },
}  # fmt: skip
