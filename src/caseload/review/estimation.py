"""A practice estimated up to a month, everything once.

Each month of the past is estimated as it would have been known at its end, because a flag's state depends on what was
read in the months before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from caseload.estimates import Balance, p_activation, p_compassion_fatigue, score_surveys
from caseload.estimates.attendance import attendance_months, marked_alone
from caseload.estimates.client_attendance import attendance_clients
from caseload.estimates.congruence import (
    named_off_stage,
    rated_sessions,
    sessions_off_stage,
    share_off_stage,
    stage_grids,
    with_check_ins,
)
from caseload.estimates.context import monthly_context
from caseload.estimates.declared import declared_changes, recent
from caseload.estimates.episodes import KINDS
from caseload.estimates.frames import UNDECLARED
from caseload.estimates.interventions import fits_of
from caseload.estimates.norms import SCALE, among_others, local_norms
from caseload.estimates.outcomes import main_outcomes, outcome_courses, outcome_scores
from caseload.estimates.over_investment import OverInvestment
from caseload.estimates.selfcare import self_care
from caseload.estimates.supports import unmet_provision
from caseload.estimates.trends import persistence
from caseload.flags import FLAGS, Evidence, judge, shared_flags
from caseload.flags.evidence import KEYS, on_rows_of
from caseload.flags.judgement import judged
from caseload.intake import Practice
from caseload.intake.practice import in_one_piece
from caseload.review.assessment import CLIENTS_CSV, Assessment, clinicians_csv
from caseload.review.months import balance_of
from caseload.review.progress import Progress, shown
from caseload.review.sharing import keeping, sharing, shown_answers
from caseload.signals import monthly_signals


def assess(
    practice: Practice,
    month: pd.Period,
    *,
    progress: bool | Progress = False,
    monthly: Callable[[Practice], pd.DataFrame] = monthly_signals,
) -> Assessment:
    """Estimate every month up to `month`, each with nothing later than its end.

    `progress` shows a bar on stderr, or is told how far this is; `monthly` does what `monthly_signals` does, elsewhere
    if need be.
    """
    known = practice.until(month)
    signals = monthly(known)
    declared = declared_changes(known.changes, known.supervisees)
    months = pd.period_range(known.months[0], month, freq="M")
    told = shown(progress)(months, f"Months to {month}", len(months), "month")
    balances = [balance_of(signals, at, declared) for at in told]
    estimated = [balance for balance in balances if balance is not None]
    scores, visible = score_surveys(known.surveys), score_surveys(shown_answers(known))
    fits = fits_of(known.settings.interventions)
    rated = rated_sessions(with_check_ins(known.sessions, known.ratings), fits)
    attendance = attendance_months(known.sessions, months, declared)
    evidence, theirs = _evidence(known, months, estimated, (scores, visible), rated, marked_alone(attendance, signals))
    clients = pd.concat([balance.clients for balance in estimated], ignore_index=True)
    outcomes = outcome_courses(clients, outcome_scores(known.outcomes, known.sessions), known.settings.measures)
    clients = clients.merge(main_outcomes(outcomes), on=[*KEYS, "client_id"], how="left")[list(CLIENTS_CSV)]
    return Assessment(
        month=month,
        practice=known,
        signals=signals,
        balance=_latest(estimated, month),
        clinicians=clinicians_table(theirs),
        clients=in_one_piece(clients),
        scores=scores,
        shown_scores=visible,
        evidence=evidence,
        shown_personal=theirs.personal,
        shown_fatigue=theirs.fatigue,
        flags=shared_flags(theirs, sharing(known)),
        own_flags=judge(evidence),
        attendance=attendance,
        attendance_clients=attendance_clients(known.sessions, month),
        outcomes=outcomes[outcomes["month"] == month].reset_index(drop=True),
        declared=declared,
        undeclared=_undeclared(known, signals, months, estimated, declared),
        off_stage=named_off_stage(rated, month),
        stage_grids=stage_grids(rated, month, fits),
        off_stage_sessions=sessions_off_stage(rated, month, fits),
        crises=_crises(known),
        local_norms=_local_norms(known, scores, visible),
        shown_norms=_local_norms(known, visible, visible),
        persistence=_persistence(evidence),
    )


def clinicians_table(evidence: Evidence) -> pd.DataFrame:
    """clinicians.csv from some evidence: the balance, and what flags estimate besides."""
    table = evidence.balance
    for name, flag in FLAGS.items():
        new = [column for column in flag.estimates if column not in table]
        table = table.merge(evidence.of(name)[[*KEYS, *new]], on=KEYS, how="left")
    return table[clinicians_csv()]


def _latest(estimated: list[Balance], month: pd.Period) -> Balance:
    """The month's balance: without rows where nothing was recorded in the month."""
    if estimated[-1].month == month:
        newest = estimated[-1]
        return replace(newest, contributions=in_one_piece(newest.contributions))
    tables = ("clients", "clinicians", "involvement", "contributions", "features")
    return replace(estimated[-1], month=month, **{name: getattr(estimated[-1], name).iloc[:0] for name in tables})


