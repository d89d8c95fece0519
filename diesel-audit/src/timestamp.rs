//! A point in time as PostgreSQL stores it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Timestamptz};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// PostgreSQL counts from 2000-01-01, everybody else from 1970-01-01.
const UNIX_SECONDS_OF_EPOCH: i64 = 946_684_800;

/// A point in time, exact to the microsecond as PostgreSQL stores it: the
/// columns `audit_operation_timestamp` and `audit_transaction_timestamp`.
///
/// It is the same type whichever features are on, so that the audit structs
/// do not change with them; convert it into [`SystemTime`], into
/// `chrono::DateTime<Utc>` (feature `chrono`) or into `time::OffsetDateTime`
/// (feature `time`). Comparing it in queries needs no conversion.
///
/// <https://www.postgresql.org/docs/current/datatype-datetime.html>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point in time this many microseconds after 2000-01-01 00:00:00 UTC,
    /// which is how PostgreSQL sends it. The two ends of `i64` are
    /// PostgreSQL's `-infinity` and `infinity`.
    pub const fn from_postgres_microseconds(microseconds: i64) -> Timestamp {
        Timestamp(microseconds)
    }

    /// The microseconds since 2000-01-01 00:00:00 UTC.
    pub const fn postgres_microseconds(self) -> i64 {
        self.0
    }

    const fn is_infinite(self) -> bool {
        self.0 == i64::MAX || self.0 == i64::MIN
    }

    /// Whole seconds since 1970 and the microseconds above them; nothing for
    /// the two infinities.
    fn unix(self) -> Option<(i64, u32)> {
        if self.is_infinite() {
            return None;
        }
        let seconds = self.0.div_euclid(MICROS_PER_SECOND) + UNIX_SECONDS_OF_EPOCH;
        let micros = u32::try_from(self.0.rem_euclid(MICROS_PER_SECOND)).ok()?;
        Some((seconds, micros))
    }

    fn from_unix(seconds: i64, micros: u32) -> Option<Timestamp> {
        let micros = seconds
            .checked_sub(UNIX_SECONDS_OF_EPOCH)?
            .checked_mul(MICROS_PER_SECOND)?
            .checked_add(i64::from(micros))?;
        Some(Timestamp(micros)).filter(|timestamp| !timestamp.is_infinite())
    }
}

/// Shows the time as RFC 3339 does, in UTC and with six decimals:
/// `2024-02-29T12:00:00.000000Z`.
///
/// Years above 9999 have a `+`, years before 1 a `-`, as ISO 8601 counts them;
/// the infinities read as PostgreSQL spells them.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((seconds, micros)) = self.unix() else {
            return f.pad(if self.0 > 0 { "infinity" } else { "-infinity" });
        };
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let second = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let year = match year {
            0..=9999 => format!("{year:04}"),
            _ => format!("{year:+05}"),
        };
        f.pad(&format!(
            "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        ))
    }
}

/// Shows what [`Display`](fmt::Display) shows: rows are read by people.
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

/// Year, month and day of the proleptic Gregorian calendar, for days since
/// 1970-01-01.
///
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the leap day is the last of its year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

impl FromSql<Timestamptz, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Pg>>::from_sql(value).map(Timestamp)
    }
}

impl ToSql<Timestamptz, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<BigInt, Pg>::to_sql(&self.0, out)
    }
}

/// A point in time that the other type has no value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampOutOfRange;

impl fmt::Display for TimestampOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the point in time is infinite or outside of the range of the other type")
    }
}

impl std::error::Error for TimestampOutOfRange {}

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampOutOfRange;

    fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
        let (seconds, micros) = timestamp.unix().ok_or(TimestampOutOfRange)?;
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let at = if seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        at.and_then(|at| at.checked_add(Duration::from_micros(micros.into())))
            .ok_or(TimestampOutOfRange)
    }
}

/// What is below a microsecond is cut off, towards the past.
impl TryFrom<SystemTime> for Timestamp {
    type Error = TimestampOutOfRange;

    fn try_from(time: SystemTime) -> Result<Self, Self::Error> {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i128::try_from(after.as_nanos()),
            Err(before) => i128::try_from(before.duration().as_nanos()).map(|nanos| -nanos),
        }
        .map_err(|_| TimestampOutOfRange)?
        .div_euclid(1000);
        let million = i128::from(MICROS_PER_SECOND);
        i64::try_from(micros.div_euclid(million))
            .ok()
            .zip(u32::try_from(micros.rem_euclid(million)).ok())
            .and_then(|(seconds, micros)| Timestamp::from_unix(seconds, micros))
            .ok_or(TimestampOutOfRange)
    }
}

