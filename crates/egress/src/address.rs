//! Which IP addresses are on the public internet.
//!
//! The tables follow the IANA special-purpose address registries (RFC 6890 and its updates) and add the
//! metadata services of cloud providers that sit outside them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not reachable for a tenant's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressKind {
    /// "This host on this network" and the unspecified address.
    Unspecified,
    /// The machine itself.
    Loopback,
    /// A network of someone's own (RFC 1918).
    Private,
    /// Shared between a carrier and its customers (RFC 6598).
    CarrierGrade,
    /// Of one link only (RFC 3927, RFC 4291).
    LinkLocal,
    /// IPv6 networks of someone's own (RFC 4193) and the older site-local ones.
    UniqueLocal,
    /// Groups, not hosts.
    Multicast,
    /// An IPv4 address written as IPv6 (RFC 4291 §2.5.5).
    MappedIpv4,
    /// IPv6 addresses that carry another address through a tunnel (6to4, Teredo).
    Tunnel,
    /// A cloud provider's metadata or host service at an address of its own.
    Metadata,
    /// Documentation, benchmarks, protocol assignments, and what is not assigned.
    Reserved,
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::CarrierGrade => "carrier-grade NAT",
            Self::LinkLocal => "link-local",
            Self::UniqueLocal => "unique-local",
            Self::Multicast => "multicast",
            Self::MappedIpv4 => "IPv4-mapped",
            Self::Tunnel => "tunnel",
            Self::Metadata => "metadata service",
            Self::Reserved => "reserved",
        })
    }
}

const SPECIAL_V4: &[(Ipv4Addr, u32, AddressKind)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, AddressKind::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, AddressKind::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, AddressKind::CarrierGrade),
    (Ipv4Addr::new(127, 0, 0, 0), 8, AddressKind::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, AddressKind::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, AddressKind::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, AddressKind::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, AddressKind::Reserved),
    (Ipv4Addr::new(192, 88, 99, 0), 24, AddressKind::Tunnel),
    (Ipv4Addr::new(192, 168, 0, 0), 16, AddressKind::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, AddressKind::Reserved),
    (Ipv4Addr::new(198, 51, 100, 0), 24, AddressKind::Reserved),
    (Ipv4Addr::new(203, 0, 113, 0), 24, AddressKind::Reserved),
    (Ipv4Addr::new(168, 63, 129, 16), 32, AddressKind::Metadata),
    (Ipv4Addr::new(224, 0, 0, 0), 4, AddressKind::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, AddressKind::Reserved),
];

const SPECIAL_V6: &[(Ipv6Addr, u32, AddressKind)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, AddressKind::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, AddressKind::Loopback),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, AddressKind::MappedIpv4),
    (Ipv6Addr::UNSPECIFIED, 96, AddressKind::MappedIpv4),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, AddressKind::Tunnel),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, AddressKind::Reserved),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, AddressKind::Reserved),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, AddressKind::Tunnel),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, AddressKind::Reserved),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, AddressKind::UniqueLocal),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, AddressKind::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, AddressKind::UniqueLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, AddressKind::Multicast),
];

/// The only IPv6 block from which public addresses are assigned (RFC 4291 §2.4).
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// The block in which a network translates to IPv4 (RFC 6052): the carried address decides.
const TRANSLATED: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Why `address` is not on the public internet; `None` when it is.
#[must_use]
pub fn special_kind(address: IpAddr) -> Option<AddressKind> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<AddressKind> {
    SPECIAL_V4
        .iter()
        .find(|(network, length, _)| (address.to_bits() ^ network.to_bits()) >> (32 - length) == 0)
        .map(|(_, _, kind)| *kind)
}

fn special_v6(address: Ipv6Addr) -> Option<AddressKind> {
    let within =
        |(network, length): (Ipv6Addr, u32)| (address.to_bits() ^ network.to_bits()) >> (128 - length) == 0;
    if within(TRANSLATED) {
        let [.., a, b, c, d] = address.octets();
        return special_v4(Ipv4Addr::new(a, b, c, d));
    }
    SPECIAL_V6
        .iter()
        .find(|(network, length, _)| within((*network, *length)))
        .map(|(_, _, kind)| *kind)
        .or((!within(GLOBAL_UNICAST)).then_some(AddressKind::Reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Option<AddressKind> {
        special_kind(address.parse().unwrap())
    }

    #[test]
    fn public_addresses_have_no_special_kind() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "64:ff9b::1.1.1.1",
        ] {
            assert_eq!(kind(address), None, "{address}");
        }
    }

    #[test]
    fn both_ends_of_every_special_block_are_named() {
        use AddressKind as K;
        for (address, expected) in [
            ("0.0.0.0", K::Unspecified),
            ("0.255.255.255", K::Unspecified),
            ("10.0.0.0", K::Private),
            ("10.255.255.255", K::Private),
            ("100.64.0.0", K::CarrierGrade),
            ("100.127.255.255", K::CarrierGrade),
            ("127.0.0.1", K::Loopback),
            ("127.255.255.255", K::Loopback),
            ("169.254.169.254", K::LinkLocal),
            ("169.254.170.2", K::LinkLocal),
            ("172.16.0.0", K::Private),
            ("172.31.255.255", K::Private),
            ("192.0.0.192", K::Reserved),
            ("192.168.0.0", K::Private),
            ("192.168.255.255", K::Private),
            ("198.18.0.0", K::Reserved),
            ("198.19.255.255", K::Reserved),
            ("168.63.129.16", K::Metadata),
            ("224.0.0.1", K::Multicast),
            ("239.255.255.255", K::Multicast),
            ("240.0.0.0", K::Reserved),
            ("255.255.255.255", K::Reserved),
            ("::", K::Unspecified),
            ("::1", K::Loopback),
            ("::ffff:1.1.1.1", K::MappedIpv4),
            ("::ffff:127.0.0.1", K::MappedIpv4),
            ("::127.0.0.1", K::MappedIpv4),
            ("64:ff9b::169.254.169.254", K::LinkLocal),
            ("64:ff9b::10.0.0.1", K::Private),
            ("64:ff9b:1::1", K::Reserved),
            ("100::1", K::Reserved),
            ("2001:0:4136::1", K::Tunnel),
            ("2001:2::1", K::Reserved),
            ("2001:db8::1", K::Reserved),
            ("2002:7f00:1::1", K::Tunnel),
            ("3fff::1", K::Reserved),
            ("4000::1", K::Reserved),
            ("fc00::1", K::UniqueLocal),
            ("fd00:ec2::254", K::UniqueLocal),
            ("fe80::1", K::LinkLocal),
            ("febf:ffff::1", K::LinkLocal),
            ("fec0::1", K::UniqueLocal),
            ("ff02::1", K::Multicast),
        ] {
            assert_eq!(kind(address), Some(expected), "{address}");
        }
    }
}
