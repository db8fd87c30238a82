"""The store: what was acknowledged, what it was called, and what every station told us last."""
