//! The values that a session setting may have.

use std::fmt;
use std::ops::RangeInclusive;

use crate::policy::Conflict;
use crate::types::PgType;

/// The longest value of a setting, in bytes, where the model does not say
/// otherwise: a request must not be able to fill the disk with its user's name.
pub const MAX_VALUE_BYTES: usize = 1024;

/// What a model may say instead.
pub const VALUE_BYTES: RangeInclusive<usize> = 1..=1_000_000;

/// Why a text cannot be the value of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueProblem {
    /// It is empty, or nobody would see anything of it.
    Blank,
    /// It holds a NUL character, which no text of PostgreSQL can.
    Nul,
    /// It is longer than a value may be.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
        /// How many it may have.
        max: usize,
    },
}

/// Shows the problem behind the name of what has it.
impl fmt::Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueProblem::Blank => f.write_str("is blank"),
            ValueProblem::Nul => f.write_str("holds a NUL character"),
            ValueProblem::TooLong { bytes, max } => {
                write!(f, "has {bytes} bytes, a setting has at most {max}")
            }
        }
    }
}

/// What is wrong with a value that may have so many bytes.
pub fn value_problem(value: &str, max: usize) -> Option<ValueProblem> {
    if value.chars().all(is_invisible) {
        Some(ValueProblem::Blank)
    } else if value.contains('\0') {
        Some(ValueProblem::Nul)
    } else if value.len() > max {
        let bytes = value.len();
        Some(ValueProblem::TooLong { bytes, max })
    } else {
        None
    }
}

/// The type of PostgreSQL that a value certainly is of, by its text: what reads as
/// that type without a doubt need not be tried. Everything is a `text`.
pub fn form(value: &str) -> &'static str {
    if matches!(value, "true" | "false") {
        "bool"
    } else if value.parse::<i32>().is_ok() {
        "int4"
    } else if value.parse::<i64>().is_ok() {
        "int8"
    } else if is_uuid(value) {
        "uuid"
    } else {
        "text"
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9562#section-4>
fn is_uuid(value: &str) -> bool {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    value.len() == 36
        && value
            .bytes()
            .enumerate()
            .all(|(at, byte)| match is_hyphen(at) {
                true => byte == b'-',
                false => byte.is_ascii_hexdigit(),
            })
}

/// Unicode's properties White_Space and Default_Ignorable_Code_Point, and the
/// blank of braille: what a reader of the trail would take for nothing.
///
/// <https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The longest text that an index takes for certain: a third of a page, without what stands
/// beside it. <https://www.postgresql.org/docs/current/btree.html>
const MAX_INDEXED_BYTES: usize = 2600;

/// Why a setting of this type cannot have an index, and the way out: a value that does not fit
/// into it would refuse the write.
pub fn index_problem(sql_type: &PgType, max_value_bytes: usize) -> Option<Conflict> {
    match &*sql_type.name {
        "json" | "jsonb" => Some(Conflict {
            message: format!(
                "a `{sql_type}` cannot have an index: its values have no length that fits"
            ),
            help: "remove `index`, or store what you look for in a setting of its own".to_owned(),
        }),
        "text" if max_value_bytes > MAX_INDEXED_BYTES => Some(Conflict {
            message: format!(
                "an index takes values of up to {MAX_INDEXED_BYTES} bytes, the setting those of {max_value_bytes}"
            ),
            help: "remove `index`, or lower `max_value_bytes`".to_owned(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (value, expected) in [
            ("7", "int4"),
            ("-2147483648", "int4"),
            ("2147483648", "int8"),
            ("9223372036854775808", "text"),
            ("7.0", "text"),
            (" 7", "text"),
            ("true", "bool"),
            ("00000000-0000-0000-0000-00000000000A", "uuid"),
            ("00000000-0000-0000-0000-00000000000", "text"),
            ("000000000000-0000-0000-00000000000000", "text"),
            ("0000000z-0000-0000-0000-000000000000", "text"),
            ("ann", "text"),
        ] {
            assert_eq!(form(value), expected, "{value}");
        }
    }

    #[test]
    fn no_visible_character_is_blank() {
        let visible = ('\0'..=char::MAX).filter(|c| c.is_alphanumeric());
        // Letters by their category, but drawn as nothing.
        let fillers = ['\u{115F}', '\u{1160}', '\u{3164}', '\u{FFA0}'];
        for c in visible.filter(|c| !fillers.contains(c)) {
            assert!(!is_invisible(c), "{c:?}");
        }
    }
}
