use imgpress_storage::{ClientPrefix, StorageKey};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::ApiKeyName;

/// The folders of clients, ahead of the keys of what they store: made from the name of a client's API key and a secret,
/// so that whoever knows every name and every picture still knows no folder, and an exchanged API key keeps its own.
pub struct ClientPrefixes {
    secret: hmac::Key,
}

/// Whose key a client may remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The client's own.
    Own,
    /// Another's, or of what was stored while keys had no folders, or had them.
    Foreign,
}

impl ClientPrefixes {
    /// The folders that this secret makes. Gateways that share a store have to have the same.
    #[must_use]
    pub fn new(secret: &SecretString) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()) }
    }

    /// The folder of a client: the first half of HMAC-SHA-256 of its name.
    pub(crate) fn of(&self, name: &ApiKeyName) -> ClientPrefix {
        let tag = hmac::sign(&self.secret, name.to_string().as_bytes());
        let mut bits = [0; 16];
        bits.copy_from_slice(&tag.as_ref()[..16]);
        ClientPrefix::new(bits)
    }
}

impl Ownership {
    /// Whose a key is, seen by a client. Without folders every client has all keys that are in none.
    pub(crate) fn of(key: &StorageKey, prefixes: Option<&ClientPrefixes>, name: &ApiKeyName) -> Self {
        let own = prefixes.map(|prefixes| prefixes.of(name));
        if key.client() == own.as_ref().map(ClientPrefix::as_str) { Self::Own } else { Self::Foreign }
    }
}

impl std::fmt::Debug for ClientPrefixes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientPrefixes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use imgpress_options::ImageFormat;

    use super::*;

    fn name(text: &str) -> ApiKeyName {
        text.parse().unwrap()
    }

    #[test]
    fn a_folder_is_made_of_the_name_and_the_secret() {
        // By Python:
        // hmac.new(b"Jefe", b"shop", "sha256").hexdigest()[:32]
        let prefixes = ClientPrefixes::new(&"Jefe".into());
        assert_eq!(prefixes.of(&name("shop")).as_str(), "5abcbb079a0fe489ba119ac0aa18c178");
        assert_ne!(prefixes.of(&name("shop")), prefixes.of(&name("shoq")));
        let another = ClientPrefixes::new(&"another".into());
        assert_ne!(prefixes.of(&name("shop")), another.of(&name("shop")));
    }

    #[test]
    fn a_key_is_of_the_client_in_whose_folder_it_is() {
        let prefixes = ClientPrefixes::new(&"secret".into());
        let plain = StorageKey::new([7; 32], ImageFormat::Png);
        let own = plain.within(&prefixes.of(&name("shop")));
        for (key, with, client, expected) in [
            (&own, Some(&prefixes), "shop", Ownership::Own),
            (&own, Some(&prefixes), "blog", Ownership::Foreign),
            (&own, None, "shop", Ownership::Foreign),
            (&plain, Some(&prefixes), "shop", Ownership::Foreign),
            (&plain, None, "shop", Ownership::Own),
        ] {
            assert_eq!(Ownership::of(key, with, &name(client)), expected, "{key} {client}");
        }
    }
}
