//! Sealing an audit table: what comes of it, and what can stand in the way.

use std::fmt;
use std::str::FromStr;

use crate::migration::LockTimeout;
use crate::render::keyset::shown;
use crate::render::seals::{self as render, Last};
use crate::verify::Row;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// The last seal of an audit table. Its digest covers its own block and, by the
/// digests before it, every one before.
///
/// It is shown as a line, `audit.users_audit 17 sha256:..`, which
/// [`SealDigest`] reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The audit table.
    pub table: QualifiedName,
    /// The number, from 1 on and without gaps.
    pub number: i64,
    /// The digest in 64 hexadecimal digits.
    pub digest: String,
    /// How many audit rows the run has sealed that made this seal.
    pub rows: u64,
}

/// Shows table, number and digest, for a place outside the database.
impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {ALGORITHM}{}",
            shown(&self.table.to_string()),
            self.number,
            self.digest
        )
    }
}

/// A digest that was kept outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealDigest {
    /// The audit table, as a [`Seal`] shows it.
    pub table: String,
    /// The number of the seal.
    pub number: i64,
    /// The digest in 64 hexadecimal digits.
    pub digest: String,
}

const ALGORITHM: &str = "sha256:";

/// Reads the line of a [`Seal`]. The error says what a line has to be.
impl FromStr for SealDigest {
    type Err = String;

    fn from_str(line: &str) -> Result<SealDigest, String> {
        // The name of a table may have blanks in it.
        let mut words = line.trim_end().rsplitn(3, ' ');
        let digest = words.next().and_then(|word| word.strip_prefix(ALGORITHM));
        let number = words.next().and_then(|word| word.parse::<i64>().ok());
        let is_digest = |digest: &&str| {
            digest.len() == 64
                && digest
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        match (words.next(), number, digest.filter(is_digest)) {
            (Some(table), Some(number), Some(digest)) => Ok(SealDigest {
                table: table.to_owned(),
                number,
                digest: digest.to_owned(),
            }),
            _ => Err(format!(
                "`{}` is no digest of a seal\n\
                 help: a line is `audit.users_audit 17 sha256:<64 digits>`, as `seal` prints it",
                shown(line)
            )),
        }
    }
}

impl From<&Seal> for SealDigest {
    fn from(seal: &Seal) -> SealDigest {
        SealDigest {
            table: shown(&seal.table.to_string()),
            number: seal.number,
            digest: seal.digest.clone(),
        }
    }
}

/// Why an audit table cannot be sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealProblem {
    /// The transactions of this server have lower numbers than those that are
    /// sealed: the database was restored from a dump into another cluster, where
    /// they begin anew.
    Restored {
        /// The audit table.
        table: QualifiedName,
        /// Every transaction of this server with a lower number has ended.
        horizon: i64,
        /// The number up to which transactions are sealed.
        sealed: i64,
    },
    /// The answer of the database is none.
    Unreadable {
        /// The audit table.
        table: QualifiedName,
    },
}

/// Shows what has happened and what to run.
impl fmt::Display for SealProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SealProblem::Restored {
                table,
                horizon,
                sealed,
            } => write!(
                f,
                "{table} is sealed up to transaction {sealed}, and this server is at {horizon}: \
                 the database was restored into a cluster whose transactions begin anew\n\
                 help: run `cargo diesel-audit seal --after-restore` once, or call `seal_after_restore`"
            ),
            SealProblem::Unreadable { table } => {
                write!(f, "the seals of {table} cannot be read")
            }
        }
    }
}

impl std::error::Error for SealProblem {}

/// The sealing of one table, which says what to run and takes the answers: first
/// [`settle`](Sealer::settle) in a transaction `READ COMMITTED`, then each query.
/// Every query answers in rows of one column `cells` of the type `text[]`.
#[derive(Debug)]
pub struct Sealer<'a> {
    table: &'a AuditedTable,
    seals: QualifiedName,
    after_restore: bool,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    Begun,
    Covering(Vec<String>),
    Ready(String),
    Done(Option<Seal>),
}

