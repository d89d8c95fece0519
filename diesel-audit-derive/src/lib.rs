//! `#[derive(Audited)]` and `#[derive(AuditContext)]` of the crate
//! `diesel-audit`, which re-exports them; use them from there.

mod check;
mod context;
mod expand;
mod fallback;
mod manifest;
#[cfg(test)]
mod tests;

use diesel_audit_parse::{self as parse, Setting};
use proc_macro2::TokenStream;
use syn::DeriveInput;
use syn::parse::{ParseStream, Parser};

use crate::manifest::Manifest;

/// Implements `Audited`: the table of the model gets an audit table, in which
/// a row is kept for each change.
///
/// For a struct `User` with the table `users` it generates, beside the struct:
///
/// * `users_audit`, the audit table in Diesel's `table!`: the columns of every
///   audit table, one for each session setting, and one for each field;
/// * `UserAudit`, the struct for its rows: `Queryable`, `Selectable`,
///   `Identifiable`, and `Debug`, `Clone` and `PartialEq` if all fields have
///   them. A field `T` of the model is an `Option<T>` there, unless a word on it
///   says that something else is recorded;
/// * `impl Audited for User`, which describes the audited table with all
///   columns of `users`, also those that the struct has no field for;
/// * `User::history(id)`, a boxed query for the rows of one key, oldest first;
///   a composite key is a tuple. It is there if each column of the key has a
///   field.
///
/// The struct has named fields and no generics. Of Diesel's own attributes the
/// derive reads `table_name` (required) and `primary_key` on the struct, and
/// `column_name`, `embed`, `select_expression`, `deserialize_as` and
/// `sql_type` on a field. A field with `embed` or `select_expression` is no
/// single column, so `UserAudit` has none for it.
///
/// The SQL type of a column follows from the Rust type of its field, by name,
/// for the types that Diesel's `sql_types` lists. It is compared with the type
/// in `table!` when the code is compiled.
///
/// # Attributes
///
/// ## Optional struct attributes
///
/// * `#[audit(session_settings(username: Text, request_id: Nullable<Uuid>))]`,
///   the session settings `audit.username` and `audit.request_id` that each
///   change is recorded with, in the columns `audit_username` and
///   `audit_request_id`. A change without a setting is refused unless it is
///   `Nullable`. A name is `[a-z][a-z0-9_]{0,40}`; the types are `Text`,
///   `Bool`, `SmallInt`, `Integer`, `BigInt`, `Float`, `Double`, `Timestamptz`,
///   `Uuid` (feature `uuid`), `Json` and `Jsonb` (feature `serde_json`). The
///   default is no setting. With `tenant: Text = "acme"`, the migration that
///   brings the setting gives its column this value in the rows from before,
///   which otherwise get NULL; nothing else comes of it. `index` after a setting,
///   as in `request_id: Nullable<Uuid>, index`, gives the audit table an index on
///   its column, for the changes of one request.
/// * `#[audit(context_type = path)]`, the struct with `#[derive(AuditContext)]`
///   that says who acts. Alone, it gives the model its session settings; the
///   struct is in the same crate then. Beside `session_settings(..)` it is
///   compared with them when the code is compiled: for each setting it has to
///   have a field of the same SQL type, and one that is no `Option` for a
///   setting that is not `Nullable`. The default is none.
/// * `#[audit(context = "transaction")]`, a write is recorded only with a context
///   that was set for its own transaction, by `audited` or by hand; one of a
///   checkout is refused as stale. It is for tables that are written to behind
///   a pooler such as PgBouncer, where a checkout's context may be somebody
///   else's. The default is `context = "any"`.
/// * `#[audit(unaudited = "forbid")]`, a write is recorded only if its checkout
///   or its transaction has set a context, also where no setting is required or
///   there is none: neither `psql` nor a connection of `get_unaudited` writes by
///   the way. The refusal is `AuditError::SettingMissing` without a setting. The
///   default is `unaudited = "allow"`; then
///   `session_settings(unaudited: Nullable<Text>)` records the reason that
///   `get_unaudited` was given, or that a script has set as `audit.unaudited`.
/// * `#[audit(max_value_bytes = 4096)]`, the longest value of a setting that a
///   write is recorded with, in bytes: 1 to 1,000,000. A longer one is refused.
///   The default is `max_value_bytes` of the crate's conventions. A context takes
///   as much by `AuditContext::with_max_value_bytes`.
/// * `#[audit(append_only)]`, nobody changes or removes audit rows, the owner of
///   the audit table included: UPDATE, DELETE and TRUNCATE of it are refused as
///   `AuditError::AppendOnly`, by any statement and for any
///   `session_replication_role`, before a row is touched. The triggers that do so
///   are not those that record, and stay with the history when its audit ends;
///   an audit that begins again over it has to have the word too. What they
///   cannot refuse are statements that are no change of rows: the owner and a
///   superuser can disable and drop them (`ALTER TABLE`), and drop the table or a
///   column. A TRUNCATE of one partition of an audit table that was made a
///   partitioned one fires none of them. The default is `append_only` of the
///   crate's conventions, from which `append_only = false` excepts a model.
///   <https://www.postgresql.org/docs/current/sql-createtrigger.html>
/// * `#[audit(seals)]`, audit rows can be sealed: `seal`, run by a task of the
///   application or as `cargo diesel-audit seal`, hashes what was committed since
///   the last time into a chain in the table `<audit table>_seals`, and
///   `verify_seals` finds every row that was changed, removed or inserted behind
///   it. A write does and costs nothing more. What cannot be found is a change of
///   a row before it is sealed, and a chain that the owner of the tables has made
///   anew, unless digests were kept elsewhere. Sealing waits for every transaction
///   that was open when a row was written. A float column that gets another width
///   goes on beside the old one, and no column of a sealed history is dropped by
///   `--drop-history`, since that would break its seals. The default is no seals.
/// * `#[audit(operations(insert, update, delete, truncate))]`, the operations
///   that are recorded. The default is all of them.
/// * `#[audit(skip_unchanged)]`, an UPDATE that changes no recorded column of a
///   row leaves no audit row, and needs no context. Columns are compared by their
///   bytes as they are stored, so nothing that `=` takes for equal is lost:
///   `1.0` and `1.00`, or `Ben` and `ben` of a `citext`, are two values. Changes
///   of excluded columns alone leave no audit row. The default is that every
///   UPDATE leaves one.
/// * `#[audit(when = "coalesce(NEW.total, OLD.total) > 100")]`, the condition under
///   which an INSERT, UPDATE or DELETE of a row is recorded: a boolean expression of
///   SQL over the columns of `OLD` and `NEW`, also those that are not recorded, and
///   the text `TG_OP` (`'INSERT'`, `'UPDATE'`, `'DELETE'`). It is computed within the
///   write, before the context is asked for. Only where it is false the change
///   leaves no audit row and needs no context; where it is NULL, the change is
///   recorded. `OLD` is NULL in all columns on INSERT, and `NEW` on DELETE, so a
///   condition on `NEW` alone records every DELETE. TRUNCATE and a baseline are
///   recorded in any case. Names of functions, types and operators are looked up when
///   the condition is installed, on the `search_path` of the migration. The text is
///   checked when the code is compiled (one expression, without subquery, parameter
///   and `;`), and against the table by the migration that brings it. An error of
///   the condition refuses the write with PostgreSQL's own message, or as
///   `AuditError::RowNotStored` without it if the model has a column with `redact` or
///   `hash`, whose value the message could tell. `reconcile` does not compare such a
///   model. The default is to record every change.
/// * `#[audit(record(application_name, client_addr, backend_pid, query))]`, what is
///   recorded of the session of a change, in the columns `audit_application_name`,
///   `audit_client_addr` (`Option<diesel_audit::ClientAddr>`), `audit_backend_pid` and
///   `audit_query`. The name is what the client says of itself, and empty if it says
///   nothing. The address is `None` by a Unix socket, and that of a pooler behind one.
///   The query is the text that the client sent, up to 8,192 characters, with the
///   values that are written in it; Diesel sends values apart. A baseline records
///   the session that writes it. All are `None` in rows from before. The default is
///   nothing of it.
/// * `#[audit(exclude(column, "column"))]`, columns that are not recorded: by
///   the name in `table!`, or in quotes by the name in PostgreSQL for a column
///   that `table!` does not have. Columns of the primary key cannot be among
///   them, nor one whose field has a word of how it is recorded. The default is
///   none: a column that nobody mentions is recorded.
/// * `#[audit(table = "..")]`, the name of the audit table in PostgreSQL,
///   verbatim. The default is the pattern `table` of the crate's conventions.
/// * `#[audit(schema = "..")]`, the schema of the audit table and of the
///   trigger function; it has to be an identifier of Rust. The default is
///   `schema` of the crate's conventions.
/// * `#[audit(function = "..")]`, the name of the trigger function, verbatim.
///   The default is the pattern `function` of the crate's conventions.
/// * `#[audit(trigger = "..")]`, the name of the trigger, verbatim. The default
///   is the pattern `trigger` of the crate's conventions.
/// * `#[audit(source_schema = "..")]`, the schema of the audited table. The
///   default is the module in front of the table if `table_name` ends in
///   `schema::module::table`, as `diesel print-schema` writes it, and `public`
///   otherwise. `Audited::audited_table` says when that is wrong.
/// * `#[audit(source_table = "..")]`, the name of the audited table in
///   PostgreSQL. The default is the last name in `table_name`, without the `_`
///   that `diesel print-schema` puts behind a reserved word.
/// * `#[audit(renamed_from = "..")]` and `#[audit(moved_from = "..")]`, the name
///   and the schema that the audited table had before, for `cargo diesel-audit
///   generate`: its history follows. Once that migration is written they say
///   nothing more, and may stay or go.
///
/// ## Optional field attributes
///
/// * `#[audit(skip)]`, the column of the field is not recorded. The default is
///   that it is.
/// * `#[audit(redact)]`, of the column it is recorded whether a change touched
///   it, in `audit_changed_<column>`, and its value nowhere: neither in the audit
///   table nor in a message of the audit. The field of the companion is an
///   `Option<Redacted>`. Whoever inserts or deletes a row changes it; an update
///   does where the value is another to the byte. What was recorded before the
///   word stays until a migration with `--drop-history`, and
///   `redacted_value_kept` of `verify` says so. Statements that hold a value are
///   not the audit's: a log of the server may have them. The default is that the
///   value is recorded.
/// * `#[audit(hash)]`, of the column a keyed digest is recorded, in
///   `audit_hash_<column>`: HMAC-SHA-256 of the value's text, NULL for NULL. The
///   field of the companion is an `Option<Digest>`. Equal values have equal
///   digests, so it can be told who else has the value and when it was the same.
///   The key is in the table `diesel_audit.hash_key` of the core, and is read by the
///   trigger function only: who reads it can find a value by trying. A write without
///   the key is refused as `AuditError::RowNotStored`. A backup of the core has the key too. If the
///   column is no text, the function runs with fixed settings for how values are
///   shown (`TimeZone` is UTC there, and `DateStyle` ISO). The default is that the
///   value is recorded.
/// * `#[audit(on_change)]`, the column is stored where it changed: an update that
///   leaves it as it was, to the byte, has NULL in it and `false` in
///   `audit_changed_<column>`. It is for long values that seldom change. The field
///   of the companion is an `OnChange<T>`, read from both columns, so its rows are
///   loaded by `history` or with `as_select()`. The value behind an `Unchanged` is
///   in the last row of the same key that has one; a row that was there before its
///   audit has one if there was a baseline. It needs the operations `insert` and
///   `update`, and no `when`. The default is that each row has the value.
/// * `#[audit(sql_type = SqlType)]`, the SQL type of the column, as `table!`
///   has it: a name of `diesel::sql_types`, or a path that is valid where the
///   struct stands, for example `Array<crate::schema::sql_types::Plan>`. Inside
///   of a function a path has to start with `crate`, `self`, `super` or a
///   crate's name after `::`. The default follows from the Rust type.
/// * `#[audit(sql_name = "..")]`, the name of the column in PostgreSQL, where
///   `table!` has a `#[sql_name = ".."]`. The default is its name in `table!`,
///   without the `_` that `diesel print-schema` puts behind a reserved word.
/// * `#[audit(renamed_from = "..")]`, the name in PostgreSQL that the column had
///   before, for `cargo diesel-audit generate`: its history follows. Once that
///   migration is written it says nothing more.
///
/// # Conventions of a crate
///
/// The section `[package.metadata.diesel-audit]` of Cargo.toml sets the
/// defaults for all models of the crate:
///
/// ```toml
/// [package.metadata.diesel-audit]
/// schema = "audit"
/// # Patterns; `{schema}` and `{table}` are those of the audited table. In the
/// # default, `{schema}_` is left out for `public`. A name that is too long for
/// # PostgreSQL is cut and ends in a hash.
/// table = "{schema}_{table}_audit"
/// function = "{schema}_{table}_audit"
/// trigger = "00_{table}_audit"
/// max_value_bytes = 1024
/// append_only = false
/// ```
// `diesel` too, for structs that derive nothing of Diesel's.
#[proc_macro_derive(Audited, attributes(audit, diesel))]
pub fn derive_audited(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_audited_inner(input.into(), &Manifest::of_this_crate()).into()
}

