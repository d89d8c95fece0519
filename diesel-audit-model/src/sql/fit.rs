//! Checks at install that source and audit table fit each other, and gives
//! the audit table what it lacks.

use std::collections::BTreeSet;

use super::block::pinned;
use crate::evolution::Change;
use crate::quote::literal;
use crate::sql::table::{Origin, columns};
use crate::table::{AuditedTable, Operations, QualifiedName, Recording};

/// What source and audit table have to be like.
pub(super) struct Fit<'a> {
    table: &'a AuditedTable,
    /// An expression for the source table.
    source: String,
    /// The function whose triggers on the audit table are ours.
    append_only: Option<QualifiedName>,
    /// Columns of the source that are being changed: it may have them as they
    /// were or as they will be.
    concerned: BTreeSet<&'a str>,
}

impl<'a> Fit<'a> {
    /// Exactly as described.
    pub(super) fn strict(table: &'a AuditedTable) -> Fit<'a> {
        Fit {
            table,
            source: regclass(&table.source.to_string()),
            append_only: table.append_only_function(),
            concerned: BTreeSet::new(),
        }
    }

    /// As described, but for what the change is about.
    pub(super) fn of_change(change: &'a Change) -> Fit<'a> {
        Fit {
            table: &change.new.table,
            source: super::change::source(change),
            append_only: change.old.table.append_only_function(),
            concerned: change.concerned(),
        }
    }
}

/// The parts of the block that bear with a source which is being changed.
#[derive(Default)]
struct Tolerance {
    declared: String,
    missing: &'static str,
    tolerated: &'static str,
}

impl Fit<'_> {
    fn is_recorded(&self, name: &str) -> bool {
        let mut recorded = self.table.recorded_columns();
        recorded.any(|column| column.name == name)
    }

    /// What the source may have and the audit table need not: also what it had
    /// before the change.
    fn excluded(&self) -> Vec<&str> {
        let columns = self.table.columns.iter();
        let excluded = columns.filter(|column| column.recording == Recording::Excluded);
        let excluded = excluded.map(|column| &column.name);
        let mut excluded: Vec<&str> = excluded
            .chain(&self.table.unlisted)
            .map(|name| &**name)
            .collect();
        for name in &self.concerned {
            if !self.is_recorded(name) && !excluded.contains(name) {
                excluded.push(name);
            }
        }
        excluded
    }

    /// Leaves the triggers of ours out of those that are refused.
    fn ours(&self) -> String {
        self.append_only.as_ref().map_or_else(String::new, |name| {
            format!(
                "\n            AND tgfoid IS DISTINCT FROM pg_catalog.to_regprocedure({})",
                literal(&format!("{name}()"))
            )
        })
    }

    /// Refuses a column that is not there and of which no value is recorded. The
    /// other ones give the audit table their types.
    fn marked(&self) -> String {
        let marked = self.table.recorded_columns().filter(|column| {
            !column.recording.stores_value() && !self.concerned.contains(&*column.name)
        });
        let marked: Vec<String> = marked.map(|column| literal(&column.name)).collect();
        if marked.is_empty() {
            return String::new();
        }
        format!(
            "    FOR attribute IN
        SELECT name FROM pg_catalog.unnest({}) AS marked (name)
        WHERE name NOT IN (
            SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = source AND attnum > 0 AND NOT attisdropped
        )
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'undefined_column',
            MESSAGE = pg_catalog.format('%s has no column %I', source, attribute.name),
            HINT = 'The migration that adds it has to come first.';
    END LOOP;
",
            array(marked.into_iter(), "text")
        )
    }

    fn tolerance(&self) -> Tolerance {
        let changing = self.concerned.iter().filter(|name| self.is_recorded(name));
        let changing: Vec<String> = changing.map(|name| literal(name)).collect();
        if changing.is_empty() {
            return Tolerance::default();
        }
        Tolerance {
            declared: format!(
                "
    -- The source may have these as they were or as they will be.
    changing constant text[] := {};",
                array(changing.into_iter(), "text")
            ),
            missing: "
        IF attribute.source_type IS NULL AND attribute.history_type IS NOT NULL AND attribute.name = ANY (changing) THEN
            CONTINUE;
        END IF;",
            tolerated: "
        ELSIF attribute.history_type IS NOT NULL AND attribute.name = ANY (changing) THEN
            CONTINUE;",
        }
    }
}

/// A block that refuses what could lose or block a row, before any trigger is
/// there, and brings an audit table from before up to date.
///
/// Diesel has one type for what PostgreSQL has several for: `Text` stands for
/// `text`, `varchar`, `char(n)` and domains over them. Only the catalog knows
/// which it is, so a new audit table takes the type from there: the base type
/// of a domain (a constraint that comes later must not refuse old rows), and
/// no length or precision (a change of it must not cut new ones).
///
/// A virtual generated column is computed when it is read, and NULL in a
/// trigger's NEW.
///
/// <https://www.postgresql.org/docs/current/trigger-definition.html>
/// <https://www.postgresql.org/docs/current/catalog-pg-attribute.html>
pub(super) fn check(fit: &Fit<'_>) -> String {
    let table = fit.table;
    let columns = columns(table);
    let excluded = fit.excluded();
    let Tolerance {
        declared,
        missing,
        tolerated,
    } = fit.tolerance();
    let declare = format!(
        r#"    source constant regclass := {source};
    history constant regclass := {audit};
    column_names constant text[] := {names};
    column_types constant regtype[] := {types};
    recorded constant text[] := {recorded};
    excluded constant text[] := {excluded};{declared}
    history_is_empty boolean;
    attribute record;
    wanted oid;
"#,
        source = fit.source,
        audit = regclass(&table.audit.to_string()),
        names = array(columns.iter().map(|column| literal(&column.name)), "text"),
        types = array(
            columns.iter().map(|column| match column.origin {
                Origin::Source if fit.concerned.contains(&*column.name) => {
                    as_described(&column.sql_type)
                }
                Origin::Source => "NULL".to_owned(),
                Origin::Audit | Origin::Setting | Origin::Fact | Origin::Mark => {
                    literal(&column.sql_type)
                }
            }),
            "regtype",
        ),
        recorded = array(
            table.recorded_columns().map(|column| literal(&column.name)),
            "text",
        ),
        excluded = array(excluded.into_iter().map(literal), "text"),
    );
    let body = format!(
        r#"    IF EXISTS (
        SELECT FROM pg_catalog.pg_class
        WHERE relkind = 'f' AND (oid = source OR oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(source)))
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('%s is a foreign table or has one as a partition, whose rows others can change without its triggers', source),
            HINT = 'Audit the table on the server that it is on.';
    END IF;
{moves}    IF EXISTS (
        SELECT FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class ON pg_class.oid = inhparent
        WHERE inhparent = source AND relkind <> 'p'
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('%s has child tables by inheritance, whose rows its trigger does not see', source),
            HINT = 'Audit the child tables by models of their own, or make it a partitioned table.';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_rewrite WHERE ev_class = history)
        OR EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = history AND NOT tgisinternal{ours})
    THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('the audit table %s has a rule or a trigger, which could change or swallow its rows', history),
            HINT = 'Drop it first.';
    END IF;
    FOR attribute IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = source AND attnum > 0 AND NOT attisdropped
            AND attname <> ALL (recorded) AND attname <> ALL (excluded)
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'undefined_column',
            MESSAGE = pg_catalog.format('the column %I of %s is neither recorded nor excluded', attribute.attname, source),
            HINT = 'Bring the table! up to date (diesel print-schema), or name the column in #[audit(exclude("..."))].';
    END LOOP;
{marked}    FOR attribute IN
        SELECT attname FROM pg_catalog.pg_attribute
        WHERE attrelid = source AND attgenerated = 'v' AND NOT attisdropped AND attname = ANY (recorded)
    LOOP
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('the column %I of %s is a virtual generated column, whose value no trigger sees', attribute.attname, source),
            HINT = 'Name it in #[audit(exclude("..."))], or make it GENERATED ALWAYS AS (...) STORED.';
    END LOOP;
    EXECUTE pg_catalog.format('SELECT NOT EXISTS (SELECT FROM %s)', history) INTO history_is_empty;
    FOR attribute IN
        SELECT c.name, c.type, s.atttypid AS source_type, h.atttypid AS history_type
        FROM ROWS FROM (pg_catalog.unnest(column_names), pg_catalog.unnest(column_types)) AS c (name, type)
        LEFT JOIN pg_catalog.pg_attribute AS s
            ON s.attrelid = source AND s.attname = c.name AND s.attnum > 0 AND NOT s.attisdropped
        LEFT JOIN pg_catalog.pg_attribute AS h
            ON h.attrelid = history AND h.attname = c.name AND h.attnum > 0 AND NOT h.attisdropped
    LOOP{missing}
        -- The type is given for what is ours, and taken from the source for the rest.
        wanted := coalesce(attribute.type, attribute.source_type);
        IF wanted IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'undefined_column',
                MESSAGE = pg_catalog.format('%s has no column %I', source, attribute.name),
                HINT = 'The migration that adds it has to come first.';
        END IF;
        WHILE EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid = wanted AND typtype = 'd') LOOP
            wanted := (SELECT typbasetype FROM pg_catalog.pg_type WHERE oid = wanted);
        END LOOP;
        -- With -1, char and bit are named without the length 1 that SQL gives them.
        IF attribute.history_type = wanted THEN
            CONTINUE;
        ELSIF attribute.history_type IS NULL AND attribute.name <> ALL ({own}) THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s ADD COLUMN %I %s',
                history, attribute.name, pg_catalog.format_type(wanted, -1));
        ELSIF EXISTS (
            -- Two names for the same text: varchar and text.
            SELECT FROM pg_catalog.pg_cast
                JOIN pg_catalog.pg_type AS had ON had.oid = castsource
                JOIN pg_catalog.pg_type AS has ON has.oid = casttarget
            WHERE castsource = attribute.history_type AND casttarget = wanted AND castmethod = 'b'
                AND had.typcategory = 'S' AND has.typcategory = 'S'
        ) THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I TYPE %s',
                history, attribute.name, pg_catalog.format_type(wanted, -1));{tolerated}
        ELSIF attribute.history_type IS NOT NULL AND history_is_empty THEN
            EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING NULL',
                history, attribute.name, pg_catalog.format_type(wanted, -1));
        ELSE
            RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
                MESSAGE = pg_catalog.format('the audit table %s that is there from before does not fit: its column %I is %s and has to be %s',
                    history, attribute.name,
                    coalesce(pg_catalog.format_type(attribute.history_type, -1), 'missing'), pg_catalog.format_type(wanted, -1)),
                HINT = 'Convert the column, or rename the old audit table to keep it aside.';
        END IF;
    END LOOP;
