//! The writes of the figures: a name, the letter of the operation, and the statement.

/// One row each: `$1` is its key, or any number for a new row.
pub(crate) const ONE_ROW: [(&str, char, &str); 3] = [
    (
        "insert",
        'I',
        "INSERT INTO article (name, code, quantity, price, document, active, tags) \
         VALUES ('new', 'n', $1, 9.5, '{\"text\": \"new\"}', true, '{x}')",
    ),
    (
        "update",
        'U',
        "UPDATE article SET quantity = quantity + 1 WHERE id = $1",
    ),
    ("delete", 'D', "DELETE FROM article WHERE id = $1"),
];

/// As many rows each, from the key `$1`.
pub(crate) fn many_rows(rows: i64) -> [(&'static str, char, String); 3] {
    let last = rows - 1;
    [
        (
            "insert",
            'I',
            format!(
                "INSERT INTO article (name, code, quantity, price, document, active, tags) \
                 SELECT 'new', 'n', i, 9.5, '{{\"text\": \"new\"}}', true, '{{x}}' \
                 FROM generate_series($1, $1 + {last}) AS i"
            ),
        ),
        (
            "update",
            'U',
            format!(
                "UPDATE article SET quantity = quantity + 1 WHERE id BETWEEN $1 AND $1 + {last}"
            ),
        ),
        (
            "delete",
            'D',
            format!("DELETE FROM article WHERE id BETWEEN $1 AND $1 + {last}"),
        ),
    ]
}