/// The derive without the compiler around it: parse and check, then expand, or
/// fall back with the errors.
fn derive_audited_inner(tokens: TokenStream, manifest: &Manifest) -> TokenStream {
    let input: DeriveInput = match syn::parse2(tokens.clone()) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    match check::check(&input, None, manifest) {
        Ok(checked) => match checked.model.takes_settings() {
            Some(path) => expand::take(path, &tokens),
            None => expand::expand(&checked, manifest),
        },
        Err(error) => fallback::expand(&input, &error),
    }
}

/// What `#[derive(Audited)]` comes to by way of its `context_type`: the settings
/// in brackets, and the model behind them.
#[doc(hidden)]
#[proc_macro]
pub fn audited_with(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    audited_with_inner(input.into(), &Manifest::of_this_crate()).into()
}

fn audited_with_inner(tokens: TokenStream, manifest: &Manifest) -> TokenStream {
    let (settings, input) = match taken.parse2(tokens) {
        Ok(parsed) => parsed,
        Err(error) => return error.into_compile_error(),
    };
    match check::check(&input, Some(settings), manifest) {
        Ok(checked) => expand::expand(&checked, manifest),
        Err(error) => fallback::expand(&input, &error),
    }
}

fn taken(input: ParseStream<'_>) -> syn::Result<(Vec<Setting>, DeriveInput)> {
    let settings;
    syn::bracketed!(settings in input);
    Ok((parse::settings(settings.parse()?)?, input.parse()?))
}

