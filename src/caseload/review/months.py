"""The balance of each month, estimated once as long as a process lives.

A month of the past does not change by what is recorded later. Where buttons are pressed again, or tables change that
hold no signal, its balance is the one that was estimated before. Nothing of it is written anywhere.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import fields, replace
from threading import Lock
from typing import Any

import pandas as pd

from caseload.estimates import Balance, BalanceModel
from caseload.estimates.declared import under_own_names, with_new_usual
from caseload.estimates.frames import DECLARED

MOST_KEPT = 64  # months: beyond, those that were asked for least lately are forgotten

_kept: OrderedDict[bytes, Balance] = OrderedDict()
_alone = Lock()


def balance_of(signals: pd.DataFrame, month: pd.Period, declared: pd.DataFrame | None = None) -> Balance | None:
    """The balance of one month from the rows up to it; None where no client-month is recorded up to it or in it.

    From a change that was `declared` (`frames.DECLARED`) by the month on, a clinician's earlier months are not their
    usual. The tables are the caller's own: what is changed in them is in no later answer.
    """
    known = signals[signals["month"] <= month]
    if not (known["month"] == month).any():
        return None
    begun = DECLARED.empty() if declared is None else declared[declared["month"] <= month]
    if len(begun):
        return under_own_names(_estimated(with_new_usual(known, begun), month))
    return _estimated(known, month)


def _estimated(known: pd.DataFrame, month: pd.Period) -> Balance:
    key = _digest(known, month)
    with _alone:
        balance = _kept.get(key)
    if balance is None:
        balance = BalanceModel().fit(known).estimate(month)
    with _alone:
        _kept[key] = balance
        _kept.move_to_end(key)
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return _copied(balance)


def _digest(signals: pd.DataFrame, month: pd.Period) -> bytes:
    """What tells these rows and this month from all others: names, types and every value."""
    told = hashlib.blake2b(f"{month} {[(name, str(kind)) for name, kind in signals.dtypes.items()]}".encode())
    told.update(pd.util.hash_pandas_object(signals, index=False).to_numpy().tobytes())
    return told.digest()


def _copied(balance: Balance) -> Balance:
    """The same with tables of its own."""
    values = {field.name: getattr(balance, field.name) for field in fields(balance)}
    tables = {name: table for name, table in values.items() if isinstance(table, pd.DataFrame)}
    own: dict[str, Any] = {name: table.copy(deep=False) for name, table in tables.items()}  # copied once written into
    return replace(balance, **own)
