"""`python -m tests.gateway.cut_off FILE`: a gateway that Kafka does not hear while FILE is there, and no one else's.

Its connections stay open and bring nothing, as when a firewall drops packets; new ones cannot be made.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError

from gateway.__main__ import main


def cut_while(there: Path) -> None:
    """Put the file between aiokafka and its sockets."""
    send, connect = AIOKafkaConnection.send, AIOKafkaConnection.connect

    def cut_send(connection: Any, *arguments: Any, **named: Any) -> Any:
        if there.exists():
            return asyncio.get_running_loop().create_future()
        return send(connection, *arguments, **named)

    async def cut_connect(connection: Any) -> Any:
        if there.exists():
            raise KafkaConnectionError("cut off")
        return await connect(connection)

    AIOKafkaConnection.send, AIOKafkaConnection.connect = cut_send, cut_connect


if __name__ == "__main__":
    cut_while(Path(sys.argv[1]))
    sys.argv[1:] = []
    main()
