//! The tables, their triggers and functions, and the transactions that write to them.

use diesel_audit::{Audited, AuditedTable, Problems};

/// Writers meet in few of them.
pub(super) const LISTS: usize = 5;

diesel::table! {
    task (id) {
        id -> Int8,
        list -> Int8,
        position -> Int8,
        current -> Bool,
        writer -> Int8,
        version -> Int8,
        previous -> Nullable<Int8>,
    }
}

/// Each statement says which version comes next, so that its updates fire no trigger
/// before them.
#[derive(Audited)]
#[diesel(table_name = task)]
#[audit(session_settings(username: Text))]
#[allow(dead_code)]
struct Task {
    id: i64,
}

diesel::table! {
    entry (list, id) {
        id -> Int8,
        list -> Int8,
        position -> Int8,
        current -> Bool,
        writer -> Int8,
        version -> Int8,
        previous -> Nullable<Int8>,
    }
}

/// A trigger gives each state its version. Its rows are added only.
#[derive(Audited)]
#[diesel(table_name = entry, primary_key(list, id))]
#[audit(session_settings(username: Text), append_only)]
#[allow(dead_code)]
struct Entry {
    id: i64,
}

pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) audited: fn() -> Result<AuditedTable, Problems>,
    key: &'static str,
    /// What an update sets beside its own columns.
    next: &'static str,
    /// What a state needs beside its triggers.
    versions: &'static str,
}

const WRITER: &str = "current_setting('audit.username')::bigint";

pub(super) const TABLES: [Table; 2] = [
    Table {
        name: "task",
        audited: Task::audited_table,
        key: "id",
        next: ", version = version + 1, previous = version",
        versions: "",
    },
    Table {
        name: "entry",
        audited: Entry::audited_table,
        key: "list, id",
        next: "",
        versions: "CREATE SEQUENCE entry_version;
             CREATE FUNCTION entry_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 NEW.version := nextval('entry_version'); NEW.previous := OLD.version; RETURN NEW;
             END $$;
             CREATE TRIGGER zzz_version BEFORE INSERT OR UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION entry_version()",
    },
];

impl Table {
    /// Only one row of a list is current; where a row gets another position, those
    /// after it move on; and a function moves a row.
    pub(super) fn ddl(&self) -> String {
        let Table {
            name,
            key,
            versions,
            ..
        } = self;
        let next = self.next();
        format!(
            "CREATE TABLE {name} (
                 id bigint GENERATED ALWAYS AS IDENTITY, list bigint NOT NULL, position bigint NOT NULL DEFAULT 1,
                 current boolean NOT NULL DEFAULT false, writer bigint NOT NULL DEFAULT {WRITER},
                 version bigint NOT NULL DEFAULT 0, previous bigint, PRIMARY KEY ({key}));
             CREATE FUNCTION {name}_only_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 UPDATE {name} SET current = false, {next} WHERE list = NEW.list AND current;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER only_one BEFORE INSERT ON {name} FOR EACH ROW
                 WHEN (NEW.current) EXECUTE FUNCTION {name}_only_one();
             CREATE FUNCTION {name}_make_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 UPDATE {name} SET position = position + 1, {next}
                 WHERE list = NEW.list AND id <> NEW.id AND position >= NEW.position;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER make_room AFTER UPDATE OF position ON {name} FOR EACH ROW
                 WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION {name}_make_room();
             CREATE FUNCTION {name}_touch(key bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
                 UPDATE {name} SET current = NOT current, {next} WHERE id = key;
                 RETURN key;
             END $$;
             {versions}"
        )
    }

    fn next(&self) -> String {
        format!("writer = {WRITER}{}", self.next)
    }
}

/// The statements of a transaction. Whoever does not lock the list first meets the
/// others in the middle of theirs.
pub(super) fn turn(table: &Table, number: usize, list: usize, locks_list: bool) -> String {
    let name = table.name;
    let next = table.next();
    let insert = format!("INSERT INTO {name} (list, current) SELECT {list}");
    let some =
        format!("id IN (SELECT id FROM {name} WHERE list = {list} ORDER BY id DESC LIMIT 3)");
    let statement = match number % 8 {
        0 => format!("{insert}, true FROM generate_series(1, 3)"),
        1 => format!("UPDATE {name} SET position = position + 1, {next} WHERE {some}"),
        2 => format!("{insert}, false FROM generate_series(1, 2) RETURNING {name}_touch(id)"),
        3 => format!("WITH i AS ({insert}, false RETURNING id) SELECT {name}_touch(id) FROM i"),
        4 => format!(
            "UPDATE {name} SET current = NOT current, {next} WHERE {some} RETURNING {name}_touch(id)"
        ),
        5 => {
            let undone = format!("{insert}, true RETURNING {name}_touch(id)");
            format!(
                "SAVEPOINT s; {undone}; ROLLBACK TO s; {undone}; SAVEPOINT s; {undone}; RELEASE s"
            )
        }
        6 => {
            let toggle = format!("UPDATE {name} SET current = NOT current, {next} WHERE {some}");
            format!("SELECT FROM {name} WHERE {some} FOR UPDATE; {toggle}; {toggle}; {toggle}")
        }
        // So that a list stays short.
        _ => format!(
            "DELETE FROM {name} WHERE list = {list}
             AND id NOT IN (SELECT id FROM {name} WHERE list = {list} ORDER BY id DESC LIMIT 6)"
        ),
    };
    if locks_list {
        format!("SELECT pg_advisory_xact_lock({list}); {statement}")
    } else {
        statement
    }
}
