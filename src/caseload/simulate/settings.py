"""What a simulated practice is like: every knob, with its unit and its default.

The defaults are judgement, not fitted to any practice: effect sizes small enough that single signals are poor evidence.
A group of settings is a frozen dataclass of its own; `Settings` holds the groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from math import inf

import pandas as pd

from caseload.errors import ParameterError
from caseload.simulate.keeping import CheckIns, Recording
from caseload.simulate.measures import SIGNALS, Signal
from caseload.simulate.over_investment import MIXED_OVER_INVESTMENT, OverInvestment, problems_of


@dataclass(frozen=True)
class Variance:
    """Shares of the latent client-month variance (they sum to 1) and the month-to-month autocorrelation.

    Examples
    --------
    >>> from caseload.simulate import Settings, Variance
    >>> parts = Variance(clinician=0.25, clinician_month=0.0, client=0.25, client_month=0.5, autocorrelation=0.3)
    >>> parts.total, Settings(effort=parts).effort.autocorrelation
    (1.0, 0.3)
    """

    clinician: float
    clinician_month: float
    client: float
    client_month: float
    autocorrelation: float = 0.6

    @property
    def total(self) -> float:
        """Sum of the four shares."""
        return self.clinician + self.clinician_month + self.client + self.client_month


@dataclass(frozen=True)
class Caseload:
    """Who is seen, and when. Shares are probabilities a month unless said otherwise.

    `size_spread` = SD of log caseload between clinicians; `turnover`: a client ends and another arrives; `shared` =
    share of clients whom a second clinician sees too; `client_gap`: a client is not seen for the month; `leave`: a
    clinician is away for a part (20–80 %) of the month; `late_starters` = share of clinicians who start within the
    window; `clinician_cancelled`, `service_cancelled` = shares of appointments, at random.

    Examples
    --------
    >>> from caseload.simulate import Caseload, Settings, simulate
    >>> steady = Settings(clinicians=2, months=3, caseload=Caseload(turnover=0.0))
    >>> restless = Settings(clinicians=2, months=3, caseload=Caseload(turnover=0.5))
    >>> len(simulate(steady).tables["clients"]) < len(simulate(restless).tables["clients"])
    True
    """

    size_spread: float = 0.2
    turnover: float = 0.05
    shared: float = 0.02
    client_gap: float = 0.03
    leave: float = 0.05
    late_starters: float = 0.1
    clinician_cancelled: float = 0.02
    service_cancelled: float = 0.01


@dataclass(frozen=True)
class CaseMix:
    """What raises effort legitimately, in SD of latent effort, and how common it is.

    `severity_effect` is per SD of severity, `crisis_effect` of a month with a crisis, `early_effect` of the first two
    months of treatment; `barrier_effect` = by how many logits an access barrier lowers attendance. `concentration` =
    share of the variance of severity (and of the log odds of trauma) between clinicians. Of clients: `trauma_share`,
    `barrier_share`, `coaching_share` (with planned phone coaching, four calls a month). `crisis_share` is of
    client-months, at average severity, whatever the length; `crisis_length` = mean months of a crisis (geometric;
    beyond 1 crises come in bursts); `crisis_recorded` = share of crisis sessions marked as such: the others cost effort
    as well.

    Examples
    --------
    >>> from caseload.simulate import CaseMix, Settings, simulate
    >>> mix = CaseMix(trauma_share=0.0, crisis_share=0.0)
    >>> tables = simulate(Settings(clinicians=2, months=1, case_mix=mix)).tables
    >>> bool(tables["clients"]["trauma_history"].any()), bool(tables["sessions"]["crisis"].any())
    (False, False)
    """

    severity_effect: float = 0.35
    trauma_effect: float = 0.35
    crisis_effect: float = 0.6
    early_effect: float = 0.4
    concentration: float = 0.15
    trauma_share: float = 0.35
    crisis_share: float = 0.03
    crisis_length: float = 1.0
    crisis_recorded: float = 1.0
    barrier_share: float = 0.1
    barrier_effect: float = 1.0
    coaching_share: float = 0.04


@dataclass(frozen=True)
class Surveys:
    """ProQOL-5 waves and the monthly activation rating; norms and errors in `simulate.surveys`.

    `interval` = months between waves; `response_rate` = share of waves answered; `activation_rate` = share of
    clinicians who give the activation rating. `correlation` is between true burnout and true STS (Cieslak 2014);
    `stable` = share of true variance that never changes; `autocorrelation` = of the rest, month to month;
    `measurement_error` = multiples of the published SEM; `coupling` = SD of fatigue per SD of the clinician's mean gap
    that month. `shares` = share of clinicians who agreed that the supervisor sees results; `not_recorded` = share whose
    agreement is not recorded.

    Examples
    --------
    >>> from caseload.simulate import Caseload, Settings, Surveys, simulate
    >>> surveys = Surveys(interval=1, response_rate=1.0, activation_rate=0.0)  # thirty answers a clinician and month
    >>> settings = Settings(clinicians=2, months=2, caseload=Caseload(late_starters=0.0), surveys=surveys)
    >>> simulate(settings).tables["surveys"].groupby(["clinician_id", "instrument"]).size().to_dict()
    {('C01', 'proqol5'): 60, ('C02', 'proqol5'): 60}
    """

    interval: int = 3
    response_rate: float = 0.8
    correlation: float = 0.69
    stable: float = 0.6
    autocorrelation: float = 0.85
    measurement_error: float = 1.0
    coupling: float = 0.0
    shares: float = 0.7
    not_recorded: float = 0.15
    activation_rate: float = 0.5


@dataclass(frozen=True)
class Settings:
    """A simulated practice. Counts are whole numbers; `first_month` is `YYYY-MM`.

    `clients_per_clinician` = mean at one time; `sessions_per_month` = mean appointments a client and month.

    `effort`, `engagement`: the latent states. `latent_tails` = degrees of freedom (> 2) of t client and client-month
    parts (None = normal). `drift` = SD of clients' linear trends, SD of latent engagement per 12 months from the first
    month seen. `season` = SD of monthly shocks to everybody's effort, in SD of latent effort; they are not in the
    truth's effort. `slope` = mean and SD of ordinary clinicians' slope of effort on −engagement. `stage_lead` = SD of
    clinicians' tendency to work ahead (+) or behind (−), in stages.

    `loadings`, `noise`, `style` multiply every signal's loading, noise and clinician offsets; `client_style` = SD of
    the clients' constant offsets, as a share of `style`; `heavy_tails` = degrees of freedom (> 2) of t noise, scaled to
    the same SD (None = normal).

    Raises ParameterError, which names every setting that makes no sense, those of the groups as well.

    Examples
    --------
    >>> from caseload.simulate import Settings
    >>> [str(month) for month in Settings(months=3, first_month="2025-12").calendar]
    ['2025-12', '2026-01', '2026-02']
    >>> Settings(clinicians=0, months=0)
    Traceback (most recent call last):
        ...
    caseload.errors.ParameterError: Simulation settings: clinicians must be positive; months must be positive.
    """

    seed: int = 1
    clinicians: int = 40
    months: int = 12
    first_month: str = "2025-06"
    clients_per_clinician: float = 12.0
    sessions_per_month: float = 4.0
    supervisors: int = 4
    teams: int = 2
    caseload: Caseload = Caseload()
    effort: Variance = Variance(0.15, 0.05, 0.35, 0.45)
    engagement: Variance = Variance(0.05, 0.05, 0.45, 0.45)
    latent_tails: float | None = None
    drift: float = 0.0
    season: float = 0.0
    slope: tuple[float, float] = (0.0, 0.08)
    case_mix: CaseMix = CaseMix()
    over_investment: tuple[OverInvestment, ...] = MIXED_OVER_INVESTMENT
    signals: Mapping[str, Signal] = field(default_factory=lambda: SIGNALS)
    loadings: float = 1.0
    noise: float = 1.0
    style: float = 1.0
    client_style: float = 0.5
    heavy_tails: float | None = None
    stage_lead: float = 0.15
    surveys: Surveys = Surveys()
    checkins: CheckIns = field(default_factory=CheckIns)
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ParameterError("Simulation settings: " + "; ".join(problems) + ".")

    @property
    def calendar(self) -> pd.PeriodIndex:
        """The simulated months, first to last."""
        return pd.period_range(self.first_month, periods=self.months, freq="M")


def _problems(settings: Settings) -> Iterator[str]:
    """Every setting that makes no sense, in words."""
    for name in ("clinicians", "months", "clients_per_clinician", "sessions_per_month", "supervisors", "teams"):
        if getattr(settings, name) <= 0:
            yield f"{name} must be positive"
    for name in ("effort", "engagement"):
        if abs(getattr(settings, name).total - 1) > 1e-9:
            yield f"the variance shares of {name} must sum to 1"
    if settings.heavy_tails is not None and settings.heavy_tails <= 2:
        yield "heavy_tails must exceed 2 degrees of freedom"
    if settings.latent_tails is not None and not 2 < settings.latent_tails < inf:
        yield "latent_tails must be a finite number of degrees of freedom above 2"
    for name in ("drift", "season"):
        if not 0 <= getattr(settings, name) < inf:
            yield f"{name} must be a finite SD, not below 0"
    if not 1 <= settings.case_mix.crisis_length < inf:
        yield "crisis_length is at least 1 month"
    yield from problems_of(settings.over_investment)
    if settings.checkins.first < 0 or settings.checkins.first % 1:
        yield "first of checkins is a whole number of months, at least 0"
    if not 0 <= settings.checkins.mood < inf:
        yield "mood of checkins must be a finite SD, not below 0"
    if missing := set(SIGNALS) - set(settings.signals):
        yield f"signals lack {', '.join(sorted(missing))}"
    yield from (f"{name} must lie between 0 and 1" for name in _outside_unit(settings))


def _outside_unit(settings: Settings) -> Iterator[str]:
    """Names of shares outside 0–1."""
    groups = (settings.caseload, settings.case_mix, settings.surveys, settings.effort, settings.engagement)
    unbounded = ("effect", "crisis_length", "size_spread", "interval", "measurement_error", "coupling")
    for group in groups:
        for part in fields(group):
            if not part.name.endswith(unbounded) and not 0 <= getattr(group, part.name) <= 1:
                yield part.name
    yield from (name for name in ("share", "rated", "halo") if not 0 <= getattr(settings.checkins, name) <= 1)
    yield from (column for column, share in settings.recording.missing.items() if not 0 <= share <= 1)
