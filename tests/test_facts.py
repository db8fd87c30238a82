"""The closed lists: every shipped dialect uses names of these lists only, and every name is used or meant for a later dialect."""

from __future__ import annotations

from gateway.facts import FACTS, ROLES, WORDS
from tests.office import data


def test_words_belong_to_facts() -> None:
    assert set(WORDS) <= set(FACTS)


def test_the_dialects_use_no_other_names() -> None:
    for dialect in data().dialects.values():
        for message in dialect.messages.values():
            assert {message.role, *message.roles.values()} <= {None, *ROLES}
            assert {*message.request_facts, *message.result_facts} <= set(FACTS)
        for fact, words in dialect.words.items() if hasattr(dialect.words, "items") else ():
            assert set(words) <= set(WORDS[fact]), (dialect.name, fact)


def test_a_dialect_of_ocpp_has_every_role_that_the_session_rules_are_about() -> None:
    needed = {"boot", "heartbeat", "authorize", "start", "meter", "stop", "status", "remote_start", "remote_stop", "reset"}
    for dialect in data().dialects.values():
        roles = {role for message in dialect.messages.values() for role in (message.role, *message.roles.values())}
        assert needed <= roles, dialect.name
