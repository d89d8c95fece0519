//! Who changes rows, and why: the values of a scope's session settings.

use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use diesel_audit_model::names::setting_name_problem;
pub use diesel_audit_model::value::MAX_VALUE_BYTES;
use diesel_audit_model::value::{VALUE_BYTES, ValueProblem, value_problem};

use crate::AuditError;

/// The session settings of a request: who acts, and why.
///
/// A context is given to one transaction by
/// [`audited`](crate::AuditConnection::audited), or to one checkout by
/// [`AuditPool::get_audited`](crate::AuditPool::get_audited). It replaces the
/// context that was there: a setting that it lacks is absent in its scope, and
/// nothing is inherited from an outer scope or from an earlier checkout.
///
/// ```
/// use diesel_audit::{AuditContext, AuditError};
///
/// # fn main() -> Result<(), AuditError> {
/// let context = AuditContext::new()
///     .set("username", "alice")?
///     .set_optional("request_id", None::<u64>)?;
/// assert_eq!(context.get("username"), Some("alice"));
/// assert_eq!(context.get("request_id"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuditContext {
    /// Shared, since each checkout keeps a copy until it has its connection.
    settings: Arc<Vec<(&'static str, String)>>,
    max_value_bytes: usize,
}

impl AuditContext {
    /// A context without any setting.
    pub fn new() -> AuditContext {
        AuditContext {
            settings: Arc::default(),
            max_value_bytes: MAX_VALUE_BYTES,
        }
    }

    /// The context, which from now on takes values of up to so many bytes, for
    /// models with `#[audit(max_value_bytes = ..)]`; others refuse such a write
    /// as [`AuditError::SettingInvalid`]. No model takes more than 1,000,000.
    ///
    /// ```
    /// # use diesel_audit::AuditContext;
    /// let trace = "x".repeat(3_000);
    /// assert!(AuditContext::new().set("trace", &trace).is_err());
    /// let context = AuditContext::new().with_max_value_bytes(4096);
    /// assert!(context.set("trace", &trace).is_ok());
    /// ```
    #[must_use]
    pub fn with_max_value_bytes(self, bytes: usize) -> AuditContext {
        AuditContext {
            max_value_bytes: bytes.min(*VALUE_BYTES.end()),
            ..self
        }
    }

    /// The context with this setting, in place of an earlier one of the name.
    ///
    /// The trigger reads it as `audit.<name>`. The value is stored byte for
    /// byte, or refused here, before any SQL.
    ///
    /// # Errors
    /// [`AuditError::SettingRefused`] for a name outside
    /// `[a-z][a-z0-9_]{0,40}`, and for a value that is blank, holds a NUL
    /// character, or is longer than [`MAX_VALUE_BYTES`] or what
    /// [`with_max_value_bytes`](AuditContext::with_max_value_bytes) allows.
    pub fn set(
        mut self,
        name: &'static str,
        value: impl ToString,
    ) -> Result<AuditContext, AuditError> {
        let value = value.to_string();
        check_name(name)?;
        check_value(name, &value, self.max_value_bytes)?;
        remember(name, Kind::Changing);
        let settings = Arc::make_mut(&mut self.settings);
        settings.retain(|&(other, _)| other != name);
        settings.push((name, value));
        Ok(self)
    }

    /// The context with this setting if there is a value, and without it if
    /// there is none.
    ///
    /// # Errors
    /// As [`set`](AuditContext::set).
    pub fn set_optional(
        mut self,
        name: &'static str,
        value: Option<impl ToString>,
    ) -> Result<AuditContext, AuditError> {
        if let Some(value) = value {
            return self.set(name, value);
        }
        check_name(name)?;
        remember(name, Kind::Changing);
        Arc::make_mut(&mut self.settings).retain(|&(other, _)| other != name);
        Ok(self)
    }

    /// The value of a setting, by its name without the prefix `audit.`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Whether no setting has a value.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty()
    }

    /// The names and values, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, &**value))
    }
}

