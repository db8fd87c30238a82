"""Stations with a protocol of their own: what they say and do, described by data."""
