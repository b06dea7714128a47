"""Generated inputs at every door: none may end but in our own errors, nor have a planted value in what is said of it.

    python benchmarks/fuzz.py 1000000 2026            # half an hour of one core
    python benchmarks/fuzz.py 20000 7 --door fhir     # one door alone
    python benchmarks/fuzz.py 1 2026 --door fhir --number 831   # one input again, with its traceback

Every input follows from the seed, its door and its number. `doors.py` and `import_doors.py` say which doors there are
and how many inputs each gets; everything happens in this process, in a folder in memory where the system has one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from doors import betrayed, emptied
from import_doors import DOORS

from caseload.errors import CaseloadError

IN_MEMORY = Path("/dev/shm")
PACKAGE = "/caseload/"
ALLOWED = (2, 3)  # exit codes of our own errors
SLOW = 5.0  # seconds; one input takes milliseconds


@dataclass
class Account:
    """What became of the inputs of one door."""

    taken: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)  # finding → the number of its first input

    def note(self, finding: str, number: int) -> None:
        """One more of a kind of finding."""
        self.findings[finding] += 1
        self.first.setdefault(finding, number)


def one(seed: int, door: str, number: int, folder: Path) -> tuple[str, str]:
    """What became of one input (`taken`, `refused` or the kind of finding), and what was said."""
    rng = Random(f"{seed} {door} {number}")
    unsaid: list[str] = []
    sys.unraisablehook = lambda found: unsaid.append(type(found.exc_value).__name__)
    try:
        said, outcome = DOORS[door].door(rng, emptied(folder)), "taken"
    except CaseloadError as error:
        said, outcome = str(error), "refused" if error.exit_code in ALLOWED else f"exit {error.exit_code}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever it is, also a library's panic: that is what is looked for
        return f"{type(error).__name__} at {_place(error)}", ""
    if unsaid:
        return f"{unsaid[0]} that nobody could catch", said
    return (f"says {betrayed(said)}" if betrayed(said) else outcome), said


def _place(error: BaseException) -> str:
    """Where in the package an exception came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PACKAGE in frame.filename] or frames
    return f"{ours[-1].filename.rpartition(PACKAGE)[2]}:{ours[-1].lineno}"


def drawn(total: int, only: str) -> Iterator[tuple[str, int]]:
    """Door and number of each input, doors in turn, so that a run that is stopped has been at all of them."""
    shares = {only: 1} if only else {name: share.often for name, share in DOORS.items()}
    turn = [name for name, share in shares.items() for _ in range(share)]
    Random(0).shuffle(turn)
    counts: Counter[str] = Counter()
    for place in range(total):
        name = turn[place % len(turn)]
        yield name, counts[name]
        counts[name] += 1


def run(total: int, seed: int, only: str, folder: Path, progress: int) -> dict[str, Account]:
    """Take all inputs in."""
    accounts = {name: Account() for name in DOORS}
    for done, (door, number) in enumerate(drawn(total, only), start=1):
        began = time.process_time()
        outcome, _ = one(seed, door, number, folder / door)
        took = time.process_time() - began
        account = accounts[door]
        account.seconds += took
        account.slowest = max(account.slowest, took)
        account.taken += outcome == "taken"
        account.refused += outcome == "refused"
        if outcome not in ("taken", "refused"):
            account.note(outcome, number)
        if took > SLOW:
            account.note(f"slower than {SLOW:g} s", number)
        if done % progress == 0:
            print(f"{done:,} inputs, {sum(a.seconds for a in accounts.values()):.0f} s", flush=True)
            print(findings(accounts), flush=True)
    return accounts


def findings(accounts: dict[str, Account]) -> str:
    """Every kind of finding, with the first input of it."""
    return "\n".join(
        f"  {door} {account.first[what]}: {what} ({count:,} times)"
        for door, account in accounts.items()
        for what, count in account.findings.most_common()
    )


def table(accounts: dict[str, Account]) -> str:
    """What became of the inputs, by door."""
    lines = ["| door | inputs | taken | refused | findings | ms each |", "|---|---|---|---|---|---|"]
    for door, one in accounts.items():
        total = one.taken + one.refused + sum(one.findings.values())
        if total:
            each = 1000 * one.seconds / total
            found = sum(one.findings.values())
            lines.append(f"| {door} | {total:,} | {one.taken:,} | {one.refused:,} | {found} | {each:.2f} |")
    return "\n".join(lines)


def main() -> int:
    """Run, or show one input again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--door", default="", choices=("", *DOORS))
    parser.add_argument("--number", type=int, help="show this input of the door")
    parser.add_argument("--progress", type=int, default=20_000)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as place:
        folder = Path(place)
        if options.number is not None:
            rng = Random(f"{options.seed} {options.door} {options.number}")
            print(DOORS[options.door].door(rng, emptied(folder / options.door)))
            return 0
        accounts = run(options.inputs, options.seed, options.door, folder, options.progress)
    print(table(accounts))
    print(findings(accounts))
    return int(any(account.findings for account in accounts.values()))


if __name__ == "__main__":
    sys.exit(main())
