"""Classes of people who are alike in what others may know of them: how many each holds, and which are too small.

k-anonymity: whoever knows some things of a person finds at least k people who are like that, not one (Sweeney 2002).
It protects from being found by what was counted, and by nothing else: not by the course of somebody's months, and not
where everybody who is alike in these things is alike in something else too (`least_diversity`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from caseload.errors import ParameterError, did_you_mean

MISSING = "missing"
BETWEEN = " | "
FEWEST_K = 2
"""One person is always like themself: a class of one is what is looked for."""


def class_sizes(frame: pd.DataFrame, columns: Sequence[str], person: str) -> pd.Series:
    """For each row, how many different people have the same values in `columns`; missing equals missing alone."""
    if not columns:
        return pd.Series(frame[person].nunique(), index=frame.index)
    return frame.groupby(list(columns), dropna=False, sort=False)[person].transform("nunique")


def k_anonymity(
    frame: pd.DataFrame, quasi_identifiers: Sequence[str], k: int = 5, person: str = "client"
) -> pd.DataFrame:
    """The classes of fewer than `k` people: none are returned where the frame is k-anonymous.

    People are alike if they have the same values in the quasi-identifiers, over all of their rows: of somebody who has
    several rows, all different combinations together are compared, whichever the order and however often each occurs.
    (With a column of months among the quasi-identifiers, the order counts.)

    Parameters
    ----------
    frame : any number of rows a person, in any order.
    quasi_identifiers : columns of what others may know of a person. A missing value equals another missing value alone.
    k : whole number of at least 2.
    person : the column that tells people apart; rows in which it is missing are nobody's and left out.

    Returns
    -------
    DataFrame with the quasi-identifiers and `people` (1 to k − 1), one row a class, the smallest first. Values are
    text, `missing` where there is none; several combinations of one person are joined by ` | `. It describes the people
    who stand out: it is for the researcher, and not to be published.

    Raises
    ------
    ParameterError for a k under 2 and for columns that are not there.

    References
    ----------
    Sweeney (2002) International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10:557.

    Examples
    --------
    >>> import pandas as pd
    >>> import caseload
    >>> people = pd.DataFrame({"client": [1, 2, 3, 3, 4], "programme": ["day", "day", "day", "night", "day"]})
    >>> caseload.k_anonymity(people, ["programme"], k=2)
         programme  people
    0  day | night       1
    """
    columns = list(dict.fromkeys(quasi_identifiers))
    _check(frame, columns, k, person)
    known = frame.loc[frame[person].notna(), [person, *columns]].drop_duplicates()
    combination = known.groupby(columns, dropna=False).ngroup() if columns else pd.Series(0, index=known.index)
    known = known.assign(combination=combination).sort_values("combination", kind="stable")
    alike = known.groupby(person)["combination"].agg(tuple)
    sizes = alike.map(alike.value_counts())
    small = alike[sizes < k].drop_duplicates()
    told = known[known[person].isin(small.index)]
    shown = {name: told[name].map(_text).groupby(told[person]).agg(BETWEEN.join) for name in columns}
    table = pd.DataFrame({**shown, "people": sizes[small.index]}, index=small.index.sort_values())
    return table.sort_values(["people", *columns], ignore_index=True)[[*columns, "people"]]


def least_diversity(frame: pd.DataFrame, columns: Sequence[str], sensitive: str) -> tuple[int, int]:
    """How many classes there are, and in how many of them all rows are alike in `sensitive`.

    In such a class, whoever knows that somebody is in it knows that of them: l-diversity of 1 (Machanavajjhala et al.
    2007). A missing value is a value of its own.
    """
    different = frame.groupby(list(columns), dropna=False)[sensitive].nunique(dropna=False)
    return len(different), int((different < 2).sum())


def _check(frame: pd.DataFrame, columns: list[str], k: int, person: str) -> None:
    problems = [] if k >= FEWEST_K else [f"k must be {FEWEST_K} or more"]
    known = [str(name) for name in frame.columns]
    problems += [
        f"no column {name!r}{did_you_mean(name, known)}" for name in (*columns, person) if name not in frame.columns
    ]
    if problems:
        raise ParameterError("; ".join(problems))


def _text(value: object) -> str:
    return MISSING if pd.isna(value) else str(value)  # type: ignore[call-overload]
