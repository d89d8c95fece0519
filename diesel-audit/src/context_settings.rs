//! The settings of a context's struct, as derived code compares them with a
//! model's.

use crate::SettingType;
use crate::private::same_name;

/// A struct with `#[derive(AuditContext)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` says no session settings",
    label = "not derived from `AuditContext`",
    note = "write `#[derive(AuditContext)]` on the struct"
)]
pub trait ContextSettings {
    /// One for each field that is a setting, in their order.
    const SETTINGS: &'static [ContextSetting];
}

/// A session setting that a context gives.
#[derive(Debug)]
pub struct ContextSetting {
    name: &'static str,
    sql_type: &'static str,
    required: bool,
}

impl ContextSetting {
    /// A setting of the type `ST`.
    pub const fn of<ST: SettingType>(name: &'static str, required: bool) -> ContextSetting {
        ContextSetting {
            name,
            sql_type: ST::NAME,
            required,
        }
    }
}

/// Whether one of the settings has this name.
pub const fn gives(settings: &[ContextSetting], name: &str) -> bool {
    find(settings, name).is_some()
}

/// Whether the setting of this name has the type `ST`, if there is one.
pub const fn gives_as<ST: SettingType>(settings: &[ContextSetting], name: &str) -> bool {
    match find(settings, name) {
        Some(setting) => same_name(setting.sql_type, ST::NAME),
        None => true,
    }
}

/// Whether the setting of this name always has a value, if there is one.
pub const fn gives_always(settings: &[ContextSetting], name: &str) -> bool {
    match find(settings, name) {
        Some(setting) => setting.required,
        None => true,
    }
}

const fn find<'a>(settings: &'a [ContextSetting], name: &str) -> Option<&'a ContextSetting> {
    let mut at = 0;
    while at < settings.len() {
        if same_name(settings[at].name, name) {
            return Some(&settings[at]);
        }
        at += 1;
    }
    None
}
