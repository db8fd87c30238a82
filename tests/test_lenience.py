"""The door with quirk profiles: identities, sub-protocols, dialects by shape; and that nothing is forgiven without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import lenience
from gateway.catalogue import Folders
from gateway.dialects.load import load_dialects
from gateway.quirks.choose import Quirks
from gateway.quirks.connect import Connect, identity_of
from gateway.source import SourceError

DIALECTS = load_dialects(Folders())
FORGIVING = Connect(assume_subprotocol=True, subprotocols=("OCPP16", "ocpp1.6j"))


@pytest.mark.parametrize(
    ("offered", "connect", "name"),
    [
        (["ocpp1.6"], None, "ocpp1.6"),
        (["ocpp2.0.1", "ocpp1.6"], FORGIVING, "ocpp1.6"),
        (["ocpp16"], FORGIVING, "ocpp16"),
        (["OCPP1.6J"], FORGIVING, "OCPP1.6J"),
        ([], FORGIVING, None),
    ],
)
def test_a_sub_protocol_is_agreed_on(offered: list[str], connect: Connect | None, name: str | None) -> None:
    assert lenience.spoken("ocpp1.6", offered, connect) == lenience.Spoken(name)


@pytest.mark.parametrize(("offered", "connect"), [([], None), (["OCPP1.6"], None), (["x"], FORGIVING), ([], Connect())])
def test_or_not(offered: list[str], connect: Connect | None) -> None:
    assert lenience.spoken("ocpp1.6", offered, connect) is None


@pytest.mark.parametrize(
    ("connect", "path", "target", "identity"),
    [
        (Connect(), "CP%201", "/ocpp/CP%201", "CP 1"),
        (Connect(decode_twice=True), "CP%25201", "/ocpp/CP%25201", "CP 1"),
        (Connect(identity={"path": "^unit-([^/]{1,40})/ocpp$"}), "unit-7/ocpp", "/unit-7/ocpp", "7"),
        (Connect(identity={"path": "^unit-([^/]{1,40})$"}), "other", "/other", None),
        (Connect(identity={"query": ""}), "", "/ws/webSocket?=SN%201", "SN 1"),
        (Connect(identity={"query": "id"}), "x", "/x?a=1&id=CP7", "CP7"),
        (Connect(identity={"query": "id"}), "x", "/x", None),
        (Connect(identity={"header": "X-Station"}), "x", "/x", "CP8"),
        (Connect(identity={"credential": True}), "x", "/x", "CP9"),
    ],
)
def test_where_the_identity_stands(connect: Connect, path: str, target: str, identity: str | None) -> None:
    assert identity_of(connect, path, target, {"x-station": "CP8"}, "CP9") == identity


BOOT_16 = '[2,"1","BootNotification",{"chargePointVendor":"Fox","chargePointModel":"A"}]'
BOOT_201 = '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Fox","model":"A"}}]'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (BOOT_201, "ocpp2.0.1"),
        (BOOT_16, "ocpp1.6"),
        (BOOT_16.replace('"A"', '"a model name that is longer than allowed"'), "ocpp1.6"),
        ('[2,"1","Heartbeat",{}]', "ocpp2.0.1"),
        ('[2,"1","StartTransaction",{}]', "ocpp1.6"),
        ("[3", "ocpp2.0.1"),
        ('[3,"1",{}]', "ocpp2.0.1"),
    ],
)
def test_the_first_message_tells_the_dialect(text: str, name: str) -> None:
    assert lenience.by_shape(text, [DIALECTS["ocpp2.0.1"], DIALECTS["ocpp1.6"]]).name == name


def test_the_first_message_reaches_the_end_that_it_chose() -> None:
    heard: list[object] = []

    class End:
        def text(self, text: str) -> None:
            heard.append(text)

        def closed(self, code: int, reason: str) -> None:
            heard.append(code)

    def join(dialect: object) -> End:
        heard.append(getattr(dialect, "name", None))
        return End()

    first = lenience.FirstWord([DIALECTS["ocpp2.0.1"], DIALECTS["ocpp1.6"]], join)
    first.text(BOOT_16)
    first.text("[]")
    first.closed(1000, "")
    assert heard == ["ocpp1.6", BOOT_16, "[]", 1000]


@pytest.mark.parametrize(
    ("connect", "says"),
    [
        ("{}", "connect is no mapping"),
        ("{subprotocol: [a]}", "did you mean 'subprotocols'"),
        ("{subprotocols: a}", "does not take 'a'"),
        ("{assume_subprotocol: yes}", "does not take 'yes'"),
        ("{ping_every: -1}", "does not take -1"),
        ("{forgive: [cookies]}", "unknown 'cookies'"),
        ("{by_shape: [ocpp9]}", "unknown 'ocpp9'"),
        ("{identity: {path: 'a+'}}", "needs one group"),
        ("{identity: {path: '('}}", "not a regular expression"),
        ("{identity: {where: x}}", "does not take"),
        ("{identity: {credential: false}}", "credential is true"),
        ("{password: {credential: true}}", "does not take"),
        ("{password: {path: 'a+'}}", "needs one group"),
        ("{password: {query: key, header: X}}", "does not take"),
    ],
)
def test_faults_of_connect_are_named(tmp_path: Path, connect: str, says: str) -> None:
    (tmp_path / "quirks").mkdir()
    head = "quirks: {odd: {title: T, why: W, link: https://example.org/1, match: {side: station, vendor: V}, connect: "
    (tmp_path / "quirks" / "odd.yaml").write_text(f"{head}{connect}}}}}")
    with pytest.raises(SourceError, match=says.replace("(", r"\(")):
        Quirks.load(Folders([tmp_path], shipped_too=False), DIALECTS)


def test_without_such_a_profile_nobody_asks() -> None:
    assert not Quirks([]).doors
