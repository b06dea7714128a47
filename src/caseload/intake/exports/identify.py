"""Who is who, and which appointment is which: keyed identifiers in the place of names, dates of birth and numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from hashlib import blake2b
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caseload.intake.exports.cells import FORMULA_ERROR, is_formula_error
from caseload.intake.exports.coded import Coded, Codes, Flags, alike, combined
from caseload.intake.exports.job import FILL, Job, theirs
from caseload.intake.exports.maps import PEOPLE, PersonMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.pseudonyms import ALPHABET, Identity, KeyFile
from caseload.intake.tables import TABLES

SESSION_LETTERS = 12  # of a session's identifier: 60 bits
AGAIN = "rows that say the same of an appointment again"
_OWN_KEY = ("clinician_id", "client_id", "scheduled_start")
_POWER = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,3}", re.IGNORECASE)
_DAMAGED = r"^(?:\d[.,\d]*[eE]\+?\d+|#[A-Za-z0-9/]+[!?]?)$"  # either of the two, perhaps
_WHOLE = "Export again, and import the file before a spreadsheet opens it; or make the column text there."
_AT_ONCE = 3  # letters that are looked up together
_LETTERS = np.array(["".join(letters) for letters in product(ALPHABET, repeat=_AT_ONCE)], dtype=f"S{_AT_ONCE}")
_Bits = np.ndarray[tuple[int], np.dtype[np.uint64]]


def identify_people(job: Job) -> None:
    """Put an identifier into the place of everybody; a supervisor's goes with the clinician, not into the row."""
    spec = TABLES[job.rows.table]
    required = {*spec.keys, *(column.name for column in spec.columns if column.required)}
    for kind, person in job.chosen.people.items():
        column = PEOPLE[kind]
        job.done.sources[column] = theirs(person.headers)
        for header in (*person.name, *filter(None, [person.number])):
            refuse_damaged(job, header)
        cells = _identifiers(job, kind, person)
        if kind == "supervisor" and column not in job.rows.specs:
            job.done.supervisors = _last_of_each(job.cells["clinician_id"], cells)
            continue
        job.cells[column] = cells
        if column in required:
            job.refuse(job.done.sources[column], cells.missing, f"who the {kind} is", "an empty cell", FILL)


def refuse_damaged(job: Job, header: str) -> None:
    """Refuse numbers that a spreadsheet has cut off: several of them have become one."""
    column = job.source.cells(header)
    if not pc.any(pc.match_substring_regex(pa.array(column.words, pa.string()), _DAMAGED)).as_py():
        return  # what is checked once for each text is a million texts of a number of appointments
    powers = column.where([bool(_POWER.fullmatch(word)) for word in column.words])
    job.refuse(
        header, powers, "the whole number or name", "a number in powers of ten: its last digits are lost", _WHOLE
    )
    errors = column.where([is_formula_error(word) for word in column.words])
    job.refuse(header, errors, "the whole number or name", FORMULA_ERROR, "Correct the formula, and import again.")


def _identifiers(job: Job, kind: str, person: PersonMap) -> Coded:
    codes: Codes = np.zeros(len(job.grid), dtype=np.int64)
    parts: list[tuple[str, ...]] = [()]  # one and the same in all rows
    if not person.value:
        codes, parts = combined([job.source.cells(header).only(job.keep) for header in person.headers])
    identities = [_identity(kind, person, part, job.calendar) for part in parts]
    keyed = job.export.identity == "pseudonyms"
    given = iter(job.keys.identifiers([who for who in identities if who]) if keyed else [])
    names = [None if who is None else next(given) if keyed else who.number or who.name for who in identities]
    if keyed:
        spelled = sum(
            job.keys.people[name].normalised != who.normalised
            for name, who in zip(names, identities, strict=True)
            if who and name and name in job.keys.people and name != job.keys.identifier(who)
        )
        if spelled:
            others = "1 is" if spelled == 1 else f"{spelled:,} are"
            job.done.notes.append(
                f"{kind}s: {others} known in another spelling: zeros before a number, a title or licence beside a name."
            )
        job.done.people |= {name: who for name, who in zip(names, identities, strict=True) if name and who}
    return Coded(codes, [name or "" for name in names]).respelled(names)


def _identity(kind: str, person: PersonMap, parts: Sequence[str], calendar: Calendar) -> Identity | None:
    """Who somebody is; None where nothing says it."""
    if person.value:
        return Identity("client" if kind == "client" else "clinician", person.value)
    given = dict(zip(person.headers, parts, strict=True))
    name = " ".join(filter(None, (given[header] for header in person.name)))
    name = re.sub(person.without, " ", name).strip() if person.without else name
    born, number = given.get(person.born, ""), given.get(person.number, "")
    if not name and not number:
        return None
    day = calendar.moment(born).text if born else None
    return Identity("client" if kind == "client" else "clinician", name, day[:10] if day else born, number)


def _last_of_each(clinicians: Coded, supervisors: Coded) -> dict[str, str]:
    """The supervisor that a clinician has in the last row that names one."""
    named = ~clinicians.missing & ~supervisors.missing
    pairs = dict(zip(clinicians.codes[named].tolist(), supervisors.codes[named].tolist(), strict=True))
    return {clinicians.words[one]: supervisors.words[other] for one, other in pairs.items()}


