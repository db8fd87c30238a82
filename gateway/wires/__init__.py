"""Bytes ⇄ named records, for protocols that are not OCPP; all of it is described by data."""
