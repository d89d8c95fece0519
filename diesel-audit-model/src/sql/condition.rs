//! Checks at install that PostgreSQL can make sense of a condition: nothing else
//! would before the first write, which it would refuse.

use crate::evolution::Change;
use crate::quote::{dollar, literal};
use crate::sql::fit::{array, as_described, regclass};
use crate::table::AuditedTable;

/// Nothing without a condition.
pub(super) fn check(table: &AuditedTable) -> Option<String> {
    let source = regclass(&table.source.to_string());
    block(table, &source, &[])
}

/// The source may be as it was before the change or as it will be, and the
/// condition need not make sense for the other one.
pub(super) fn check_of_change(change: &Change) -> Option<String> {
    block(
        &change.new.table,
        &super::change::source(change),
        &coming(change),
    )
}

/// A column that the source has once all of the change is done, and may not have yet.
struct Coming {
    name: String,
    /// The type, or NULL.
    sql_type: String,
    /// For what Diesel calls text, which may be several types, their category; or NULL.
    category: &'static str,
}

/// What of the source is yet to come. Without type and category, it only has to be
/// there.
fn coming(change: &Change) -> Vec<Coming> {
    let (old, new) = (&change.old.table, &change.new.table);
    let listed = new
        .columns
        .iter()
        .filter(|column| {
            let mut had = old.columns.iter();
            !had.any(|had| had.name == column.name && had.sql_type == column.sql_type)
        })
        .map(|column| {
            let sql_type = as_described(&column.sql_type.to_string());
            let category = match (sql_type.as_str(), column.sql_type.array) {
                ("NULL", false) => "'S'",
                ("NULL", true) => "'A'",
                _ => "NULL",
            };
            Coming {
                name: literal(&column.name),
                sql_type,
                category,
            }
        });
    let had = |name: &str| {
        old.unlisted.iter().any(|had| had == name) || old.columns.iter().any(|c| c.name == name)
    };
    let unlisted = new.unlisted.iter().filter(|name| !had(name));
    let unlisted = unlisted.map(|name| Coming {
        name: literal(name),
        sql_type: "NULL".to_owned(),
        category: "NULL",
    });
    listed.chain(unlisted).collect()
}

/// The names in it mean what they mean in the trigger function: OLD and NEW are
/// variables with the columns of the source, TG_OP is a text, and there are no
/// others. In a WHERE there are neither aggregates nor several answers. Behind
/// `false` nothing is computed.
fn block(table: &AuditedTable, source: &str, coming: &[Coming]) -> Option<String> {
    let condition = table.when.as_ref()?;
    let before = "\nDECLARE\n    old ";
    let between = "%ROWTYPE;\n    new ";
    let after = format!(
        "%ROWTYPE;\n    tg_op constant text := 'INSERT';\n\
         BEGIN\n    PERFORM WHERE false AND (\n{condition}\n    ) IS FALSE;\nEND\n"
    );
    let bears = if coming.is_empty() {
        String::new()
    } else {
        format!(
            "
        -- The source may not have these yet, and the condition may be about them.
        IF EXISTS (
            SELECT FROM ROWS FROM (pg_catalog.unnest({}), pg_catalog.unnest({}), pg_catalog.unnest({})) AS c (name, type, category)
            LEFT JOIN pg_catalog.pg_attribute ON attrelid = source AND attname = c.name AND attnum > 0 AND NOT attisdropped
            LEFT JOIN pg_catalog.pg_type ON pg_type.oid = atttypid
            WHERE atttypid IS NULL OR atttypid <> c.type OR typcategory::pg_catalog.text <> c.category
        ) THEN
            PERFORM pg_catalog.set_config('search_path', path, true);
            RETURN;
        END IF;",
            array(coming.iter().map(|c| c.name.clone()), "text"),
            array(coming.iter().map(|c| c.sql_type.clone()), "regtype"),
            array(coming.iter().map(|c| c.category.to_owned()), "text"),
        )
    };
    let body = format!(
        "
DECLARE
    source constant regclass := {source};
    path constant text := pg_catalog.current_setting('search_path');
BEGIN
    BEGIN
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        EXECUTE pg_catalog.format('DO %L', {} || source::text || {} || source::text || {});
        PERFORM pg_catalog.set_config('search_path', path, true);
    EXCEPTION WHEN OTHERS THEN
        PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);{bears}
        RAISE EXCEPTION USING ERRCODE = SQLSTATE,
            MESSAGE = pg_catalog.format('`when` of the audit of %s is no condition for its rows: %s', source, SQLERRM),
            HINT = 'It is a boolean expression over OLD, NEW and TG_OP; other names are looked up in pg_catalog only.';
    END;
END
",
        literal(before),
        literal(between),
        literal(&after),
    );
    Some(format!(
        "-- The condition has to make sense for the rows of the source.\nDO {};\n",
        dollar(&body)
    ))
}
