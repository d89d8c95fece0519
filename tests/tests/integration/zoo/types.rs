//! The types that PostgreSQL brings along.
//! <https://www.postgresql.org/docs/current/datatype.html>

use super::{Case, typed};

pub(super) fn cases() -> Vec<Case> {
    [
        numbers(),
        texts(),
        times(),
        networks(),
        geometry(),
        documents(),
        ranges(),
        arrays(),
        others(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn numbers() -> Vec<Case> {
    vec![
        typed("smallint", "smallint", &["-32768", "32767", "0"], "1"),
        typed("integer", "integer", &["-2147483648", "2147483647"], "0"),
        typed(
            "bigint",
            "bigint",
            &["-9223372036854775808", "9223372036854775807"],
            "0",
        ),
        typed(
            "numeric",
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
        typed(
            "numeric(10,2)",
            "numeric(10,2)",
            &["1", "12345678.90", "'NaN'", "0.005"],
            "-1.5",
        ),
        typed("numeric(4,-2)", "numeric(4,-2)", &["123456", "-50"], "949"),
        typed(
            "real",
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
        typed(
            "double precision",
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
        typed(
            "money",
            "money",
            &["'1.50'::money", "'-92233720368547758.08'::money"],
            "3::money",
        ),
        typed(
            "boolean",
            "boolean",
            &["true", "false"],
            "NOT coalesce(v, false)",
        ),
    ]
}

fn texts() -> Vec<Case> {
    vec![
        typed(
            "text",
            "text",
            &[
                "''",
                "' a '",
                "E'O''Brien \\\\ \\n\\t\\x01'",
                "'e\u{301} \u{202e}rtl\u{202c} 😀'",
            ],
            "'A'",
        ),
        typed(
            "varchar(10)",
            "varchar(10)",
            &["''", "'0123456789'", "'ééééé  '", "'x         '"],
            "'y  '",
        ),
        typed("varchar", "varchar", &["''", "'any length'"], "'y'"),
        typed(
            "char(5)",
            "char(5)",
            &["'ab'", "'ab   '", "''", "'abcde'"],
            "'c'",
        ),
        typed("char", "char", &["'a'", "' '"], "'b'"),
        typed("bpchar", "bpchar", &["'a  '", "'long enough '"], "'b'"),
        typed(
            "one byte char",
            "\"char\"",
            &["'a'", "''", "E'\\\\001'"],
            "'z'",
        ),
        typed("name", "name", &["'pg_class'", "''"], "'x'"),
        typed(
            "bytea",
            "bytea",
            &["'\\x00ff'", "''", "decode('5c27', 'hex')"],
            "'\\xdeadbeef'",
        ),
    ]
}

fn times() -> Vec<Case> {
    vec![
        typed(
            "date",
            "date",
            &[
                "'infinity'",
                "'-infinity'",
                "'4713-01-01 BC'",
                "'5874897-12-31'",
            ],
            "'2000-02-29'",
        ),
        typed(
            "time",
            "time",
            &["'00:00'", "'24:00'", "'23:59:59.999999'"],
            "'12:00'",
        ),
        typed(
            "time(0)",
            "time(0)",
            &["'23:59:59.6'", "'01:02:03.4'"],
            "'12:00'",
        ),
        typed(
            "timetz",
            "timetz",
            &["'12:00+14'", "'12:00-15:59'", "'24:00 UTC'"],
            "'01:00:00.000001+00:30'",
        ),
        typed(
            "timestamp",
            "timestamp",
            &["'infinity'", "'-infinity'", "'4713-01-01 00:00 BC'"],
            "'2000-01-01 00:00:00.000001'",
        ),
        typed(
            "timestamp(3)",
            "timestamp(3)",
            &["'2000-01-01 00:00:00.0005'"],
            "'2000-01-01 00:00:00.9999'",
        ),
        typed(
            "timestamptz",
            "timestamptz",
            &[
                "'infinity'",
                "'-infinity'",
                "'2021-11-07 01:30 America/New_York'",
            ],
            "'1999-01-08 BC'",
        ),
        typed(
            "interval",
            "interval",
            &[
                "'1 mon'",
                "'30 days'",
                "'720 hours'",
                "'-1 mon +2 days -00:00:00.000001'",
            ],
            "'178000000 years'",
        ),
        typed(
            "interval day to second(2)",
            "interval day to second(2)",
            &["'1 day 00:00:01.239'"],
            "'-1 day'",
        ),
        typed(
            "interval year",
            "interval year",
            &["'18 mons'", "'1 year'"],
            "'2 years'",
        ),
    ]
}

fn networks() -> Vec<Case> {
    vec![
        typed(
            "inet",
            "inet",
            &[
                "'10.1.2.3/8'",
                "'10.1.2.3'",
                "'::1/128'",
                "'::ffff:1.2.3.4'",
            ],
            "'0.0.0.0/0'",
        ),
        typed(
            "cidr",
            "cidr",
            &["'10.0.0.0/8'", "'2001:db8::/32'"],
            "'0.0.0.0/0'",
        ),
        typed(
            "macaddr",
            "macaddr",
            &["'08:00:2b:01:02:03'"],
            "'ff:ff:ff:ff:ff:ff'",
        ),
        typed(
            "macaddr8",
            "macaddr8",
            &["'08:00:2b:01:02:03:04:05'"],
            "'ff:ff:ff:ff:ff:ff:ff:ff'",
        ),
        typed(
            "uuid",
            "uuid",
            &[
                "'00000000-0000-0000-0000-000000000000'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            ],
            "gen_random_uuid()",
        ),
    ]
}

fn geometry() -> Vec<Case> {
    vec![
        typed(
            "point",
            "point",
            &["'(1,2)'", "'(NaN,-0)'", "'(1e-7,Infinity)'"],
            "'(0,0)'",
        ),
        typed("line", "line", &["'{1,2,3}'"], "'{-1,0,0.1}'"),
        typed(
            "lseg",
            "lseg",
            &["'[(0,0),(1,1)]'", "'[(1,1),(0,0)]'"],
            "'[(0,0),(0,0)]'",
        ),
        typed(
            "box",
            "box",
            &["'(2,2),(0,0)'", "'(4,1),(0,0)'"],
            "'(0,0),(0,0)'",
        ),
        typed(
            "path",
            "path",
            &["'[(0,0),(1,1)]'", "'((0,0),(1,1))'"],
            "'[(0,0)]'",
        ),
        typed(
            "polygon",
            "polygon",
            &["'((0,0),(1,1),(2,0))'", "'((1,1),(2,0),(0,0))'"],
            "'((0,0))'",
        ),
        typed(
            "circle",
            "circle",
            &["'<(0,0),1>'", "'<(1,0),1>'"],
            "'<(0,0),0>'",
        ),
    ]
}

fn documents() -> Vec<Case> {
    vec![
        typed(
            "json",
            "json",
            &[
                "'{\"a\":1, \"a\" : 2}'",
                "'null'",
                "' [1.0,1.00] '",
                "'\"\\u00e9\"'",
            ],
            "'{}'",
        ),
        typed(
            "jsonb",
            "jsonb",
            &["'{\"b\":1,\"a\":null}'", "'null'", "'[1.0,1.00,1e5]'"],
            "'{}'",
        ),
        typed(
            "jsonpath",
            "jsonpath",
            &["'$.a[*] ? (@ > 1)'", "'strict $'"],
            "'lax $.b'",
        ),
        typed(
            "xml",
            "xml",
            &["'<a b=\"1\"/>'", "'<a>&lt;</a>'", "'text only'"],
            "'<b></b>'",
        ),
        typed("tsvector", "tsvector", &["'fat:2A cat:1'", "''"], "'x'"),
        typed(
            "tsquery",
            "tsquery",
            &["'fat & !rat'", "'a <2> b'", "''"],
            "'x:*'",
        ),
    ]
}

fn ranges() -> Vec<Case> {
    vec![
        typed(
            "int4range",
            "int4range",
            &["'[1,5]'", "'empty'", "'(,)'"],
            "'[1,)'",
        ),
        typed("int8range", "int8range", &["'(1,5)'", "'empty'"], "'[1,)'"),
        typed(
            "numrange",
            "numrange",
            &["'[1.0,1.00]'", "'(0.1,)'"],
            "'[1,2)'",
        ),
        typed(
            "tsrange",
            "tsrange",
            &["'[2000-01-01,infinity]'"],
            "'(,2000-01-01)'",
        ),
        typed(
            "tstzrange",
            "tstzrange",
            &["'[2000-01-01 00:00+05,2001-01-01)'"],
            "'(,)'",
        ),
        typed(
            "daterange",
            "daterange",
            &["'[2000-01-01,2000-01-31]'"],
            "'empty'",
        ),
        typed(
            "int4multirange",
            "int4multirange",
            &["'{[1,2),[5,7)}'", "'{}'"],
            "'{[1,9)}'",
        ),
        typed(
            "int8multirange",
            "int8multirange",
            &["'{[1,2),[5,7)}'"],
            "'{}'",
        ),
        typed(
            "nummultirange",
            "nummultirange",
            &["'{[1.5,2.50),(3,)}'"],
            "'{}'",
        ),
        typed(
            "tsmultirange",
            "tsmultirange",
            &["'{[2000-01-01,2000-01-02)}'"],
            "'{}'",
        ),
        typed(
            "tstzmultirange",
            "tstzmultirange",
            &["'{[2000-01-01,2000-01-02)}'"],
            "'{}'",
        ),
        typed(
            "datemultirange",
            "datemultirange",
            &["'{[2000-01-01,2000-01-03),[2001-01-01,)}'"],
            "'{}'",
        ),
    ]
}

fn arrays() -> Vec<Case> {
    vec![
        typed(
            "integer[]",
            "integer[]",
            &["'{}'", "'{1,NULL,3}'", "'[-1:1]={1,2,3}'"],
            "'{9}'",
        ),
        typed(
            "integer[][]",
            "integer[][]",
            &["'{{1,2},{3,4}}'", "'[0:0][5:6]={{1,2}}'"],
            "'{{{1}}}'",
        ),
        typed(
            "text[]",
            "text[]",
            &["'{}'", "ARRAY['a,b', '\"', NULL, 'NULL', '']"],
            "'{x}'",
        ),
        typed("varchar(3)[]", "varchar(3)[]", &["'{abc,d}'"], "'{x}'"),
        typed("char(3)[]", "char(3)[]", &["'{abc,d}'", "'{}'"], "'{x}'"),
        typed(
            "numeric(5,1)[]",
            "numeric(5,1)[]",
            &["'{1.25,NaN}'"],
            "'{0}'",
        ),
        typed(
            "timestamptz(0)[]",
            "timestamptz(0)[]",
            &["'{infinity,2000-01-01 00:00:00.5}'"],
            "'{}'",
        ),
        typed("bytea[]", "bytea[]", &["ARRAY['\\x00'::bytea, '']"], "'{}'"),
        typed(
            "jsonb[]",
            "jsonb[]",
            &["ARRAY['{\"a\":[1]}'::jsonb, 'null']"],
            "'{}'",
        ),
        typed("bit(3)[]", "bit(3)[]", &["'{101,000}'"], "'{}'"),
        typed(
            "int4range[]",
            "int4range[]",
            &["ARRAY['[1,2]'::int4range, 'empty']"],
            "'{}'",
        ),
        typed("point[]", "point[]", &["'{\"(1,2)\",\"(3,4)\"}'"], "'{}'"),
    ]
}

fn others() -> Vec<Case> {
    vec![
        typed("bit", "bit", &["B'1'", "B'0'"], "B'1'"),
        typed(
            "bit(8)",
            "bit(8)",
            &["B'10101010'", "B'00000000'"],
            "B'11111111'",
        ),
        typed(
            "varbit",
            "varbit",
            &["B''", "B'101'", "B'000000000000'"],
            "B'1'",
        ),
        typed("varbit(4)", "varbit(4)", &["B''", "B'1010'"], "B'1'"),
        typed("oid", "oid", &["0", "4294967295"], "1"),
        typed(
            "regclass",
            "regclass",
            &["'pg_class'", "'pg_type'"],
            "'pg_proc'",
        ),
        typed("regtype", "regtype", &["'integer'"], "'text'"),
        typed(
            "pg_lsn",
            "pg_lsn",
            &["'0/0'", "'FFFFFFFF/FFFFFFFF'"],
            "'1/2'",
        ),
        typed("pg_lsn[]", "pg_lsn[]", &["'{0/0,1/1}'"], "'{}'"),
        typed(
            "pg_snapshot",
            "pg_snapshot",
            &["'10:20:10,14,15'"],
            "'1:1:'",
        ),
        typed(
            "txid_snapshot",
            "txid_snapshot",
            &["'10:20:10,14,15'"],
            "'1:1:'",
        ),
        typed("xid8", "xid8", &["'42'"], "'18446744073709551615'"),
        typed("tid", "tid", &["'(1,2)'"], "'(0,0)'"),
        typed("int2vector", "int2vector", &["'1 2 3'"], "'1'"),
        typed("refcursor", "refcursor", &["'c'"], "'d'"),
        typed(
            "aclitem",
            "aclitem",
            &["makeaclitem(10, 10, 'SELECT', false)"],
            "makeaclitem(10, 10, 'INSERT', true)",
        ),
    ]
}
