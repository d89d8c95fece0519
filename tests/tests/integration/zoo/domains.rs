//! Domains, whose history has the type below them: a rule that comes later
//! must not refuse old rows.
//! <https://www.postgresql.org/docs/current/domains.html>

use super::{Case, case, typed, typed_not_null, with};

pub(super) fn cases() -> Vec<Case> {
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
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN good_mood AS mood CHECK (VALUE <> 'sad')",
            typed("domain over an enum", "good_mood", &["'ok'"], "'ok'"),
        ),
        with(
            "CREATE TYPE place AS (x integer, label varchar(10), price numeric(6,2)); CREATE DOMAIN near AS place CHECK ((VALUE).x < 10)",
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
