"""ocpp-gateway: puts any charging station on any network back end."""

__version__ = "0.1.0"
