"""``python -m gateway`` is ``ocpp-gateway``."""

from gateway.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
