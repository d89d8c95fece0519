//! What a seal says of its block of rows.

use crate::verify::Row;

/// A seal as it stands in its table.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    pub(super) number: i64,
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    pub(super) after_id: Option<i64>,
    pub(super) up_to_id: Option<i64>,
    pub(super) first_id: Option<i64>,
    pub(super) last_id: Option<i64>,
    pub(super) row_count: i64,
    pub(super) rows_digest: String,
    pub(super) digest: String,
    pub(super) sealed_at: String,
    pub(super) follows: bool,
    pub(super) columns: Vec<String>,
}

/// Blocks that are recomputed in one pass.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) blocks: Vec<Sealed>,
    pub(super) up_to_id: Option<i64>,
}

impl Segment {
    pub(super) fn goes_on_with(&self, seal: &Sealed, up_to_id: Option<i64>) -> bool {
        self.blocks.last().is_some_and(|last| {
            last.columns == seal.columns
                && last.after_id == seal.after_id
                && self.up_to_id == up_to_id
                && last.to.is_some()
                && last.to == seal.from
                && seal.to.is_none_or(|to| Some(to) >= seal.from)
        })
    }
}

impl Sealed {
    pub(super) fn of(row: Row) -> Option<Sealed> {
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten();
        let mut number = || next().and_then(|cell| cell.parse::<i64>().ok());
        Some(Sealed {
            number: number()?,
            from: number(),
            to: number(),
            after_id: number(),
            up_to_id: number(),
            first_id: number(),
            last_id: number(),
            row_count: number().unwrap_or_default(),
            rows_digest: next().unwrap_or_default(),
            digest: next().unwrap_or_default(),
            sealed_at: next().unwrap_or_default(),
            follows: next().as_deref() == Some("true"),
            columns: cells.flatten().collect(),
        })
    }

    pub(super) fn difference(&self, count: i64, digest: &str) -> Option<String> {
        let of = |count: i64, what: &str| {
            let plural = if count == 1 { "row was" } else { "rows were" };
            Some(format!("{count} {plural} {what}"))
        };
        if count < self.row_count {
            of(self.row_count - count, "removed")
        } else if count > self.row_count {
            of(count - self.row_count, "inserted")
        } else if digest != self.rows_digest {
            Some("its rows were changed".to_owned())
        } else {
            None
        }
    }

    pub(super) fn shown(&self) -> String {
        let ids = match (self.first_id, self.last_id) {
            (Some(first), Some(last)) => format!("audit_id {first} to {last}"),
            _ => "no rows".to_owned(),
        };
        format!(
            "the block {} ({ids}, sealed at {})",
            self.number, self.sealed_at
        )
    }
}
