"""What is taken away: the mappings that rows are about. Whatever is not is named here with the reason."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from types import ModuleType

import bridge.amojo
import bridge.edna
from tests.coverage.removal.branches import branches
from tests.coverage.removal.removal import Removal
from tests.coverage.removal.tables import entries

ALSO = ("bridge.attachments", "bridge.shapes")  # how what both vendors write is read
# Modules of a vendor that map nothing of a message: their own tests are beside them.
BESIDE: Mapping[str, str] = {
    "amojo.account": "what is asked of an account when it is connected",
    "amojo.client": "what amojo's answers to a call mean: tests/contract",
    "amojo.requests": "what is told of a chat, not of a message",
    "amojo.signature": "whether a hook is amojo's",
    "edna.account": "what is asked of an account when it is connected",
    "edna.channels": "through which channel a message goes: tests/bridge/test_edna_channels.py",
    "edna.client": "what edna's answers to a call mean: tests/bridge/test_edna_client.py",
    "edna.splitting": "where a text may be torn: tests/bridge/test_edna_splitting.py",
}
# Tables in the other modules that no row is about.
NO_ROWS: Mapping[str, str] = {
    "edna.forms.SERVED_PATHS": "what EDNA_SEND_PATH may be: tests/bridge/test_vendor_requests.py",
    "edna.requests.EDNA_DOMAINS": "where a wrong EDNA_SEND_PATH is warned of: tests/bridge/test_vendor_requests.py",
}


def removals() -> list[Removal]:
    """All of them."""
    modules = _modules()
    bridge_modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "bridge"]
    return [
        each
        for each in (*entries(modules, bridge_modules), *branches(modules))
        if not any(each.name.startswith(table) for table in NO_ROWS)
    ]


def _modules() -> list[ModuleType]:
    named = [
        f"{package.__name__}.{found.name}"
        for package in (bridge.edna, bridge.amojo)
        for found in pkgutil.iter_modules(package.__path__)
    ]
    return [importlib.import_module(name) for name in (*ALSO, *named) if name.removeprefix("bridge.") not in BESIDE]
