//! What happens to the rows of a table, told by the table itself: a trigger that
//! fires last before each write notes it, and gives the row a version.

use std::collections::{BTreeMap, HashSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::support::run;

/// A change of a row, as the history of its key has it.
#[derive(Debug, PartialEq)]
pub(super) struct Event {
    /// `I`, `U` or `D`; a key that changes is a `D` of the one and a `U` of the other.
    pub(super) operation: char,
    /// What is recorded: the new value, or for a `D` the old one.
    pub(super) value: Option<String>,
    /// Whether the value is another one than before; true where there is none before.
    pub(super) changed: bool,
    /// Whether the row has another key than before.
    pub(super) rekeyed: bool,
    /// The new value of the change, or the old one if there is none.
    pub(super) either: Option<String>,
}

/// By key, in order.
pub(super) type Events = BTreeMap<String, Vec<Event>>;

/// Prepares the table `item`, whose key this is, as SQL's list of its columns.
pub(super) fn keep(conn: &mut PgConnection, key: &str) {
    let of = |row: &str| {
        let columns = key.split(", ").map(|column| format!("{row}.{column}"));
        format!("concat_ws(' ', {})", columns.collect::<Vec<_>>().join(", "))
    };
    run(
        conn,
        &format!(
            "CREATE SEQUENCE versions;
             CREATE TABLE truth (
                 number bigint GENERATED ALWAYS AS IDENTITY, operation text, old_key text, new_key text,
                 old_value text, new_value text, version bigint, previous bigint);
             ALTER TABLE item ADD COLUMN version bigint, ADD COLUMN previous bigint;
             CREATE FUNCTION note_the_truth() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF TG_OP = 'DELETE' THEN
                     INSERT INTO truth (operation, old_key, old_value, version)
                     VALUES ('D', {old}, OLD.v::text, OLD.version);
                     RETURN OLD;
                 END IF;
                 NEW.version := nextval('versions');
                 NEW.previous := OLD.version;
                 INSERT INTO truth (operation, old_key, new_key, old_value, new_value, version, previous)
                 VALUES (left(TG_OP, 1), {old}, {new}, OLD.v::text, NEW.v::text, NEW.version, NEW.previous);
                 RETURN NEW;
             END $$;
             CREATE TRIGGER zzz_note_the_truth BEFORE INSERT OR UPDATE OR DELETE ON item
                 FOR EACH ROW EXECUTE FUNCTION note_the_truth()",
            old = of("OLD"),
            new = of("NEW"),
        ),
    );
}

#[derive(QueryableByName)]
struct Note {
    #[diesel(sql_type = Text)]
    operation: String,
    #[diesel(sql_type = Nullable<Text>)]
    old_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    new_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    old_value: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    new_value: Option<String>,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    previous: Option<i64>,
}

/// What was done to `item` since [`keep`].
pub(super) fn events(conn: &mut PgConnection) -> QueryResult<Events> {
    let notes: Vec<Note> =
        diesel::sql_query("SELECT * FROM truth ORDER BY number DESC").load(conn)?;
    let there: Vec<i64> = sql::<BigInt>("SELECT version FROM item").load(conn)?;
    let mut notes = came_true(notes, there);
    notes.reverse();
    let mut events = Events::new();
    for note in notes {
        for (key, event) in note.events() {
            events.entry(key).or_default().push(event);
        }
    }
    Ok(events)
}

/// A write that is noted may not happen: an upsert finds its row there, and a row
/// that moves to another partition is deleted and inserted after all. What it would
/// have written is then in no later state. The notes are the latest first.
fn came_true(notes: Vec<Note>, there: Vec<i64>) -> Vec<Note> {
    let mut states: HashSet<i64> = there.into_iter().collect();
    notes
        .into_iter()
        .filter(|note| {
            let is_true = note.operation == "D" || states.contains(&note.version);
            if is_true {
                states.extend([note.version].into_iter().chain(note.previous));
            }
            is_true
        })
        .collect()
}

impl Note {
    fn events(self) -> Vec<(String, Event)> {
        let rekeyed = self.operation == "U" && self.old_key != self.new_key;
        let changed = self.operation != "U" || self.old_value != self.new_value;
        let either = self.new_value.clone().or(self.old_value.clone());
        let event = |operation, value, changed| Event {
            operation,
            value,
            changed,
            rekeyed,
            either: either.clone(),
        };
        let ends = self.operation == "D" || rekeyed;
        let old = self.old_key.filter(|_| ends);
        let old = old.map(|key| (key, event('D', self.old_value, true)));
        let operation = if self.operation == "I" { 'I' } else { 'U' };
        let new = self
            .new_key
            .map(|key| (key, event(operation, self.new_value, changed)));
        old.into_iter().chain(new).collect()
    }
}
