//! The proof that a connection has a session of the server to itself.
//!
//! A pooler such as PgBouncer, in transaction mode, gives the session to others
//! between two transactions, and with it what was set for a checkout. Nothing
//! in the protocol tells that one is between. But a pooler opens its own
//! connections to the server, so what the client asks for when it connects
//! does not arrive there: a number that no other connection has, as the
//! setting `audit.nonce`.
//!
//! <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS>

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use diesel_audit_sql::context::nonce_option;

/// Where the connections of one pool go, and whether they are direct.
#[derive(Debug)]
pub(crate) struct Address {
    url: Url,
    /// Whether the user answers for the pooler.
    trusted: bool,
    /// Whether a connection was not direct. All go to one address.
    indirect: AtomicBool,
}

/// An address, which may hold a password.
struct Url(String);

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

impl Address {
    pub(crate) fn new(url: String, trusted: bool) -> Address {
        Address {
            url: Url(url),
            trusted,
            indirect: AtomicBool::new(false),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url.0
    }

    /// Whether the session of a connection may be somebody else's meanwhile.
    pub(crate) fn is_indirect(&self) -> bool {
        self.indirect.load(Ordering::Relaxed)
    }

    /// Remembers that a number did not come back. A connection that is direct
    /// stays so, so each is asked once.
    pub(crate) fn remember_indirect(&self) {
        self.indirect.store(true, Ordering::Relaxed);
    }

    /// What a new connection has to prove, if it has to, beside the options
    /// that the environment gives to all.
    pub(crate) fn challenge(&self, environment: Option<&str>) -> Option<Challenge> {
        if self.trusted {
            return None;
        }
        let nonce = nonce();
        Some(Challenge {
            url: with_option(&self.url.0, &nonce_option(&nonce), environment),
            nonce,
        })
    }
}

/// A connection to this address has to read back this number.
pub(crate) struct Challenge {
    pub(crate) url: String,
    pub(crate) nonce: String,
}

/// PgBouncer refuses parameters that it does not know, so that it has to be
/// asked again without.
pub(crate) fn is_refusal_of_the_option(message: &str) -> bool {
    message.contains("startup parameter")
}

/// A number that no other connection has: std seeds each hasher anew.
fn nonce() -> String {
    let number = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", number(), number())
}

/// The address with one option more for the server, beside those that it has,
/// or else has from the environment.
fn with_option(url: &str, option: &str, environment: Option<&str>) -> String {
    let environment = environment.unwrap_or_default();
    let first = format!("{environment} {option}");
    let is_uri = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if is_uri {
        in_uri(url, option, first.trim_start())
    } else {
        in_pairs(url, option, first.trim_start())
    }
}

/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>
fn in_uri(url: &str, option: &str, first: &str) -> String {
    let Some((address, parameters)) = url.split_once('?') else {
        return format!("{url}?options={}", encoded(first));
    };
    let mut has_options = false;
    let parameters = parameters.split('&').map(|parameter| {
        if parameter.starts_with("options=") {
            has_options = true;
            format!("{parameter}%20{}", encoded(option))
        } else {
            parameter.to_owned()
        }
    });
    let parameters: Vec<String> = parameters.collect();
    let parameters = parameters.join("&");
    if has_options {
        format!("{address}?{parameters}")
    } else if parameters.is_empty() {
        format!("{address}?options={}", encoded(first))
    } else {
        format!("{address}?{parameters}&options={}", encoded(first))
    }
}

fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Of two pairs with one keyword libpq takes the last.
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE>
fn in_pairs(pairs: &str, option: &str, first: &str) -> String {
    let value = match value_of(pairs, "options") {
        Some(had) => format!("{had} {option}"),
        None => first.to_owned(),
    };
    let value = value.replace('\\', "\\\\").replace('\'', "\\'");
    format!("{pairs} options='{value}'")
}

/// The last value of a keyword. What is no pair libpq will refuse.
fn value_of(pairs: &str, keyword: &str) -> Option<String> {
    let mut found = None;
    let mut rest = pairs.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let mut chars = after.trim_start().char_indices();
        let quoted = after.trim_start().starts_with('\'');
        if quoted {
            chars.next();
        }
        let mut value = String::new();
        let mut end = after.trim_start().len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => value.extend(chars.next().map(|(_, c)| c)),
                '\'' if quoted => {
                    end = at + 1;
                    break;
                }
                c if !quoted && c.is_ascii_whitespace() => {
                    end = at;
                    break;
                }
                c => value.push(c),
            }
        }
        if name.trim() == keyword {
            found = Some(value);
        }
        rest = after
            .trim_start()
            .get(end..)
            .unwrap_or_default()
            .trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_to_those_that_are_there() {
        let check = |url: &str, environment: Option<&str>, expected: &str| {
            assert_eq!(with_option(url, "-c a.b=1", environment), expected, "{url}");
        };
        check(
            "postgres://h/d",
            None,
            "postgres://h/d?options=-c%20a.b%3D1",
        );
        check("postgresql://", None, "postgresql://?options=-c%20a.b%3D1");
        check(
            "postgres://h/d?",
            None,
            "postgres://h/d?options=-c%20a.b%3D1",
        );
        check(
            "postgres://h/d?sslmode=disable",
            Some("-c geqo=off"),
            "postgres://h/d?sslmode=disable&options=-c%20geqo%3Doff%20-c%20a.b%3D1",
        );
        check(
            "postgres://u:p%3F@h/d?options=-c%20geqo%3Doff&sslmode=disable",
            Some("-c jit=off"),
            "postgres://u:p%3F@h/d?options=-c%20geqo%3Doff%20-c%20a.b%3D1&sslmode=disable",
        );
        check(
            "host=h dbname=d",
            None,
            "host=h dbname=d options='-c a.b=1'",
        );
        check("", None, " options='-c a.b=1'");
        check(
            "host=h",
            Some(r"-c x='a\ b'"),
            r"host=h options='-c x=\'a\\ b\' -c a.b=1'",
        );
        check(
            r"options = '-c x=\'y\'' password='it\'s = \\' host=h",
            Some("-c jit=off"),
            r"options = '-c x=\'y\'' password='it\'s = \\' host=h options='-c x=\'y\' -c a.b=1'",
        );
        check(
            r"options=-c\ x=y host=h",
            None,
            r"options=-c\ x=y host=h options='-c x=y -c a.b=1'",
        );
    }

    #[test]
    fn no_two_connections_have_one_number() {
        assert_ne!(nonce(), nonce());
        assert_eq!(nonce().len(), 32);
    }
}