def identify_sessions(job: Job) -> None:
    """Give every session its identifier, the same one whenever its appointment is exported again.

    It is made of keyed hashes: of the program's own number of the appointment, or without one of clinician, client and
    begin, and of a count where several begin on one day because the export holds dates only. Of rows that say the same
    of one appointment the first stays; rows that contradict each other are refused.
    """
    how = job.chosen.columns.get("session_id")
    parts = [job.source.text(how.from_)] if how else [job.cells[name] for name in _OWN_KEY]
    job.done.sources["session_id"] = theirs(how.from_) if how else "clinician, client and begin"
    for header in how.from_ if how else ():
        refuse_damaged(job, header)
    if how:
        job.refuse(job.done.sources["session_id"], parts[0].missing, "the appointment's number", "an empty cell", FILL)
    key = alike(parts)
    _leave_out_repeats(job, key, dates_only=how is None)
    secret = job.keys.session_key()
    bits = [_hashed(part, secret, number) for number, part in enumerate(parts)]
    if how is None:
        before = _rows_before(key, job.keep)
        numbers = Coded(before, [str(number) for number in range(int(before.max(initial=0)) + 1)])
        bits.append(_hashed(numbers, secret, len(parts)))
    job.session_ids = _written(reduce(np.bitwise_xor, bits))
    job.done.in_two_places = _in_two_places(job)


def deleted_sessions(deleted: Sequence[str], people: Mapping[str, Identity], keys: KeyFile) -> list[str]:
    """The identifiers that sessions of appointments have which a program says it has deleted.

    It names the appointment and not its patients, so everybody's is looked for.
    """
    patients = [who.number for who in people.values() if who.kind == "client" and who.number]
    numbers = [f"{appointment} {patient}" for appointment in deleted for patient in patients]
    column = Coded(np.arange(len(numbers)), numbers)
    return [f"S-{letters.decode()}" for letters in _written(_hashed(column, keys.session_key(), 0)).tolist()]


def _in_two_places(job: Job) -> int:
    """How many clients attended sessions of two clinicians that began at the same time of day: namesakes, perhaps."""
    status, starts = job.cells["status"], job.cells["scheduled_start"]
    rows = job.keep & status.where([word == "attended" for word in status.words])
    rows &= ~starts.where([text.endswith("T00:00") for text in starts.words])
    names = ("client_id", "clinician_id")
    client, clinician = (Coded(job.cells[name].codes[rows], job.cells[name].words) for name in names)
    if alike([client, clinician]).max(initial=0) < len(client.words):
        return 0  # nobody has two clinicians, or the export holds dates only
    meetings = alike([client, Coded(starts.codes[rows], starts.words)])
    _, first = np.unique(meetings, return_index=True)
    elsewhere = clinician.codes != clinician.codes[first][meetings]
    return len(np.unique(client.codes[elsewhere]))


def _leave_out_repeats(job: Job, key: Codes, *, dates_only: bool) -> None:
    counts = np.bincount(key[job.keep], minlength=int(key.max(initial=0)) + 1)
    again = job.keep & (counts[key] > 1)
    if dates_only and again.any():  # two on one day are two, unless the time of day says that they are one
        starts = job.cells["scheduled_start"]
        again &= ~starts.where([text.endswith("T00:00") for text in starts.words])
    if not again.any():
        return
    places = np.flatnonzero(again)
    codes, first = np.unique(key[places], return_index=True)
    first_of = np.zeros(int(key.max()) + 1, dtype=np.int64)
    first_of[codes] = places[first]
    differs = np.zeros(len(again), dtype=bool)
    for column in job.cells.values():
        differs[places] |= column.codes[places] != column.codes[first_of[key[places]]]
    expected = "one row for an appointment, or rows that say the same"
    action = "Correct it at its source, or leave the others out by the map (leave_out)."
    job.refuse("", differs, expected, "another row for the same appointment", action)
    again[places[first]] = False
    job.leave_out(AGAIN, again)


def _rows_before(key: Codes, keep: Flags) -> Codes:
    """How many rows above have the same key; 0 for the first."""
    places = np.flatnonzero(keep)
    order = places[np.argsort(key[places], kind="stable")]
    run = key[order]
    begins = np.ones(len(run), dtype=bool)
    begins[1:] = run[1:] != run[:-1]
    start = np.maximum.accumulate(np.where(begins, np.arange(len(run)), 0)) if len(run) else run
    before = np.zeros(len(key), dtype=np.int64)
    before[order] = np.arange(len(run)) - start
    return before


def _hashed(part: Coded, secret: bytes, number: int) -> _Bits:
    """64 bits for each row, from a keyed BLAKE2b hash (RFC 7693) of each text and of which part of the key it is.

    Parts are put together by exclusive or, after Zobrist: every distinct text is hashed once, and two different keys
    share their bits with a chance of 1 in 2**64. The order of the parts is in the hash.
    """
    place = number.to_bytes(1, "big")
    digests = b"".join(
        [blake2b(word.encode(), digest_size=8, key=secret, person=place).digest() for word in part.words]
    )
    return np.append(np.frombuffer(digests, dtype=">u8").astype(np.uint64), np.uint64(0))[part.codes]


def _written(bits: _Bits) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    """Twelve letters for each row."""
    texts = np.empty((len(bits), SESSION_LETTERS // _AT_ONCE), dtype=f"S{_AT_ONCE}")
    for place in range(SESSION_LETTERS // _AT_ONCE):
        texts[:, place] = _LETTERS[(bits >> np.uint64(5 * _AT_ONCE * place)) & np.uint64(len(_LETTERS) - 1)]
    return texts.view(f"S{SESSION_LETTERS}").ravel()
