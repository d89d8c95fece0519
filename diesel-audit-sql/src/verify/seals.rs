//! Whether sealed rows are what they were when they were sealed.

mod block;

use std::collections::VecDeque;

use block::{Sealed, Segment};

use super::finding::Findings;
use super::{Code, Row, Verification};
use crate::migration::LockTimeout;
use crate::render::keyset::shown;
use crate::render::seals::{self as render, Blocks};
use crate::seals::SealDigest;
use diesel_audit_model::table::{AuditedTable, QualifiedName};

/// How many seals are held at a time.
const PAGE: u32 = 10_000;

/// A verification of the seals of one table, on its way: it says what to run and
/// takes the answers, until there is nothing more to run.
///
/// The first query, [`exists`](SealVerifier::exists), comes before the
/// transaction, which is `REPEATABLE READ` and begins with
/// [`settle`](SealVerifier::settle).
#[derive(Debug)]
pub struct SealVerifier<'a> {
    table: &'a AuditedTable,
    seals: QualifiedName,
    /// Digests of this table's seals from outside the database.
    kept: Vec<&'a SealDigest>,
    columns: Vec<String>,
    horizon: i64,
    /// The number of a closing seal, and the last `audit_id` of its era.
    eras: Vec<(i64, i64)>,
    /// The end of the last era, while its transactions are those of another cluster.
    bound: Option<i64>,
    before: Option<Sealed>,
    waiting: VecDeque<Segment>,
    progress: Progress,
    findings: Findings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Columns,
    Last,
    Eras,
    Page,
    Rows,
    Unknown,
    Done,
}

