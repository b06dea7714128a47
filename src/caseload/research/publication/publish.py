"""From a practice to a folder that can be published: all is made in memory, checked, and put in place at once."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from caseload.errors import CaseloadError, ParameterError, did_you_mean
from caseload.intake import Practice
from caseload.intake.settings import FEWEST
from caseload.month.manifest import versions
from caseload.month.selection import months_between
from caseload.research.publication import datapackage, methods
from caseload.research.publication.disclosure import Disclosure, disclosure
from caseload.research.publication.estimates import estimated
from caseload.research.publication.figures import FIGURES, captions, figure_files
from caseload.research.publication.identifiers import Draw
from caseload.research.publication.people import QUASI_IDENTIFIERS
from caseload.research.publication.secret import check_place, new_secret, read_secret, write_secret
from caseload.research.publication.tables import tables
from caseload.review.progress import Progress
from caseload.writing.exchange import only_changer, replace_files
from caseload.writing.whole import for_its_owner_only

K = 5
"""People alike, at least: as on team pages, and a threshold often used for health data (El Emam & Dankar 2008)."""
FILES = (
    *(resource.file for resource in datapackage.RESOURCES),
    datapackage.FILE,
    datapackage.CODEBOOK,
    methods.FILE,
    *(f"{figure.name}.{kind}" for figure in FIGURES for kind in ("svg", "pdf")),
)
"""Every file that a package may hold."""


@dataclass(frozen=True, eq=False)
class Publication:
    """A package in memory: its tables by name, the account of what was done to protect people, and its files."""

    frames: Mapping[str, pd.DataFrame]
    disclosure: Disclosure
    files: Mapping[str, bytes]


def publish(
    practice: Practice,
    to: str | os.PathLike[str],
    *,
    month: str | pd.Period | None = None,
    k: int = K,
    quasi_identifiers: Sequence[str] = QUASI_IDENTIFIERS,
    secret: str | os.PathLike[str] | None = None,
    today: dt.date | None = None,
    progress: bool | Progress = False,
) -> Publication:
    """Write a de-identified analysis set of a practice: tables, codebook, methods paragraph and figures.

    The folder holds `clients.csv`, `client_months.csv`, `clinicians.csv`, `clinician_months.csv` (the last two only
    with at least `k` clinicians), `signals.csv`, `datapackage.json` and `codebook.md` (every column described),
    `methods.md` (methods, protection, citation), and figures as SVG and PDF. No identifier, date, name or free text of
    the practice is in it, and nothing from surveys, supports, self-care plans or agreements. docs/publishing.md says
    what it does not protect from: look at it before publishing anything.

    Parameters
    ----------
    practice : as `caseload.read_practice` gives it; every month is estimated with nothing later than its end.
    to : the folder, made if there is none, for its owner alone. A package that is there is replaced by the complete new
        one, other files in it stay; a folder that holds something else is refused.
    month : `YYYY-MM`, the last month that goes in; default: the latest that is complete on `today`.
    k : at least so many people share every combination of quasi-identifiers; at least 3.
    quasi_identifiers : which attributes of people are published, the most wanted first; see `QUASI_IDENTIFIERS` for all
        and their usual order. What is not named is not published. Whoever is alone with a combination loses the last
        first. `clinician` is the link from clients to clinicians: without it, clients keep more of the others.
    secret : a file that holds the secret behind the new numbers and their order, for the same package again. It is
        generated where there is none, for its owner alone. Keep it like a key: with it and the practice's identifiers
        the numbers can be drawn again. It must not be in `to`. Default: a new secret that is written nowhere.
    progress : show a bar on stderr.

    Raises
    ------
    ParameterError, with everything that is wrong, before anything is written: a k under 3, an unknown or repeated
    quasi-identifier, a month that the data does not cover, fewer clients than k, a folder that cannot be written or
    holds something else, a file that is no secret of ours or is in the package.

    Examples
    --------
    >>> import tempfile
    >>> import caseload
    >>> practice = caseload.read_practice("data/sample")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     package = caseload.publish(practice, f"{folder}/package", month="2025-01", k=5)
    >>> package.disclosure.tables[["table", "people"]].to_dict("records")
    [{'table': 'clients', 'people': 145}, {'table': 'clinicians', 'people': 13}]
    >>> bool((package.disclosure.tables["k"] >= 5).all())
    True
    """
    folder, secret_at = Path(to), None if secret is None else Path(secret)
    problems = [*_problems(k, quasi_identifiers), *_told(lambda: _last_month(practice, month, today))]
    problems += _told(lambda: check_folder(folder))
    if secret_at is not None:
        problems += _told(lambda: check_place(secret_at, [folder])) or _told(lambda: read_secret(secret_at))
    if problems:
        raise ParameterError("; ".join(problems))
    held = None if secret_at is None else read_secret(secret_at)
    if secret_at is not None and held is not None:
        for_its_owner_only(secret_at)
    drawn_from = held or new_secret()
    made = publication(
        practice, _last_month(practice, month, today), k=k, quasi_identifiers=quasi_identifiers, secret=drawn_from,
        progress=progress,
    )  # fmt: skip
    with only_changer(folder) as place:
        check_folder(place)  # again: it may have been filled meanwhile
        if secret_at is not None and held is None:
            write_secret(secret_at, drawn_from)
        replace_files(place, made.files, without=FILES)
    return made


def publication(
    practice: Practice,
    month: pd.Period,
    *,
    k: int = K,
    quasi_identifiers: Sequence[str] = QUASI_IDENTIFIERS,
    secret: bytes | None = None,
    progress: bool | Progress = False,
) -> Publication:
    """The package of `publish` in memory, from arguments that are right. ParameterError for fewer clients than k."""
    estimates = estimated(practice, month, progress)
    made = tables(estimates, k, quasi_identifiers, Draw.of((month, k, *quasi_identifiers), secret))
    account = disclosure(made, k)
    texts = datapackage.csv_files(made.frames)
    figures = figure_files(made.frames)
    described = datapackage.datapackage(made.frames, texts, k, str(versions()["caseload"]))
    texts |= {
        datapackage.FILE: datapackage.as_json(described),
        datapackage.CODEBOOK: datapackage.codebook(made.frames),
        methods.FILE: methods.methods(estimates, account, captions(figures)),
    }
    return Publication(made.frames, account, {name: text.encode() for name, text in texts.items()} | figures)


def check_folder(folder: Path) -> None:
    """Raises ParameterError where `folder` cannot become a package: it is a file, or holds something that is none."""
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder.name} is a file: a package is a folder, which is made if there is none")
    if not folder.exists() and not folder.absolute().parent.is_dir():
        raise ParameterError(f"there is no folder in which {folder.name} could be made: make it first")
    if folder.exists() and any(folder.iterdir()) and not _is_package(folder):
        raise ParameterError(f"{folder.name} holds other files: name a new folder, or one with an earlier package")


def _is_package(folder: Path) -> bool:
    try:
        return json.loads((folder / datapackage.FILE).read_text("utf-8"))["name"] == datapackage.NAME
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _last_month(practice: Practice, month: str | pd.Period | None, today: dt.date | None) -> pd.Period:
    if month is None:
        return practice.default_month(today or dt.date.today())
    return months_between(practice, str(month), str(month))[0]


def _problems(k: int, quasi_identifiers: Sequence[str]) -> list[str]:
    problems = [] if k >= FEWEST else [f"k must be {FEWEST} or more: fewer people alike protect nobody"]
    unknown = [name for name in quasi_identifiers if name not in QUASI_IDENTIFIERS]
    problems += [f"no quasi-identifier {name!r}{did_you_mean(name, QUASI_IDENTIFIERS)}" for name in unknown]
    if len(set(quasi_identifiers)) < len(quasi_identifiers):
        problems.append("a quasi-identifier is named twice")
    if unknown:
        problems.append(f"those there are: {', '.join(QUASI_IDENTIFIERS)}")
    return problems


def _told(check: Callable[[], object]) -> list[str]:
    """What a check says is wrong."""
    try:
        check()
    except CaseloadError as error:
        return [str(error)]
    return []
