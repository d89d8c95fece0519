//! Types that somebody has made: enums, composites, ranges, and those of
//! extensions.

use super::need::Need;
use super::{Case, case, typed, with};

pub(super) fn cases() -> Vec<Case> {
    [enums_and_composites(), collations(), extensions()]
        .into_iter()
        .flatten()
        .collect()
}

fn enums_and_composites() -> Vec<Case> {
    let mood = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'very ''happy''')";
    let place = "CREATE TYPE place AS (x integer, label varchar(10), price numeric(6,2))";
    vec![
        with(
            mood,
            typed("enum", "mood", &["'sad'", "'very ''happy'''"], "'ok'"),
        ),
        typed(
            "enum[]",
            "mood[]",
            &["'{}'", "ARRAY['sad', 'ok']::mood[]", "'{NULL}'"],
            "'{ok}'",
        ),
        typed("enum[][]", "mood[][]", &["'{{sad,ok},{ok,sad}}'"], "'{}'"),
        with(
            place,
            typed(
                "composite",
                "place",
                &["(1, 'a, b', 1.5)", "(NULL, NULL, NULL)", "'(,\"\",)'"],
                "(2, 'c', 0)",
            ),
        ),
        typed(
            "composite[]",
            "place[]",
            &["ARRAY[(1, 'a', 1.50)]::place[]", "'{NULL}'"],
            "'{}'",
        ),
        with(
            "CREATE TYPE trip AS (from_place place, stops place[], moods mood[])",
            typed(
                "composite of composites",
                "trip",
                &["ROW((1, 'a', 1)::place, ARRAY[(2, 'b', 2)::place], '{ok}'::mood[])"],
                "(NULL, '{}', NULL)",
            ),
        ),
        typed(
            "row type of a table",
            "\"enum\"",
            &["(1, 'sad')"],
            "(2, NULL)",
        ),
        with(
            "CREATE TYPE price_range AS RANGE (subtype = numeric, multirange_type_name = price_ranges)",
            typed(
                "range",
                "price_range",
                &["'[1.0,2.50)'", "'empty'"],
                "'(,)'",
            ),
        ),
        typed(
            "multirange",
            "price_ranges",
            &["'{[1.0,2.50),[3,4]}'"],
            "'{}'",
        ),
        typed(
            "range[]",
            "price_range[]",
            &["ARRAY['[1,2]'::price_range]"],
            "'{}'",
        ),
        with(
            "CREATE SCHEMA \"My Types\"; CREATE TYPE \"My Types\".\"A \"\"Mood\"\"\" AS ENUM ('a', 'B')",
            typed(
                "enum with a hostile name",
                "\"My Types\".\"A \"\"Mood\"\"\"",
                &["'a'"],
                "'B'",
            ),
        ),
        typed(
            "array of an enum with a hostile name",
            "\"My Types\".\"A \"\"Mood\"\"\"[]",
            &["'{a,B}'"],
            "'{}'",
        ),
        with(
            "CREATE TYPE \"My Types\".mood AS ENUM ('other')",
            typed(
                "enum of the same name in another schema",
                "\"My Types\".mood",
                &["'other'"],
                "'other'",
            ),
        ),
        with(
            "CREATE TYPE \"My Types\".text AS ENUM ('not text')",
            typed(
                "enum called text",
                "\"My Types\".text",
                &["'not text'"],
                "'not text'",
            ),
        ),
        case(
            "enum as key",
            "CREATE TABLE \"enum as key\" (id mood PRIMARY KEY, v text)",
            &[
                (
                    "INSERT INTO \"enum as key\" VALUES ('sad', 'a'), ('ok', 'b')",
                    "II",
                ),
                (
                    "UPDATE \"enum as key\" SET id = 'very ''happy''' WHERE id = 'sad'",
                    "DU",
                ),
                ("DELETE FROM \"enum as key\"", "DD"),
            ],
        ),
    ]
}

fn collations() -> Vec<Case> {
    // Without ICU there are only the collations of the operating system.
    let ignoring_case = "DO $$ BEGIN
         CREATE COLLATION ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
     EXCEPTION WHEN OTHERS THEN
         CREATE COLLATION ignoring_case FROM \"C\";
     END $$";
    vec![
        typed(
            "text of a collation",
            "text COLLATE \"C\"",
            &["'a'", "'B'"],
            "'c'",
        ),
        with(
            ignoring_case,
            case(
                "key of a collation",
                "CREATE TABLE \"key of a collation\" (id text COLLATE ignoring_case PRIMARY KEY, v text COLLATE ignoring_case)",
                &[
                    ("INSERT INTO \"key of a collation\" VALUES ('a', 'x')", "I"),
                    ("UPDATE \"key of a collation\" SET v = 'X'", "U"),
                    ("UPDATE \"key of a collation\" SET id = 'A'", "DU"),
                    ("DELETE FROM \"key of a collation\"", "D"),
                ],
            ),
        ),
    ]
}

fn extensions() -> Vec<Case> {
    let needs = |extension, case| Case {
        needs: Some(Need::Extension(extension)),
        ..case
    };
    vec![
        needs(
            "citext",
            typed(
                "citext column",
                "citext",
                &["'a'", "'A'", "''"],
                "upper(v::text)::citext",
            ),
        ),
        needs(
            "citext",
            typed("citext[] column", "citext[]", &["'{a,A}'"], "'{}'"),
        ),
        needs(
            "citext",
            case(
                "citext as key",
                "CREATE TABLE \"citext as key\" (id citext PRIMARY KEY)",
                &[
                    ("INSERT INTO \"citext as key\" VALUES ('a')", "I"),
                    ("UPDATE \"citext as key\" SET id = 'A'", "DU"),
                    ("UPDATE \"citext as key\" SET id = 'A'", "U"),
                    ("DELETE FROM \"citext as key\" WHERE id = 'a'", "D"),
                ],
            ),
        ),
        needs(
            "hstore",
            typed(
                "hstore column",
                "hstore",
                &["'a=>1, b=>NULL'", "''"],
                "'x=>\"y z\"'",
            ),
        ),
        needs(
            "ltree",
            typed("ltree column", "ltree", &["'a.b.c'", "''"], "'x'"),
        ),
        needs(
            "cube",
            typed("cube column", "cube", &["'(1,2),(3,4)'"], "'(0)'"),
        ),
        needs(
            "isn",
            typed(
                "isbn column",
                "isbn",
                &["'978-0-393-04002-9'"],
                "'0-393-04002-X'",
            ),
        ),
    ]
}
