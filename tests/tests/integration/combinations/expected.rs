//! What the words say that a history is, told from a few changes of rows.

use diesel::prelude::*;
use diesel_audit_model::{AuditedTable, Recording};

use super::words::{EXCLUDED, HASHED, ON_CHANGE, REDACTED};
use crate::support::texts;

/// The table, and the row that is there before its audit.
pub(super) const START: &str =
    "CREATE TABLE item (id integer PRIMARY KEY, v integer, a text, b text, c text, d text);
     INSERT INTO item VALUES (5, -5, 'a', 'b', 'c', 'd')";

const FIRST: Row = row(5, -5);

#[derive(Clone, Copy, PartialEq)]
struct Row {
    id: i32,
    v: i32,
    texts: [&'static str; 4],
}

const fn row(id: i32, v: i32) -> Row {
    Row {
        id,
        v,
        texts: ["a", "b", "c", "d"],
    }
}

const fn of(id: i32, v: i32, texts: [&'static str; 4]) -> Row {
    Row { id, v, texts }
}

/// A statement, and the row that it changes.
pub(super) struct Step {
    pub(super) statement: &'static str,
    old: Option<Row>,
    new: Option<Row>,
}

pub(super) const SCRIPT: [Step; 13] = [
    Step {
        statement: "INSERT INTO item VALUES (1, 10, 'a', 'b', 'c', 'd')",
        old: None,
        new: Some(row(1, 10)),
    },
    update(
        "UPDATE item SET v = 11 WHERE id = 1",
        row(1, 10),
        row(1, 11),
    ),
    update("UPDATE item SET v = v WHERE id = 1", row(1, 11), row(1, 11)),
    update(
        "UPDATE item SET a = 'a2' WHERE id = 1",
        row(1, 11),
        of(1, 11, ["a2", "b", "c", "d"]),
    ),
    update(
        "UPDATE item SET b = 'b2' WHERE id = 1",
        of(1, 11, ["a2", "b", "c", "d"]),
        of(1, 11, ["a2", "b2", "c", "d"]),
    ),
    update(
        "UPDATE item SET c = 'c2' WHERE id = 1",
        of(1, 11, ["a2", "b2", "c", "d"]),
        of(1, 11, ["a2", "b2", "c2", "d"]),
    ),
    update(
        "UPDATE item SET d = 'd2' WHERE id = 1",
        of(1, 11, ["a2", "b2", "c2", "d"]),
        of(1, 11, ["a2", "b2", "c2", "d2"]),
    ),
    update(
        "UPDATE item SET id = 2 WHERE id = 1",
        of(1, 11, ["a2", "b2", "c2", "d2"]),
        of(2, 11, ["a2", "b2", "c2", "d2"]),
    ),
    update(
        "UPDATE item SET v = -1 WHERE id = 2",
        of(2, 11, ["a2", "b2", "c2", "d2"]),
        of(2, -1, ["a2", "b2", "c2", "d2"]),
    ),
    update(
        "UPDATE item SET id = 3, v = 1 WHERE id = 2",
        of(2, -1, ["a2", "b2", "c2", "d2"]),
        of(3, 1, ["a2", "b2", "c2", "d2"]),
    ),
    Step {
        statement: "DELETE FROM item WHERE id = 3",
        old: Some(of(3, 1, ["a2", "b2", "c2", "d2"])),
        new: None,
    },
    Step {
        statement: "INSERT INTO item VALUES (4, -4, 'a', 'b', 'c', 'd')",
        old: None,
        new: Some(row(4, -4)),
    },
    Step {
        statement: "TRUNCATE item",
        old: None,
        new: None,
    },
];

const fn update(statement: &'static str, old: Row, new: Row) -> Step {
    Step {
        statement,
        old: Some(old),
        new: Some(new),
    }
}

/// The baseline leaves no row out.
pub(super) fn of_baseline(table: &AuditedTable) -> Vec<String> {
    vec![shown(table, "B", &FIRST, None)]
}

pub(super) fn of_step(table: &AuditedTable, step: &Step) -> Vec<String> {
    let o = table.policy.operations;
    let wanted = match (&step.old, &step.new) {
        (None, None) => {
            return o.truncate.then(|| truncated(table)).into_iter().collect();
        }
        (None, Some(_)) => o.insert,
        (Some(_), None) => o.delete,
        (Some(old), Some(new)) => {
            o.update && !(table.policy.skip_unchanged && same(table, old, new))
        }
    };
    let meets = step.new.or(step.old).is_some_and(|row| row.v > 0);
    if !wanted || table.policy.when.is_some() && !meets {
        return Vec::new();
    }
    match (&step.old, &step.new) {
        (Some(old), Some(new)) if old.id == new.id => vec![shown(table, "U", new, Some(old))],
        (Some(old), Some(new)) => vec![
            shown(table, "D", old, None),
            shown(table, "U", new, Some(old)),
        ],
        (old, new) => {
            let gone = old.iter().map(|row| shown(table, "D", row, None));
            let come = new.iter().map(|row| shown(table, "I", row, None));
            gone.chain(come).collect()
        }
    }
}

fn recording(table: &AuditedTable, name: &str) -> Recording {
    let mut columns = table.columns.iter();
    let found = columns.find(|column| column.name == name);
    found.map_or(Recording::Excluded, |column| column.recording)
}

const TEXTS: [&str; 4] = [REDACTED, HASHED, ON_CHANGE, EXCLUDED];

fn same(table: &AuditedTable, old: &Row, new: &Row) -> bool {
    let texts = TEXTS.iter().zip(old.texts.iter().zip(new.texts));
    let mut recorded = texts.filter(|(name, _)| recording(table, name) != Recording::Excluded);
    (old.id, old.v) == (new.id, new.v) && recorded.all(|(_, (old, new))| *old == new)
}

/// An audit row, with `-` for NULL. `before` is what an update has changed.
fn shown(table: &AuditedTable, letter: &str, row: &Row, before: Option<&Row>) -> String {
    let mut shown = format!("{letter} {} {}", row.id, row.v);
    for (n, name) in TEXTS.into_iter().enumerate() {
        let value = row.texts[n];
        let changed = before.is_none_or(|before| before.texts[n] != value);
        let rekeyed = before.is_some_and(|before| before.id != row.id);
        shown.push_str(&match recording(table, name) {
            Recording::Value => format!(" {value}"),
            Recording::Excluded => String::new(),
            Recording::Redact => format!(" {changed}"),
            Recording::Hash => " 32".to_owned(),
            Recording::OnChange if changed || rekeyed => format!(" {value} true"),
            Recording::OnChange => " - false".to_owned(),
        });
    }
    shown
}

fn truncated(table: &AuditedTable) -> String {
    let columns = columns(table).len();
    format!("T{}", " -".repeat(columns))
}

/// What is shown of an audit row, but for its letter.
fn columns(table: &AuditedTable) -> Vec<String> {
    let mut columns = vec!["id".to_owned(), "v".to_owned()];
    for name in TEXTS {
        match recording(table, name) {
            Recording::Value => columns.push(name.to_owned()),
            Recording::Excluded => {}
            Recording::Redact => columns.push(format!("audit_changed_{name}")),
            Recording::Hash => columns.push(format!("octet_length(audit_hash_{name})")),
            Recording::OnChange => {
                columns.extend([name.to_owned(), format!("audit_changed_{name}")]);
            }
        }
    }
    columns
}

/// The history as it is.
pub(super) fn history(conn: &mut PgConnection, table: &AuditedTable) -> Vec<String> {
    let columns: Vec<String> = columns(table)
        .iter()
        .map(|column| format!(", coalesce(({column})::text, '-')"))
        .collect();
    let query = format!(
        "SELECT concat_ws(' ', audit_operation{}) FROM {} ORDER BY audit_id",
        columns.concat(),
        table.audit
    );
    texts(conn, &query).into_iter().flatten().collect()
}
