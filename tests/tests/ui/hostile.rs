//! A scope in which every name of the prelude means something else: generated
//! code names nothing without its path.
#![allow(
    non_camel_case_types,
    dead_code,
    unused_macros,
    missing_docs,
    clippy::all
)]

pub struct Option;
pub struct Some;
pub struct None;
pub struct Result;
pub struct Ok;
pub struct Err;
pub struct String;
pub struct Vec;
pub struct Box;
pub struct bool;
pub struct str;
pub struct i64;
pub struct u8;
pub trait Into {}
pub trait From {}
pub trait Clone {}
pub trait Debug {}
pub trait PartialEq {}
pub trait Default {}
pub trait Fn {}
pub struct Text;
pub struct BigInt;
pub struct Nullable;
pub struct Operation;
pub struct Timestamp;
pub mod core {}
pub mod alloc {}
pub mod sql_types {}
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
#[audit(session_settings(username: Text, optional: Nullable<BigInt>))]
pub struct Account {
    pub id: ::std::primitive::i64,
    pub name: ::std::string::String,
    pub note: ::std::option::Option<::std::string::String>,
    pub data: ::std::vec::Vec<::std::primitive::u8>,
}

#[test]
fn names_mean_what_they_say() {
    use diesel_audit::Audited as _;
    let table = Account::audited_table().map(|table| table.columns.len());
    ::std::assert_eq!(table, ::std::result::Result::Ok(4));
}