"#,
        moves = moves(table),
        marked = fit.marked(),
        ours = fit.ours(),
        own = array(
            columns
                .iter()
                .filter(|column| column.origin == Origin::Audit)
                .map(|column| literal(&column.name)),
            "text",
        ),
    );
    format!(
        "-- Source and audit table have to fit; char(n), domains and the like take their exact type here.\n{}",
        pinned(&declare, &body, None)
    )
}

/// Refuses partitions where an UPDATE is recorded and one of the triggers is missing
/// that PostgreSQL fires for an UPDATE which moves a row: those of DELETE and INSERT.
///
/// <https://www.postgresql.org/docs/current/trigger-definition.html>
fn moves(table: &AuditedTable) -> &'static str {
    let Operations {
        insert,
        update,
        delete,
        truncate: _,
    } = table.operations;
    if !update || insert && delete {
        return "";
    }
    "    IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = source AND (relkind = 'p' OR relispartition)) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = pg_catalog.format('%s has partitions or is one: an UPDATE that moves a row to another partition is a DELETE and an INSERT, and not all of them are recorded', source),
            HINT = 'Name insert, update and delete in #[audit(operations(...))].';
    END IF;
"
}

/// The type of a column whose source may still have, or have again, another
/// one. What Diesel calls text may be several types, of which the source has
/// one all the time.
pub(super) fn as_described(sql_type: &str) -> String {
    match sql_type.strip_suffix("[]").unwrap_or(sql_type) {
        "pg_catalog.text" => "NULL".to_owned(),
        _ => format!("pg_catalog.to_regtype({})", literal(sql_type)),
    }
}

pub(super) fn regclass(name: &str) -> String {
    format!("{}::pg_catalog.regclass", literal(name))
}

pub(super) fn array(items: impl Iterator<Item = String>, element: &str) -> String {
    let items: Vec<String> = items.collect();
    format!("ARRAY[{}]::pg_catalog.{element}[]", items.join(", "))
}
