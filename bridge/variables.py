"""What the value of a variable has to be, and the words for one that is something else.

The words never hold the value, which may be a secret; `bridge.settings` puts the variable's name before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_core import ErrorDetails

# A host that is a name, an IPv4 address, or an IPv6 address in brackets, and a port.
SERVER = re.compile(r"(?:\[(?P<ipv6>[^\[\]]+)\]|[\w.-]+)(?::(?P<port>[0-9]{1,5}))?")
# What stands in a path as it is, and is no step to another folder.
IN_A_PATH = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
REGION = re.compile(r"[A-Z]{2}")
IM_TYPES = ("whatsapp", "viber", "sms", "max", "max_bot", "vk")

# Pydantic's kinds of trouble in words of our own; what stands in braces is of its context.
WORDS: Mapping[str, str] = {
    "int_parsing": "has to be a whole number",
    "int_parsing_size": "has to be a whole number that is not so long",
    "int_from_float": "has to be a whole number",
    "float_parsing": "has to be a number",
    "finite_number": "has to be a number",
    "bool_parsing": "has to be true or false",
    "literal_error": "has to be {expected}",
    "greater_than_equal": "has to be at least {ge}",
    "less_than_equal": "has to be at most {le}",
    "string_too_long": "may have {max_length} characters at most",
    "string_pattern_mismatch": "holds a character that may not stand there: take letters, digits, `.`, `_` and `-`",
}


def words(problem: ErrorDetails) -> str:
    """What is wrong with a value, for whoever wrote it."""
    sentence = WORDS.get(problem["type"])
    if sentence is None:
        return problem["msg"].removeprefix("Value error, ")
    return sentence.format_map(problem.get("ctx", {}))


def trimmed(value: Any) -> Any:
    """A text without the blanks and quotes around it; anything else as it is.

    Secrets pasted with quotes or a line end are a common cause of refused signatures (amojo.md §9.5), and
    `docker run --env-file` passes quotes on.
    """
    return value.strip().strip("'\"").strip() if isinstance(value, str) else value


def is_server(value: str) -> bool:
    """Whether it is HOST or HOST:PORT."""
    found = SERVER.fullmatch(value)
    if found is None:
        return False
    try:
        IPv6Address(found["ipv6"] or "::")
    except AddressValueError:
        return False
    return found["port"] is None or 0 < int(found["port"]) < 65536


def _base_url(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    bare = not parts.query and not parts.fragment and " " not in parts.path
    if parts.scheme not in ("http", "https") or not is_server(parts.netloc) or not bare:
        raise ValueError("has to be http://HOST or https://HOST, with a port or a path where there is one")
    return value.rstrip("/")


def _servers(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    servers = [each.strip() for each in value.split(",")]
    if not all(map(is_server, servers)):
        raise ValueError("has to be HOST:PORT, or several with commas between them")
    return ",".join(servers)


def _hosts(value: Any) -> Any:
    if isinstance(value, str) and not all(is_server(each.strip()) for each in value.split(",") if each.strip()):
        raise ValueError("has to be HOST or HOST:PORT, or several with commas between them")
    return value


def _im_type(value: Any) -> Any:
    # As it is written: it stands in the ids of conversations.
    if isinstance(value, str) and value.lower() not in IM_TYPES:
        raise ValueError(f"has to be one of {', '.join(IM_TYPES)}")
    return value


def _path_secret(value: Any) -> Any:
    if isinstance(value, str) and not IN_A_PATH.fullmatch(value):
        raise ValueError(
            "stands in a path, so that it may hold letters, digits, `-`, `_`, `~` and `.` only: "
            "make one with `openssl rand -hex 24`"
        )
    return value


def _region(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not REGION.fullmatch(value.upper()):
        raise ValueError("has to be the two letters of a country, as RU")
    return value.upper()


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


BaseUrl = Annotated[str, BeforeValidator(_base_url)]
Servers = Annotated[str, BeforeValidator(_servers)]
Hosts = Annotated[str, BeforeValidator(_hosts)]
ImType = Annotated[str, BeforeValidator(_im_type)]
PathSecret = Annotated[SecretStr, BeforeValidator(_path_secret)]
Region = Annotated[str, BeforeValidator(_region)]
Language = Annotated[Literal["ru", "en"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
Port = Annotated[int, Field(ge=0, le=65535)]
Rate = Annotated[float, Field(ge=0, le=100_000)]  # calls a second; 0 = no limit until the vendor asks for one
