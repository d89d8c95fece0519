//! What a condition of `#[audit(when = "..")]` may be as a text.
//!
//! It goes into a function of its own as it is, between parentheses. So it has to
//! stay there whatever a session's settings are, and to be one expression over
//! the changed row. Whether PostgreSQL can make sense of it is PostgreSQL's to
//! say, when it is installed.
//!
//! <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>

use std::fmt;

/// What keeps a text from being a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConditionProblem {
    /// There is nothing in it but blanks and comments.
    Empty,
    /// It holds a NUL character, which no text of PostgreSQL can.
    Nul,
    /// It holds a `;` outside of quotes.
    Semicolon,
    /// A parenthesis or bracket that is not closed, or closes nothing.
    Unbalanced(char),
    /// Quotes or a comment without an end, by what they begin with.
    Unterminated(String),
    /// A parameter such as `$1`.
    Parameter,
    /// A string with a backslash, or with `U&` before it, whose meaning depends on
    /// the session's `standard_conforming_strings`.
    Backslash,
    /// A subquery, by its first word.
    Subquery(String),
}

impl ConditionProblem {
    /// What to write instead.
    pub fn help(&self) -> &'static str {
        match self {
            ConditionProblem::Empty | ConditionProblem::Semicolon | ConditionProblem::Parameter => {
                "write a condition over `OLD` and `NEW`, for example `NEW.total > 100`"
            }
            ConditionProblem::Nul => "remove the character",
            ConditionProblem::Unbalanced(_) => {
                "close each parenthesis and bracket within the condition"
            }
            ConditionProblem::Unterminated(_) => "end it within the condition",
            ConditionProblem::Backslash => {
                "write the string as `E'..'`, with `\\\\` for a backslash and `\\u00e9` for a character"
            }
            ConditionProblem::Subquery(_) => {
                "compare columns of `OLD` and `NEW` only, as the WHEN of a trigger does"
            }
        }
    }
}

/// Says what is wrong with `when`.
impl fmt::Display for ConditionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConditionProblem::Empty => f.write_str("the condition is empty"),
            ConditionProblem::Nul => f.write_str("the condition holds a NUL character"),
            ConditionProblem::Semicolon => {
                f.write_str("the condition holds a `;`, and has to be one expression")
            }
            ConditionProblem::Unbalanced(c) => {
                write!(f, "the condition has a `{c}` without its counterpart")
            }
            ConditionProblem::Unterminated(start) => {
                write!(f, "the condition has a `{start}` without an end")
            }
            ConditionProblem::Parameter => {
                f.write_str("the condition has a parameter, and nobody gives it a value")
            }
            ConditionProblem::Backslash => f.write_str(
                "the condition has a string whose meaning depends on `standard_conforming_strings` of the session",
            ),
            ConditionProblem::Subquery(word) => write!(
                f,
                "the condition has a subquery (`{word}`), and is about the changed row only"
            ),
        }
    }
}

impl std::error::Error for ConditionProblem {}

/// Reads a condition as PostgreSQL splits it into words.
///
/// # Errors
/// The first thing that keeps it from being one.
pub fn check(condition: &str) -> Result<(), ConditionProblem> {
    if condition.contains('\0') {
        return Err(ConditionProblem::Nul);
    }
    let mut reader = Reader {
        rest: condition,
        open: Vec::new(),
        is_empty: true,
        after_dot: false,
    };
    while reader.step()? {}
    match reader.open.pop() {
        Some(open) => Err(ConditionProblem::Unbalanced(open)),
        None if reader.is_empty => Err(ConditionProblem::Empty),
        None => Ok(()),
    }
}

struct Reader<'a> {
    rest: &'a str,
    /// What is open, from the outside in.
    open: Vec<char>,
    is_empty: bool,
    /// Whether a word would be the name of a field.
    after_dot: bool,
}