impl<'a> SealVerifier<'a> {
    /// Nothing for a table that is not sealed. `kept` may hold those of others.
    pub fn new(table: &'a AuditedTable, kept: &'a [SealDigest]) -> Option<SealVerifier<'a>> {
        let name = shown(&table.audit.to_string());
        Some(SealVerifier {
            table,
            seals: table.seal_table()?,
            kept: kept.iter().filter(|digest| digest.table == name).collect(),
            columns: Vec::new(),
            horizon: 0,
            eras: Vec::new(),
            bound: None,
            before: None,
            waiting: VecDeque::new(),
            progress: Progress::Columns,
            findings: Findings::default(),
        })
    }

    /// Asks whether there is anything to recompute.
    pub fn exists(&self) -> String {
        render::exists(self.table, &self.seals)
    }

    /// Takes the answer to it, and says whether to go on.
    pub fn found(&mut self, rows: Vec<Row>) -> bool {
        let cells: Vec<Option<String>> = rows.into_iter().flatten().collect();
        let is_there = |n: usize| cells.get(n).cloned().flatten().as_deref() == Some("true");
        if is_there(0) && is_there(1) {
            return true;
        }
        self.progress = Progress::Done;
        if is_there(0) {
            super::seal_table::missing(self.table, &self.seals, "", &mut self.findings);
        } else {
            let message = format!("there is no audit table {}", self.table.audit);
            self.findings
                .open(Code::AuditMissing, &self.table.audit, message);
        }
        false
    }

    /// The statements that the transaction begins with.
    pub fn settle(&self, lock_timeout: &LockTimeout) -> String {
        render::settle(
            self.table,
            &self.seals,
            "ACCESS SHARE",
            "ACCESS SHARE",
            lock_timeout,
        )
    }

    /// The next query, or nothing when all is done.
    pub fn query(&self) -> Option<String> {
        Some(match self.progress {
            Progress::Columns => render::columns(self.table),
            Progress::Last => render::last(&self.seals),
            Progress::Eras => render::eras(&self.seals),
            Progress::Page => {
                let behind = self.before.as_ref().map_or(i64::MIN, |seal| seal.number);
                render::page(&self.seals, behind, PAGE)
            }
            Progress::Rows => {
                let segment = self.waiting.front()?;
                let to: Vec<Option<i64>> = segment.blocks.iter().map(|block| block.to).collect();
                let first = segment.blocks.first()?;
                let blocks = Blocks {
                    after_id: first.after_id,
                    up_to_id: segment.up_to_id,
                    from: first.from,
                    to: &to,
                    columns: &first.columns,
                };
                render::rows(self.table, &blocks, &self.columns)
            }
            Progress::Unknown => {
                let after = self.eras.last().map(|(_, up_to_id)| *up_to_id);
                render::unknown(self.table, after)
            }
            Progress::Done => return None,
        })
    }

    /// Takes the answer to it.
    pub fn answer(&mut self, rows: Vec<Row>) {
        self.progress = match self.progress {
            Progress::Columns => {
                self.columns = rows.into_iter().flatten().flatten().collect();
                Progress::Last
            }
            Progress::Last => {
                self.last(rows);
                Progress::Eras
            }
            Progress::Eras => {
                let numbers = rows.into_iter().map(|row| numbers(&row));
                let pairs =
                    numbers.map(|numbers| numbers.first().copied().zip(numbers.get(1).copied()));
                self.eras = pairs.flatten().collect();
                Progress::Page
            }
            Progress::Page if rows.is_empty() => {
                self.cut_off();
                Progress::Unknown
            }
            Progress::Page => {
                self.page(rows.into_iter().filter_map(Sealed::of).collect());
                self.next()
            }
            Progress::Rows => {
                self.rows(&rows);
                self.next()
            }
            Progress::Unknown => {
                self.unknown(rows);
                Progress::Done
            }
            Progress::Done => Progress::Done,
        };
    }

    /// What was found.
    pub fn finish(self) -> Verification {
        self.findings.into()
    }

    fn next(&self) -> Progress {
        match self.waiting.is_empty() {
            true => Progress::Page,
            false => Progress::Rows,
        }
    }

    /// A dump that was restored into another cluster leaves transactions of the
    /// old one behind, and the new rows have lower numbers.
    fn last(&mut self, rows: Vec<Row>) {
        let row = rows.into_iter().next().unwrap_or_default();
        let number = |n: usize| -> Option<i64> { row.get(n)?.as_ref()?.parse().ok() };
        self.horizon = number(0).unwrap_or_default();
        let Some(sealed) = number(2).filter(|sealed| self.horizon < *sealed) else {
            return;
        };
        self.bound = number(6);
        let message = format!(
            "{} is sealed up to transaction {sealed}, and this server is at {}: it was restored into another cluster, and needs `cargo diesel-audit seal --after-restore` once",
            self.table.audit, self.horizon
        );
        self.findings
            .open(Code::SealTransactionUnknown, &self.table.audit, message);
    }

    fn page(&mut self, seals: Vec<Sealed>) {
        for seal in seals {
            self.in_chain(&seal);
            self.as_kept(&seal);
            let up_to_id = self
                .eras
                .iter()
                .find(|(number, _)| *number >= seal.number)
                .map(|(_, up_to_id)| *up_to_id)
                .or(self.bound);
            match self.waiting.back_mut() {
                Some(segment) if segment.goes_on_with(&seal, up_to_id) => {
                    segment.blocks.push(seal.clone());
                }
                _ => self.waiting.push_back(Segment {
                    blocks: vec![seal.clone()],
                    up_to_id,
                }),
            }
            self.before = Some(seal);
        }
    }

    fn in_chain(&mut self, seal: &Sealed) {
        let before = self.before.as_ref();
        let mut faults = Vec::new();
        let number = before.map_or(0, |before| before.number);
        if seal.number != number + 1 {
            faults.push(format!("it follows the seal {number}"));
        }
        let (from, after_id) = match before {
            None => (None, None),
            Some(Sealed {
                up_to_id: Some(up_to_id),
                ..
            }) => (None, Some(*up_to_id)),
            Some(before) => (before.to, before.after_id),
        };
        if (seal.from, seal.after_id) != (from, after_id) {
            faults.push("its block does not begin where the one before it ends".to_owned());
        }
        if !seal.follows {
            faults.push("its digest does not follow from the one before it".to_owned());
        }
        if !self.covers_the_first(&seal.columns) {
            faults.push("its columns are not the first ones of the audit table".to_owned());
        }
        if !faults.is_empty() {
            let message = format!(
                "the seal {} of {}: {}",
                seal.number,
                self.table.audit,
                faults.join(", and ")
            );
            self.findings
                .open(Code::SealChainBroken, &self.table.audit, message);
        }
    }

    /// A seal covers all columns that there were, and later ones come behind them.
    /// With others, or in another order, values could change places.
    fn covers_the_first(&self, covered: &[String]) -> bool {
        let held: Vec<&String> = covered
            .iter()
            .filter(|column| self.columns.contains(column))
            .collect();
        self.columns.iter().take(held.len()).eq(held)
    }

    fn as_kept(&mut self, seal: &Sealed) {
        for kept in self.kept.iter().filter(|kept| kept.number == seal.number) {
            if kept.digest != seal.digest {
                let message = format!(
                    "the seal {} of {} has another digest than was kept: sha256:{}",
                    seal.number, self.table.audit, seal.digest
                );
                self.findings
                    .open(Code::SealDigestDiffers, &self.table.audit, message);
            }
        }
    }

    /// Digests that were kept of seals that are not there.
    fn cut_off(&mut self) {
        let last = self.before.as_ref().map_or(0, |seal| seal.number);
        let beyond = self.kept.iter().map(|kept| kept.number);
        if let Some(number) = beyond.filter(|number| *number > last).max() {
            let message = format!(
                "the seals of {} end with {last}, and a digest was kept of {number}",
                self.table.audit
            );
            self.findings
                .open(Code::SealDigestDiffers, &self.table.audit, message);
        }
    }

    fn rows(&mut self, rows: &[Row]) {
        let Some(segment) = self.waiting.pop_front() else {
            return;
        };
        for (position, block) in segment.blocks.iter().enumerate() {
            let is_it = |row: &&Row| cell(row, 0) == position.to_string();
            let found = rows.iter().find(is_it);
            let count = found.map_or(0, |row| cell(row, 1).parse().unwrap_or_default());
            let digest = found.map_or(NO_ROWS, |row| cell(row, 2));
            if let Some(what) = block.difference(count, digest) {
                let message = format!("{} of {}: {what}", block.shown(), self.table.audit);
                self.findings
                    .open(Code::SealBroken, &self.table.audit, message);
            }
        }
    }

    fn unknown(&mut self, rows: Vec<Row>) {
        let row = rows.into_iter().next().unwrap_or_default();
        let count: i64 = cell(&row, 0).parse().unwrap_or_default();
        if self.bound.is_some() || count == 0 {
            return;
        }
        let message = format!(
            "{count} rows of {}, the first with audit_id {}, are of transactions that this server has not begun",
            self.table.audit,
            cell(&row, 1)
        );
        self.findings
            .open(Code::SealTransactionUnknown, &self.table.audit, message);
    }
}

/// The digest of a block without rows.
const NO_ROWS: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn cell(row: &Row, n: usize) -> &str {
    row.get(n).and_then(Option::as_deref).unwrap_or_default()
}

fn numbers(row: &Row) -> Vec<i64> {
    row.iter()
        .flatten()
        .filter_map(|cell| cell.parse().ok())
        .collect()
}
