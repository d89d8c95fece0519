//! Types that somebody has made: enums, composites, domains, and those of
//! extensions.

use super::{Case, case, typed, typed_not_null};

pub(super) fn cases() -> Vec<Case> {
    [
        enums_and_composites(),
        domains(),
        collations(),
        extensions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A case with a type made before its table.
fn with(setup: &str, case: Case) -> Case {
    Case {
        ddl: format!("{setup}; {}", case.ddl),
        ..case
    }
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

fn domains() -> Vec<Case> {
    vec![
        with(
            "CREATE DOMAIN email AS text CHECK (VALUE ~ '@')",
            typed("domain over text", "email", &["'a@b'"], "'c@d'"),
        ),
        with(
            "CREATE DOMAIN required AS varchar(8) NOT NULL CHECK (VALUE <> '') DEFAULT 'none'",
            typed_not_null(
                "domain that is not null",
                "required",
                &["'a'", "'12345678'", "DEFAULT"],
                "'b'",
            ),
        ),
        with(
            "CREATE DOMAIN price AS numeric(10,2)",
            typed("domain over numeric", "price", &["1", "1.005"], "0"),
        ),
        with(
            "CREATE DOMAIN high_price AS price CHECK (VALUE > 10)",
            typed(
                "domain over a domain",
                "high_price",
                &["10.01", "11"],
                "12.3",
            ),
        ),
        with(
            "CREATE DOMAIN prices AS numeric(6,1)[] CHECK (cardinality(VALUE) < 4)",
            typed(
                "domain over an array",
                "prices",
                &["'{}'", "'{1.25,NULL}'"],
                "'{{1},{2}}'",
            ),
        ),
        with(
            "CREATE DOMAIN all_prices AS price[]",
            typed(
                "domain over an array of domains",
                "all_prices",
                &["'{}'", "'{1.25,NULL}'"],
                "'{{1},{2}}'",
            ),
        ),
        typed(
            "array of domains",
            "email[]",
            &["'{a@b,c@d}'", "'{}'"],
            "'{x@y}'",
        ),
        with(
            "CREATE DOMAIN code AS char(4)",
            typed(
                "domain over char(4)",
                "code",
                &["'ab'", "''", "'abcd'"],
                "'x'",
            ),
        ),
        with(
            "CREATE DOMAIN flags AS bit(3)",
            typed("domain over bit(3)", "flags", &["B'101'"], "B'000'"),
        ),
        with(
            "CREATE DOMAIN good_mood AS mood CHECK (VALUE <> 'sad')",
            typed("domain over an enum", "good_mood", &["'ok'"], "'ok'"),
        ),
        with(
            "CREATE DOMAIN near AS place CHECK ((VALUE).x < 10)",
            typed(
                "domain over a composite",
                "near",
                &["(1, 'a', 1)"],
                "(2, 'b', 2)",
            ),
        ),
        with(
            "CREATE DOMAIN small AS int4range",
            typed("domain over a range", "small", &["'[1,2]'"], "'empty'"),
        ),
        with(
            "CREATE TYPE contact AS (mail email, mails email[])",
            typed(
                "composite with domains",
                "contact",
                &["('a@b', '{c@d}')"],
                "('x@y', NULL)",
            ),
        ),
        case(
            "domain as key",
            "CREATE TABLE \"domain as key\" (id email PRIMARY KEY, v code)",
            &[
                (
                    "INSERT INTO \"domain as key\" VALUES ('a@b', 'x'), ('c@d', NULL)",
                    "II",
                ),
                (
                    "UPDATE \"domain as key\" SET id = id || 'e' WHERE id = 'a@b'",
                    "DU",
                ),
                ("UPDATE \"domain as key\" SET id = id", "UU"),
                ("DELETE FROM \"domain as key\"", "DD"),
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
        extension: Some(extension),
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