impl Default for AuditContext {
    fn default() -> Self {
        AuditContext::new()
    }
}

/// Compares what is recorded, not how long it might have been.
impl PartialEq for AuditContext {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl Eq for AuditContext {}

/// Shows the names and the values.
impl fmt::Debug for AuditContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditContext ")?;
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Why a session setting is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingProblem {
    /// The name does not follow the rule, which is told here.
    Name(&'static str),
    /// The value is empty, or nobody would see anything of it.
    Blank,
    /// The value holds a NUL character, which no text of PostgreSQL can.
    Nul,
    /// The value is longer than the context takes.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
        /// How many it may have.
        max: usize,
    },
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingProblem::Name(rule) => f.write_str(rule),
            SettingProblem::Blank => {
                f.write_str("its value is blank; leave it out by `set_optional` if there is none")
            }
            SettingProblem::Nul => {
                f.write_str("its value holds a NUL character, which PostgreSQL cannot store")
            }
            SettingProblem::TooLong { bytes, max } => write!(
                f,
                "its value has {bytes} bytes and may have {max}; \
                 give a key of the text instead"
            ),
        }
    }
}

impl From<ValueProblem> for SettingProblem {
    fn from(problem: ValueProblem) -> SettingProblem {
        match problem {
            ValueProblem::Blank => SettingProblem::Blank,
            ValueProblem::Nul => SettingProblem::Nul,
            ValueProblem::TooLong { bytes, max } => SettingProblem::TooLong { bytes, max },
        }
    }
}

pub(crate) fn check_name(name: &'static str) -> Result<(), AuditError> {
    match setting_name_problem(name) {
        Some(rule) => Err(refused(name, SettingProblem::Name(rule))),
        None => Ok(()),
    }
}

/// The value is not part of the error: it may be anybody's name.
pub(crate) fn check_value(name: &'static str, value: &str, max: usize) -> Result<(), AuditError> {
    match value_problem(value, max) {
        None => Ok(()),
        Some(problem) => Err(refused(name, problem.into())),
    }
}

fn refused(name: &'static str, problem: SettingProblem) -> AuditError {
    AuditError::SettingRefused { name, problem }
}

/// Whether a setting comes from contexts only or is some customizer's
/// constant, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Changing,
    Constant,
}

/// Every setting that a context or a customizer of this process ever had: what a
/// prepared statement sets, so that its text does not depend on the context. The
/// marker says which of them count. The names come from the text of the program,
/// so their number is bounded.
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