impl<'a> Sealer<'a> {
    /// Nothing for a table that is not sealed.
    pub fn new(table: &'a AuditedTable, after_restore: bool) -> Option<Sealer<'a>> {
        Some(Sealer {
            table,
            seals: table.seal_table()?,
            after_restore,
            progress: Progress::Begun,
        })
    }

    /// The statements that the transaction begins with.
    pub fn settle(&self, lock_timeout: &LockTimeout) -> String {
        // Where an era ends, nobody may still have a number of it to write.
        let audit_mode = if self.after_restore {
            "SHARE"
        } else {
            "ACCESS SHARE"
        };
        render::settle(
            self.table,
            &self.seals,
            audit_mode,
            "SHARE ROW EXCLUSIVE",
            lock_timeout,
        )
    }

    /// The next query, or nothing when all is done.
    pub fn query(&self) -> Option<String> {
        match &self.progress {
            Progress::Begun => Some(render::columns(self.table)),
            Progress::Covering(_) => Some(render::last(&self.seals)),
            Progress::Ready(statement) => Some(statement.clone()),
            Progress::Done(_) => None,
        }
    }

    /// Takes the answer to it.
    ///
    /// # Errors
    /// When the table cannot be sealed.
    pub fn answer(&mut self, rows: Vec<Row>) -> Result<(), SealProblem> {
        self.progress = match std::mem::replace(&mut self.progress, Progress::Done(None)) {
            Progress::Begun => {
                let cells = rows.into_iter().flatten();
                Progress::Covering(cells.flatten().collect())
            }
            Progress::Covering(columns) => Progress::Ready(self.statement(&columns, rows)?),
            Progress::Ready(_) => Progress::Done(self.seal(rows)?),
            Progress::Done(seal) => Progress::Done(seal),
        };
        Ok(())
    }

    /// The last seal, if there was anything to seal.
    pub fn finish(self) -> Option<Seal> {
        match self.progress {
            Progress::Done(seal) => seal,
            _ => None,
        }
    }

    fn statement(&self, columns: &[String], rows: Vec<Row>) -> Result<String, SealProblem> {
        let mut cells = rows.into_iter().next().unwrap_or_default().into_iter();
        let mut next = || cells.next().flatten();
        let mut number = || next().and_then(|cell| cell.parse::<i64>().ok());
        let horizon = number().ok_or_else(|| self.unreadable())?;
        let (seal_id, to_transaction, after_id, up_to_id) =
            (number(), number(), number(), number());
        let digest = next();
        let last_id = next().and_then(|cell| cell.parse().ok());
        let last = seal_id.zip(digest).map(|(seal_id, digest)| Last {
            seal_id,
            to_transaction,
            after_id,
            up_to_id,
            digest,
            last_id,
        });
        match to_transaction {
            Some(sealed) if horizon < sealed && !self.after_restore => Err(SealProblem::Restored {
                table: self.table.audit.clone(),
                horizon,
                sealed,
            }),
            _ => Ok(render::statement(
                self.table,
                &self.seals,
                columns,
                last.as_ref(),
                self.after_restore,
            )),
        }
    }

    fn seal(&self, rows: Vec<Row>) -> Result<Option<Seal>, SealProblem> {
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let seal = match <[Option<String>; 3]>::try_from(row) {
            Ok([Some(number), Some(digest), Some(rows)]) => {
                let numbers = number.parse().ok().zip(rows.parse().ok());
                numbers.map(|(number, rows)| Seal {
                    table: self.table.audit.clone(),
                    number,
                    digest,
                    rows,
                })
            }
            _ => None,
        };
        seal.map(Some).ok_or_else(|| self.unreadable())
    }

    fn unreadable(&self) -> SealProblem {
        SealProblem::Unreadable {
            table: self.table.audit.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_shown() {
        let digest = "0123456789abcdef".repeat(4);
        for name in ["users_audit", "a b \"c\" 7", "line\nbreak"] {
            let seal = Seal {
                table: QualifiedName::new("audit", name),
                number: 17,
                digest: digest.clone(),
                rows: 3,
            };
            let line = seal.to_string();
            assert_eq!(line.lines().count(), 1, "{line}");
            assert_eq!(line.parse(), Ok(SealDigest::from(&seal)), "{line}");
        }
        for line in [
            "",
            "17 sha256:00",
            &format!("\"a\".\"b\" x sha256:{digest}"),
            &format!("\"a\".\"b\" 1 md5:{digest}"),
            &format!("\"a\".\"b\" 1 sha256:{}", &digest[1..]),
            &format!("\"a\".\"b\" 1 sha256:{}", digest.to_uppercase()),
        ] {
            assert!(line.parse::<SealDigest>().is_err(), "{line}");
        }
    }
}