def _evidence(
    practice: Practice,
    months: pd.PeriodIndex,
    balances: list[Balance],
    scores: tuple[pd.DataFrame, pd.DataFrame],
    rated: pd.DataFrame,
    appointments: pd.DataFrame,
) -> tuple[Evidence, Evidence]:
    """The evidence from all scores, for the clinicians' own copies, and from those that may be shown to others."""
    seen = pd.Index(practice.sessions["clinician_id"].drop_duplicates().sort_values())
    balance = _balance_months(practice, months, balances, appointments)
    provision = unmet_provision(practice.supports, months)
    plan = _self_care(practice, months)
    context = monthly_context(balance, provision, plan, practice.sessions, practice.clients, practice.supervisees)
    every, shown = scores
    own, theirs = _fatigue(practice, scores, months, context)
    evidence = Evidence(
        balance=balance,
        stage=on_rows_of(balance, share_off_stage(rated, seen, months)),
        personal=_personal(balance, months, every, provision),
        self_care=on_rows_of(balance, plan),
        fatigue=on_rows_of(balance, own),
    )
    personal = _personal(balance, months, shown, provision)
    return evidence, replace(evidence, personal=personal, fatigue=on_rows_of(balance, theirs))


def _balance_months(
    practice: Practice, months: pd.PeriodIndex, balances: list[Balance], appointments: pd.DataFrame
) -> pd.DataFrame:
    """The evidence of over-investment, a row for every clinician and month."""
    balance = _clinician_months(practice, months).merge(_balances(balances), on=KEYS, how="left")
    balance = balance.merge(appointments, on=KEYS, how="left")
    marks = {name: balance[name].eq(True).to_numpy(bool) for name in ("attendance_watch", "attendance_alone")}
    balance = balance.assign(**marks)
    counts = ["n_sessions", "n_clients"]
    balance[counts] = balance[counts].fillna(0).astype(int)
    return balance


def _undeclared(
    practice: Practice,
    signals: pd.DataFrame,
    months: pd.PeriodIndex,
    balances: list[Balance],
    declared: pd.DataFrame,
) -> pd.DataFrame:
    """The newest month's states of over-investment without the declarations of the last months: `frames.UNDECLARED`."""
    late = recent(declared, months[-1])
    if late.empty:
        return UNDECLARED.empty()
    earlier, first = declared.drop(index=late.index), late["month"].min()
    again = [balance_of(signals, at, earlier) for at in months[months >= first]]
    known = [*(balance for balance in balances if balance.month < first), *(balance for balance in again if balance)]
    attendance = marked_alone(attendance_months(practice.sessions, months, earlier), signals)
    table = _balance_months(practice, months, known, attendance)
    table = table[table["clinician_id"].isin(late["clinician_id"])].reset_index(drop=True)
    states = judged(table, FLAGS["over_investment"])
    return states[states["month"] == months[-1]][UNDECLARED.names].reset_index(drop=True)


