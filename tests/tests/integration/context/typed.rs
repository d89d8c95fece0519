//! A struct as a context: each value is stored as it was, or no SQL is sent.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_audit::{
    AuditConnection, AuditContext, AuditError, Audited, SettingProblem, Timestamp, install,
};
use serde_json::json;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::one;

diesel::table! {
    acts (id) {
        id -> Int8,
    }
}

#[derive(Queryable, Selectable, Identifiable, Audited)]
#[diesel(table_name = acts, check_for_backend(diesel::pg::Pg))]
#[audit(context_type = Request)]
struct Act {
    id: i64,
}

/// A field for each type that a setting can have.
#[derive(Clone, AuditContext)]
struct Request<'a> {
    username: String,
    borrowed: &'a str,
    cow: Cow<'a, str>,
    boxed: Box<str>,
    flag: bool,
    small: i16,
    normal: i32,
    big: i64,
    single: f32,
    double: f64,
    utc: DateTime<Utc>,
    offset: DateTime<FixedOffset>,
    time: OffsetDateTime,
    request_id: Uuid,
    document: serde_json::Value,
    #[audit(sql_type = Json)]
    json: &'a str,
    #[audit(sql_type = BigInt)]
    tenant: TenantId,
    #[audit(sql_type = Timestamptz)]
    seen: Timestamp,
    reason: Option<String>,
    job: Option<i32>,
    #[audit(skip)]
    _unsaid: Vec<u8>,
}

#[derive(Clone, Copy)]
struct TenantId(i64);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn request() -> Request<'static> {
    let at = utc(2026, 11, 24);
    Request {
        username: "O'Brien \\ \" $1".to_owned(),
        borrowed: " leading and trailing ",
        cow: "世界 😀\n".into(),
        boxed: "true".into(),
        flag: true,
        small: 0,
        normal: 0,
        big: 0,
        single: 0.1,
        double: 0.1,
        utc: at,
        offset: at.into(),
        time: OffsetDateTime::UNIX_EPOCH,
        request_id: Uuid::from_u128(7),
        document: json!({ "a": [1, null, "x'y"] }),
        json: "{\"b\" :  1}",
        tenant: TenantId(1),
        seen: Timestamp::try_from(at).unwrap(),
        reason: None,
        job: None,
        _unsaid: vec![0],
    }
}

fn utc(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(year, month, day).unwrap();
    day.and_hms_micro_opt(9, 5, 0, 12).unwrap().and_utc()
}

fn connection(database: &audit_test_server::Database) -> PgConnection {
    let mut conn = database.connect();
    // What a session says of dates is not what a value means.
    conn.batch_execute(
        "CREATE TABLE acts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
         SET TimeZone = 'America/St_Johns'; SET DateStyle = 'German, DMY'",
    )
    .unwrap();
    install(&mut conn, &[Act::audited_table().unwrap()]).unwrap();
    conn
}

/// Writes a row, and reads what is recorded of it.
fn written(conn: &mut PgConnection, request: &Request<'_>) -> Result<ActAudit, AuditError> {
    let id = conn.audited(request, |conn| {
        diesel::insert_into(acts::table)
            .default_values()
            .returning(acts::id)
            .get_result(conn)
    })?;
    Ok(Act::history(id).get_result(conn)?)
}

#[test]
fn values_of_each_type_are_stored_as_they_were() {
    let database = audit_test_server::database();
    let conn = &mut connection(&database);
    let mut requests = vec![request()];
    let mut with = |change: &dyn Fn(&mut Request<'static>)| {
        let mut request = request();
        change(&mut request);
        requests.push(request);
    };
    with(&|r| {
        (r.small, r.normal, r.big, r.tenant) = (i16::MIN, i32::MIN, i64::MIN, TenantId(i64::MIN))
    });
    with(&|r| {
        (r.small, r.normal, r.big, r.tenant) = (i16::MAX, i32::MAX, i64::MAX, TenantId(i64::MAX))
    });
    for (single, double) in [
        (f32::MAX, f64::MAX),
        (f32::MIN, f64::MIN),
        (f32::MIN_POSITIVE, f64::MIN_POSITIVE),
        (f32::from_bits(1), f64::from_bits(1)),
        (f32::INFINITY, f64::NEG_INFINITY),
        (f32::NAN, f64::NAN),
        (-0.0, -0.0),
        (16_777_217.0, 0.1 + 0.2),
    ] {
        with(&move |r| (r.single, r.double) = (single, double));
    }
    for (utc, hours, minutes, seconds) in [
        (utc(1, 1, 2), 14, 0, 0),
        (utc(1883, 11, 18), -11, -30, 0),
        (utc(9999, 12, 30), 5, 45, 0),
        (utc(2026, 3, 29), -1, -2, -3),
    ] {
        with(&move |r| {
            let offset = hours * 3600 + minutes * 60 + seconds;
            r.utc = utc;
            r.offset = FixedOffset::east_opt(offset)
                .unwrap()
                .from_utc_datetime(&utc.naive_utc());
            r.time = OffsetDateTime::from_unix_timestamp(utc.timestamp())
                .unwrap()
                .to_offset(UtcOffset::from_whole_seconds(offset).unwrap());
            r.seen = Timestamp::try_from(utc).unwrap();
        });
    }
    with(&|r| (r.reason, r.job) = (Some("\u{202E}x".into()), Some(-1)));
    with(&|r| (r.flag, r.document, r.json) = (false, json!(null), "null"));
    with(&|r| (r.request_id, r.document) = (Uuid::max(), json!(1e300)));

    for request in requests {
        let row = written(conn, &request).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let instant = |at: DateTime<Utc>| Some(Timestamp::try_from(at).unwrap());
        assert_eq!(row.audit_username, text(&request.username));
        assert_eq!(row.audit_borrowed, text(request.borrowed));
        assert_eq!(row.audit_cow, text(&request.cow));
        assert_eq!(row.audit_boxed, text(&request.boxed));
        assert_eq!(row.audit_flag, Some(request.flag));
        assert_eq!(row.audit_small, Some(request.small));
        assert_eq!(row.audit_normal, Some(request.normal));
        assert_eq!(row.audit_big, Some(request.big));
        // By their bits, which tell the zeros apart, and PostgreSQL has one NaN.
        let (single, double) = (row.audit_single.unwrap(), row.audit_double.unwrap());
        assert_eq!(single.to_bits(), request.single.to_bits());
        assert_eq!(double.to_bits(), request.double.to_bits());
        assert_eq!(row.audit_utc, instant(request.utc));
        assert_eq!(row.audit_offset, instant(request.offset.to_utc()));
        let time = DateTime::from_timestamp_nanos(0)
            + chrono::TimeDelta::seconds(request.time.unix_timestamp())
            + chrono::TimeDelta::nanoseconds(request.time.nanosecond().into());
        assert_eq!(row.audit_time, instant(time));
        assert_eq!(row.audit_request_id, Some(request.request_id));
        assert_eq!(row.audit_document, Some(request.document));
        assert_eq!(
            row.audit_json,
            Some(serde_json::from_str(request.json).unwrap())
        );
        assert_eq!(row.audit_tenant, Some(request.tenant.0));
        assert_eq!(row.audit_seen, Some(request.seen));
        assert_eq!(row.audit_reason, request.reason);
        assert_eq!(row.audit_job, request.job);
    }
}

