//! What comes of a comparison of rows with their history.

use std::fmt;

use crate::render::keyset::shown;
use diesel_audit_model::policy::Operations;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// Why rows and their history cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incomparable {
    /// The model has a condition (`when`): nothing tells whether a change was left
    /// out by it or lost.
    Conditional {
        /// The source table.
        table: QualifiedName,
    },
}

/// Shows why, and for which table.
impl fmt::Display for Incomparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Incomparable::Conditional { table } => write!(
                f,
                "the audit of {table} has a condition (`when`), so its rows may differ from their history by right"
            ),
        }
    }
}

impl std::error::Error for Incomparable {}

/// Whether rows of a table can be compared with their history at all.
///
/// # Errors
/// Why they cannot.
pub fn comparable(table: &AuditedTable) -> Result<(), Incomparable> {
    match table.policy.when {
        None => Ok(()),
        Some(_) => Err(Incomparable::Conditional {
            table: table.source.clone(),
        }),
    }
}

/// In what way a row and its history differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiscrepancyKind {
    /// The row is there, and its key has no history.
    Unrecorded,
    /// The row is there, and the history of its key has ended.
    Ended,
    /// The row is not there, and the history of its key goes on.
    Gone,
    /// The row has other values than its last audit row.
    Differs,
}

impl DiscrepancyKind {
    /// Every kind, in the order in which they are counted.
    pub const ALL: [DiscrepancyKind; 4] = [
        DiscrepancyKind::Unrecorded,
        DiscrepancyKind::Ended,
        DiscrepancyKind::Gone,
        DiscrepancyKind::Differs,
    ];

    /// The word by which SQL and programs know it.
    pub const fn word(self) -> &'static str {
        match self {
            DiscrepancyKind::Unrecorded => "unrecorded",
            DiscrepancyKind::Ended => "ended",
            DiscrepancyKind::Gone => "gone",
            DiscrepancyKind::Differs => "differs",
        }
    }

    /// The kind of a word, or nothing for any other text.
    pub fn from_word(word: &str) -> Option<DiscrepancyKind> {
        let mut all = DiscrepancyKind::ALL.into_iter();
        all.find(|kind| kind.word() == word)
    }

    /// Whether it says that something was not recorded which is to be: a table
    /// whose audit leaves some operations out has rows that differ by right.
    pub fn is_promised(self, recorded: Operations) -> bool {
        let ends = recorded.delete && recorded.truncate;
        match self {
            DiscrepancyKind::Unrecorded | DiscrepancyKind::Ended => recorded.insert,
            DiscrepancyKind::Gone => ends,
            DiscrepancyKind::Differs => recorded.update && (recorded.insert || ends),
        }
    }
}

/// Shows the kind by its word.
impl fmt::Display for DiscrepancyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A row that is not what its history says. It holds no value of the row but
/// its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discrepancy {
    /// The key as a text: a single column's value, or the array of several.
    pub key: String,
    /// What is wrong.
    pub kind: DiscrepancyKind,
    /// The names of the columns that differ, for
    /// [`Differs`](DiscrepancyKind::Differs).
    pub columns: Vec<String>,
}

/// Shows key, kind and columns, and no values.
impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", shown(&self.key), self.kind)?;
        if self.columns.is_empty() {
            return Ok(());
        }
        write!(f, " in {}", self.columns.join(", "))
    }
}

/// How many keys were compared, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// How many keys source and history have together.
    pub keys: u64,
    /// The last of them, behind which a further run can begin. Without any it is
    /// the key that the run began behind.
    pub last_key: Option<String>,
    discrepancies: [u64; DiscrepancyKind::ALL.len()],
}

impl Reconciled {
    /// Nothing yet, of what is behind a key, or of everything.
    pub fn behind(key: Option<String>) -> Reconciled {
        Reconciled {
            last_key: key,
            ..Reconciled::default()
        }
    }

    /// How many discrepancies there were of this kind.
    pub fn of(&self, kind: DiscrepancyKind) -> u64 {
        self.discrepancies[kind as usize]
    }

    /// How many discrepancies there were.
    pub fn discrepancies(&self) -> u64 {
        self.discrepancies.iter().sum()
    }

    /// Takes up the answer to [`page`](crate::render::reconcile::page): its
    /// discrepancies, or nothing when the last key was passed.
    pub fn add(&mut self, answer: Vec<PageRow>) -> Option<Vec<Discrepancy>> {
        let mut rows = answer.into_iter();
        let (_, last_key, _, keys) = rows.next()?;
        self.keys += u64::try_from(keys).unwrap_or_default();
        self.last_key = Some(last_key?);
        let discrepancies: Vec<Discrepancy> = rows.filter_map(discrepancy).collect();
        for discrepancy in &discrepancies {
            self.discrepancies[discrepancy.kind as usize] += 1;
        }
        Some(discrepancies)
    }
}

/// A row of the answer, as its statement describes it.
pub type PageRow = (Option<String>, Option<String>, Option<Vec<String>>, i64);

fn discrepancy((kind, key, columns, _): PageRow) -> Option<Discrepancy> {
    Some(Discrepancy {
        kind: DiscrepancyKind::from_word(&kind?)?,
        key: key?,
        columns: columns.unwrap_or_default(),
    })
}

/// Shows the counts in one line.
impl fmt::Display for Reconciled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys, {} differ", self.keys, self.discrepancies())?;
        for (n, kind) in DiscrepancyKind::ALL.into_iter().enumerate() {
            let before = if n == 0 { ": " } else { ", " };
            write!(f, "{before}{} {kind}", self.of(kind))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_words() {
        for (n, kind) in DiscrepancyKind::ALL.into_iter().enumerate() {
            assert_eq!(DiscrepancyKind::from_word(kind.word()), Some(kind));
            assert_eq!(kind as usize, n);
        }
    }

    #[test]
    fn what_is_not_recorded_may_differ() {
        let check = |[insert, update, delete, truncate]: [bool; 4], expected: &str| {
            let recorded = Operations {
                insert,
                update,
                delete,
                truncate,
            };
            let promised: Vec<&str> = DiscrepancyKind::ALL
                .into_iter()
                .filter(|kind| kind.is_promised(recorded))
                .map(DiscrepancyKind::word)
                .collect();
            assert_eq!(promised.join(" "), expected);
        };
        check([true; 4], "unrecorded ended gone differs");
        check([true, true, false, true], "unrecorded ended differs");
        check([true, false, true, true], "unrecorded ended gone");
        check([false, true, true, true], "gone differs");
        check([false, true, true, false], "");
    }

    #[test]
    fn an_answer_is_taken_up() {
        let mut all = Reconciled::default();
        let found = all.add(vec![
            (None, Some("7".into()), None, 3),
            (
                Some("differs".into()),
                Some("5".into()),
                Some(vec!["email".into()]),
                0,
            ),
            (Some("gone".into()), Some("7".into()), Some(Vec::new()), 0),
        ]);
        let shown: Vec<String> = found.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["5: differs in email", "7: gone"]);
        assert_eq!(all.add(vec![(None, None, None, 0)]), None);
        assert_eq!(all.last_key.as_deref(), Some("7"));
        assert_eq!(
            all.to_string(),
            "3 keys, 2 differ: 0 unrecorded, 0 ended, 1 gone, 1 differs"
        );
    }
}
