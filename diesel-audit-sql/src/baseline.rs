//! What comes of the first audit rows of a table, batch by batch.

use std::fmt;

/// A batch that is written and committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineBatch {
    /// How many rows of the source it looked at.
    pub rows: u64,
    /// How many `B` rows it wrote.
    pub written: u64,
    /// The last key that it looked at, behind which a run can begin.
    pub last_key: String,
}

/// What all batches have done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baselined {
    /// How many rows of the source they looked at.
    pub rows: u64,
    /// How many `B` rows they wrote.
    pub written: u64,
    /// The last key. Without any it is the key that the run began behind.
    pub last_key: Option<String>,
}

impl Baselined {
    /// Takes up a further batch.
    pub fn add(&mut self, batch: &BaselineBatch) {
        self.rows += batch.rows;
        self.written += batch.written;
        self.last_key = Some(batch.last_key.clone());
    }
}

/// Shows the counts in one line.
impl fmt::Display for Baselined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows, {} written", self.rows, self.written)
    }
}

/// The answer to [`batch`](crate::render::baseline::batch), as its statement
/// describes it.
pub type BatchRow = (i64, i64, i64, Option<String>);

/// What an attempt to write a batch has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The batch is written, or there was no further row.
    Done(Option<BaselineBatch>),
    /// So many rows are held by others, and the batch has to be tried again.
    Again(u64),
}

/// The attempts to write one batch: each writes what it can.
#[derive(Debug, Default)]
pub struct Attempts {
    written: u64,
}

impl Attempts {
    /// Takes up the answer to a further one, which is committed.
    pub fn add(&mut self, (rows, missing, written, last_key): BatchRow) -> Attempt {
        let count = |n| u64::try_from(n).unwrap_or_default();
        self.written += count(written);
        match count(missing).saturating_sub(count(written)) {
            0 => Attempt::Done(last_key.map(|last_key| BaselineBatch {
                rows: count(rows),
                written: self.written,
                last_key,
            })),
            held => Attempt::Again(held),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_tried_until_nobody_holds_a_row() {
        let mut attempts = Attempts::default();
        let key = || Some("9".to_owned());
        assert_eq!(attempts.add((5, 4, 1, key())), Attempt::Again(3));
        assert_eq!(attempts.add((5, 3, 0, key())), Attempt::Again(3));
        let batch = BaselineBatch {
            rows: 5,
            written: 3,
            last_key: "9".to_owned(),
        };
        // One of them was written to by who held it.
        assert_eq!(
            attempts.add((5, 2, 2, key())),
            Attempt::Done(Some(batch.clone()))
        );
        assert_eq!(
            Attempts::default().add((0, 0, 0, None)),
            Attempt::Done(None)
        );
        let mut all = Baselined::default();
        all.add(&batch);
        all.add(&batch);
        assert_eq!(all.to_string(), "10 rows, 6 written");
    }
}
