"""Our CRCs are those of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from crccheck.crc import ALLCRCCLASSES, Crc
from hypothesis import given
from hypothesis import strategies as st

from gateway.wires.checks import crc, own_crc

MODELS = [model for model in ALLCRCCLASSES if model._width % 8 == 0]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._names[0])
def test_each_model_has_the_check_value_of_its_catalogue(model: Any) -> None:
    size, compute = crc(model)
    assert (size, compute(b"123456789")) == (model._width // 8, model._check_result)


@given(st.sampled_from(MODELS), st.binary(max_size=40))
def test_any_bytes_give_what_crccheck_gives(model: Any, data: bytes) -> None:
    assert crc(model)[1](data) == model.calc(data)


@given(st.sampled_from([8, 16, 24, 32]), st.data(), st.booleans(), st.binary(max_size=40))
def test_so_do_models_without_a_name(width: int, data: st.DataObject, reflect: bool, content: bytes) -> None:
    poly, init, out = (data.draw(st.integers(0, 2**width - 1)) for _ in range(3))
    ours = own_crc(width, poly, init, reflect, out)[1](content)
    assert ours == Crc(width, poly, init, reflect, reflect, out).process(content).final()
