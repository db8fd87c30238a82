"""A certificate that signs itself, for the tests that speak TLS over loopback.

In: a folder.  Out: ``cert.pem`` and ``key.pem`` in it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certified(folder: Path) -> tuple[Path, Path]:
    """The files of a certificate (P-256, of today) for localhost and 127.0.0.1, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now, day = datetime.now(UTC), timedelta(days=1)
    build = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    build = build.add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True)
    pem, place = serialization.Encoding.PEM, (folder / "cert.pem", folder / "key.pem")
    place[0].write_bytes(build.sign(key, hashes.SHA256()).public_bytes(pem))
    place[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return place