impl<'a> Reader<'a> {
    /// Reads one word, sign, string or comment; false at the end.
    fn step(&mut self) -> Result<bool, ConditionProblem> {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else {
            return Ok(false);
        };
        if is_blank(first) {
            self.skip(first.len_utf8());
        } else if rest.starts_with("--") {
            self.skip(rest.find(['\n', '\r']).unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            let end = end_of_comment(rest);
            self.skip(end.ok_or_else(|| unterminated("/*"))?);
        } else {
            self.is_empty = false;
            let is_field = std::mem::replace(&mut self.after_dot, first == '.');
            self.token(first, is_field)?;
        }
        Ok(true)
    }

    fn token(&mut self, first: char, is_field: bool) -> Result<(), ConditionProblem> {
        match first {
            ';' => Err(ConditionProblem::Semicolon),
            '\'' => self.string(),
            '"' => self.quoted('"', false),
            '$' => self.dollar(),
            '(' | '[' => {
                self.open.push(first);
                self.skip(1);
                Ok(())
            }
            ')' | ']' => {
                let counterpart = if first == ')' { '(' } else { '[' };
                if self.open.pop() != Some(counterpart) {
                    return Err(ConditionProblem::Unbalanced(first));
                }
                self.skip(1);
                Ok(())
            }
            first if first.is_ascii_digit() => self.number(),
            first if begins_word(first) => self.word(is_field),
            _ => {
                self.skip(first.len_utf8());
                Ok(())
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest;
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.skip(end);
        &rest[..end]
    }

    /// What follows a number has to be apart from it: versions differ in where a
    /// number ends.
    fn number(&mut self) -> Result<(), ConditionProblem> {
        self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        match self.rest.starts_with('$') {
            true => Err(ConditionProblem::Parameter),
            false => Ok(()),
        }
    }

    fn word(&mut self, is_field: bool) -> Result<(), ConditionProblem> {
        let word = self.take(continues_word);
        let lower = word.to_ascii_lowercase();
        let rest = self.rest;
        if lower == "u" && rest.starts_with("&'") {
            return Err(ConditionProblem::Backslash);
        }
        if lower == "e" && rest.starts_with('\'') {
            return self.quoted('\'', true);
        }
        // Words that are reserved, and so no names unless behind a dot or in quotes.
        let begins_query = ["select", "table"].contains(&&*lower)
            || lower == "values" && rest.trim_start_matches(is_blank).starts_with('(');
        if begins_query && !is_field {
            return Err(ConditionProblem::Subquery(word.to_owned()));
        }
        Ok(())
    }

    /// A string in which a backslash would mean itself or not.
    fn string(&mut self) -> Result<(), ConditionProblem> {
        let before = self.rest;
        self.quoted('\'', false)?;
        let string = &before[..before.len() - self.rest.len()];
        match string.contains('\\') {
            true => Err(ConditionProblem::Backslash),
            false => Ok(()),
        }
    }

    /// A quote inside is doubled, which reads as two strings side by side.
    fn quoted(&mut self, quote: char, has_escapes: bool) -> Result<(), ConditionProblem> {
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == '\\' && has_escapes {
                chars.next();
            } else if c == quote {
                self.skip(at + 1);
                // Its second half would be read without the escapes.
                return match has_escapes && self.rest.starts_with(quote) {
                    true => self.quoted(quote, has_escapes),
                    false => Ok(()),
                };
            }
        }
        Err(unterminated(&quote.to_string()))
    }

    fn dollar(&mut self) -> Result<(), ConditionProblem> {
        let rest = &self.rest[1..];
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(ConditionProblem::Parameter);
        }
        let Some(end) = rest.find(|c| !continues_word(c) || c == '$') else {
            return Err(unterminated("$"));
        };
        if !rest[end..].starts_with('$') {
            return Err(unterminated("$"));
        }
        let tag = &self.rest[..end + 2];
        let body = &self.rest[tag.len()..];
        let end = body.find(tag).ok_or_else(|| unterminated(tag))?;
        self.skip(tag.len() + end + tag.len());
        Ok(())
    }
}

fn unterminated(start: &str) -> ConditionProblem {
    ConditionProblem::Unterminated(start.to_owned())
}

/// PostgreSQL's blanks; every character outside of ASCII may be part of a name.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_word(c: char) -> bool {
    begins_word(c) || c.is_ascii_digit() || c == '$'
}

