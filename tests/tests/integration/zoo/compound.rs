//! The types that PostgreSQL brings along and that hold several values.
//! <https://www.postgresql.org/docs/current/datatype.html>

use super::need::Need;
use super::{Case, of};

pub(super) fn cases() -> Vec<Case> {
    [geometry(), documents(), ranges(), arrays()]
        .into_iter()
        .flatten()
        .collect()
}

fn geometry() -> Vec<Case> {
    vec![
        of(
            "point",
            &["'(1,2)'", "'(NaN,-0)'", "'(1e-7,Infinity)'"],
            "'(0,0)'",
        ),
        of("line", &["'{1,2,3}'"], "'{-1,0,0.1}'"),
        of(
            "lseg",
            &["'[(0,0),(1,1)]'", "'[(1,1),(0,0)]'"],
            "'[(0,0),(0,0)]'",
        ),
        of("box", &["'(2,2),(0,0)'", "'(4,1),(0,0)'"], "'(0,0),(0,0)'"),
        of("path", &["'[(0,0),(1,1)]'", "'((0,0),(1,1))'"], "'[(0,0)]'"),
        of(
            "polygon",
            &["'((0,0),(1,1),(2,0))'", "'((1,1),(2,0),(0,0))'"],
            "'((0,0))'",
        ),
        of("circle", &["'<(0,0),1>'", "'<(1,0),1>'"], "'<(0,0),0>'"),
    ]
}

fn documents() -> Vec<Case> {
    vec![
        of(
            "json",
            &[
                "'{\"a\":1, \"a\" : 2}'",
                "'null'",
                "' [1.0,1.00] '",
                "'\"\\u00e9\"'",
            ],
            "'{}'",
        ),
        of(
            "jsonb",
            &["'{\"b\":1,\"a\":null}'", "'null'", "'[1.0,1.00,1e5]'"],
            "'{}'",
        ),
        of(
            "jsonpath",
            &["'$.a[*] ? (@ > 1)'", "'strict $'"],
            "'lax $.b'",
        ),
        Case {
            needs: Some(Need::Xml),
            ..of(
                "xml",
                &["'<a b=\"1\"/>'", "'<a>&lt;</a>'", "'text only'"],
                "'<b></b>'",
            )
        },
        of("tsvector", &["'fat:2A cat:1'", "''"], "'x'"),
        of("tsquery", &["'fat & !rat'", "'a <2> b'", "''"], "'x:*'"),
    ]
}

fn ranges() -> Vec<Case> {
    vec![
        of("int4range", &["'[1,5]'", "'empty'", "'(,)'"], "'[1,)'"),
        of("int8range", &["'(1,5)'", "'empty'"], "'[1,)'"),
        of("numrange", &["'[1.0,1.00]'", "'(0.1,)'"], "'[1,2)'"),
        of("tsrange", &["'[2000-01-01,infinity]'"], "'(,2000-01-01)'"),
        of(
            "tstzrange",
            &["'[2000-01-01 00:00+05,2001-01-01)'"],
            "'(,)'",
        ),
        of("daterange", &["'[2000-01-01,2000-01-31]'"], "'empty'"),
        of("int4multirange", &["'{[1,2),[5,7)}'", "'{}'"], "'{[1,9)}'"),
        of("int8multirange", &["'{[1,2),[5,7)}'"], "'{}'"),
        of("nummultirange", &["'{[1.5,2.50),(3,)}'"], "'{}'"),
        of("tsmultirange", &["'{[2000-01-01,2000-01-02)}'"], "'{}'"),
        of("tstzmultirange", &["'{[2000-01-01,2000-01-02)}'"], "'{}'"),
        of(
            "datemultirange",
            &["'{[2000-01-01,2000-01-03),[2001-01-01,)}'"],
            "'{}'",
        ),
    ]
}

fn arrays() -> Vec<Case> {
    vec![
        of(
            "integer[]",
            &["'{}'", "'{1,NULL,3}'", "'[-1:1]={1,2,3}'"],
            "'{9}'",
        ),
        of(
            "integer[][]",
            &["'{{1,2},{3,4}}'", "'[0:0][5:6]={{1,2}}'"],
            "'{{{1}}}'",
        ),
        of(
            "text[]",
            &["'{}'", "ARRAY['a,b', '\"', NULL, 'NULL', '']"],
            "'{x}'",
        ),
        of("varchar(3)[]", &["'{abc,d}'"], "'{x}'"),
        of("char(3)[]", &["'{abc,d}'", "'{}'"], "'{x}'"),
        of("numeric(5,1)[]", &["'{1.25,NaN}'"], "'{0}'"),
        of(
            "timestamptz(0)[]",
            &["'{infinity,2000-01-01 00:00:00.5}'"],
            "'{}'",
        ),
        of("bytea[]", &["ARRAY['\\x00'::bytea, '']"], "'{}'"),
        of("jsonb[]", &["ARRAY['{\"a\":[1]}'::jsonb, 'null']"], "'{}'"),
        of("bit(3)[]", &["'{101,000}'"], "'{}'"),
        of(
            "int4range[]",
            &["ARRAY['[1,2]'::int4range, 'empty']"],
            "'{}'",
        ),
        of("point[]", &["'{\"(1,2)\",\"(3,4)\"}'"], "'{}'"),
    ]
}