/// The years that PostgreSQL writes in another way than Rust does.
#[test]
fn an_instant_is_never_another_one() {
    let database = audit_test_server::database();
    let conn = &mut connection(&database);
    for year in [-4000, -44, 0, 10_000, 12_026, 262_000] {
        let mut request = request();
        request.utc = utc(year, 3, 15);
        match written(conn, &request) {
            Ok(row) => {
                let expected = Timestamp::try_from(request.utc).unwrap();
                assert_eq!(row.audit_utc, Some(expected), "{year}");
            }
            Err(error) => assert!(
                matches!(error, AuditError::SettingInvalid(_)),
                "{year}: {error}"
            ),
        }
    }
}

#[test]
fn a_value_that_cannot_be_stored_is_refused_before_any_sql() {
    let database = audit_test_server::database();
    let conn = &mut connection(&database);
    let check = |conn: &mut PgConnection, change: fn(&mut Request<'_>), name, problem| {
        let mut request = request();
        change(&mut request);
        let result = conn.audited(&request, |_| -> Result<(), AuditError> {
            panic!("not called")
        });
        match result {
            Err(AuditError::SettingRefused {
                name: of,
                problem: why,
            }) => {
                assert_eq!((of, why), (name, problem));
            }
            other => panic!("{name}: {other:?}"),
        }
    };
    let blank = SettingProblem::Blank;
    check(
        conn,
        |r| r.username = String::new(),
        "username",
        blank.clone(),
    );
    check(conn, |r| r.borrowed = "\u{200B}", "borrowed", blank.clone());
    check(conn, |r| r.reason = Some(" ".into()), "reason", blank);
    check(conn, |r| r.cow = "a\0b".into(), "cow", SettingProblem::Nul);
    let long = SettingProblem::TooLong {
        bytes: 1025,
        max: 1024,
    };
    check(conn, |r| r.boxed = "x".repeat(1025).into(), "boxed", long);
    assert_eq!(one(conn, "SELECT count(*)::text FROM acts"), "0");
    assert_eq!(
        one(conn, "SELECT count(*)::text FROM audit.acts_audit"),
        "0"
    );
}

/// The trigger casts, and nothing is written that it cannot.
#[test]
fn a_text_that_is_not_of_its_type_is_refused_by_the_trigger() {
    let database = audit_test_server::database();
    let conn = &mut connection(&database);
    let mut request = request();
    request.json = "{";
    let error = written(conn, &request).err().unwrap();
    assert!(matches!(error, AuditError::SettingInvalid(_)), "{error}");
    assert_eq!(one(conn, "SELECT count(*)::text FROM acts"), "0");
}

diesel::table! {
    memo (id) { id -> Int4 }
}

#[derive(AuditContext)]
#[audit(max_value_bytes = 4096)]
struct Verbose {
    said: String,
}

#[derive(Audited)]
#[diesel(table_name = memo)]
#[audit(context_type = Verbose, max_value_bytes = 4096)]
#[allow(dead_code)]
struct Memo {
    id: i32,
}

#[test]
fn a_context_and_its_model_may_take_longer_values() {
    let database = audit_test_server::database();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE memo (id int PRIMARY KEY)")
        .unwrap();
    install(conn, &[Memo::audited_table().unwrap()]).unwrap();
    let said = "x".repeat(4096);
    let write = |conn: &mut PgConnection, said: &str| {
        let context = Verbose { said: said.into() };
        conn.audited(&context, |conn| {
            let row = diesel::insert_into(memo::table).values(memo::id.eq(1));
            Ok::<_, AuditError>(row.execute(conn)?)
        })
    };
    let longer = write(conn, &format!("{said}x"));
    assert!(
        matches!(
            longer,
            Err(AuditError::SettingRefused {
                problem: SettingProblem::TooLong { max: 4096, .. },
                ..
            })
        ),
        "{longer:?}"
    );
    assert_eq!(write(conn, &said).unwrap(), 1);
    assert_eq!(one(conn, "SELECT audit_said FROM audit.memo_audit"), said);
}
