"""The probabilities from which a flag speaks. They stand this early because `sensitivity` asks what crosses them."""

RAISE_AT = 0.9
WATCH_AT = 0.7
