"""How a latent state becomes a recorded number: centre, loading, constant offsets, noise, link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from caseload.simulate.settings import Settings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Observer:
    """Draws signals for rows that have `clinician`, `client`, `load` (effort with case mix) and `engagement`.

    `style` is clinicians × signals, `client_style` clients × signals; both constant, in SD units.
    """

    settings: Settings
    style: pd.DataFrame
    client_style: pd.DataFrame

    def linear(self, name: str, rows: pd.DataFrame, rng: Generator) -> Array:
        """The signal on its linear scale, one value a row."""
        signal = self.settings.signals[name]
        state = rows["load" if signal.side == "effort" else "engagement"].to_numpy()
        noise = self.settings.noise * signal.noise * _noise(self.settings, len(rows), rng)
        return signal.centre + self.settings.loadings * signal.loading * state + self._offset(name, rows) + noise

    def log_minutes(self, name: str, rows: pd.DataFrame, rng: Generator, most: float = 240) -> Array:
        """Whole minutes of a signal on the log scale."""
        return np.rint(np.clip(np.exp(self.linear(name, rows, rng)), 1, most))

    def share(self, name: str, rows: pd.DataFrame, rng: Generator) -> Array:
        """A signal on the logit scale, as a share between 0 and 1."""
        return logistic(self.linear(name, rows, rng))

    def points(self, name: str, rows: pd.DataFrame, rng: Generator, most: float) -> Array:
        """A rating, rounded and kept within its scale from 0."""
        return np.clip(np.rint(self.linear(name, rows, rng)), 0, most)

    def counts(self, name: str, rows: pd.DataFrame, rng: Generator) -> NDArray[np.int64]:
        """Poisson counts of a signal on the log scale, at most 40."""
        return np.minimum(rng.poisson(np.exp(np.clip(self.linear(name, rows, rng), -10, 4))), 40)

    def _offset(self, name: str, rows: pd.DataFrame) -> Array:
        """The clinician's and the client's constant offsets."""
        spread = self.settings.style * self.settings.signals[name].style
        own = self.style[name].to_numpy()[rows["clinician"].to_numpy()]
        clients = self.client_style[name].to_numpy()[rows["client"].to_numpy()]
        return spread * (own + self.settings.client_style * clients)


def observer(settings: Settings, style: pd.DataFrame, clients: int, rng: Generator) -> Observer:
    """An observer with clients' offsets drawn."""
    names = [*settings.signals]
    return Observer(settings, style, pd.DataFrame(rng.standard_normal((clients, len(names))), columns=names))


def logistic(values: ArrayLike) -> Array:
    """1 / (1 + e^−x), without overflow."""
    return 1 / (1 + np.exp(-np.clip(np.asarray(values, dtype=float), -30, 30)))


def _noise(settings: Settings, size: int, rng: Generator) -> Array:
    """Unit-variance noise, normal or heavy-tailed."""
    if settings.heavy_tails is None:
        return rng.standard_normal(size)
    degrees = settings.heavy_tails
    return rng.standard_t(degrees, size) / np.sqrt(degrees / (degrees - 2))
