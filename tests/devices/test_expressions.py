"""What is made of something that is not known is not known: no condition holds for want of knowledge."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.devices.expressions import value
from gateway.dialects.shapes import Scalar

NAMES = {"error": Scalar("integer"), "raw": Scalar("integer"), "card": Scalar("string")}


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("error != 0", {}, None),
        ("error != 0", {"error": 3}, True),
        ("not (error == 0)", {}, None),
        ("not (error == 0)", {"error": 3}, True),
        ("error > 3 or raw == 9", {"raw": 9}, True),
        ("error > 3 and raw == 9", {"raw": 9}, None),
        ("card not in ('A', 'B')", {}, None),
        ("card not in ('A', 'B')", {"card": "C"}, True),
        ("card is None", {}, True),
        ("1 if error != 0 else 2", {}, 2),
        ("not known(error)", {}, True),
    ],
)
def test_a_comparison_with_what_is_not_known(text: str, known: dict[str, Any], expected: Any) -> None:
    assert value(text, NAMES)({**dict.fromkeys(NAMES), **known}) is expected
