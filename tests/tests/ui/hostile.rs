//! A scope in which every name of the prelude means something else: generated
//! code names nothing without its path.
#![allow(
    non_camel_case_types,
    dead_code,
    unused_macros,
    missing_docs,
    clippy::all
)]

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct String;
struct Vec;
struct Box;
struct bool;
struct str;
struct i64;
struct u8;
trait Into {}
trait From {}
trait Clone {}
trait Debug {}
trait PartialEq {}
trait Default {}
trait Fn {}
struct Text;
struct BigInt;
struct Nullable;
struct Operation;
struct Timestamp;
mod core {}
mod alloc {}
mod sql_types {}
macro_rules! assert {
    ($($any:tt)*) => {
        compile_error!("not the `assert` of core")
    };
}
macro_rules! concat {
    ($($any:tt)*) => {
        compile_error!("not the `concat` of core")
    };
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = super::hostile_schema::accounts)]
#[audit(context_type = Request, session_settings(username: Text, optional: Nullable<BigInt>))]
struct Account {
    id: ::std::primitive::i64,
    name: ::std::string::String,
    note: ::std::option::Option<::std::string::String>,
    data: ::std::vec::Vec<::std::primitive::u8>,
}

#[derive(diesel_audit::AuditContext)]
struct Request {
    username: ::std::string::String,
    optional: ::std::option::Option<::std::primitive::i64>,
}

/// Its settings are taken, not compared.
mod of_request {
    use super::Request;

    #[derive(diesel_audit::Audited)]
    #[diesel(table_name = super::super::hostile_schema::accounts)]
    #[audit(context_type = Request)]
    struct OfRequest {
        id: ::std::primitive::i64,
    }
}

#[test]
fn names_mean_what_they_say() {
    use diesel_audit::Audited as _;
    let table = Account::audited_table().map(|table| table.columns.len());
    ::std::assert_eq!(table, ::std::result::Result::Ok(4));
}
