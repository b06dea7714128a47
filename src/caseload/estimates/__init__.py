"""ESTIMATES: effort, engagement, gap, compensation, stage congruence, supports, self-care, surveys and trends."""

from caseload.estimates.activation import p_activation
from caseload.estimates.balance import Balance, BalanceModel
from caseload.estimates.congruence import clients_off_stage, stage_congruence, stage_grid
from caseload.estimates.fatigue import p_compassion_fatigue
from caseload.estimates.instruments import reliable_change, score_surveys, waves
from caseload.estimates.limits import expected_signals, xmr
from caseload.estimates.loadings import loadings
from caseload.estimates.sensitivity import sensitivity, sensitivity_summary, threshold_sensitivity
from caseload.estimates.surface import ResponseSurface, response_surface
from caseload.estimates.trends import chart

__all__ = [
    "Balance",
    "BalanceModel",
    "ResponseSurface",
    "chart",
    "clients_off_stage",
    "expected_signals",
    "loadings",
    "p_activation",
    "p_compassion_fatigue",
    "reliable_change",
    "response_surface",
    "score_surveys",
    "sensitivity",
    "sensitivity_summary",
    "stage_congruence",
    "stage_grid",
    "threshold_sensitivity",
    "waves",
    "xmr",
]
