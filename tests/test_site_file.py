"""The site file: what it says, and that its every mistake is named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import Secret, SecretError
from gateway.loading import faulty_files, old_tls
from gateway.site_file import read
from gateway.source import SourceError

DIALECTS = ["ocpp1.5", "ocpp1.6"]
WHOLE = """\
data: journal
admin: 127.0.0.1:9100
drain: 12
mappings: [own]
listeners:
  - name: street
    listen: ocpp1.5+http://0.0.0.0:8080/ocpp
    enroll: open
    public: http://gateway.example:8080/ocpp
  - listen: ocpp1.6+ws://127.0.0.1:8081/ocpp
    backend: old
backends:
  - name: main
    connect: ocpp1.6+wss://csms.example/ocpp/{identity}
    username: us
    credential: {env: UPLINK_KEY}
  - name: old
    connect: ocpp1.5+http://old.example/cs
    callback: http://gateway.example:8082/back
    callback_listen: 0.0.0.0:8082
stations:
  "012345": {as: DE-1, backend: old, password: {file: keys/one}, callback: "http://10.0.0.7:8080/cp"}
  CP2:
policy: {answer_within: 8, authorize_offline: accept, retry_interval: 1.5}
trace: {path: trace.jsonl, mask_tags: true}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "gateway.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        read(write(folder, text), DIALECTS)
    return [str(fault).replace(str(folder) + "/", "") for fault in caught.value.faults]


def test_a_whole_site(tmp_path: Path) -> None:
    site = read(write(tmp_path, WHOLE), DIALECTS)
    street, inner = site.listeners
    assert (street.name, street.enroll, street.url) == ("street", "open", "http://gateway.example:8080/ocpp")
    assert (inner.name, inner.enroll, inner.url) == ("listener-2", "open", "ws://127.0.0.1:8081/ocpp")
    assert site.data == tmp_path / "journal"
    assert (site.admin, site.drain) == (("127.0.0.1", 9100), 12.0)
    assert site.backends[1].callback_listen == ("0.0.0.0", 8082)
    assert site.backends[0].credential == Secret(env="UPLINK_KEY")
    assert (site.policy.answer_within, site.policy.authorize_offline, site.policy.retry_interval) == (8.0, "accept", 1.5)
    assert site.trace.mask_tags


def test_identities_stay_text_and_may_be_renamed(tmp_path: Path) -> None:
    site = read(write(tmp_path, WHOLE), DIALECTS)
    assert (site.upstream_of("012345"), site.identity_of("DE-1"), site.upstream_of("CP2"), site.upstream_of("x")) == (
        "DE-1", "012345", "CP2", "x",
    )  # fmt: skip
    street, inner = site.listeners
    assert [site.backend_of(i, street).name for i in ("012345", "CP2")] == ["old", "main"]
    assert site.backend_of("x", inner).name == "old"


def test_a_listener_that_others_can_reach_takes_listed_stations_only(tmp_path: Path) -> None:
    text = "listeners: [{listen: 'ocpp1.5+http://0.0.0.0:80/'}]\nbackends: [{connect: 'ocpp1.6+ws://h/'}]\n"
    assert read(write(tmp_path, text), DIALECTS).listeners[0].enroll == "listed"


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = """\
listners: []
listeners:
  - listen: ocp1.5+http://0.0.0.0:8080/ocpp
  - listen: ocpp1.6+wss://0.0.0.0:8443/ocpp
    enrol: open
    enroll: closed
    backend: mian
backends:
  - name: main
    connect: ocpp1.5+http://old.example/cs
    credential: hunter2
stations:
  A: {as: X, backend: nowhere}
  B: {as: X}
policy: {answer_witin: 3, call_deadline: soon, authorize_offline: 7}
admin: nine
drain: -1
"""
    found = faults(tmp_path, text)
    for line, words in [
        (1, "did you mean 'listeners'"),
        (3, "did you mean 'ocpp1.5'"),
        (4, "wss needs a certificate"),
        (5, "did you mean 'enroll'"),
        (6, "enroll is 'closed'"),
        (7, "did you mean 'main'"),
        (10, "callback: http://host:port/path"),
        (11, "{env: NAME} or {file: PATH}"),
        (13, "nowhere"),
        (14, "the same name at the back end"),
        (15, "did you mean 'answer_within'"),
        (15, "call_deadline is 'soon'"),
        (15, "authorize_offline is 7"),
        (16, "admin is 'nine'"),
        (17, "drain is -1"),
    ]:
        assert [f for f in found if f.startswith(f"gateway.yaml:{line}: ") and words in f], (line, words, found)
    assert "hunter2" not in "\n".join(found), "a fault never prints a secret"


def test_a_device_without_a_name_has_no_empty_one(tmp_path: Path) -> None:
    text = "devices: [{dial: box+udp://h, identity: ''}]\nbackends: [{connect: 'ocpp1.6+ws://127.0.0.1:2/b'}]\n"
    with pytest.raises(SourceError) as caught:
        read(write(tmp_path, text), [*DIALECTS, "box"], {"box": {"udp": 1}})
    assert [fault.what for fault in caught.value.faults] == ["identity is ''"]


