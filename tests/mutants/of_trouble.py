"""Mutants of what is done about a vendor's trouble, a full memory and a worker that is stuck."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ATTEMPTS = "tests/streams/test_attempts.py"
CAPS = "tests/streams/test_caps.py"
BREAKER = "tests/streams/test_breaker.py"
CHANNEL = "tests/streams/test_channel.py"
RATE = "tests/streams/test_rate.py"
ATTEMPTS_PY = "streams/delivery/attempts.py"
BREAKER_PY = "streams/delivery/breaker.py"
SLOTS_PY = "streams/delivery/slots.py"
SLOTS = "tests/streams/test_slots.py"
STUCK = "tests/broker/test_stuck.py"
STATUSES = "tests/broker/test_statuses.py"

MUTANTS = (
    Mutant(
        "never close the breaker",
        "I8",
        BREAKER_PY,
        "                return\n        self._close()\n",
        "                return\n",
        (BREAKER, CHANNEL),
    ),
    Mutant(
        "spend budget while the breaker is open",
        "I1",
        BREAKER_PY,
        "(self._clock() - self._changed_at if self.closed else 0.0)",
        "(self._clock() - self._changed_at)",
        (BREAKER,),
    ),
    Mutant(
        "open for one message that is refused while others pass",
        "I8",
        BREAKER_PY,
        "if verdict.outcome is Outcome.REFUSED and not excused:",
        "if verdict.outcome is Outcome.REFUSED:",
        (BREAKER,),
    ),
    Mutant(
        "probe with the same lane again and again",
        "I8",
        "streams/delivery/channel.py",
        "                admission = self._waiting.popleft()\n                if",
        "                admission = self._waiting.pop()\n                if",
        (CHANNEL,),
    ),
    Mutant(
        "take a known refused id for a sign that the channel works",
        "I8",
        ATTEMPTS_PY,
        "        if verdict.already and refused:\n            channel",
        "        if False:\n            channel",
        (ATTEMPTS,),
    ),
    Mutant(
        "give a message up although nobody else passes",
        "I1",
        ATTEMPTS_PY,
        "            and breaker.others_delivered(conversation, trial.since)\n",
        "",
        (ATTEMPTS,),
    ),
    Mutant(
        "count a 429 against the message",
        "I1",
        ATTEMPTS_PY,
        "            return False  # the account's trouble",
        "            pass  # the account's trouble",
        (ATTEMPTS,),
    ),
    Mutant(
        "send what is too old",
        "I1",
        ATTEMPTS_PY,
        "            if (left_s := self._left_s(event)) is not None and left_s <= 0:\n",
        "            if (left_s := None) is not None:\n",
        (ATTEMPTS,),
    ),
    Mutant(
        "never park a channel",
        "I1",
        "streams/delivery/parking.py",
        "        return len(conversations) >= CONVERSATIONS and",
        "        return False and",
        ("tests/streams/test_parking.py",),
    ),
    Mutant(
        "park a channel for one person's messages",
        "I8",
        "streams/delivery/parking.py",
        "        return len(conversations) >= CONVERSATIONS and",
        "        return",
        ("tests/streams/test_parking.py",),
    ),
    Mutant(
        "call before Retry-After is over",
        "I8",
        "streams/delivery/rate.py",
        "        if now < self._blocked_until:\n            return False\n",
        "",
        (RATE,),
    ),
    Mutant(
        "exceed a configured rate by bursts",
        "I8",
        "streams/delivery/rate.py",
        "    return most, limit - (most - 1.0)\n",
        "    return most, limit\n",
        (RATE,),
    ),
    Mutant(
        "lose a slot when a partition goes",
        "I8",
        ATTEMPTS_PY,
        "            except BaseException:\n                self._slots.release(channel)\n",
        "            except BaseException:\n",
        (SLOTS,),
    ),
    Mutant(
        "lose a slot that came to a lane which had just been ended",
        "I8",
        SLOTS_PY,
        "                self.release(channel)\n            raise\n",
        "                pass\n            raise\n",
        (SLOTS,),
    ),
    Mutant(
        "let a channel that hangs have every slot",
        "I8",
        SLOTS_PY,
        "            self._within_reach -= self._kept\n",
        "",
        (SLOTS,),
    ),
    Mutant(
        "take in more events than may be held",
        "I7",
        "streams/delivery/delivery.py",
        "            self._hold()\n            await self._room.wait()\n",
        "            pass\n",
        (CAPS,),
    ),
    Mutant(
        "go on fetching a partition whose span is full",
        "I7",
        "streams/delivery/delivery.py",
        'self._pause(partition, "span")',
        "pass",
        (CAPS,),
    ),
    Mutant(
        "go on fetching for a conversation in which very many wait",
        "I7",
        "streams/delivery/delivery.py",
        'self._pause(partition, "conversation")',
        "pass",
        (CAPS,),
    ),
    Mutant(
        "never resume a partition that was full",
        "I8",
        "streams/delivery/delivery.py",
        "                self._maybe_resume(partition)\n",
        "",
        (CAPS,),
    ),
    Mutant(
        "never see that the loop is blocked",
        "I8",
        "streams/delivery/watchdog.py",
        "            if looks * LOOK_EVERY_S > LOOP_LAG_S:\n",
        "            if False:\n",
        ("tests/streams/test_watchdog.py",),
    ),
    Mutant(
        "take waiting for a vendor for being stuck",
        "I8",
        "streams/delivery/watchdog.py",
        "        if signs.held and not signs.waiting_lanes and",
        "        if signs.held and",
        ("tests/streams/test_watchdog.py",),
    ),
    Mutant(
        "leave the group while nothing is fetched",
        "I8",
        "streams/fetching.py",
        "            self._stay_in_group()\n",
        "",
        (f"{STUCK}::test_a_worker_that_was_given_no_partition_takes_over_long_after",),
    ),
    Mutant(
        "take a 404 for another's message while the account is not connected",
        "I1",
        "streams/status.py",
        "verdict.outcome is Outcome.NOT_OURS and self._connection.doubtful(began)",
        "False",
        (f"{STATUSES}::test_while_the_account_is_not_connected_no_status_of_ours_passes_for_anothers",),
    ),
)
