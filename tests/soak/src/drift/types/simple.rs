//! Types that PostgreSQL brings along and that have no length.

use super::{Kind, Own, own, plain};

/// The kinds that PostgreSQL brings along, with nothing to choose.
pub(super) fn simple() -> Vec<Kind> {
    vec![
        plain(
            "smallint",
            ["1", "-32768"],
            ["bigint", "v", "9223372036854775807"],
        ),
        plain("integer", ["1", "-2147483648"], ["numeric", "v", "1.6"]),
        plain(
            "bigint",
            ["1", "9223372036854775807"],
            ["numeric", "v", "1.6"],
        ),
        plain("real", ["0.5", "'-0.0'"], ["double precision", "v", "0.1"]),
        plain(
            "double precision",
            ["0.5", "'NaN'"],
            ["numeric", "v::numeric", "0.1000000000000000055511"],
        ),
        plain(
            "bytea",
            ["'\\x00ff'", "''"],
            ["text", "encode(v, 'hex')", "'\\x00'"],
        ),
        plain("boolean", ["true", "false"], ["integer", "v::integer", "2"]),
        plain(
            "date",
            ["'2000-01-01'", "'infinity'"],
            ["timestamp", "v", "'2000-01-01 12:34:56'"],
        ),
        plain(
            "uuid",
            [
                "'00000000-0000-0000-0000-000000000001'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
            ["text", "v::text", "'no uuid'"],
        ),
        plain(
            "json",
            ["'{\"a\":1, \"a\" : 2}'", "' [1.0] '"],
            ["jsonb", "v", "'[1.00]'"],
        ),
        plain(
            "jsonb",
            ["'{\"a\":1}'", "'[1.00]'"],
            ["json", "v::json", "'{\"a\":1, \"a\" : 2}'"],
        ),
        plain(
            "xml",
            ["'<a b=\"1\"/>'", "'<b></b>'"],
            ["text", "v::text", "'a < b'"],
        ),
        plain(
            "int4range",
            ["'[1,5)'", "'empty'"],
            [
                "int8range",
                "int8range(lower(v), upper(v))",
                "'[1,9223372036854775806)'",
            ],
        ),
        plain(
            "int4multirange",
            ["'{[1,2),[5,7)}'", "'{}'"],
            ["int4range", "range_merge(v)", "'[1,9)'"],
        ),
        plain(
            "inet",
            ["'10.1.2.3/8'", "'::1'"],
            ["cidr", "network(v)", "'10.0.0.0/8'"],
        ),
        plain(
            "money",
            ["'1.50'::money", "3::money"],
            ["numeric(20,4)", "v::numeric", "1.2345"],
        ),
        plain(
            "point",
            ["'(1,2)'", "'(NaN,-0)'"],
            ["box", "box(v)", "'(2,2),(0,0)'"],
        ),
        plain("\"char\"", ["'a'", "''"], ["text", "v::text", "'long'"]),
        Kind {
            through: "varchar",
            own: COLLATED,
            ..plain("text", ["'a'", "'A '"], ["varchar", "v", "'x'"])
        },
    ]
}

const COLLATED: &[Own] = &[own!(
    "another collation",
    "ALTER TABLE t_{n} ALTER v TYPE text COLLATE \"C\"",
    "'Ä'",
)];