/// Where a comment ends that the text begins with; comments can be nested.
fn end_of_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(condition: &str) {
        assert_eq!(check(condition), Ok(()), "{condition}");
    }

    fn refused(condition: &str, expected: ConditionProblem) {
        assert_eq!(check(condition), Err(expected), "{condition}");
    }

    #[test]
    fn conditions() {
        for condition in [
            "NEW.total > 100",
            "(NEW.a[1] + OLD.a[2:3][1]) IS NULL",
            "NEW.name = ';' OR NEW.name = '('",
            "NEW.name = 'it''s; )'",
            r"NEW.name ~ E'\\.\'; ( \\'",
            r"NEW.name = e'a''\';'",
            r#"NEW."a;b)""c" IS NULL"#,
            r#"NEW.U&"\0061;" IS NULL"#,
            "NEW.name = $$ ; ' ( $$",
            "NEW.name = $tag$ ; $$ $ta$ $tag$",
            "NEW.name = $\u{e9}$;$\u{e9}$",
            "NEW.total > 100 -- ; (",
            "NEW.total > 100 -- ;\r AND true",
            "NEW.total > /* ; /* ( */ ' */ 100",
            "NEW.total > 100 /***/",
            "a$b$c = 1",
            "NEW.select AND NEW . /* */ table AND NEW.\"select\"",
            "NEW.values > 1 AND selected AND tables",
            "NEW.total BETWEEN 1.5e3 AND 0x1f",
            "B'01' = NEW.bits",
            "CASE WHEN true THEN NEW.a END",
            "NEW.at >= 'now'::timestamp with time zone",
        ] {
            accepted(condition);
        }
    }

    #[test]
    fn what_is_no_condition() {
        use ConditionProblem::{Backslash, Empty, Nul, Parameter, Semicolon, Subquery, Unbalanced};
        for condition in ["", " \t\r\n", "-- NEW.a", "/* NEW.a /* */ */"] {
            refused(condition, Empty);
        }
        refused("NEW.a\0", Nul);
        refused("true; DROP TABLE users", Semicolon);
        refused("NEW.a = 'x' ; --'", Semicolon);
        refused("NEW.a = E'\\\\'; '", Semicolon);
        refused("NEW.a = E'\\'' ; '", Semicolon);
        refused("xe'a' ;", Semicolon);
        refused("NEW.a /* */ ; */", Semicolon);
        refused("NEW.a -- \r ;", Semicolon);
        refused("$a$ $a$ ; $a$", Semicolon);
        refused("a$b$ ; $b$", Semicolon);
        refused("true) OR (true", Unbalanced(')'));
        refused("(true", Unbalanced('('));
        refused("(NEW.a[1)]", Unbalanced(')'));
        refused("NEW.a[1", Unbalanced('['));
        for (condition, start) in [
            ("NEW.a = 'x", "'"),
            ("NEW.a = 'x''", "'"),
            ("NEW.a = E'x\\'", "'"),
            ("NEW.\"a", "\""),
            ("NEW.a /* x", "/*"),
            ("NEW.a /*/", "/*"),
            ("NEW.a /* /* */", "/*"),
            ("NEW.a = $x$ $y$", "$x$"),
            ("NEW.a = $$ $", "$$"),
            ("NEW.a = $x", "$"),
            ("NEW.a = $x y$", "$"),
        ] {
            refused(condition, unterminated(start));
        }
        refused("NEW.a = $1", Parameter);
        refused("NEW.a = 1$1", Parameter);
        refused("0x1$a$ ' $a$ '", Parameter);
        refused(r"NEW.a = '\'", Backslash);
        refused("NEW.a = 'x'\n'\\'", Backslash);
        refused("NEW.a = U&'!0061' UESCAPE '!'", Backslash);
        for (condition, word) in [
            ("EXISTS (SELECT FROM users)", "SELECT"),
            ("(select true)", "select"),
            ("true IN (VALUES (true))", "VALUES"),
            ("true = ANY (TABLE flags)", "TABLE"),
            ("'.'(SELECT true)", "SELECT"),
        ] {
            refused(condition, Subquery(word.to_owned()));
        }
    }
}
