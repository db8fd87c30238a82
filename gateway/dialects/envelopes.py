"""What the reader and the writer of SOAP share: the envelope as a value, the namespaces, the names of body elements.

In: nothing.  Out: `Envelope` and constants.
Not here: reading (`gateway.dialects.soap`) and writing (`gateway.dialects.soap_write`).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from gateway.dialects.schema import Dialect, Sender

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = WSA + "/anonymous"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SUFFIX = {"call": "Request", "result": "Response"}


class Envelope(NamedTuple):
    """What one SOAP envelope says.

    ``payload`` holds text where the schema has numbers: give it to `Dialect.check`.  ``caller`` is who asks (an answer has
    the caller of its question); ``fault`` is (``Sender`` or ``Receiver``, sub-code, reason).  Header texts are stripped;
    those that are missing are empty.  (A tuple is made much
    faster than a frozen dataclass.)
    """

    kind: Literal["call", "result", "fault"]
    action: str
    payload: dict[str, Any]
    dialect: Dialect | None
    caller: Sender | None = None
    namespace: str = ""
    message_id: str = ""
    relates_to: str = ""
    identity: str = ""
    from_address: str = ""
    reply_to: str = ""
    to: str = ""
    wsa_action: str = ""
    fault: tuple[str, str, str] | None = None
    soap: str = SOAP12


def element(action: str, kind: str) -> str:
    """The body element of an operation: its name with a small first letter, and Request or Response."""
    return action[:1].lower() + action[1:] + SUFFIX[kind]
