"""What the two latent factors are made of in this practice: every signal with its loading."""

from __future__ import annotations

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from caseload.estimates.balance import SIDES, BalanceModel
from caseload.signals import coverage

MEASURED = ("loading", "noise", "noise_per_count", "style", "client_style")


def loadings(model: BalanceModel) -> pd.DataFrame:
    """How each signal hangs on effort or on engagement, and how much of it was recorded: one row a signal.

    Parameters
    ----------
    model : BalanceModel
        A fitted one.

    Returns
    -------
    DataFrame
        All signals in the order of `caseload.coverage`, with the columns

        - `side` (effort, engagement), `signal`, `label` (text);
        - `share` (0–1), of the client-months fitted those on which the signal was recorded;
        - `loading` (0 or more), by how many of its own standard deviations the signal rises when the factor is one
          standard deviation higher; signals that mean less of their side, such as lateness, are turned round first;
        - `noise`, `noise_per_count`, `style`, `client_style`, the variances of what else is in the signal, in its own
          variances: noise that stays, noise that averages out over the sessions counted, the clinician's style and what
          lasts in a client.

        NaN from `loading` on where the model does not use the signal: never recorded, recorded on too few client-months
        or the same on all (`model.fallbacks_` says so). Loadings are posterior modes without an interval: how far the
        estimates hang on one signal is what `caseload.sensitivity` tells.

    Raises
    ------
    NotFittedError
        Where the model was not fitted.

    Examples
    --------
    >>> import caseload
    >>> practice = caseload.read_practice("data/sample").until("2025-05")
    >>> model = caseload.BalanceModel().fit(caseload.monthly_signals(practice))
    >>> table = caseload.loadings(model)
    >>> table.set_index("signal")["loading"].round(1).loc[["prep", "srs"]].to_dict()
    {'prep': 0.7, 'srs': 0.8}
    """
    check_is_fitted(model, "sides_")
    fits = [model.sides_[side].fit for side in SIDES]
    measured = [fit.parameters() for fit in fits if fit is not None]
    table = coverage(model.signals_)[["side", "signal", "label", "share"]]
    if not measured:
        return table.assign(**dict.fromkeys(MEASURED, float("nan")))
    return table.merge(pd.concat(measured, ignore_index=True), on="signal", how="left")
