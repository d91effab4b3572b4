"""Links of the media relay: made only where they are needed, and good only for what they were made for."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ExpiredLink, ForgedLink
from bridge.media_hosts import AllowedHosts, is_public, location_of
from bridge.media_links import DAY_S, LIFE_S, LONGEST, MediaLinks
from bridge.media_names import file_name
from bridge.settings import Settings

BASE = "https://bridge.shop.ru"
NOW_S = 1_748_946_031.0
SIGNED = "https://files.mfms.ru/imfiles4s/s/abc.jpg?AWSAccessKeyId=k&Expires=1749550831&Signature=a%2Fb%3D"


def links(
    base_url: str | None = BASE, *, secrets: tuple[str, ...] = ("s-1",), allow: str = "", now_s: float = NOW_S
) -> MediaLinks:
    return MediaLinks(base_url, secrets, AllowedHosts.of(allow), now_s=lambda: now_s)


def parts(link: str | None) -> tuple[str, str]:
    """Token and name, as the gateway's router reads them from a link."""
    assert link is not None
    assert link.startswith(f"{BASE}/media/")
    token, name = urlsplit(link).path.removeprefix("/media/").split("/")
    return token, unquote(name)


WORDS = st.text(st.characters(codec="utf-8"), max_size=120)
PRIVATE = """
0.0.0.0 10.0.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 192.168.1.1 100.64.0.1 100.100.100.200
192.0.0.192 192.88.99.1 198.18.0.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16 :: ::1
::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 2002:7f00:1:: 2002:a00:1:: 64:ff9b::a00:1 64:ff9b:1::808:808
2001:0:808:808::f5ff:fffe fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 100::1
localhost 0x7f000001 2130706433
"""


@given(url=WORDS.map(lambda path: f"https://files.shop.ru/{path}"), name=WORDS, mime=st.sampled_from(["", "image/png"]))
def test_any_url_and_name_come_back_from_their_link(url: str, name: str, mime: str) -> None:
    location = location_of(url)
    assert location is not None
    made = links().link(str(location), file_name(name, url, mime))
    assert made.isascii()
    assert links().source(*parts(made)) == str(location)


@given(st.data())
def test_any_changed_bit_of_a_token_or_name_is_refused(data: st.DataObject) -> None:
    token, name = parts(links().public(SIGNED, "Счёт 7.pdf"))
    where = data.draw(st.integers(0, len(token + name) - 1))
    changed = list(token + name)
    changed[where] = chr(ord(changed[where]) ^ (1 << data.draw(st.integers(0, 6))))
    with pytest.raises(ForgedLink):
        links().source("".join(changed[: len(token)]), "".join(changed[len(token) :]))


@given(token=st.text(max_size=200), name=st.text(max_size=40))
def test_whatever_stands_in_a_path_is_refused_and_no_fault(token: str, name: str) -> None:
    with pytest.raises(ForgedLink):
        links().source(token, name)


def test_signature_and_source_of_two_links_cannot_be_mixed() -> None:
    one, name = parts(links().link("https://a.ru/1", "a.pdf"))
    other, _ = parts(links().link("https://b.ru/2", "a.pdf"))
    with pytest.raises(ForgedLink):
        links().source(one[:43] + other[43:], name)
    with pytest.raises(ForgedLink):
        links().source(one, "b.pdf")
    with pytest.raises(ForgedLink):
        links(secrets=("s-2",)).source(one, name)


def test_a_link_lasts_for_thirty_days_and_not_for_thirty_two() -> None:
    token, name = parts(links().public(SIGNED))
    assert links(now_s=NOW_S + LIFE_S - 1).source(token, name) == SIGNED
    with pytest.raises(ExpiredLink):
        links(now_s=NOW_S + LIFE_S + DAY_S).source(token, name)


def test_a_repeat_within_the_day_makes_the_same_link() -> None:
    assert links().public(SIGNED) == links(now_s=NOW_S + 60).public(SIGNED)


def test_the_link_shows_neither_the_source_nor_the_secret() -> None:
    made = links().public(SIGNED) or ""
    assert "mfms" not in made
    assert "s-1" not in made


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, public_base_url=BASE + "/", **values)


def test_agents_and_gateway_agree_by_the_channels_secret_alone() -> None:
    made = MediaLinks.of(settings(amocrm_channel_secret="c-1")).public(SIGNED)
    assert MediaLinks.of(settings(amocrm_channel_secret="c-1", edna_api_key="k")).source(*parts(made)) == SIGNED
    rotated = settings(amocrm_channel_secret="c-2", amocrm_channel_secret_previous="c-1")
    assert MediaLinks.of(rotated).source(*parts(made)) == SIGNED


