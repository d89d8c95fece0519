//! What Diesel's types know of a table, read without a database.

use diesel::Column;
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::sql_types::HasSqlType;
use diesel_audit_model::PgType;

/// One column of a `table!`, or a tuple of them.
///
/// The parameter tells the two apart, which coherence could not: nothing keeps
/// Diesel from implementing `Column` for tuples one day.
pub trait Columns<Form> {
    /// Appends a description of each column, in order.
    fn describe(found: &mut Vec<FoundColumn>, types: &mut TypeRecorder);
}

/// A column as its `table!` declares it.
#[derive(Debug)]
pub struct FoundColumn {
    pub(crate) name: &'static str,
    /// Nothing for a type that is in no PostgreSQL catalog, such as an array
    /// of arrays.
    pub(crate) sql_type: Option<PgType>,
}

/// The form of a single column.
#[derive(Debug)]
pub struct One;

/// The form of a tuple of columns.
#[derive(Debug)]
pub struct Many;

impl<C> Columns<One> for C
where
    C: Column,
    Pg: HasSqlType<C::SqlType>,
{
    fn describe(found: &mut Vec<FoundColumn>, types: &mut TypeRecorder) {
        found.push(FoundColumn {
            name: C::NAME,
            sql_type: types.type_of::<C::SqlType>(),
        });
    }
}

macro_rules! tuples {
    ($($column:ident)*) => {
        impl<$($column),*> Columns<Many> for ($($column,)*)
        where
            $($column: Columns<One>,)*
        {
            fn describe(found: &mut Vec<FoundColumn>, types: &mut TypeRecorder) {
                $($column::describe(found, types);)*
            }
        }
    };
}

/// Implements [`Columns`] for the tuple of the first column, of the first two,
/// and so on; those before the semicolon are the ones that need no impl of
/// their own.
macro_rules! growing_tuples {
    ($($done:ident)*;) => {};
    ($($done:ident)*; $next:ident $($later:ident)*) => {
        tuples! { $($done)* $next }
        growing_tuples! { $($done)* $next; $($later)* }
    };
}

growing_tuples! {
    ;
    C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16
}
#[cfg(feature = "32-column-tables")]
growing_tuples! {
    C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16;
    C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31 C32
}
#[cfg(feature = "64-column-tables")]
growing_tuples! {
    C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16
    C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31 C32;
    C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48
    C49 C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64
}
#[cfg(feature = "128-column-tables")]
growing_tuples! {
    C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16
    C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31 C32
    C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48
    C49 C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64;
    C65 C66 C67 C68 C69 C70 C71 C72 C73 C74 C75 C76 C77 C78 C79 C80
    C81 C82 C83 C84 C85 C86 C87 C88 C89 C90 C91 C92 C93 C94 C95 C96
    C97 C98 C99 C100 C101 C102 C103 C104 C105 C106 C107 C108 C109 C110 C111 C112
    C113 C114 C115 C116 C117 C118 C119 C120 C121 C122 C123 C124 C125 C126 C127 C128
}

/// Stands in for a connection when Diesel looks a custom type up: it remembers
/// the name that was asked for under a made-up object identifier.
#[derive(Debug, Default)]
pub struct TypeRecorder {
    asked: Vec<PgType>,
}

/// PostgreSQL counts its own object identifiers up from 1, and its counter
/// wraps at 32 bits: the built-in ones are all far below this.
const FIRST_MADE_UP_OID: u32 = 1 << 31;

impl TypeRecorder {
    /// PostgreSQL's type behind a type of Diesel, nullable or not.
    pub(crate) fn type_of<ST>(&mut self) -> Option<PgType>
    where
        Pg: HasSqlType<ST>,
    {
        let oid = <Pg as HasSqlType<ST>>::metadata(self).oid().ok()?;
        match oid.checked_sub(FIRST_MADE_UP_OID) {
            None => PgType::from_oid(oid),
            Some(offset) => {
                let asked = self.asked.get(usize::try_from(offset / 2).ok()?)?;
                Some(PgType {
                    array: offset % 2 == 1,
                    ..asked.clone()
                })
            }
        }
    }
}

impl PgMetadataLookup for TypeRecorder {
    fn lookup_type(&mut self, type_name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let wanted = PgType {
            schema: schema.map(|schema| schema.to_owned().into()),
            name: type_name.to_owned().into(),
            array: false,
        };
        let known = self.asked.iter().position(|asked| *asked == wanted);
        let at = known.unwrap_or_else(|| {
            self.asked.push(wanted);
            self.asked.len() - 1
        });
        let oid = u32::try_from(at * 2).map_or(0, |offset| FIRST_MADE_UP_OID + offset);
        PgTypeMetadata::new(oid, oid + 1)
    }
}