def _fatigue(
    practice: Practice, scores: tuple[pd.DataFrame, pd.DataFrame], months: pd.PeriodIndex, context: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The level of compassion fatigue from all scores, and from those that may be shown.

    Nobody's level, in either, hangs on an answer that somebody else keeps.
    """
    every, shown = scores
    private = keeping(practice)
    theirs = p_compassion_fatigue(shown, months, context)
    if not private:
        return theirs, theirs
    kept = every[every["clinician_id"].isin(private)]
    others = shown[~shown["clinician_id"].isin(private)]
    known = pd.concat([others, kept], ignore_index=True)
    mine = p_compassion_fatigue(known, months, context, learn_from=sharing(practice) - private)
    theirs_alone = theirs[~theirs["clinician_id"].isin(private)]
    return pd.concat([theirs_alone, mine[mine["clinician_id"].isin(private)]], ignore_index=True), theirs


def _persistence(evidence: Evidence) -> dict[str, float]:
    """Of the series that pages draw; of ratings each month speaks for itself."""
    return {
        "gap": persistence(evidence.balance, "gap"),
        "off_stage": persistence(evidence.stage, "share", evidence.stage["enough"].eq(True)),
        "done": persistence(evidence.self_care, "done_share"),
        "after": persistence(evidence.self_care, "after_share"),
    }


def _clinician_months(practice: Practice, months: pd.PeriodIndex) -> pd.DataFrame:
    """A row for every clinician and month from the first session or `started_on` to the last month asked."""
    first = practice.sessions.groupby("clinician_id")["scheduled_start"].min().dt.to_period("M")
    people = practice.supervisees.set_index("clinician_id")
    started = people["started_on"].dt.to_period("M").reindex(people.index)
    start = pd.concat([first.reindex(people.index), started], axis=1).min(axis=1).dropna()
    grid = pd.MultiIndex.from_product([start.index, months], names=KEYS).to_frame(index=False)
    return grid[grid["month"] >= grid["clinician_id"].map(start)].reset_index(drop=True)


def _balances(balances: list[Balance]) -> pd.DataFrame:
    """The clinicians' estimates of all months with the log-odds of what speaks for over-investment."""
    tables = []
    for balance in balances:
        drivers = OverInvestment.load().drivers(balance.features).assign(elevated=balance.features["elevated"])
        reading = drivers.join(_top_clients(balance))
        tables.append(balance.clinicians.merge(reading, left_on="clinician_id", right_index=True, how="left"))
    table = pd.concat(tables, ignore_index=True)
    told = [*KINDS, "elevated"]
    table[told] = table[told].fillna(0.0)
    return table.assign(top_clients=table["top_clients"].fillna(""))


def _top_clients(balance: Balance) -> pd.Series:
    """The one or two clients of each clinician with whom deep involvement is likeliest, if it is likely at all.

    Else those with the widest gap, where it is likely to exceed half an SD.
    """
    clients = balance.clients.assign(p_involved=balance.involvement["p_involved"])
    clients["involved"] = clients["p_involved"].where(clients["p_involved"] >= 0.5, 0.0)
    named = clients[(clients["involved"] > 0) | (clients["p_gap"] >= 0.5)]
    named = named.sort_values(["involved", "gap"], ascending=False)
    deep = named.groupby("clinician_id")["involved"].transform("max") > 0
    named = named[(named["involved"] > 0) | ~deep]
    return named.groupby("clinician_id")["client_id"].agg(lambda ids: " and ".join(ids.head(2))).rename("top_clients")


def _self_care(practice: Practice, months: pd.PeriodIndex) -> pd.DataFrame:
    tables = practice.selfcare_plan, practice.contacts, practice.sessions, practice.supervisees
    return self_care(*tables, months, practice.hours_recorded)


def _personal(
    balance: pd.DataFrame, months: pd.PeriodIndex, scores: pd.DataFrame, provision: pd.DataFrame
) -> pd.DataFrame:
    """Activation and unmet provision on the rows of `balance`, with whether there is any survey or rating so far."""
    provided = provision.rename(columns={"planned": "unmet_planned"})
    table = on_rows_of(balance, p_activation(scores, months)).merge(provided, on=KEYS, how="left")
    first = scores.groupby("clinician_id")["completed_on"].min().reindex(table["clinician_id"]).to_numpy()
    surveyed = first <= table["month"].dt.end_time.to_numpy()
    return table.assign(surveyed=surveyed, unmet=table["unmet"].eq(True).to_numpy(bool))


def _crises(practice: Practice) -> pd.DataFrame:
    """The days on which a client was in crisis, for each clinician who has contacts with the client."""
    met = practice.contacts[["clinician_id", "client_id"]].drop_duplicates()
    crisis = practice.sessions["crisis"].fillna(False).to_numpy(bool)
    days = practice.sessions.loc[crisis, ["client_id", "scheduled_start", "crisis"]]
    days = days.assign(scheduled_start=days["scheduled_start"].dt.normalize()).drop_duplicates()
    return met.merge(days, on="client_id").sort_values(["clinician_id", "client_id", "scheduled_start"])


def _local_norms(practice: Practice, scores: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """Everybody's newest of these scores beside the norm of those who share, and how many of these a reader cannot see.

    Everybody knows their own answers, and a supervisor those of the supervisees who share them; without supervisors one
    reader sees everybody's.
    """
    shared = sharing(practice)
    table = among_others(scores, shared, shown).merge(local_norms(shown, shared), on=SCALE, how="left")
    reader = table["clinician_id"].map(practice.supervisees.set_index("clinician_id")["supervisor_id"]).fillna("")
    own = table.assign(reader=table["clinician_id"], answers=table["clinician_id"].isin(shared).astype(int))
    seen = own.assign(reader=reader)[reader != table["clinician_id"]]
    known = pd.concat([own, seen]).groupby([*SCALE, "reader"])["answers"].sum()
    respondents = table["respondents"].fillna(0).astype(int)
    strangers = {
        name: respondents - known.reindex(pd.MultiIndex.from_frame(table[SCALE].assign(reader=who))).to_numpy()
        for name, who in (("strangers_own", table["clinician_id"]), ("strangers", reader))
    }
    return table.assign(respondents=respondents, **strangers)