def test_a_secret_of_its_own_replaces_the_channels_and_can_be_changed() -> None:
    by_channel = MediaLinks.of(settings(amocrm_channel_secret="c-1")).public(SIGNED)
    by_media = MediaLinks.of(settings(amocrm_channel_secret="c-1", media_secret="m-1")).public(SIGNED)
    changed = MediaLinks.of(settings(amocrm_channel_secret="c-1", media_secret="m-2", media_secret_previous="m-1"))
    assert changed.source(*parts(by_media)) == SIGNED
    with pytest.raises(ForgedLink):
        changed.source(*parts(by_channel))


def test_a_process_without_any_secret_makes_no_link_of_the_relay() -> None:
    assert MediaLinks.of(settings(edna_api_key="k")).public(SIGNED) == SIGNED
    assert MediaLinks.of(settings(edna_api_key="k")).public("https://shop.ru/file/7") is None


@pytest.mark.parametrize(
    "url",
    ["https://amojo.amocrm.ru/attachments/a/photo.jpg", "https://shop.ru/%D0%B0.PDF?v=2", f"{BASE}/media/t/a.jpg"],
)
def test_what_a_vendor_can_fetch_goes_as_it_is(url: str) -> None:
    assert links().public(url) == url


@pytest.mark.parametrize(
    "url",
    [
        SIGNED,
        "https://shop.ru/files/7",
        "https://shop.ru/",
        "https://shop.ru/a.jpg?X-Amz-Expires=60",
        "https://shop.ru/a.jpg?token=t",
        "http://shop.ru/a.jpg",
    ],
)
def test_what_a_vendor_may_fail_to_fetch_goes_through_the_relay(url: str) -> None:
    assert links().source(*parts(links().public(url))) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "no url",
        "ftp://shop.ru/a.jpg",
        "file:///etc/passwd",
        "https://user:password@shop.ru/a.jpg",
        "https://shop.ru:8443/a",
        "https://127.0.0.1/a.jpg",
        "https://2130706433/a.jpg",
        "https://0x7f.0.0.1/a.jpg",
        "https://0177.0.0.1/a.jpg",
        "https://[::ffff:10.0.0.1]/a.jpg",
        "https://localhost/a.jpg",
        "https://crm.internal/a.jpg",
        "https://\ud800.ru/a.jpg",
        "https://shop.ru/" + "a" * LONGEST,
    ],
)
def test_what_nobody_can_fetch_has_no_link(url: str | None) -> None:
    assert links().public(url) is None


def test_allowed_hosts_are_relayed_by_host_or_by_host_and_port() -> None:
    url = "http://127.0.0.1:28081/files/1.png"
    for allow in ("127.0.0.1", " shop.ru , 127.0.0.1:28081"):
        assert links(allow=allow).source(*parts(links(allow=allow).public(url))) == url
    assert links(allow="127.0.0.1:28082").public(url) is None


def test_without_a_public_address_only_what_can_be_fetched_now_has_a_link() -> None:
    assert links(None).public(SIGNED) == SIGNED
    assert links(None).public("https://shop.ru/files/7") is None
    assert links(None).public("http://shop.ru/a.jpg") is None


@pytest.mark.parametrize(
    ("name", "url", "mime", "expected"),
    [
        ("Счёт №7.pdf", "", None, "Счёт_№7.pdf"),
        (None, "https://a.ru/x/%D0%B0%D0%B1.jpg?e=1", None, "аб.jpg"),
        ("photo", "https://a.ru/7", "image/jpeg; q=1", "photo.jpg"),
        ("photo", "https://a.ru/7.webp", None, "photo.webp"),
        ("report.2024", "", "application/pdf", "report.2024.pdf"),
        ("drawing.dwg", "", None, "drawing.dwg"),
        ("drawing.dwg", "", "application/octet-stream", "drawing.dwg"),
        ("a.JPEG", "", "image/png", "a.jpeg"),
        ("..\\..\\boot.ini", "", None, "boot.ini"),
        ("../../etc/passwd", "", None, "passwd.bin"),
        ("a\u202egpj.exe\r\nX: y", "", None, "agpj.exe_X_y.bin"),
        ("..", "", None, "file.bin"),
        (None, None, None, "file.bin"),
        ("", "https://a.ru/", "audio/ogg", "file.ogg"),
        ("x" * 100 + ".docx", "", None, "x" * 65 + ".docx"),
    ],
)
def test_names_are_short_and_end_in_an_extension_that_fits(
    name: str | None, url: str | None, mime: str | None, expected: str
) -> None:
    assert file_name(name, url, mime) == expected


@given(name=st.text(max_size=120), url=st.text(max_size=80), mime=st.text(max_size=20))
def test_any_name_becomes_one_that_a_path_and_a_header_can_hold(name: str, url: str, mime: str) -> None:
    made = file_name(name, url, mime)
    assert 3 <= len(made) <= 70
    assert made.isprintable()
    assert not set(made) & set('/\\"%?#; ')
    assert "." in made[1:-1]
    assert file_name(made, None, None) == made


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::", "2001:0:808:808::f7f7:f7f7"],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    PRIVATE.split(),
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)
