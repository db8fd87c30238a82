"""Whose certificate is believed, by those who have sockets of their own."""

from __future__ import annotations

from pathlib import Path
from ssl import CERT_NONE, CERT_REQUIRED

import pytest

from gateway.links.trust import Trust
from tests.certified import certified


def test_a_certificate_is_looked_at_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    usual, ours, anybody = Trust().context(), Trust(certified(tmp_path)[0]).context(), Trust(verify=False).context()
    assert [one.verify_mode for one in (usual, ours, anybody)] == [CERT_REQUIRED, CERT_REQUIRED, CERT_NONE]
    assert [one.check_hostname for one in (usual, ours, anybody)] == [True, True, False]
    assert [one["subject"] for one in ours.get_ca_certs()] == [((("commonName", "localhost"),),)]
    with pytest.raises(OSError):
        Trust(tmp_path / "none").context()
