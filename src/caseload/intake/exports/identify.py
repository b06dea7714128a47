"""Who is who, and which appointment is which: keyed identifiers in the place of names, dates of birth and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caseload.intake.exports.coded import SEPARATOR, Coded, Codes, Flags, coded, joined
from caseload.intake.exports.job import FILL, Job, theirs
from caseload.intake.exports.maps import PEOPLE, PersonMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.pseudonyms import ALPHABET, Identity, keyed_digest
from caseload.intake.tables import TABLES

SESSION_LETTERS = 12  # of a session's identifier: 60 bits
AGAIN = "rows that say the same of an appointment again"
_OWN_KEY = ("clinician_id", "client_id", "scheduled_start")


def identify_people(job: Job) -> None:
    """Put an identifier into the place of everybody; a supervisor's goes with the clinician, not into the row."""
    spec = TABLES[job.rows.table]
    required = {*spec.keys, *(column.name for column in spec.columns if column.required)}
    for kind, person in job.chosen.people.items():
        cells = _identifiers(job, kind, person)
        column = PEOPLE[kind]
        if kind == "supervisor" and column not in job.rows.specs:
            job.done.supervisors = _last_of_each(job.done.columns["clinician_id"], cells)
            continue
        job.done.columns[column] = cells
        if column in required:
            nobody = cells.is_null().to_numpy(zero_copy_only=False)
            job.refuse(job.done.sources[column], nobody, f"who the {kind} is", "an empty cell", FILL)


def _identifiers(job: Job, kind: str, person: PersonMap) -> pa.Array:
    cells = coded(job.source.text(person.headers, SEPARATOR, whole=True))
    cells = Coded(np.where(job.keep, cells.codes, -1), cells.words)
    seen = np.zeros(len(cells.words), dtype=bool)
    seen[cells.codes[cells.codes >= 0]] = True
    found = [
        _identity(kind, person, word.split(SEPARATOR), job.calendar) if is_seen else None
        for word, is_seen in zip(cells.words, seen, strict=True)
    ]
    keyed = job.export.identity == "pseudonyms"
    names = [None if who is None else job.keys.identifier(who) if keyed else who.number or who.name for who in found]
    if keyed:
        job.done.people |= {name: who for name, who in zip(names, found, strict=True) if name and who}
    job.done.sources[PEOPLE[kind]] = theirs(person.headers)
    return cells.respelled(names)


def _identity(kind: str, person: PersonMap, parts: Sequence[str], calendar: Calendar) -> Identity | None:
    """Who somebody is; None where nothing says it."""
    given = dict(zip(person.headers, parts, strict=True))
    name = " ".join(filter(None, (given[header] for header in person.name)))
    born, number = given.get(person.born, ""), given.get(person.number, "")
    if not name and not number:
        return None
    day = calendar.moment(born).text if born else None
    return Identity("client" if kind == "client" else "clinician", name, day[:10] if day else born, number)


def _last_of_each(clinicians: pa.Array, supervisors: pa.Array) -> dict[str, str]:
    """The supervisor that a clinician has in the last row that names one."""
    pairs = pa.table({"clinician": clinicians, "supervisor": supervisors}).drop_null()
    return dict(zip(pairs["clinician"].to_pylist(), pairs["supervisor"].to_pylist(), strict=True))


def identify_sessions(job: Job) -> None:
    """Give every session its identifier, the same one whenever its appointment is exported again.

    It is a keyed hash of the program's own number of the appointment; without one, of clinician, client and begin, and
    of a count where several begin on one day because the export holds dates only. Of rows that say the same of one
    appointment the first stays; rows that contradict each other are refused.
    """
    how = job.chosen.columns.get("session_id")
    own = joined([job.done.columns[name] for name in _OWN_KEY], SEPARATOR, whole=True)
    text = job.source.text(how.from_) if how else own
    key = coded(pc.if_else(pa.array(job.keep), text, pa.scalar(None, pa.string())))
    job.done.sources["session_id"] = theirs(how.from_) if how else "clinician, client and begin"
    if how:
        job.refuse(job.done.sources["session_id"], key.codes < 0, "the appointment's number", "an empty cell", FILL)
    _leave_out_repeats(job, key, dates_only=how is None)
    before = _rows_before(key.codes, job.keep) if how is None else np.zeros(len(key.codes), dtype=np.int64)
    job.done.columns["session_id"] = _hashed(key, before, job.keys.session_key())


def _leave_out_repeats(job: Job, key: Coded, *, dates_only: bool) -> None:
    counts = np.append(np.bincount(key.codes[job.keep], minlength=len(key.words)), 0)
    again = job.keep & (counts > 1)[key.codes]
    if dates_only and again.any():  # two on one day are two, unless the time of day says that they are one
        midnight = pc.match_substring(job.done.columns["scheduled_start"], "T00:00")
        again &= ~pc.fill_null(midnight, True).to_numpy(zero_copy_only=False)
    if not again.any():
        return
    places = np.flatnonzero(again)
    codes, first = np.unique(key.codes[places], return_index=True)
    first_of = np.zeros(len(key.words), dtype=np.int64)
    first_of[codes] = places[first]
    differs = np.zeros(len(again), dtype=bool)
    for cells in job.done.columns.values():
        column = coded(cells).codes
        differs[places] |= column[places] != column[first_of[key.codes[places]]]
    expected = "one row for an appointment, or rows that say the same"
    action = "Correct it at its source, or leave the others out by the map (leave_out)."
    job.refuse("", differs, expected, "another row for the same appointment", action)
    again[places[first]] = False
    job.leave_out(AGAIN, again)


def _rows_before(codes: Codes, keep: Flags) -> Codes:
    """How many rows above have the same key; 0 for the first."""
    places = np.flatnonzero(keep)
    order = places[np.argsort(codes[places], kind="stable")]
    run = codes[order]
    begins = np.ones(len(run), dtype=bool)
    begins[1:] = run[1:] != run[:-1]
    start = np.maximum.accumulate(np.where(begins, np.arange(len(run)), 0)) if len(run) else run
    found = np.zeros(len(codes), dtype=np.int64)
    found[order] = np.arange(len(run)) - start
    return found


def _hashed(key: Coded, before: Codes, secret: bytes) -> pa.Array:
    """The identifiers: S- and twelve letters."""
    digests = b"".join([keyed_digest(secret, word.encode()) for word in key.words])
    bits = np.append(np.frombuffer(digests, dtype=">u8").astype(np.uint64), np.uint64(0))[key.codes]
    for place in np.flatnonzero(before).tolist():  # few: a pair's second appointment on one day
        text = f"{key.words[key.codes[place]]}{SEPARATOR}{before[place]}"
        bits[place] = int.from_bytes(keyed_digest(secret, text.encode()), "big")
    alphabet = np.frombuffer(ALPHABET.encode(), dtype="S1")
    letters = np.empty((len(bits), SESSION_LETTERS + 2), dtype="S1")
    letters[:, 0], letters[:, 1] = b"S", b"-"
    for place in range(SESSION_LETTERS):
        letters[:, place + 2] = alphabet[(bits >> np.uint64(5 * place)) & np.uint64(31)]
    texts = pa.array(letters.view(f"S{SESSION_LETTERS + 2}").ravel()).cast(pa.string())
    return pc.if_else(pa.array(key.codes >= 0), texts, pa.scalar(None, pa.string()))
