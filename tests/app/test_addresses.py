"""Addresses: which URLs and which networks a webhook may lead to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import addresses
from app.addresses import Target
from app.errors import WebhookUrlRefused

PUBLIC = ("8.8.8.8", "93.184.215.14", "2606:4700::6810:84e5", "64:ff9b::808:808", "::ffff:8.8.8.8")
PRIVATE = (
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254"),  # noqa: S104
    *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001:0:7f00:1::", "::127.0.0.1", "not an address"),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert addresses.is_public(address)
    addresses.check([address], allow_private=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_all_other_addresses_are_refused(address: str) -> None:
    assert not addresses.is_public(address)
    with pytest.raises(WebhookUrlRefused):
        addresses.check([address], allow_private=False)


@given(address=st.ip_addresses(v=4), network=st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "100.64.0.0/10"]))
def test_no_private_address_becomes_public_by_being_written_as_ipv6(
    address: ipaddress.IPv4Address, network: str
) -> None:
    inside = ipaddress.ip_network(network)
    number = int(inside.network_address) | int(address) & int(inside.hostmask)
    for wrapped in (0xFFFF << 32, 0x64FF9B << 96, 0):
        assert not addresses.is_public(str(ipaddress.IPv6Address(wrapped | number)))


def test_one_private_address_among_several_refuses_the_host() -> None:
    with pytest.raises(WebhookUrlRefused):
        addresses.check(["8.8.8.8", "10.0.0.1"], allow_private=False)
    addresses.check(["8.8.8.8", "10.0.0.1"], allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com/#top",
        "https://example.com:99999/",
        "https://[::1/",
        "https://b\u00fccher.example/",
        "https://example.com/ x",
        "//example.com",
        "",
    ],
)
def test_what_is_no_plain_https_url_is_refused(url: str) -> None:
    with pytest.raises(WebhookUrlRefused):
        addresses.target_of(url, allow_private=False)


def test_a_url_names_a_host_and_a_port() -> None:
    assert addresses.target_of("https://example.com/a?b=c", allow_private=False) == Target("example.com", 443)
    assert addresses.target_of("https://[2606:4700::1]:8443", allow_private=False) == Target("2606:4700::1", 8443)
    assert addresses.target_of("http://localhost/", allow_private=True) == Target("localhost", 80)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1"])
def test_odd_ways_to_write_this_machine_are_found_out(host: str) -> None:
    found = addresses.resolve(Target(host, 443))
    with pytest.raises(WebhookUrlRefused):
        addresses.check(found, allow_private=False)


@pytest.mark.parametrize("host", ["nobody.invalid", "x" * 300, "a..b"])
def test_a_host_that_is_not_there_is_refused(host: str) -> None:
    with pytest.raises(WebhookUrlRefused):
        addresses.resolve(Target(host, 443))
