"""All data files together: whatever is broken is named, and what is whole is used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gateway import site_file
from gateway.config import Secret
from gateway.data import Data
from gateway.loading import crowded, ladder, load, misfits, overlooked, unreadable, wires
from gateway.source import SourceError
from tests.office import data
from tests.wires import toys

SITE = "listeners: [{{listen: '{0}'}}]\nbackends: [{{connect: '{1}', callback: 'http://h/'}}]\n"


def test_without_a_site_file_the_shipped_data_loads() -> None:
    loaded = load(None)
    assert loaded.faults == []
    assert loaded.data is not None
    assert loaded.site is None


def test_a_site_and_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "own" / "quirks").mkdir(parents=True)
    (tmp_path / "own" / "quirks" / "x.yaml").write_text("nonsense: 1\n")
    site = tmp_path / "g.yaml"
    site.write_text("mappings: own\n" + SITE.format("ocpp1.5+http://127.0.0.1:1/", "ocpp1.6+ws://h/"))
    loaded = load(site)
    assert any("x.yaml:1" in str(fault) for fault in loaded.faults)
    assert loaded.data is None


def test_a_credential_that_leads_nowhere_is_a_fault_before_the_first_station_comes(tmp_path: Path) -> None:
    assert "no variable" in unreadable(Secret(env="SURELY_NOT_SET_HERE"))
    site = tmp_path / "g.yaml"
    site.write_text(
        "listeners: [{listen: 'ocpp1.5+http://127.0.0.1:1/'}]\n"
        "backends:\n  - connect: ocpp1.6+ws://h/\n    credential: {file: nothing-here}\n    trust: no-roots.pem\n"
    )
    found = [(fault.line, fault.what) for fault in load(site).faults]
    assert any(line == 4 and "nothing-here" in what for line, what in found)
    assert any(line == 3 and "no-roots.pem" in what for line, what in found)


def test_a_link_that_the_dialect_cannot_be_spoken_over_is_a_fault_of_its_line(tmp_path: Path) -> None:
    site = tmp_path / "g.yaml"
    site.write_text("backends: [{connect: 'ocpp1.6+ws://h/'}]\nlisteners:\n  - listen: ocpp1.6,ocpp2.0.1+http://127.0.0.1:1/\n")
    (fault,) = load(site).faults
    assert (fault.line, fault.what.endswith("has no soap form, expected one of ws, wss")) == (3, True)


def test_listeners_that_stand_in_each_other_s_way_are_faults(tmp_path: Path) -> None:
    site = tmp_path / "g.yaml"
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).touch()
    site.write_text(
        "backends: [{connect: 'ocpp1.6+ws://h/'}]\nlisteners:\n"
        "  - listen: ocpp1.6+ws://127.0.0.1:1/a\n"
        "  - listen: ocpp1.5+ws://127.0.0.1:1/a/\n"
        "  - {listen: 'ocpp1.6+wss://127.0.0.1:1/b', certificate: {chain: c.pem, key: k.pem}}\n"
        "  - listen: ocpp1.5+http://127.0.0.1:1/a\n"
    )
    found = [(fault.line, fault.what.split(": ")[0].split(", ")[0]) for fault in load(site).faults]
    assert found == [
        (4, "listener-1 and listener-2 have the same address"),
        (5, "listener-1 and listener-3 share a port"),
        (5, "listener-2 and listener-3 share a port"),
        (6, "listener-3 and listener-4 share a port"),
    ]


def test_a_site_file_that_cannot_be_read_leaves_the_data_checked(tmp_path: Path) -> None:
    loaded = load(tmp_path / "none.yaml")
    assert len(loaded.faults) == 1
    assert loaded.data is not None or loaded.faults


def test_a_file_that_nobody_would_read_does_not_pass_in_silence(tmp_path: Path) -> None:
    for name in ("quirk/acme/x.yaml", "quirks/acme/y.yml", "gateway.yaml", "deploy/z.yaml", "quirks/acme/README.rst"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("quirks: {}\n")
    found = [str(fault).removeprefix(f"{tmp_path}/") for fault in overlooked([tmp_path])]
    assert [one.split(":")[0] for one in found] == ["quirk/acme/x.yaml", "quirks/acme/y.yml"]
    assert "did you mean 'quirks'" in found[0]
    assert "ends in .yaml" in found[1]
    assert load(None, [tmp_path]).faults


def test_a_folder_of_something_else_is_no_mappings_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no mappings folder; expected a folder in it named one of dialects"):
        ladder([tmp_path])
    with pytest.raises(SourceError, match="no such mappings folder"):
        ladder([tmp_path / "none"])


def test_a_form_that_no_standard_describes_is_told_where_it_is_used(tmp_path: Path) -> None:
    site = tmp_path / "g.yaml"
    site.write_text("backends: [{connect: 'ocpp1.6+ws://h/'}]\nlisteners:\n  - listen: ocpp1.5,ocpp1.6+ws://127.0.0.1:1/\n")
    assert load(site).notices == ["the json form of ocpp1.5 is unofficial: see its file"]
    site.write_text("backends: [{connect: 'ocpp1.6+ws://h/'}]\nlisteners:\n  - listen: ocpp1.5,ocpp1.6+http://127.0.0.1:1/\n")
    assert load(site).notices == []


def test_a_back_end_that_would_have_to_speak_what_stations_alone_speak_is_a_fault(tmp_path: Path) -> None:
    site = tmp_path / "g.yaml"
    site.write_text(SITE.format("ocpp1.6+ws://127.0.0.1:1/", "plain+ws://h/"))
    (fault,) = load(site).faults
    assert (fault.line, "no back end speaks plain" in fault.what) == (2, True)


def test_an_option_that_the_protocol_does_not_have_is_a_fault(tmp_path: Path) -> None:
    site = tmp_path / "g.yaml"
    site.write_text(
        "backends: [{connect: 'ocpp1.6+ws://h/'}]\ndevices:\n"
        "  - {dial: 'abb-terra-ac+tcp://h:502', identity: A, options: {most: 16}}\n"
        "  - {dial: 'abb-terra-ac+tcp://i:502', identity: B, options: {mots: 16}}\n"
    )
    (fault,) = load(site).faults
    assert (fault.line, "did you mean 'most'" in fault.what) == (4, True)


def faults_of(folder: Path, text: str) -> list[str]:
    """What is wrong with a site with one back end and these lines."""
    site = folder / "g.yaml"
    site.write_text(f"backends: [{{connect: 'ocpp1.6+ws://h/'}}]\n{text}")
    try:
        found = site_file.read(site, data().dialects, wires(data().dialects))
    except SourceError as error:
        return [fault.what for fault in error.faults]
    return [what for _, what in (*misfits(found, data()), *crowded(found))]


def test_what_is_encrypted_has_its_key_in_the_site_file(tmp_path: Path) -> None:
    known = data()
    sealed = dataclasses.replace(known.dialects["ykc"], wire=toys.named("sealed"))
    changed = Data({**known.dialects, "ykc": sealed}, known.ladder, known.quirks)
    (tmp_path / "right").write_text("00112233445566778899AABBCCDDEEFF\n")
    (tmp_path / "wrong").write_text("0011")
    site = tmp_path / "g.yaml"

    def found(key: str, data: Data = changed) -> list[str]:
        site.write_text(f"backends: [{{connect: 'ocpp1.6+ws://h/'}}]\nlisteners: [{{listen: ykc+tcp://127.0.0.1:1{key}}}]\n")
        read = site_file.read(site, data.dialects, wires(data.dialects))
        assert all(secret in read.secrets() for secret in [read.listeners[0].key] if secret), "it is hidden in the log"
        return [what for _, what in misfits(read, data)]

    assert found(", key: {file: right}") == []
    assert found("") == ["listener-1: ykc is encrypted; expected key: {env: NAME} or {file: PATH}"]
    assert found(", key: {file: wrong}") == ["listener-1: a key of aes has 16 or 24 or 32 bytes, as they are or in hex"]
    assert found(", key: {file: none}") == [], "which is told where all secrets are"
    assert found(", key: {file: right}", known) == ["listener-1: ykc encrypts nothing by a key of the site"]


def test_devices_are_placed_as_their_protocol_wants_it(tmp_path: Path) -> None:
    keba, box = "keba-udp+udp://192.0.2.1", "evbox-max+tcp://192.0.2.2:4001"
    assert faults_of(tmp_path, f"devices: [{{dial: '{keba}', identity: A}}, {{dial: '{box}'}}]\n") == []
    assert faults_of(tmp_path, f"listeners: [{{listen: '{keba}'}}]\n") == [
        "keba-udp over udp is dialled: write it under devices:"
    ]
    assert faults_of(tmp_path, f"devices: [{{dial: '{box}', identity: A}}]\n") == [
        "the stations of device-1 say themselves who they are: list A under stations:"
    ]
    assert faults_of(tmp_path, f"devices: [{{dial: '{keba}'}}, {{dial: '{keba}', name: b}}]\n") == [
        "b and device-1 are at the same place"
    ]
    (fault,) = faults_of(tmp_path, "devices: [{dial: 'ocpp1.6+ws://192.0.2.1/'}]\n")
    assert fault == "ocpp1.6 stations come by themselves"


def test_a_port_of_raw_bytes_is_shared_with_nobody_but_datagrams(tmp_path: Path) -> None:
    box, other = "evbox-max+tcp://127.0.0.1:4001", "ocpp1.6+ws://127.0.0.1:4001/"
    assert faults_of(tmp_path, f"listeners: [{{listen: '{box}'}}, {{listen: '{other}'}}]\n") == [
        "listener-1 and listener-2 cannot share a port: evbox-max+tcp://127.0.0.1:4001/ takes all of it"
    ]


def test_a_reconstruction_is_only_used_by_who_says_so(tmp_path: Path) -> None:
    line = "listeners: [{listen: 'ocnp+http://127.0.0.1:1/gs'%s}]\n"
    (fault,) = faults_of(tmp_path, line % "")
    assert fault.startswith("ocnp is reconstructed, not taken from its owner's document; to use it nevertheless, write accept:")
    assert faults_of(tmp_path, line % ", accept: reconstructed") == []
    assert faults_of(tmp_path, "accept: reconstructed\n" + line % "") == []
    assert faults_of(tmp_path, "accept: guesses\n" + line % ", accept: reconstructed") == ["accept is 'guesses'"]
