"""Beyond one machine: the same signals and the same reports, made by the workers of a Dask cluster (extra `scale`).

    caseload report practice --dask tcp://scheduler:8786

What a worker gets is the part of the practice that it works on, and what it returns is put in place here. A report runs
in a fresh process there too, so that neither a crash nor a full memory ends the worker; reports of a worker that is
lost are made by another one.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.intake import Practice
from caseload.month.manifest import Result, versions
from caseload.month.rendering.forked import ENDED, Outcome, Server, Task
from caseload.month.rendering.limits import Limits, forks
from caseload.month.rendering.reports import Job, Report, cause, failed, prepared
from caseload.signals import monthly_signals
from caseload.writing.whole import write_together

if TYPE_CHECKING:
    from distributed import Client, Future

SECONDS_TO_ANSWER = 10
AHEAD = 3  # reports given out for each thread of the cluster: none waits for the next, and few are in memory
LOST = "the worker that rendered it was lost"

_here = threading.local()  # the fork server of a worker's thread


class Cluster:
    """The workers of the Dask scheduler at `address`, for the length of a `with` block.

    Raises ParameterError where nobody answers, nothing works, or other versions are installed than here.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if "_client" in vars(self):
            vars(self).pop("_client").close()

    @cached_property
    def _client(self) -> Client:
        try:
            from distributed import Client
        except ImportError as error:
            raise ParameterError(
                "a Dask cluster needs the extra `scale`: pip install 'caseload-balance[scale]'"
            ) from error
        try:
            client = Client(self._address, timeout=SECONDS_TO_ANSWER)
        except (OSError, ValueError) as error:
            raise ParameterError(f"no Dask scheduler answers at {self._address}") from error
        try:
            _require_same(client.run(versions), self._address)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def _threads(self) -> int:
        return sum(self._client.nthreads().values())

    def monthly_signals(self, practice: Practice) -> pd.DataFrame:
        """`caseload.monthly_signals`, some clinicians a task: the same table, to the last digit."""
        shares = (share for share in np.array_split(practice.supervisees["clinician_id"], self._threads) if len(share))
        futures = [self._client.submit(_signals_of, part(practice, set(who)), set(who), pure=False) for who in shares]
        return pd.concat(self._client.gather(futures), ignore_index=True)

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        """Make reports on the cluster and write them in `folder`; one result each, as they end."""
        from distributed import as_completed

        client, most = self._client, AHEAD * self._threads
        left, running, ended = iter(reports), dict[Any, Report](), as_completed()
        try:
            while True:
                for report in left:
                    job = prepared(report, lambda asked: pickle.dumps(prepare(asked)), folder)
                    if isinstance(job, Result):
                        yield job
                        continue
                    future = client.submit(made, job, limits, pure=False)
                    running[future] = report
                    ended.add(future)
                    if len(running) >= most:
                        break
                if not running:
                    return
                future = next(ended)
                yield _result(running.pop(future), folder, future)
        finally:
            client.cancel(list(running))


def part(practice: Practice, clinicians: set[str]) -> Practice:
    """What the signals of some clinicians rest on: their rows, and those of colleagues with the same clients.

    Two things are the whole practice's: its first month, after which a client's first session is an intake, and the
    months in which anybody recorded a contact. One session and one contact a month, without its client, stand for them.
    """
    sessions, contacts, ratings = practice.sessions, practice.contacts, practice.ratings
    theirs = [table.loc[table["clinician_id"].isin(clinicians), "client_id"] for table in (sessions, contacts, ratings)]
    clients = pd.concat(theirs).dropna().unique()

    def touched(table: pd.DataFrame) -> pd.Series:
        return table["clinician_id"].isin(clinicians) | table["client_id"].isin(clients)

    begins = sessions.index == sessions["scheduled_start"].idxmin()
    first = contacts.groupby(contacts["contacted_at"].dt.to_period("M")).head(1).assign(client_id=None)
    return replace(
        practice,
        sessions=sessions[touched(sessions) | begins].reset_index(drop=True),
        ratings=ratings[touched(ratings)].reset_index(drop=True),
        contacts=pd.concat([contacts[touched(contacts)], first.astype(contacts.dtypes)], ignore_index=True),
        clients=practice.clients[practice.clients["client_id"].isin(clients)].reset_index(drop=True),
    )


def _signals_of(practice: Practice, clinicians: set[str]) -> pd.DataFrame:
    table = monthly_signals(practice)
    return table[table["clinician_id"].isin(clinicians)].reset_index(drop=True)


def made(job: bytes, limits: Limits) -> tuple[Outcome, float]:
    """On a worker: the files of a report, or why there are none, and the seconds that it took."""
    began = time.perf_counter()
    outcome = _by_server(job, limits) if forks() else _by_kernels(job, limits)
    return outcome, time.perf_counter() - began


def _by_server(job: bytes, limits: Limits) -> Outcome:
    """By a fork server that this thread keeps for the next report."""
    try:
        if not hasattr(_here, "server"):
            _here.server = Server(1)
        _here.server.give(Task(0, job, None, limits))
        return _here.server.take()[1]
    except (EOFError, OSError):
        _here.server.close()
        del _here.server
        return ENDED


def _by_kernels(job: bytes, limits: Limits) -> Outcome:
    from caseload.month.rendering.kernels import texts_by_kernels

    try:
        return texts_by_kernels(pickle.loads(job), limits)
    except Exception as error:
        return cause(error)


def _result(report: Report, folder: Path, future: Future) -> Result:
    """Put a report in place that a worker has made."""
    try:
        outcome, seconds = future.result()
    except (Exception, CancelledError) as error:
        return replace(failed(report, folder, error), error=LOST)
    if not isinstance(outcome, dict):
        return failed(report, folder, str(outcome), seconds)
    try:
        write_together(folder, outcome)
    except OSError as error:
        return failed(report, folder, error, seconds)
    return Result(*report.name, "done", seconds)


def _require_same(installed: dict[str, Any], address: str) -> None:
    """Pages made by other versions than the manifest names would not be what it says they are."""
    if not installed:
        raise ParameterError(f"the Dask scheduler at {address} has no workers")
    here = versions()
    differing = {
        f"{name} {there.get(name)} there, {here[name]} here"
        for there in installed.values()
        for name in here
        if there.get(name) != here[name]
    }
    if differing:
        raise ParameterError(f"the workers at {address} have other versions installed: {'; '.join(sorted(differing))}")