#[cfg(feature = "chrono")]
mod with_chrono {
    use chrono::{DateTime, Utc};

    use super::{Timestamp, TimestampOutOfRange};

    impl TryFrom<Timestamp> for DateTime<Utc> {
        type Error = TimestampOutOfRange;

        fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
            timestamp
                .unix()
                .and_then(|(seconds, micros)| DateTime::from_timestamp(seconds, micros * 1000))
                .ok_or(TimestampOutOfRange)
        }
    }

    /// What is below a microsecond is cut off, towards the past.
    impl TryFrom<DateTime<Utc>> for Timestamp {
        type Error = TimestampOutOfRange;

        fn try_from(time: DateTime<Utc>) -> Result<Self, Self::Error> {
            // A leap second counts as the end of the second before it.
            let micros = time.timestamp_subsec_micros().min(999_999);
            Timestamp::from_unix(time.timestamp(), micros).ok_or(TimestampOutOfRange)
        }
    }
}

#[cfg(feature = "time")]
mod with_time {
    use time::OffsetDateTime;

    use super::{Timestamp, TimestampOutOfRange};

    impl TryFrom<Timestamp> for OffsetDateTime {
        type Error = TimestampOutOfRange;

        fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
            let (seconds, micros) = timestamp.unix().ok_or(TimestampOutOfRange)?;
            OffsetDateTime::from_unix_timestamp(seconds)
                .and_then(|at| at.replace_microsecond(micros))
                .map_err(|_| TimestampOutOfRange)
        }
    }

    /// What is below a microsecond is cut off, towards the past.
    impl TryFrom<OffsetDateTime> for Timestamp {
        type Error = TimestampOutOfRange;

        fn try_from(time: OffsetDateTime) -> Result<Self, Self::Error> {
            Timestamp::from_unix(time.unix_timestamp(), time.microsecond())
                .ok_or(TimestampOutOfRange)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The epochs, the ends of months and centuries, and both infinities'
    /// neighbours.
    fn samples() -> impl Iterator<Item = Timestamp> {
        let around = [0, 1, -1, 999_999, MICROS_PER_SECOND * SECONDS_PER_DAY - 1];
        let days = (-2_000_000..2_000_000).step_by(997).chain(-800..800);
        days.flat_map(move |day| {
            around.map(|micros| Timestamp(day * SECONDS_PER_DAY * MICROS_PER_SECOND + micros))
        })
    }

    #[test]
    fn shown_as_rfc_3339() {
        let shown = |micros| Timestamp(micros).to_string();
        assert_eq!(shown(0), "2000-01-01T00:00:00.000000Z");
        assert_eq!(shown(-1), "1999-12-31T23:59:59.999999Z");
        assert_eq!(shown(762_480_000_000_001), "2024-02-29T00:00:00.000001Z");
        assert_eq!(shown(i64::MAX), "infinity");
        assert_eq!(shown(i64::MIN), "-infinity");
        assert_eq!(shown(i64::MAX - 1), "+294277-01-09T04:00:54.775806Z");
        assert_eq!(
            format!("{:>29}|", Timestamp(0)),
            "  2000-01-01T00:00:00.000000Z|"
        );
    }

    #[test]
    fn system_time_and_back() {
        for timestamp in samples() {
            let time = SystemTime::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
        assert_eq!(
            SystemTime::try_from(Timestamp(i64::MAX)),
            Err(TimestampOutOfRange)
        );
        let half = UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(
            Timestamp::try_from(half).unwrap().to_string(),
            "1969-12-31T23:59:59.999999Z"
        );
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn shown_as_chrono_shows_it() {
        use chrono::{DateTime, SecondsFormat, Utc};

        for timestamp in samples() {
            let time = DateTime::<Utc>::try_from(timestamp).unwrap();
            assert_eq!(
                timestamp.to_string(),
                time.to_rfc3339_opts(SecondsFormat::Micros, true)
            );
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
        assert_eq!(
            DateTime::<Utc>::try_from(Timestamp(i64::MIN)),
            Err(TimestampOutOfRange)
        );
        assert_eq!(
            Timestamp::try_from(DateTime::<Utc>::MAX_UTC).map(|_| ()),
            Ok(())
        );
    }

    #[cfg(feature = "time")]
    #[test]
    fn offset_date_time_and_back() {
        use time::OffsetDateTime;

        for timestamp in samples() {
            let time = OffsetDateTime::try_from(timestamp).unwrap();
            assert_eq!(Timestamp::try_from(time), Ok(timestamp));
        }
        let far = Timestamp(i64::MAX - 1);
        assert_eq!(OffsetDateTime::try_from(far), Err(TimestampOutOfRange));
    }
}
