//! Types whose column gets another length or precision.

use super::{Kind, Own, own, plain};

/// Two lengths or precisions of one type.
macro_rules! lengths {
    ($wider:literal $wide_value:literal, $narrower:literal $narrow_value:literal) => {
        &[
            own!(
                "wider",
                concat!(
                    "ALTER TABLE t_{n} ALTER v TYPE ",
                    $wider,
                    " USING v::",
                    $wider
                ),
                $wide_value,
            ),
            own!(
                "narrower",
                concat!(
                    "ALTER TABLE t_{n} ALTER v TYPE ",
                    $narrower,
                    " USING v::",
                    $narrower
                ),
                $narrow_value,
            ),
        ]
    };
}

/// The kinds whose column gets another length, or none.
pub(super) fn with_lengths() -> Vec<Kind> {
    let kind = |kind: Kind, own| Kind { own, ..kind };
    vec![
        kind(
            plain(
                "numeric(6,2)",
                ["1.5", "9999.99"],
                ["double precision", "v", "0.1"],
            ),
            lengths!("numeric(12,5)" "3.14159", "numeric(3,1)" "9.9"),
        ),
        kind(
            plain(
                "varchar(5)",
                ["'abc'", "'abcde'"],
                ["text", "v", "'more than five'"],
            ),
            lengths!("varchar(40)" "'longer than five'", "varchar(3)" "'xyz'"),
        ),
        kind(
            plain("char(3)", ["'ab'", "'abc'"], ["text", "v", "'abcd '"]),
            lengths!("char(8)" "'abcdefgh'", "char(2)" "'xy'"),
        ),
        kind(
            plain(
                "time(3)",
                ["'12:00'", "'23:59:59.999'"],
                ["timetz", "v::timetz", "'12:00+05'"],
            ),
            lengths!("time(6)" "'12:00:00.123456'", "time(0)" "'12:00:01'"),
        ),
        kind(
            plain(
                "timetz(3)",
                ["'12:00+01'", "'12:00:00.125-05'"],
                ["time", "v::time", "'12:00:00.5'"],
            ),
            lengths!("timetz(6)" "'12:00:00.123456+14'", "timetz(0)" "'12:00:01+05'"),
        ),
        kind(
            plain(
                "timestamp(3)",
                ["'2000-01-01'", "'2000-01-01 00:00:00.125'"],
                ["timestamptz", "v", "'2000-01-01 12:00+05'"],
            ),
            lengths!("timestamp(6)" "'2000-01-01 00:00:00.123456'", "timestamp(0)" "'1999-12-31 23:59:59'"),
        ),
        kind(
            plain(
                "timestamptz(3)",
                ["'2000-01-01 00:00+00'", "'infinity'"],
                ["timestamp", "v", "'2000-01-01 12:00:00.5'"],
            ),
            lengths!("timestamptz(6)" "'2000-01-01 00:00:00.123456+05'", "timestamptz(0)" "'1999-12-31 23:59:59-05'"),
        ),
        kind(
            plain(
                "interval(3)",
                ["'1 mon'", "'30 days 00:00:00.125'"],
                ["time", "v::time", "'12:34:56.123456'"],
            ),
            lengths!("interval(6)" "'1 day 00:00:00.123456'", "interval(0)" "'720 hours'"),
        ),
        kind(
            plain("bit(3)", ["B'101'", "B'111'"], ["varbit", "v", "B'10101'"]),
            lengths!("bit(8)" "B'10101010'", "bit(2)" "B'11'"),
        ),
        kind(
            plain(
                "varbit(3)",
                ["B'101'", "B'1'"],
                ["bit(9)", "v::bit(9)", "B'101010101'"],
            ),
            lengths!("varbit(9)" "B'101010101'", "varbit(2)" "B'11'"),
        ),
        kind(
            plain(
                "numeric(6,2)[]",
                ["'{{1.5},{NULL}}'", "'[0:0][5:6]={{1,2}}'"],
                ["double precision[]", "v::double precision[]", "'{0.1}'"],
            ),
            lengths!("numeric(12,5)[]" "'{{3.14159,1}}'", "numeric(3,1)[]" "'{9.9}'"),
        ),
    ]
}
