"""TLS: whom we believe as a client, what we show as a server.

In: certificate files.  Out: what Twisted wants to wrap a connection with.
Not here: connections, where the files are named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from ssl import CERT_NONE, SSLContext, create_default_context
from typing import Any

from OpenSSL import SSL
from twisted.internet import ssl
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from zope.interface import implementer  # type: ignore[import-untyped]

_OLDEST = ssl.TLSVersion.TLSv1_2
OLDEST: dict[str, Any] = {
    "1.0": ssl.TLSVersion.TLSv1_0,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
"""What a listener may still take.  Before 1.2 there is no cipher that is held for safe."""
# One context serves all connections to a host; reading the platform's roots anew for each would cost milliseconds.
_KEPT = 64


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A server's certificate (PEM, with its chain) and private key; ``oldest`` is one of `OLDEST`."""

    certificate: Path
    key: Path
    oldest: str = "1.2"


@dataclass(frozen=True)
class Trust:
    """Whose certificate a server may show: one signed under ``ca_file`` (PEM), or by one of the platform's roots.

    ``verify`` false believes anybody, and must have been asked for in so many words.  After a CA file has changed make a
    new Trust.
    """

    ca_file: Path | None = None
    verify: bool = True
    _made: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def options(self, host: str) -> Any:
        """The connection creator for ``host``.  Raises OSError or OpenSSL's errors for a bad CA file."""
        if host not in self._made:
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[host] = self._make(host)
        return self._made[host]

    def context(self) -> SSLContext:
        """The same for those who have sockets of their own.  Raises OSError for a bad CA file."""
        made = create_default_context(cafile=self.ca_file)
        if not self.verify:
            made.check_hostname, made.verify_mode = False, CERT_NONE
        return made

    def _make(self, host: str) -> Any:
        if not self.verify:
            return _Anybody(host)
        roots = None if self.ca_file is None else _roots(self.ca_file)
        return ssl.optionsForClientTLS(host, roots, extraCertificateOptions={"raiseMinimumTo": _OLDEST})


PLATFORM = Trust()


@implementer(IOpenSSLClientConnectionCreator)
class _Anybody:
    def __init__(self, host: str) -> None:
        self._host = host
        self._context = ssl.CertificateOptions(raiseMinimumTo=_OLDEST, verify=False).getContext()

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        if not self._host.replace(".", "").isdigit() and ":" not in self._host:
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        return connection


def server_options(files: CertificateFiles) -> Any:
    """What a listener shows, and takes; no renegotiation.  Raises OSError or OpenSSL's errors for bad files."""
    for file in (files.certificate, files.key):
        file.read_bytes()  # OpenSSL's own words for a missing file name no file
    _certificates(files.certificate)
    lowered = files.oldest in ("1.0", "1.1")
    options = ssl.CertificateOptions(**{"insecurelyLowerMinimumTo" if lowered else "raiseMinimumTo": OLDEST[files.oldest]})
    context = options.getContext()
    context.set_options(SSL.OP_NO_RENEGOTIATION)
    if lowered:
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")  # OpenSSL has no cipher for them on its usual level
    context.use_certificate_chain_file(str(files.certificate))
    context.use_privatekey_file(str(files.key))
    context.check_privatekey()
    return options


def _roots(file: Path) -> Any:
    return ssl.trustRootFromCertificates(_certificates(file))  # type: ignore[no-untyped-call]


def _certificates(file: Path) -> list[Any]:
    end = b"-----END CERTIFICATE-----"
    blocks = [block + end for block in file.read_bytes().split(end)[:-1]]
    if not blocks:
        raise OSError(f"{file} holds no certificate in PEM form")
    return [ssl.Certificate.loadPEM(block[block.find(b"-----BEGIN") :]) for block in blocks]
