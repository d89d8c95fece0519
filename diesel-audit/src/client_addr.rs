//! The address of a client as PostgreSQL stores it.

use std::fmt;
use std::io::Write;
use std::net::IpAddr;
use std::ops::Deref;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Inet;

/// PostgreSQL's numbers for the two families, and the length of an address.
const V4: (u8, usize) = (2, 4);
const V6: (u8, usize) = (3, 16);

/// The address that a client connected from: the column `audit_client_addr` of
/// `#[audit(record(client_addr))]`. Behind a pooler or a proxy it is that one's.
///
/// It is the same type whichever features are on, and everything that
/// [`IpAddr`] is. It goes into queries like any other value:
/// `orders_audit::audit_client_addr.eq(ClientAddr::from(address))`.
///
/// <https://www.postgresql.org/docs/current/functions-info.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Inet)]
pub struct ClientAddr(IpAddr);

impl From<IpAddr> for ClientAddr {
    fn from(address: IpAddr) -> ClientAddr {
        ClientAddr(address)
    }
}

impl From<ClientAddr> for IpAddr {
    fn from(ClientAddr(address): ClientAddr) -> IpAddr {
        address
    }
}

impl Deref for ClientAddr {
    type Target = IpAddr;

    fn deref(&self) -> &IpAddr {
        &self.0
    }
}

/// Shows the address as [`IpAddr`] does.
impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The bytes are the family, the length of the network in bits, whether it is of
/// the type `cidr`, and the length of the address before the address itself.
impl FromSql<Inet, Pg> for ClientAddr {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        read(value.as_bytes())
            .map(ClientAddr)
            .ok_or_else(|| "the value is no address of a single client".into())
    }
}

impl ToSql<Inet, Pg> for ClientAddr {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&written(self.0))?;
        Ok(IsNull::No)
    }
}

fn read(bytes: &[u8]) -> Option<IpAddr> {
    let (head, address) = bytes.split_at_checked(4)?;
    let is_of = |(family, length): (u8, usize)| {
        let bits = u8::try_from(length * 8).ok();
        head[0] == family && Some(head[1]) == bits && address.len() == length
    };
    if is_of(V4) {
        <[u8; 4]>::try_from(address).ok().map(IpAddr::from)
    } else if is_of(V6) {
        <[u8; 16]>::try_from(address).ok().map(IpAddr::from)
    } else {
        None
    }
}

fn written(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => [&[V4.0, 32, 0, 4][..], &address.octets()].concat(),
        IpAddr::V6(address) => [&[V6.0, 128, 0, 16][..], &address.octets()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_itself() {
        for text in [
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "2001:db8::ff",
            "::ffff:10.0.0.1",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(read(&written(address)), Some(address));
            let client = ClientAddr::from(address);
            assert_eq!(client.to_string(), text);
            assert_eq!(client.is_loopback(), address.is_loopback());
            assert_eq!(IpAddr::from(client), address);
        }
    }

    #[test]
    fn anything_else_is_no_address() {
        for bytes in [
            &[][..],
            &[2, 32, 0],
            &[2, 32, 0, 4, 127, 0, 0],
            &[2, 32, 0, 4, 127, 0, 0, 1, 0],
            &[2, 8, 0, 4, 10, 0, 0, 0],
            &[3, 32, 0, 4, 127, 0, 0, 1],
            &[4, 32, 0, 4, 127, 0, 0, 1],
        ] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
