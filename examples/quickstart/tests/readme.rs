//! What README shows is what the program prints.
#![allow(missing_docs)]

/// The times differ from run to run; everything else is the same.
#[test]
fn the_readme_shows_this_output() {
    let readme = include_str!("../../../README.md");
    let shown = readme
        .split_once("<!-- quickstart's output, compared by a test of the package -->\n```text\n")
        .and_then(|(_, rest)| rest.split_once("```\n"))
        .map(|(shown, _)| shown)
        .expect("README has the block");
    let printed = quickstart::run().expect("the shop runs");
    assert_eq!(
        without_times(shown),
        without_times(&printed),
        "printed:\n{printed}"
    );
}

/// The time of day and the date, digit by digit, of `2026-01-12T09:00:00.000000Z`.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.ends_with('Z') && word.contains('T') && word.contains(':');
    text.lines()
        .map(|line| match line.split_once(' ') {
            Some((first, rest)) if is_time(first) => {
                let masked: String = first
                    .chars()
                    .map(|c| if c.is_ascii_digit() { '0' } else { c })
                    .collect();
                format!("{masked} {rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect()
}