/// Implements `ToAuditContext`: the struct says who acts, and a scope takes it.
///
/// Each field is the session setting of its name, with the text that it displays
/// as. A field `T` is a setting that is always there, an `Option<T>` one that may
/// be absent. `#[audit(context_type = path)]` gives the settings to a model, so
/// that they are written once.
///
/// The struct has named fields; it may have lifetimes and type parameters. The SQL type of
/// a setting follows from the type of its field, by name: `String`, `&str`,
/// `Cow<str>` and `Box<str>` are `Text`, `bool` is `Bool`, `i16`, `i32` and `i64`
/// are `SmallInt`, `Integer` and `BigInt`, `f32` and `f64` are `Float` and
/// `Double`, `Uuid` is `Uuid`, serde_json's `Value` is `Jsonb`, and `DateTime` of
/// `Utc`, `FixedOffset` or `Local` and `OffsetDateTime` are `Timestamptz`, which
/// keeps microseconds. Other types need `sql_type`.
///
/// Beside the struct there is a macro of its name, for the models of the crate.
/// A struct that is called `AuditContext` itself derives
/// `diesel_audit::AuditContext` by this path.
///
/// # Errors
/// `to_audit_context` refuses a value that cannot be stored, as
/// `AuditContext::set` does, and the scope sends no SQL then.
///
/// # Optional struct attributes
///
/// * `#[audit(max_value_bytes = 4096)]`, the values may have so many bytes, 1 to
///   1,000,000: for models that say the same. The default is 1,024.
///
/// # Optional field attributes
///
/// * `#[audit(skip)]`, the field is no setting.
/// * `#[audit(sql_type = SqlType)]`, the SQL type of the setting, a name of
///   `diesel::sql_types` that a setting can have. The field's type has to
///   display as what PostgreSQL reads as that type.
#[proc_macro_derive(AuditContext, attributes(audit))]
pub fn derive_audit_context(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_audit_context_inner(input.into()).into()
}

fn derive_audit_context_inner(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => context::expand(&input),
        Err(error) => error.into_compile_error(),
    }
}
