from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.fetching.transport import AddressRefused, AllowList, check_addresses, is_public


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",  # Alibaba's metadata
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",  # Azure's host agent
        "169.254.169.254",  # AWS, Google, Azure metadata
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",  # Oracle's metadata
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible, long deprecated
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b:1::1",
        "100::1",
        "2001:0:7f00:1::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::1",  # 6to4
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",  # AWS metadata
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_address_inside_or_with_a_special_meaning_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "172.15.0.1", "172.32.0.1", "2606:2800:220:1::1", "2a00:1450::1"]
)
def test_publishers_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.slow
@given(st.ip_addresses())
def test_whatever_is_called_public_is_global_to_the_standard_library_too(address: object) -> None:
    found = ip_address(str(address))
    assert not is_public(found) or (found.is_global and not found.is_multicast)


def test_one_private_address_condemns_the_name() -> None:
    with pytest.raises(AddressRefused, match="not public"):
        check_addresses("both.example", 443, ["93.184.216.34", "10.0.0.7"], AllowList())


def test_a_refusal_does_not_tell_what_the_inside_looks_like() -> None:
    with pytest.raises(AddressRefused) as refused:
        check_addresses("wiki.corp", 80, ["10.20.30.40"], AllowList())
    assert "10.20" not in str(refused.value)


def test_public_addresses_keep_their_order() -> None:
    found = check_addresses("two.example", 80, ["2606:2800:220:1::1", "93.184.216.34"], AllowList())
    assert [str(address) for address in found] == ["2606:2800:220:1::1", "93.184.216.34"]


@pytest.mark.parametrize("port", [22, 25, 2375, 5432, 6379, 9200, 11211])
def test_ports_of_other_services_are_refused_on_public_addresses(port: int) -> None:
    with pytest.raises(AddressRefused, match=f"port {port}"):
        check_addresses("news.example", port, ["93.184.216.34"], AllowList())


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "permitted"),
    [
        ("news.lan", "news.lan", "10.0.0.1", 80, True),
        ("news.lan", "NEWS.LAN.", "10.0.0.1", 443, True),
        ("news.lan", "news.lan", "10.0.0.1", 8000, False),
        ("news.lan:8000", "news.lan", "10.0.0.1", 8000, True),
        ("news.lan:8000", "news.lan", "10.0.0.1", 80, False),
        ("news.lan", "other.lan", "10.0.0.1", 80, False),
        ("news.lan", "evil-news.lan", "10.0.0.1", 80, False),
        ("10.1.0.0/16", "any.lan", "10.1.2.3", 80, True),
        ("10.1.0.0/16", "any.lan", "10.2.2.3", 80, False),
        ("10.1.0.0/16", "any.lan", "10.1.2.3", 8000, False),
        ("10.1.2.3:8000", "any.lan", "10.1.2.3", 8000, True),
        ("127.0.0.1:8000", "any.lan", "::ffff:127.0.0.1", 8000, False),
        ("::1", "any.lan", "::1", 80, True),
        ("[fd00::/8]:8000", "any.lan", "fd12::1", 8000, True),
        ("[fd00::/8]:8000", "any.lan", "fd12::1", 80, False),
    ],
)
def test_the_allow_list_opens_what_it_names_and_no_more(
    entry: str, host: str, address: str, port: int, permitted: bool
) -> None:
    allowed = AllowList.parse([entry])
    if permitted:
        assert check_addresses(host, port, [address], allowed) == (ip_address(address),)
    else:
        with pytest.raises(AddressRefused):
            check_addresses(host, port, [address], allowed)


@pytest.mark.parametrize(
    "entry", ["", " ", "10.0.0.0/33", "10.0.0.1/8", "host:", "host:0", "host:70000", "[::1]x", "[::1", "a b"]
)
def test_a_slip_in_the_allow_list_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        AllowList.parse([entry])


@given(st.text(max_size=30))
def test_any_allow_list_entry_is_understood_or_refused_by_name(entry: str) -> None:
    refusal = ""
    try:
        AllowList.parse([entry])
    except ValueError as error:
        refusal = str(error)
    assert not refusal or repr(entry) in refusal
