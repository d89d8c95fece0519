//! Which SQL types a session setting can have.

use diesel::sql_types;

use crate::Timestamp;

/// An SQL type that a session setting can be stored as, and the Rust type that
/// the audit row then has for it.
///
/// A setting travels as text, and the trigger casts it; so the type is one
/// whose text form PostgreSQL reads back exactly.
#[diagnostic::on_unimplemented(
    message = "a session setting cannot have the SQL type `{Self}`",
    label = "not a type of session settings",
    note = "possible are `Text`, `Bool`, `SmallInt`, `Integer`, `BigInt`, `Float`, `Double`, `Timestamptz`, each also in `Nullable<..>`",
    note = "`Uuid` needs the feature `uuid` of diesel-audit, `Json` and `Jsonb` the feature `serde_json`"
)]
pub trait SettingType {
    /// The type of the setting in the audit row.
    type Rust;

    /// Its name in `diesel::sql_types`.
    #[doc(hidden)]
    const NAME: &'static str;
}

macro_rules! setting_types {
    ($($(#[$cfg:meta])* $sql:ident => $rust:ty,)*) => {
        $(
            $(#[$cfg])*
            impl SettingType for sql_types::$sql {
                type Rust = $rust;
                const NAME: &'static str = stringify!($sql);
            }
        )*
    };
}

setting_types! {
    Text => String,
    Bool => bool,
    SmallInt => i16,
    Integer => i32,
    BigInt => i64,
    Float => f32,
    Double => f64,
    Timestamptz => Timestamp,
    #[cfg(feature = "uuid")]
    Uuid => uuid::Uuid,
    #[cfg(feature = "serde_json")]
    Json => serde_json::Value,
    #[cfg(feature = "serde_json")]
    Jsonb => serde_json::Value,
}
