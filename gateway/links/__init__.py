"""Sockets. Twisted lives here, OCPP does not."""
