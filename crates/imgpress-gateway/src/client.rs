//! Which client a request comes from.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;
use imgpress_engine_api::Failure;
use imgpress_http::{Error, client_network};
use ipnet::IpNet;

use crate::AppState;

/// A client as limits see it: one IPv4 address, or one IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    /// The client behind a connection. `X-Forwarded-For` (or, without one, `Forwarded`) is believed only as far
    /// as the chain of trusted proxies reaches, read from the nearest hop outwards.
    pub(crate) fn of(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
        let mut client = peer.ip().to_canonical();
        if is_trusted(&client) {
            for hop in hops(headers).into_iter().rev() {
                // An unreadable hop: nothing beyond it can be told, so the last readable one is the client.
                let Some(address) = hop else { break };
                client = address;
                if !is_trusted(&client) {
                    break;
                }
            }
        }
        Self(client_network(client))
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromRequestParts<AppState> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let ConnectInfo(peer) = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .ok_or_else(|| Failure::internal("the server does not say who connects"))?;
        Ok(Self::of(*peer, &parts.headers, &state.config.trusted_proxies))
    }
}

/// The forwarding chain, farthest hop first; `None` where a hop is no address.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let listed = |name: &str| -> Vec<&str> {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(str::trim).collect()
    };
    let forwarded_for = listed("x-forwarded-for");
    if forwarded_for.is_empty() {
        listed("forwarded").into_iter().map(|hop| for_parameter(hop).and_then(address)).collect()
    } else {
        forwarded_for.into_iter().map(address).collect()
    }
}

/// The `for` parameter of one element of a `Forwarded` header (RFC 7239, section 4).
fn for_parameter(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

/// An address with or without a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bare.parse::<IpAddr>().ok();
    parsed.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip())).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "::1/128"].map(|net| net.parse().unwrap()).to_vec();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Client::of(SocketAddr::new(peer.parse().unwrap(), 4711), &map, &trusted).0.to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")]), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_is_believed_up_to_the_first_stranger() {
        let chain = "203.0.113.9, 198.51.100.7, 10.1.1.1";
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", chain)]), "198.51.100.7");
        assert_eq!(
            client("10.0.0.1", &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")]),
            "2.2.2.2"
        );
    }

    #[test]
    fn the_standard_header_counts_where_the_older_one_is_missing() {
        let standard = ("forwarded", "for=9.9.9.9, for=\"[2001:db8::17]:4711\";proto=https, for=10.0.0.2:99");
        assert_eq!(client("::1", &[standard]), "2001:db8::");
        assert_eq!(client("::1", &[standard, ("x-forwarded-for", "3.3.3.3")]), "3.3.3.3");
    }

    #[test]
    fn nothing_beyond_an_unreadable_hop_is_believed() {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "5.5.5.5, unknown, 10.0.0.2")]), "10.0.0.2");
    }

    #[test]
    fn ipv6_counts_by_its_first_half_and_mapped_ipv4_as_ipv4() {
        assert_eq!(client("2001:db8:1:2:3:4:5:6", &[]), client("2001:db8:1:2:ffff::1", &[]));
        assert_ne!(client("2001:db8:1:2::", &[]), client("2001:db8:1:3::", &[]));
        assert_eq!(client("::ffff:192.0.2.1", &[]), "192.0.2.1");
    }
}
