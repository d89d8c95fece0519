//! The thirteen changes of a column: eleven that every type has, and two that
//! are its own.

use super::types::Kind;

/// A change of the column `v` of the table of a trial.
pub(super) struct Change {
    pub(super) name: &'static str,
    /// What the application's own migration would do.
    pub(super) ddl: String,
    /// The column that is written to after it, if there is one.
    pub(super) column: Option<&'static str>,
    /// A value of that column.
    pub(super) value: String,
    /// Columns that get in a new row what they have in another one.
    pub(super) others: &'static [&'static str],
    /// Whether that column is the source's only: the history cannot have it.
    pub(super) of_source_only: bool,
}

/// How many changes each type goes through.
pub(super) const CHANGES: usize = 13;

/// What comes of a text for a trial: it has types and tables of its own.
pub(super) fn of_trial(text: &str, n: usize) -> String {
    text.replace("{n}", &n.to_string())
}

/// The changes of a type; the trial's number is in their names.
pub(super) fn changes(kind: &Kind, n: usize) -> Vec<Change> {
    let of = |text: &str| of_trial(text, n);
    let (sql_type, old, new) = (of(kind.sql_type), of(kind.old), of(kind.new));
    let (other, using, value) = (
        of(kind.other.sql_type),
        of(kind.other.using),
        of(kind.other.value),
    );
    let through = kind.through;
    let change = |name, ddl: String, column, value: &str| Change {
        name,
        ddl: of(&ddl),
        column,
        value: value.to_owned(),
        others: &["w"],
        of_source_only: false,
    };
    let alter = |what: String| format!("ALTER TABLE t_{{n}} {what}");
    let to = |sql_type: &str, using: &str| alter(format!("ALTER v TYPE {sql_type} USING {using}"));
    let v = Some("v");

    let mut own: Vec<Change> = kind
        .own
        .iter()
        .map(|own| change(own.name, own.ddl.to_owned(), v, &of(own.value)))
        .collect();
    own.push(change(
        "array of it",
        to(&format!("{sql_type}[]"), &format!("ARRAY[v]::{sql_type}[]")),
        v,
        &format!("ARRAY[{new}]::{sql_type}[]"),
    ));
    own.push(change(
        "dropped and back",
        alter(format!("DROP v, ADD v {sql_type} DEFAULT {old}")),
        v,
        &new,
    ));
    own.truncate(2);

    own.extend([
        change("another type", to(&other, &using), v, &value),
        change(
            "type and back",
            format!(
                "{}; {}",
                to(through, &format!("v::{through}")),
                to(&sql_type, &format!("v::{sql_type}"))
            ),
            v,
            &new,
        ),
        change("renamed", alter("RENAME v TO renamed".to_owned()), Some("renamed"), &new),
        change("dropped", alter("DROP v".to_owned()), None, ""),
        change("dropped, and another type", alter(format!("DROP v, ADD v {other}")), v, &value),
        Change {
            others: &["v", "w"],
            of_source_only: true,
            ..change("another column", alter(format!("ADD added {sql_type} DEFAULT {old}")), Some("added"), &new)
        },
        change(
            "into a domain",
            format!("CREATE DOMAIN moved_{{n}} AS {sql_type}; {}", to("moved_{n}", "v")),
            v,
            &new,
        ),
        change(
            "into a domain that is not null",
            format!("CREATE DOMAIN moved_{{n}} AS {sql_type} NOT NULL; {}", to("moved_{n}", "v")),
            v,
            &new,
        ),
        Change {
            others: &[],
            ..change(
                "generated",
                alter(format!(
                    "DROP v, ADD v {sql_type} GENERATED ALWAYS AS ({old}) STORED"
                )),
                Some("w"),
                &new,
            )
        },
        change(
            "names exchanged",
            ["v TO aside", "w TO v", "aside TO w"]
                .map(|names| alter(format!("RENAME {names}")))
                .join("; "),
            v,
            &new,
        ),
        // Whatever the type is called, this one is called the same.
        change(
            "a type of the same name",
            format!(
                "DO $$ DECLARE name text := (SELECT typname FROM pg_type WHERE oid = '{sql_type}'::regtype);
                 BEGIN
                     EXECUTE format('CREATE TYPE elsewhere.%I AS (part {sql_type}, more text)', name);
                     EXECUTE format('ALTER TABLE t_{{n}} ALTER v TYPE elsewhere.%I USING ROW(v, NULL)::elsewhere.%1$I', name);
                     EXECUTE format('CREATE FUNCTION elsewhere.made_{{n}}() RETURNS elsewhere.%I LANGUAGE sql AS $f$ SELECT ROW({}, ''more'')::elsewhere.%1$I $f$', name);
                 END $$",
                new.replace('\'', "''")
            ),
            v,
            &of("elsewhere.made_{n}()"),
        ),
    ]);
    own
}
