//! Types that somebody makes, and those of extensions.

use super::{Kind, Own, own, plain};

/// The kinds that somebody makes.
pub(super) fn made() -> Vec<Kind> {
    let kind = |setup, kind: Kind, own| Kind { setup, own, ..kind };
    vec![
        kind(
            "CREATE TYPE mood_{n} AS ENUM ('sad', 'ok')",
            plain(
                "mood_{n}",
                ["'sad'", "'ok'"],
                ["text", "v::text", "'no label'"],
            ),
            &[
                own!(
                    "value added",
                    "ALTER TYPE mood_{n} ADD VALUE 'great' BEFORE 'ok'",
                    "'great'",
                ),
                own!(
                    "value renamed",
                    "ALTER TYPE mood_{n} RENAME VALUE 'sad' TO 'blue'",
                    "'blue'",
                ),
            ],
        ),
        kind(
            "CREATE TYPE mood_{n} AS ENUM ('sad', 'ok')",
            plain(
                "mood_{n}[]",
                ["'{sad,NULL}'", "'{{ok},{sad}}'"],
                ["text[]", "v::text[]", "'{no label}'"],
            ),
            &[
                own!(
                    "value added",
                    "ALTER TYPE mood_{n} ADD VALUE 'great' BEFORE 'ok'",
                    "'{great,ok}'",
                ),
                own!(
                    "value renamed",
                    "ALTER TYPE mood_{n} RENAME VALUE 'sad' TO 'blue'",
                    "'{blue}'",
                ),
            ],
        ),
        kind(
            "CREATE TYPE place_{n} AS (x integer, label varchar(5)); CREATE TYPE wider_{n} AS (x numeric, label text)",
            plain(
                "place_{n}",
                ["'(1,abc)'", "'(,\"\")'"],
                [
                    "wider_{n}",
                    "ROW((v).x, (v).label)::wider_{n}",
                    "'(1.6,\"more than five\")'",
                ],
            ),
            &[
                own!(
                    "attribute added",
                    "ALTER TYPE place_{n} ADD ATTRIBUTE z text",
                    "'(2,b,new)'",
                ),
                own!(
                    "attribute dropped",
                    "ALTER TYPE place_{n} DROP ATTRIBUTE label",
                    "'(2)'",
                ),
            ],
        ),
        kind(
            "CREATE TYPE place_{n} AS (x integer, label varchar(5)); CREATE TYPE wider_{n} AS (x numeric, label text)",
            plain(
                "place_{n}[]",
                ["ARRAY['(1,abc)'::place_{n}]", "'{NULL}'"],
                [
                    "wider_{n}[]",
                    "NULL::wider_{n}[]",
                    "ARRAY['(1.6,\"more than five\")'::wider_{n}]",
                ],
            ),
            &[
                own!(
                    "attribute added",
                    "ALTER TYPE place_{n} ADD ATTRIBUTE z text",
                    "ARRAY['(2,b,new)'::place_{n}]",
                ),
                own!(
                    "attribute dropped",
                    "ALTER TYPE place_{n} DROP ATTRIBUTE label",
                    "ARRAY['(2)'::place_{n}]",
                ),
            ],
        ),
        kind(
            "CREATE DOMAIN code_{n} AS text",
            plain("code_{n}", ["'a'", "''"], ["varchar", "v", "'x'"]),
            &[
                own!(
                    "domain tightened",
                    "ALTER DOMAIN code_{n} ADD CHECK (VALUE <> 'never')",
                    "'b'",
                ),
                own!(
                    "domain not null",
                    "ALTER DOMAIN code_{n} SET NOT NULL",
                    "'b'",
                ),
            ],
        ),
        kind(
            "CREATE DOMAIN amount_{n} AS integer CHECK (VALUE > -9)",
            plain("amount_{n}", ["1", "-8"], ["numeric", "v", "1.6"]),
            &[
                own!(
                    "domain tightened",
                    "ALTER DOMAIN amount_{n} ADD CHECK (VALUE > 0)",
                    "2147483647",
                ),
                own!(
                    "domain not null",
                    "ALTER DOMAIN amount_{n} SET NOT NULL",
                    "5",
                ),
            ],
        ),
        kind(
            "CREATE DOMAIN required_{n} AS varchar(8) NOT NULL",
            plain(
                "required_{n}",
                ["'a'", "'12345678'"],
                ["text", "v::text", "'more than eight'"],
            ),
            &[
                own!(
                    "domain tightened",
                    "ALTER DOMAIN required_{n} ADD CHECK (VALUE <> '')",
                    "'b'",
                ),
                own!(
                    "domain nullable",
                    "ALTER DOMAIN required_{n} DROP NOT NULL",
                    "NULL",
                ),
            ],
        ),
        kind(
            "CREATE DOMAIN price_{n} AS numeric(6,2); CREATE DOMAIN high_{n} AS price_{n} CHECK (VALUE > 1)",
            plain(
                "high_{n}",
                ["1.5", "9999.99"],
                ["double precision", "v", "0.1"],
            ),
            &[
                own!(
                    "domain below tightened",
                    "ALTER DOMAIN price_{n} ADD CHECK (VALUE < 9000)",
                    "8999.99",
                ),
                own!("domain not null", "ALTER DOMAIN high_{n} SET NOT NULL", "2"),
            ],
        ),
    ]
}

/// The kinds of extensions, with a stand-in each where the server lacks it.
pub(super) fn of_extensions() -> Vec<(Kind, Kind)> {
    vec![
        (
            Kind {
                extension: Some("citext"),
                own: &[own!(
                    "another collation",
                    "ALTER TABLE t_{n} ALTER v TYPE citext COLLATE \"C\"",
                    "'Ä'",
                )],
                ..plain("citext", ["'a'", "'A'"], ["text", "v::text", "'B'"])
            },
            plain(
                "name",
                ["'a'", "'A'"],
                ["text", "v::text", "repeat('x', 70)"],
            ),
        ),
        (
            Kind {
                extension: Some("hstore"),
                ..plain(
                    "hstore",
                    ["'a=>1, b=>NULL'", "''"],
                    ["jsonb", "hstore_to_jsonb(v)", "'{\"a\": {\"b\": 1}}'"],
                )
            },
            plain(
                "macaddr",
                ["'08:00:2b:01:02:03'", "'ff:ff:ff:ff:ff:ff'"],
                ["macaddr8", "v::macaddr8", "'08:00:2b:01:02:03:04:05'"],
            ),
        ),
    ]
}
