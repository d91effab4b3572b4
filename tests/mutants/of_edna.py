"""Mutants of the way to edna: channels, parts, links, and sends that carry no id of ours."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ATTEMPTS_PY = "streams/delivery/attempts.py"
CHANNELS_PY = "bridge/edna/channels.py"
OUTBOUND_PY = "streams/outbound.py"
STATUS_PY = "streams/status.py"
WAYS = "tests/streams/test_ways_and_parts.py"
CHANNELS = "tests/bridge/test_edna_channels.py"
WHOSE = "tests/streams/test_status_carrier.py"
COURIER_PY = "streams/delivery/courier.py"
LINKS_OF_SENDS = "tests/streams/test_links_of_sends.py"

MUTANTS = (
    Mutant(
        "send a part again that is remembered",
        "I4",
        ATTEMPTS_PY,
        "                if memory.knows(part_id):\n                    continue\n",
        "",
        (WAYS,),
    ),
    Mutant(
        "send the next part before the one before it is remembered",
        "I4",
        ATTEMPTS_PY,
        "                await self._remember.part(held, event, part_id, ending.link)\n",
        "",
        (WAYS,),
    ),
    Mutant(
        "let every message probe a way that is known again twice",
        "I8",
        ATTEMPTS_PY,
        "            if not breaker.closed and not probe:\n",
        "            if not breaker.closed:\n",
        (WAYS,),
    ),
    Mutant(
        "guess a way while edna cannot be asked",
        "I1",
        CHANNELS_PY,
        "        if not self.known:\n            return None\n",
        "",
        (CHANNELS,),
    ),
    Mutant(
        "send through the cascade of another channel",
        "I1",
        CHANNELS_PY,
        '        return "" if served is not None and channel.isdigit() else configured\n',
        "        return configured\n",
        (CHANNELS,),
    ),
    Mutant(
        "let any part tell how far its message got",
        "I5",
        STATUS_PY,
        "        if about.part < about.parts and",
        "        if False and",
        (WHOSE,),
    ),
    Mutant(
        "take an id of edna's for one of amojo's",
        "I1",
        STATUS_PY,
        "    message_id = link.message_id if link is not None else event.message_id\n",
        "    message_id = event.message_id or (link.message_id if link is not None else None)\n",
        (WHOSE,),
    ),
    Mutant(
        "drop a status whose link comes late",
        "I1",
        STATUS_PY,
        "        if found is not None or not event.direct or",
        "        if True or",
        (WHOSE,),
    ),
    Mutant(
        "send again without a look into the history",
        "I4",
        OUTBOUND_PY,
        "        if call.uncertain:\n",
        "        if False:\n",
        ("tests/broker/test_history.py",),
    ),
    Mutant(
        "take what whoever was before us may have sent for new",
        "I4",
        OUTBOUND_PY,
        "        late = memory.perhaps_attempted(event.accepted_at)\n",
        "        late = False\n",
        ("tests/broker/test_parts.py",),
    ),
    Mutant(
        "write a receipt without its link",
        "I1",
        COURIER_PY,
        "            self._leave_to_link(event, ending.link)\n",
        "            pass\n",
        (LINKS_OF_SENDS,),
    ),
    Mutant(
        "forget a delivery whose link waits for Kafka",
        "I4",
        COURIER_PY,
        "        memory.note(event.event_id)\n        if isinstance(ending, Delivered):\n"
        "            self._leave_to_link(event, ending.link)\n        await self._remember(held, event, ending)\n",
        "        if isinstance(ending, Delivered):\n            self._leave_to_link(event, ending.link)\n"
        "        await self._remember(held, event, ending)\n        memory.note(event.event_id)\n",
        (LINKS_OF_SENDS,),
    ),
    Mutant(
        "forget a part whose link waits for Kafka",
        "I4",
        ATTEMPTS_PY,
        "                memory.note(part_id)  # first: it must not go again if the partition does, and comes back\n"
        "                await self._remember.part(held, event, part_id, ending.link)\n",
        "                await self._remember.part(held, event, part_id, ending.link)\n"
        "                memory.note(part_id)\n",
        (LINKS_OF_SENDS,),
    ),
    Mutant(
        "drain without waiting for links",
        "I4",
        COURIER_PY,
        "        partition.unconfirmed += 1\n        try:\n            with self.pulse.waiting():\n"
        "                for link in",
        "        try:\n            partition.unconfirmed += 1\n            partition.unconfirmed -= 1\n"
        "            with self.pulse.waiting():\n                for link in",
        (LINKS_OF_SENDS,),
    ),
    Mutant(
        "show the vendor an id that has no link yet",
        "I1",
        ATTEMPTS_PY,
        "                    await link()\n",
        "                    pass\n",
        (LINKS_OF_SENDS,),
    ),
    Mutant(
        "write first without a link",
        "I1",
        OUTBOUND_PY,
        "            await self._chat_links.write(event.conversation_id, chat)\n",
        "            del chat\n",
        ("tests/broker/test_write_first.py",),
    ),
    Mutant(
        "tear a sign apart",
        "I1",
        "bridge/edna/splitting.py",
        "        if not _goes_on(text, at):\n",
        "        if True:\n",
        ("tests/bridge/test_edna_splitting.py",),
    ),
)
