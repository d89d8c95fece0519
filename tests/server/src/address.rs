//! Connection URLs of the databases of one server.

use crate::ServerError;

/// The URL of a server, cut so that a database name can be put into it.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    given: String,
    /// Scheme, credentials, hosts and ports.
    before: String,
    /// The parameters, each with the sign that leads it.
    after: String,
}

impl Address {
    /// A server whose credentials, host and port need no encoding, and whose database `postgres`
    /// exists.
    pub(crate) fn started(authority: &str) -> Self {
        let before = format!("postgres://{authority}");
        Self {
            given: format!("{before}/postgres"),
            before,
            after: String::new(),
        }
    }

    pub(crate) fn parse(url: String) -> Result<Self, ServerError> {
        let Some(authority) = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|s| url.strip_prefix(s))
        else {
            return Err(ServerError::new(
                "DATABASE_URL does not begin with postgres://; write it as \
                 postgres://user:password@host:port/database",
            ));
        };
        let start = url.len() - authority.len();
        let end = authority
            .find(['/', '?'])
            .map_or(url.len(), |at| start + at);
        let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
        let mut after = String::new();
        // As a parameter, the database would win over the one of the path.
        for parameter in parameters
            .split('&')
            .filter(|p| !p.is_empty() && !p.starts_with("dbname="))
        {
            after.push(if after.is_empty() { '?' } else { '&' });
            after.push_str(parameter);
        }
        Ok(Self {
            before: url[..end].to_owned(),
            after,
            given: url,
        })
    }

    pub(crate) fn database(&self, name: &str) -> String {
        format!("{}/{}{}", self.before, encode(name), self.after)
    }

    /// The URL of the database that was there before.
    pub(crate) fn as_given(&self) -> &str {
        &self.given
    }

    /// The same, with a limit to how long a host that does not answer is waited for.
    pub(crate) fn quick(&self) -> String {
        if self.given.contains("connect_timeout=") {
            return self.given.clone();
        }
        let sign = if self.given.contains('?') { '&' } else { '?' };
        format!("{}{sign}connect_timeout=10", self.given)
    }
}

fn encode(name: &str) -> String {
    name.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_is_replaced() {
        for (given, expected) in [
            ("postgres://h", "postgres://h/n"),
            (
                "postgresql://u:p%2F@h:5433/old",
                "postgresql://u:p%2F@h:5433/n",
            ),
            (
                "postgres://h/old?sslmode=require",
                "postgres://h/n?sslmode=require",
            ),
            ("postgres://h?dbname=old&user=u", "postgres://h/n?user=u"),
            ("postgres://%2Ftmp/old?dbname=x", "postgres://%2Ftmp/n"),
        ] {
            assert_eq!(
                Address::parse(given.to_owned()).unwrap().database("n"),
                expected
            );
        }
    }

    #[test]
    fn odd_names_are_encoded() {
        let address = Address::started("postgres@127.0.0.1:1");
        assert_eq!(
            address.database("a b/ä%?#"),
            "postgres://postgres@127.0.0.1:1/a%20b%2F%C3%A4%25%3F%23"
        );
    }

    #[test]
    fn another_form_of_url_is_refused_without_repeating_it() {
        let message = Address::parse("host=h password=secret".to_owned())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("postgres://") && !message.contains("secret"),
            "{message}"
        );
    }
}
