//! The types that PostgreSQL brings along and that hold one value.
//! <https://www.postgresql.org/docs/current/datatype.html>

use super::{Case, of, typed};

pub(super) fn cases() -> Vec<Case> {
    [numbers(), texts(), times(), networks(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn numbers() -> Vec<Case> {
    vec![
        of("smallint", &["-32768", "32767", "0"], "1"),
        of("integer", &["-2147483648", "2147483647"], "0"),
        of(
            "bigint",
            &["-9223372036854775808", "9223372036854775807"],
            "0",
        ),
        of(
            "numeric",
            &[
                "1.0",
                "1.00",
                "'NaN'",
                "'Infinity'",
                "'-Infinity'",
                "1e-500",
                "1e500",
            ],
            "-0.000",
        ),
        of(
            "numeric(10,2)",
            &["1", "12345678.90", "'NaN'", "0.005"],
            "-1.5",
        ),
        of("numeric(4,-2)", &["123456", "-50"], "949"),
        of(
            "real",
            &[
                "'NaN'",
                "'-Infinity'",
                "'-0.0'",
                "1e-45",
                "3.4028235e38",
                "0.1",
            ],
            "'0.0'",
        ),
        of(
            "double precision",
            &[
                "'NaN'",
                "'Infinity'",
                "'-0.0'",
                "5e-324",
                "1.7976931348623157e308",
                "0.1",
            ],
            "'0.0'",
        ),
        of(
            "money",
            &["'1.50'::money", "'-92233720368547758.08'::money"],
            "3::money",
        ),
        of("boolean", &["true", "false"], "NOT coalesce(v, false)"),
    ]
}

fn texts() -> Vec<Case> {
    vec![
        of(
            "text",
            &[
                "''",
                "' a '",
                "E'O''Brien \\\\ \\n\\t\\x01'",
                "'e\u{301} \u{202e}rtl\u{202c} 😀'",
            ],
            "'A'",
        ),
        of(
            "varchar(10)",
            &["''", "'0123456789'", "'ééééé  '", "'x         '"],
            "'y  '",
        ),
        of("varchar", &["''", "'any length'"], "'y'"),
        of("char(5)", &["'ab'", "'ab   '", "''", "'abcde'"], "'c'"),
        of("char", &["'a'", "' '"], "'b'"),
        of("bpchar", &["'a  '", "'long enough '"], "'b'"),
        typed(
            "one byte char",
            "\"char\"",
            &["'a'", "''", "E'\\\\001'"],
            "'z'",
        ),
        of("name", &["'pg_class'", "''"], "'x'"),
        of(
            "bytea",
            &["'\\x00ff'", "''", "decode('5c27', 'hex')"],
            "'\\xdeadbeef'",
        ),
    ]
}

fn times() -> Vec<Case> {
    vec![
        of(
            "date",
            &[
                "'infinity'",
                "'-infinity'",
                "'4713-01-01 BC'",
                "'5874897-12-31'",
            ],
            "'2000-02-29'",
        ),
        of(
            "time",
            &["'00:00'", "'24:00'", "'23:59:59.999999'"],
            "'12:00'",
        ),
        of("time(0)", &["'23:59:59.6'", "'01:02:03.4'"], "'12:00'"),
        of(
            "timetz",
            &["'12:00+14'", "'12:00-15:59'", "'24:00 UTC'"],
            "'01:00:00.000001+00:30'",
        ),
        of(
            "timestamp",
            &["'infinity'", "'-infinity'", "'4713-01-01 00:00 BC'"],
            "'2000-01-01 00:00:00.000001'",
        ),
        of(
            "timestamp(3)",
            &["'2000-01-01 00:00:00.0005'"],
            "'2000-01-01 00:00:00.9999'",
        ),
        of(
            "timestamptz",
            &[
                "'infinity'",
                "'-infinity'",
                "'2021-11-07 01:30 America/New_York'",
            ],
            "'1999-01-08 BC'",
        ),
        of(
            "interval",
            &[
                "'1 mon'",
                "'30 days'",
                "'720 hours'",
                "'-1 mon +2 days -00:00:00.000001'",
            ],
            "'178000000 years'",
        ),
        of(
            "interval day to second(2)",
            &["'1 day 00:00:01.239'"],
            "'-1 day'",
        ),
        of("interval year", &["'18 mons'", "'1 year'"], "'2 years'"),
    ]
}

fn networks() -> Vec<Case> {
    vec![
        of(
            "inet",
            &[
                "'10.1.2.3/8'",
                "'10.1.2.3'",
                "'::1/128'",
                "'::ffff:1.2.3.4'",
            ],
            "'0.0.0.0/0'",
        ),
        of("cidr", &["'10.0.0.0/8'", "'2001:db8::/32'"], "'0.0.0.0/0'"),
        of("macaddr", &["'08:00:2b:01:02:03'"], "'ff:ff:ff:ff:ff:ff'"),
        of(
            "macaddr8",
            &["'08:00:2b:01:02:03:04:05'"],
            "'ff:ff:ff:ff:ff:ff:ff:ff'",
        ),
        of(
            "uuid",
            &[
                "'00000000-0000-0000-0000-000000000000'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
            "gen_random_uuid()",
        ),
    ]
}

fn others() -> Vec<Case> {
    vec![
        of("bit", &["B'1'", "B'0'"], "B'1'"),
        of("bit(8)", &["B'10101010'", "B'00000000'"], "B'11111111'"),
        of("varbit", &["B''", "B'101'", "B'000000000000'"], "B'1'"),
        of("varbit(4)", &["B''", "B'1010'"], "B'1'"),
        of("oid", &["0", "4294967295"], "1"),
        of("regclass", &["'pg_class'", "'pg_type'"], "'pg_proc'"),
        of("regtype", &["'integer'"], "'text'"),
        of("pg_lsn", &["'0/0'", "'FFFFFFFF/FFFFFFFF'"], "'1/2'"),
        of("pg_lsn[]", &["'{0/0,1/1}'"], "'{}'"),
        of("pg_snapshot", &["'10:20:10,14,15'"], "'1:1:'"),
        of("txid_snapshot", &["'10:20:10,14,15'"], "'1:1:'"),
        of("xid8", &["'42'"], "'18446744073709551615'"),
        of("tid", &["'(1,2)'"], "'(0,0)'"),
        of("int2vector", &["'1 2 3'"], "'1'"),
        of("refcursor", &["'c'"], "'d'"),
        of(
            "aclitem",
            &["makeaclitem(10, 10, 'SELECT', false)"],
            "makeaclitem(10, 10, 'INSERT', true)",
        ),
    ]
}
