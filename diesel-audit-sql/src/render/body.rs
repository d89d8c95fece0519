//! How the text of a function body is put together.

use std::fmt::Write;

/// A page of SQL is read in pull requests: no line is longer, unless one name makes it so.
const MAX_COLUMNS: usize = 132;

pub(super) fn line(body: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(body, "{:indent$}{text}", "", indent = depth * 4);
}

/// A list on as few lines as it fits on: `before` stands before the first item,
/// and further lines are indented by `depth`.
pub(super) fn wrapped(depth: usize, before: &str, items: &[String], after: &str) -> String {
    wrapped_by(",", depth, before, items, after)
}

/// The same of items with this between them.
pub(super) fn wrapped_by(
    between: &str,
    depth: usize,
    before: &str,
    items: &[String],
    after: &str,
) -> String {
    let indent = " ".repeat(depth * 4);
    let mut lines = String::new();
    let mut current = before.to_owned();
    for (n, item) in items.iter().enumerate() {
        let end = if n + 1 == items.len() { after } else { between };
        let is_first = current == before;
        let gap = if is_first || current.trim().is_empty() {
            ""
        } else {
            " "
        };
        if n > 0 && current.len() + gap.len() + item.len() + end.len() > MAX_COLUMNS {
            lines.push_str(current.trim_end());
            lines.push('\n');
            current = format!("{indent}{item}{end}");
        } else {
            current.push_str(gap);
            current.push_str(item);
            current.push_str(end);
        }
    }
    lines + &current
}
