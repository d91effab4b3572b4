"""Mutants of what amojo says: a file that is missing, a 400 that may mean several things, answers that tell nothing."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

CLIENT_PY = "bridge/amojo/client.py"
INBOUND_PY = "streams/inbound.py"
ATTEMPTS = "tests/streams/test_inbound_attempts.py"
CLIENT = "tests/bridge/test_amojo_client.py"
LOOK = "        if verdict.status == 400 and (request.perhaps_there or request.chat_id is not None):\n"

MUTANTS = (
    Mutant(
        "let words go without the file that they came with",
        "I1",
        "bridge/amojo/contents.py",
        '        return _unsupported("attachment" if kind == "text" else kind, words)',
        "        pass",
        ("tests/bridge/test_amojo_contents.py",),
    ),
    Mutant(
        "lose a message for what it quotes",
        "I1",
        INBOUND_PY,
        "        if verdict.outcome is Outcome.PERMANENT and request.unquoted is not None:\n",
        "        if False:\n",
        (ATTEMPTS,),
    ),
    Mutant(
        "take a repeat that amojo has for a message that it does not take",
        "I4",
        INBOUND_PY,
        LOOK,
        "        if False:\n",
        (ATTEMPTS,),
    ),
    Mutant(
        "look for a message where it cannot be, and make a chat without a lead",
        "I1",
        INBOUND_PY,
        LOOK,
        "        if verdict.status == 400:\n",
        ("tests/streams/test_inbound_carrier.py",),
    ),
    Mutant(
        "look for an answer in a chat that an operator did not begin",
        "I4",
        INBOUND_PY,
        "has_message(request.event, request.chat_id)",
        "has_message(request.event)",
        (ATTEMPTS,),
    ),
    Mutant(
        "take a chat that is not told for a delivery",
        "I1",
        CLIENT_PY,
        "        return _unreadable(answer) if verdict.outcome is Outcome.DELIVERED and chat_id is None else verdict\n",
        "        return verdict\n",
        (CLIENT,),
    ),
    Mutant(
        "take a history that cannot be read for an empty one",
        "I1",
        CLIENT_PY,
        "                return _unreadable(answer)\n",
        "                break\n",
        (CLIENT,),
    ),
)