def test_the_oldest_tls_is_one_that_there_is(tmp_path: Path) -> None:
    text = """listeners:
  - {listen: 'ocpp1.6+wss://127.0.0.1:1/a', certificate: {chain: c, key: k, oldest_tls: "1.4"}}
backends: [{connect: 'ocpp1.6+ws://127.0.0.1:2/b'}]
"""
    assert [fault for fault in faults(tmp_path, text) if "there is no TLS 1.4" in fault]
    site = read(write(tmp_path, text.replace("1.4", "1.0")), DIALECTS)
    assert old_tls(site) == ["listener-1 takes TLS 1.0, which can be broken: for stations alone that know no better"]


@pytest.mark.parametrize(("text", "line"), [("call_deadline: 20", 4), ("station_call: 30", 4)])
def test_deadlines_that_do_not_nest_are_a_fault(tmp_path: Path, text: str, line: int) -> None:
    site = "listeners: [{listen: 'ocpp1.5+http://127.0.0.1:80/'}]\nbackends: [{connect: 'ocpp1.6+ws://h/'}]\npolicy:\n  "
    (found,) = faults(tmp_path, f"{site}{text}\n")
    assert found.startswith(f"gateway.yaml:{line}: station_call (")


def test_an_empty_file_and_odd_kinds_are_told_plainly(tmp_path: Path) -> None:
    assert faults(tmp_path, "") == [
        "gateway.yaml:1: the site file lacks the key 'backends'",
        "gateway.yaml:1: the site file lacks the key 'listeners'; expected that, or devices",
    ]
    found = faults(
        tmp_path,
        "listeners: [{listen: 'ocpp1.5+http://127.0.0.1:80/'}]\n"
        "backends:\n  - connect: ocpp1.6+ws://h/\n    username: 5\n    callback: http://h:port/\ntrace: trace.jsonl\n",
    )
    assert [one.split(": ")[0] for one in found] == ["gateway.yaml:4", "gateway.yaml:5", "gateway.yaml:6"]


def test_a_credential_is_read_only_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\x00key\n")
    assert Secret(file=tmp_path / "key").read() == b"\xff\x00key"
    assert Secret(env="K").read({"K": "v"}) == b"v"
    for secret in (Secret(env="K"), Secret(file=tmp_path / "none")):
        with pytest.raises(SecretError):
            secret.read({})


def several(line: str, backend: str = "connect: 'ocpp1.6+ws://h/'") -> str:
    return f"backends: [{{{backend}}}]\nlisteners:\n  - {{{line}}}\n"


@pytest.mark.parametrize(
    "line",
    ["listen: 'ocpp1.5,ocpp1.6+ws://127.0.0.1:1/'", "listen: 'ws://127.0.0.1:1/', dialects: [ocpp1.5, ocpp1.6]"],
)
def test_several_dialects_of_one_listener(tmp_path: Path, line: str) -> None:
    (listener,) = read(write(tmp_path, several(f"{line}, without_subprotocol: ocpp1.6")), DIALECTS).listeners
    assert listener.address.dialects == ("ocpp1.5", "ocpp1.6")
    assert listener.assumed == "ocpp1.6"
    newer = listener.speaking("ocpp1.6")
    assert (newer.address.dialect, newer.address.dialects, newer.name) == ("ocpp1.6", ("ocpp1.6", "ocpp1.5"), listener.name)
    assert listener.speaking("ocpp9") is listener


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (several("listen: 'ocpp1.5+ws://127.0.0.1:1/', dialects: [ocpp1.6]"), "the dialects stand in the address already"),
        (several("listen: 'ws://127.0.0.1:1/', dialects: []"), "the dialects stand in the address already, or nowhere"),
        (several("listen: 'ws://127.0.0.1:1/', dialects: [ocpp1.7]"), "unknown dialect 'ocpp1.7'"),
        (several("listen: 'ocpp1.5+ws://127.0.0.1:1/', without_subprotocol: ocpp1.6"), "expected one of ocpp1.5"),
        (several("listen: 'ocpp1.5+http://127.0.0.1:1/', without_subprotocol: ocpp1.5"), "a SOAP listener has no sub-protocols"),
        (
            several("listen: 'ocpp1.5+ws://127.0.0.1:1/'", "connect: 'ocpp1.5,ocpp1.6+ws://h/'"),
            "expected the one that the back end speaks",
        ),
    ],
)
def test_faults_of_several_dialects(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(faults(tmp_path, text))


def test_a_device_says_whose_certificate_is_believed(tmp_path: Path) -> None:
    lines = "devices:\n  - {dial: box+mqtts://b, trust: ca.pem}\n  - {dial: box+https://g, verify: false}\n"
    known = {"box": {"mqtt": 1883, "http": 80}}
    site = read(write(tmp_path, f"backends: [{{connect: ocpp1.6+wss://h/}}]\n{lines}"), [*DIALECTS, "box"], known)
    assert [(one.trust, one.verify) for one in site.devices] == [(tmp_path / "ca.pem", True), (None, False)]
    assert [what for _, what in faulty_files(site)] == [f"{tmp_path / 'ca.pem'} is no file"]
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert faulty_files(site) == [(3, f"{tmp_path / 'ca.pem'} holds no certificate in PEM form")]
