//! Names that a quoting mistake, a cut at 63 bytes, a format of a message or a
//! variable of the trigger function would trip over.

use diesel::prelude::*;
use diesel_audit_model::names::MAX_IDENTIFIER_BYTES;
use proptest::prelude::*;

use crate::support::texts;

/// Names that were thought of.
pub fn hostile() -> Vec<String> {
    const WORDS: [&str; 7] = [
        // Reserved, the case of letters, and what looks like a number or a placeholder.
        "user order select table all null true left between current_user OrderItem UPPER 1 1x _",
        "$1 ? :x %s %I %% {table} {schema} {}",
        // What ends a name, a literal, a body or a statement.
        r#" a"b " "" a'b ' '' a\b \ \' E' a;b ; $ $$ $audit$ $audit1$ $_$ -- /* */ "#,
        "a.b . .. a-b a,b (a) [a] a[] a::b @ # & <<a>>",
        // Other scripts, and characters that are not seen.
        "größe_имя 表 😀 e\u{301} é \u{202e}rtl\u{202c} \u{200b} \u{feff}a \u{10ffff} ﬀ İ \u{1} \u{7f}",
        // Variables of plpgsql and of our function and checks, and their letters.
        "new old NEW OLD tg_op tg_table_name found sqlstate sqlerrm setting_0 setting_1 typed_0 typed_1 row record",
        "history source attribute base wanted recorded excluded column_names column_types c s h name type \
         history_type source_type I U D T trigger function username audit_ oid value values public_",
    ];
    let blanks = [
        " ",
        "  a  ",
        "my col",
        "a\nb",
        "\n",
        "\r\n",
        "a\tb",
        "\u{a0}",
        "\u{85}",
        "-- x",
        "/* x */",
        "\"; DROP TABLE x; --",
        "$audit$ $audit1$ $audit2$",
        "#variable_conflict use_column",
    ];
    // The last one is cut in the middle of a character by what counts bytes.
    let limits =
        ["x", "\"", "'", "$", "\\", "é", "😀"].map(|c| c.repeat(MAX_IDENTIFIER_BYTES / c.len()));
    let in_a_character = format!("{}é", "x".repeat(MAX_IDENTIFIER_BYTES - 2));
    let words = WORDS
        .iter()
        .flat_map(|words| words.split(' '))
        .filter(|word| !word.is_empty());
    words
        .chain(blanks)
        .map(str::to_owned)
        .chain(limits)
        .chain([in_a_character])
        .collect()
}

/// The start of the last character that ends within so many bytes.
pub fn floor(text: &str, bytes: usize) -> usize {
    (0..=bytes.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

/// PostgreSQL's key words.
///
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CATALOG>
pub fn key_words(conn: &mut PgConnection) -> Vec<String> {
    texts(conn, "SELECT word FROM pg_get_keywords() ORDER BY word")
        .into_iter()
        .flatten()
        .collect()
}

/// Any text that PostgreSQL keeps whole as a name, most of them from what
/// quoting, messages and the cut at 63 bytes are about.
pub fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\0]{1,40}",
        "[\"'\\\\$%{}. \n\t/*;-]{1,63}",
        "[a-zA-Zé😀$\"_0-9]{1,63}",
        "[0-9][a-z0-9_$]{0,62}",
        "[a-z%]{56,62}[é世😀]{1,3}",
        "[\u{1}-\u{1f}\u{7f}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}\u{feff}%a]{1,30}",
    ]
    .prop_map(|name| name[..floor(&name, MAX_IDENTIFIER_BYTES)].to_owned())
}
