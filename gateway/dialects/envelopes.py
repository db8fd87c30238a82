"""What the reader and the writer of SOAP share: the envelope as a value, the namespaces, the names of body elements.

In: nothing.  Out: `Envelope` and constants.
Not here: reading (`gateway.dialects.soap`) and writing (`gateway.dialects.soap_write`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from gateway.dialects.schema import Dialect, Sender

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = WSA + "/anonymous"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SUFFIX = {"call": "Request", "result": "Response"}


class Envelope(Struct, frozen=True, gc=False):
    """What one SOAP envelope says.

    ``payload`` holds text where the schema has numbers: give it to `Dialect.check`.  ``caller`` is who asks (an answer has
    the caller of its question); ``fault`` is (``Sender`` or ``Receiver``, sub-code, reason); ``said`` are the texts of the
    headers, stripped, by the names of the properties; one that is missing is empty.
    """

    kind: Literal["call", "result", "fault"]
    action: str
    payload: dict[str, Any]
    dialect: Dialect | None
    caller: Sender | None = None
    namespace: str = ""
    said: Mapping[str, str] = {}
    soap: str = SOAP12
    fault: tuple[str, str, str] | None = None

    @property
    def message_id(self) -> str:
        """The id of this message."""
        return self.said.get("message_id", "")

    @property
    def relates_to(self) -> str:
        """The id of the message that this one answers."""
        return self.said.get("relates_to", "")

    @property
    def identity(self) -> str:
        """The station's name."""
        return self.said.get("identity", "")

    @property
    def from_address(self) -> str:
        """Where the sender says that it can be reached."""
        return self.said.get("from_address", "")

    @property
    def reply_to(self) -> str:
        """Where the sender wants its answer."""
        return self.said.get("reply_to", "")

    @property
    def to(self) -> str:
        """Where the sender thinks it speaks to."""
        return self.said.get("to", "")

    @property
    def wsa_action(self) -> str:
        """The action as the headers name it."""
        return self.said.get("wsa_action", "")


def element(action: str, kind: str) -> str:
    """The body element of an operation: its name with a small first letter, and Request or Response."""
    return action[:1].lower() + action[1:] + SUFFIX[kind]
