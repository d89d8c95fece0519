//! The errors by which the database refuses a write. The core raises them, and the
//! runtime reads them.

/// Why the database refuses a change of an audited table.
///
/// Each has a SQLSTATE of diesel-audit's own class `ZA`. Diesel does not show
/// SQLSTATEs, so the error names a constraint, too, which stands for the same, and its
/// detail is the code.
///
/// <https://www.postgresql.org/docs/current/plpgsql-errors-and-messages.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A required setting is absent or blank, or there is no context where one
    /// is demanded.
    SettingMissing,
    /// The context was not set by this checkout or this transaction.
    ContextStale,
    /// The audit row could not be stored exactly.
    RowNotStored,
    /// Somebody changes or removes audit rows.
    AppendOnly,
    /// A setting is too long or not of its type.
    SettingInvalid,
    /// The change cannot be recorded in the order in which the row was changed.
    Order,
}

impl Refusal {
    /// Every refusal, in the order of the SQLSTATEs.
    pub const ALL: [Refusal; 6] = [
        Refusal::SettingMissing,
        Refusal::ContextStale,
        Refusal::RowNotStored,
        Refusal::AppendOnly,
        Refusal::SettingInvalid,
        Refusal::Order,
    ];

    /// The SQLSTATE of the error.
    pub const fn sqlstate(self) -> &'static str {
        match self {
            Refusal::SettingMissing => "ZA001",
            Refusal::ContextStale => "ZA002",
            Refusal::RowNotStored => "ZA003",
            Refusal::AppendOnly => "ZA004",
            Refusal::SettingInvalid => "ZA005",
            Refusal::Order => "ZA006",
        }
    }

    /// The constraint that the error names.
    pub const fn constraint(self) -> &'static str {
        match self {
            Refusal::SettingMissing => "audit_setting_missing",
            Refusal::ContextStale => "audit_context_stale",
            Refusal::RowNotStored => "audit_row_not_stored",
            Refusal::AppendOnly => "audit_append_only",
            Refusal::SettingInvalid => "audit_setting_invalid",
            Refusal::Order => "audit_order",
        }
    }

    /// The refusal of this SQLSTATE, or nothing for any other one.
    pub fn from_sqlstate(code: &str) -> Option<Refusal> {
        Refusal::ALL
            .into_iter()
            .find(|refusal| refusal.sqlstate() == code)
    }

    /// The refusal of an error with this detail, or nothing for any other one.
    pub fn from_detail(detail: &str) -> Option<Refusal> {
        detail
            .strip_prefix("SQLSTATE ")
            .and_then(Refusal::from_sqlstate)
    }

    /// The refusal that names this constraint, or nothing for any other name.
    pub fn from_constraint(name: &str) -> Option<Refusal> {
        Refusal::ALL
            .into_iter()
            .find(|refusal| refusal.constraint() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_and_a_name_of_its_own() {
        for (n, refusal) in (1..).zip(Refusal::ALL) {
            assert_eq!(refusal.sqlstate(), format!("ZA{n:03}"));
            assert_eq!(
                Refusal::from_constraint(refusal.constraint()),
                Some(refusal)
            );
            let detail = format!("SQLSTATE {}", refusal.sqlstate());
            assert_eq!(Refusal::from_detail(&detail), Some(refusal));
        }
        assert_eq!(Refusal::from_constraint("users_pkey"), None);
        assert_eq!(Refusal::from_detail("SQLSTATE 23505"), None);
        assert_eq!(Refusal::from_detail("ZA001"), None);
    }
}
