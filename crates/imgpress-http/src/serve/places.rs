use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use super::Connections;

/// How many that were told that they are one too many are waited for at once, until they have heard it. Who comes on top
/// of these is told too, and closed at once.
const MOST_REFUSALS: usize = 256;

/// A client as limits see it: one IPv4 address, or one IPv6 /64, which is what a single customer gets (RFC 6177)
/// and so what a single attacker can rotate through.
#[must_use]
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

/// Who has connections, and how many.
pub(super) struct Places {
    most: usize,
    most_per_client: usize,
    proxies: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    connections: usize,
    /// No more entries than there are connections.
    by_client: HashMap<IpAddr, usize>,
    refusals: usize,
}

/// A connection's place, free again when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    holder: Holder,
}

enum Holder {
    Client(IpAddr),
    Proxy,
    Refused,
}

impl Places {
    pub(super) fn new(limits: &Connections) -> Self {
        let Connections { most, most_per_client, ref proxies, .. } = *limits;
        Self { most, most_per_client, proxies: proxies.clone(), taken: Mutex::default() }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let is_proxy = self.proxies.iter().any(|network| network.contains(&address));
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.connections >= self.most {
            return None;
        }
        let holder = if is_proxy {
            Holder::Proxy
        } else {
            let client = client_network(address);
            let own = taken.by_client.entry(client).or_default();
            if *own >= self.most_per_client {
                return None;
            }
            *own += 1;
            Holder::Client(client)
        };
        taken.connections += 1;
        Some(Place { places: Arc::clone(self), holder })
    }

    /// A place to be waited for after having been told that there is none.
    pub(super) fn take_for_refusal(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.refusals >= MOST_REFUSALS {
            return None;
        }
        taken.refusals += 1;
        Some(Place { places: Arc::clone(self), holder: Holder::Refused })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match self.holder {
            Holder::Refused => {
                taken.refusals -= 1;
                return;
            }
            Holder::Client(client) => {
                if let Some(own) = taken.by_client.get_mut(&client) {
                    *own -= 1;
                    if *own == 0 {
                        taken.by_client.remove(&client);
                    }
                }
            }
            Holder::Proxy => {}
        }
        taken.connections -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(most: usize, most_per_client: usize) -> Arc<Places> {
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Arc::new(Places::new(&Connections { most, most_per_client, proxies, ..Connections::default() }))
    }

    #[test]
    fn a_place_is_free_again_once_its_connection_has_gone() {
        let places = places(2, 1);
        let one = places.take("192.0.2.1".parse().unwrap());
        assert!(one.is_some());
        assert!(places.take("192.0.2.1".parse().unwrap()).is_none(), "this client has one");
        let other = places.take("192.0.2.2".parse().unwrap());
        assert!(other.is_some());
        assert!(places.take("192.0.2.3".parse().unwrap()).is_none(), "there are two in all");
        drop(one);
        assert!(places.take("192.0.2.1".parse().unwrap()).is_some());
        drop(other);
        assert_eq!(places.taken.lock().unwrap().by_client.len(), 0, "nobody is remembered");
    }

    #[test]
    fn proxies_count_in_all_alone_and_ipv6_by_its_network() {
        let places = places(4, 1);
        let proxies: Vec<_> = (0..2).map(|_| places.take("::ffff:10.1.2.3".parse().unwrap())).collect();
        assert!(proxies.iter().all(Option::is_some));
        let one = places.take("2001:db8::1".parse().unwrap());
        assert!(one.is_some());
        assert!(places.take("2001:db8::2".parse().unwrap()).is_none());
        assert!(places.take("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
