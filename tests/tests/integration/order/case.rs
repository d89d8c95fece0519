//! A table whose rows are written to from within a write.

/// The table that most cases write to.
pub(super) const ITEM: &str = "CREATE TABLE item (id integer PRIMARY KEY, v text)";

/// A table `item` with a column `v`, and what happens to it.
pub(super) struct Case {
    pub(super) name: String,
    /// Creates the table, its triggers and functions.
    pub(super) ddl: String,
    /// Statements, each in a transaction of Alice's.
    pub(super) script: Vec<String>,
    /// Rows of `id` and `v` that are copied at the end, in COPY's text format.
    pub(super) copied: Option<&'static str>,
    /// The history of each key: letters and values, with `-` for NULL.
    pub(super) expected: Vec<(String, String)>,
    pub(super) refusable: Refusable,
}

/// Whether a write may be refused because no order would be true.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Refusable {
    Never,
    /// Where the model keeps values out of the history, so that it does not tell
    /// which state was there before.
    IfHidden,
    /// Where the model leaves a change out of the history, for any reason.
    IfLeftOut,
    /// The values come again, so that they do not tell which of the rows was first.
    Always,
}

/// A case that is recorded, whatever the model says.
pub(super) fn case(name: &str, ddl: &str, script: &[&str], expected: &[(&str, &str)]) -> Case {
    Case {
        name: name.to_owned(),
        ddl: ddl.to_owned(),
        script: script.iter().map(ToString::to_string).collect(),
        copied: None,
        expected: expected
            .iter()
            .map(|&(key, rows)| (key.to_owned(), rows.to_owned()))
            .collect(),
        refusable: Refusable::Never,
    }
}

/// The table with a function `inner_write(key)`, whose body is this.
pub(super) fn with_inner(body: &str) -> String {
    format!("{ITEM}; {}", inner(body))
}

pub(super) fn inner(body: &str) -> String {
    function("inner_write(key integer)", "integer", body, "key")
}

/// A function in PL/pgSQL.
pub(super) fn function(signature: &str, returns: &str, body: &str, result: &str) -> String {
    format!(
        "CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql AS
             $$ BEGIN {body}; RETURN {result}; END $$"
    )
}

/// The table with a trigger `everyday`, which does this when it fires.
pub(super) fn with_trigger(fires: &str, body: &str) -> String {
    format!("{ITEM}; {}", trigger("everyday", fires, body))
}

pub(super) fn trigger(name: &str, fires: &str, body: &str) -> String {
    let function = function(&format!("\"{name}\"()"), "trigger", body, "NEW");
    format!("{function}; CREATE TRIGGER \"{name}\" {fires} EXECUTE FUNCTION \"{name}\"()")
}
