//! What is recorded of a hashed column.

use std::fmt;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Binary;

/// The keyed digest of a value: what a companion struct has for a field with
/// `#[audit(hash)]`, from the column `audit_hash_<column>`.
///
/// It is HMAC-SHA-256 of the value's text in the encoding of the database, by a
/// key that never leaves the database: the table `diesel_audit.hash_key` of the
/// core. Equal values have equal digests in all audit tables of the
/// database, so rows can be compared, grouped and found by it; nobody who
/// cannot read the key can tell a value from its digest, or try values.
///
/// <https://www.rfc-editor.org/rfc/rfc2104>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn read(bytes: &[u8]) -> Result<Digest, String> {
        <[u8; 32]>::try_from(bytes)
            .map(Digest)
            .map_err(|_| format!("a digest has 32 bytes, and this value {}", bytes.len()))
    }
}

/// Shows the bytes in hexadecimal, as `encode(audit_hash_email, 'hex')` does.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        f.pad(&shown)
    }
}

/// Shows what [`Display`](fmt::Display) shows: rows are read by people.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromSql<Binary, Pg> for Digest {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Digest::read(value.as_bytes())?)
    }
}

impl ToSql<Binary, Pg> for Digest {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Binary, Pg>::to_sql(&self.0[..], out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_in_hexadecimal() {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (0xab, 1);
        let digest = Digest::from_bytes(bytes);
        let shown = format!("ab{}01", "00".repeat(30));
        assert_eq!(digest.to_string(), shown);
        assert_eq!(format!("{digest:?}"), format!("Digest({shown})"));
    }

    #[test]
    fn has_its_length() {
        assert_eq!(Digest::read(&[7; 32]), Ok(Digest::from_bytes([7; 32])));
        for length in [0, 31, 33] {
            let error = format!("a digest has 32 bytes, and this value {length}");
            assert_eq!(Digest::read(&vec![0; length]), Err(error));
        }
    }
}