type Known = Arc<Vec<(&'static str, Kind)>>;

pub(crate) fn remember(name: &'static str, kind: Kind) {
    let is_new = |known: &[(&str, Kind)]| {
        !known
            .iter()
            .any(|&(other, of)| other == name && (of == kind || kind == Kind::Changing))
    };
    // Every request comes here, and nearly none has anything to write.
    if !is_new(&KNOWN.read().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let known = Arc::make_mut(&mut known);
    if let Some(found) = known.iter_mut().find(|(other, _)| *other == name) {
        if kind == Kind::Constant {
            found.1 = kind;
        }
    } else {
        known.push((name, kind));
    }
}

/// The list as it is now: nobody waits for the lock during a statement.
#[cfg(any(feature = "postgres", feature = "async"))]
pub(crate) fn known() -> Known {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(value: &str) -> Option<SettingProblem> {
        match AuditContext::new().set("username", value) {
            Ok(context) => {
                assert_eq!(context.get("username"), Some(value));
                None
            }
            Err(AuditError::SettingRefused { name, problem }) => {
                assert_eq!(name, "username");
                Some(problem)
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn values_are_kept_exactly_or_refused() {
        for exact in [
            "O'Brien",
            " a ",
            "a\\b'c",
            "\n.",
            "世界 😀",
            "\u{202E}x",
            "\u{1}\u{1b}",
            "e\u{301}",
            "$1",
            "x'; DROP TABLE users; --",
        ] {
            assert_eq!(problem(exact), None, "{exact:?}");
        }
        for blank in [
            "",
            " ",
            "\t\r\n",
            "\u{A0}",
            "\u{200B}",
            "\u{2028}",
            "\u{2060}",
            "\u{2064}",
            "\u{FEFF}",
            "\u{180E}",
            "\u{AD}",
            "\u{3164}",
            " \u{200F} ",
        ] {
            assert_eq!(problem(blank), Some(SettingProblem::Blank), "{blank:?}");
        }
        assert_eq!(problem("\0"), Some(SettingProblem::Nul));
        assert_eq!(problem("a\0b"), Some(SettingProblem::Nul));
    }

    /// The bound counts bytes, as the trigger's does.
    #[test]
    fn values_are_bounded() {
        assert_eq!(problem(&"é".repeat(512)), None);
        assert_eq!(
            problem(&"é".repeat(513)),
            Some(SettingProblem::TooLong {
                bytes: 1026,
                max: 1024
            })
        );
    }

    #[test]
    fn longer_values_are_asked_for() {
        let set = |context: &AuditContext, bytes| context.clone().set("trace", "x".repeat(bytes));
        let context = AuditContext::new().with_max_value_bytes(4096);
        assert!(set(&context, 4096).is_ok());
        match set(&context, 4097).unwrap_err() {
            AuditError::SettingRefused { problem, .. } => assert_eq!(
                problem,
                SettingProblem::TooLong {
                    bytes: 4097,
                    max: 4096
                }
            ),
            other => panic!("{other}"),
        }
        let context = context.with_max_value_bytes(usize::MAX);
        assert!(set(&context, 1_000_000).is_ok());
        assert!(set(&context, 1_000_001).is_err());
        assert_eq!(context, AuditContext::new());
    }

    #[test]
    fn names_follow_the_rule() {
        for name in ["User", "a.b", "tx", "session", "", "search_path'; --"] {
            let error = AuditContext::new().set(name, "x").unwrap_err();
            assert!(
                matches!(&error, AuditError::SettingRefused { name: n, problem: SettingProblem::Name(_) } if *n == name),
                "{error}"
            );
            assert!(AuditContext::new().set_optional(name, None::<i32>).is_err());
        }
    }

    #[test]
    fn the_last_value_of_a_name_counts() {
        let context = AuditContext::new().set("username", "alice").unwrap();
        assert!(!context.is_empty());
        let context = context.set("username", 7).unwrap();
        assert_eq!(context.iter().collect::<Vec<_>>(), [("username", "7")]);
        assert_eq!(format!("{context:?}"), r#"AuditContext {"username": "7"}"#);
        let context = context.set_optional("username", None::<&str>).unwrap();
        assert!(context.is_empty());
    }

    #[test]
    fn an_error_names_the_setting_and_keeps_the_value_to_itself() {
        let error = AuditContext::new().set("reason", "secret\0").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`reason`"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }

    #[cfg(any(feature = "postgres", feature = "async"))]
    #[test]
    fn a_name_is_remembered_once_and_stays_a_constant() {
        let kinds = || -> Vec<Kind> {
            let known = known();
            known
                .iter()
                .filter_map(|&(name, kind)| (name == "remembered").then_some(kind))
                .collect()
        };
        assert_eq!(kinds(), []);
        let _context = AuditContext::new().set_optional("remembered", None::<i32>);
        assert_eq!(kinds(), [Kind::Changing]);
        remember("remembered", Kind::Constant);
        remember("remembered", Kind::Changing);
        assert_eq!(kinds(), [Kind::Constant]);
    }

    #[cfg(any(feature = "postgres", feature = "async"))]
    #[test]
    fn a_refused_value_is_not_remembered() {
        assert!(AuditContext::new().set("never_set", "").is_err());
        assert!(!known().iter().any(|(name, _)| *name == "never_set"));
    }
}
