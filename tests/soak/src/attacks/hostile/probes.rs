//! Statements that do call what is hostile, so that the counting is known to see it: by each way
//! in which PostgreSQL looks a name up, and in each state of a transaction.

use diesel::connection::SimpleConnection;

use super::paths::Path;
use super::stage::{Outcome, Stage};

const LAST: &[(&str, &str)] = &[
    (
        "an operator by a cast",
        "SELECT 'pg_class'::regclass = 1259::oid",
    ),
    (
        "an operator of arrays",
        "SELECT ARRAY['a'] = ARRAY['b'::text]",
    ),
    (
        "an operator of an enum",
        "SELECT 'free'::shop.plan <> 'paid'",
    ),
    (
        "an operator of a domain",
        "SELECT 'a'::shop.email = 'a'::shop.email",
    ),
    (
        "an operator of rows",
        "SELECT a = b FROM shop.plain AS a, shop.plain AS b",
    ),
    ("IN", "SELECT 'pg_class'::regclass IN (1::oid, 2::oid)"),
    (
        "ANY",
        "SELECT 'pg_class'::regclass = ANY (ARRAY[1::oid, 2::oid])",
    ),
    (
        "IS DISTINCT FROM",
        "SELECT 'pg_class'::regclass IS DISTINCT FROM 1::oid",
    ),
    ("NULLIF", "SELECT NULLIF('pg_class'::regclass, 1::oid)"),
    (
        "CASE",
        "SELECT CASE 'pg_class'::regclass WHEN 1::oid THEN 2 END",
    ),
    ("LIKE", "SELECT 'a'::varchar LIKE 'b'::varchar"),
    (
        "a join",
        "SELECT FROM (SELECT 1::oid AS x) AS a JOIN (SELECT 1::regclass AS x) AS b USING (x)",
    ),
    ("a function by a cast", "SELECT btrim('a'::name, 'b'::name)"),
    (
        "a variadic function",
        "SELECT format('%s %s', 'a'::name, 1::oid)",
    ),
    (
        "an aggregate",
        "SELECT string_agg(x, '') FROM (VALUES ('a'::name)) AS v (x)",
    ),
    ("a set", "SELECT * FROM unnest(ARRAY[1::oid])"),
    (
        "a transaction that is rolled back",
        "BEGIN; SELECT 'pg_class'::regclass = 1::oid; ROLLBACK",
    ),
    (
        "a transaction that fails",
        "BEGIN; SELECT 'pg_class'::regclass = 1::oid; SAVEPOINT s; ROLLBACK TO s; ROLLBACK",
    ),
    (
        "a transaction that reads",
        "BEGIN READ ONLY; SELECT 'pg_class'::regclass = 1::oid; COMMIT",
    ),
    (
        "a trigger without a path of its own",
        "UPDATE shop.plain SET name = 'b'",
    ),
    (
        "a block",
        "DO $$ BEGIN IF 'pg_class'::regclass = 1::oid THEN RETURN; END IF; END $$",
    ),
];

const FIRST: &[(&str, &str)] = &[
    ("an operator that pg_catalog has", "SELECT 1 = 1"),
    (
        "an operator of records",
        "SELECT ROW(1)::record *= ROW(2)::record",
    ),
    (
        "a function that pg_catalog has",
        "SELECT current_setting('search_path')",
    ),
    ("a function without arguments", "SELECT now()"),
    (
        "an aggregate of everything",
        "SELECT count(*) FROM shop.plain",
    ),
    ("a type", "SELECT 'a'::text"),
    ("a relation", "SELECT FROM pg_class"),
];

const TEMPORARY: &[(&str, &str)] = &[
    ("a type of the session", "SELECT 'a'::text"),
    ("a relation of the session", "SELECT FROM pg_class"),
];

/// In the schemas of the default path.
const DEFAULT: &[(&str, &str)] = &[
    (
        "an operator in public",
        "SELECT 'pg_class'::regclass = 1::oid",
    ),
    (
        "a function in the user's schema",
        "SELECT btrim('a'::name, 'b'::name)",
    ),
];

/// A function of the form that a trigger of ours has, with nothing about it that keeps hostile
/// objects away.
const TRIGGER: &str = "
    CREATE FUNCTION shop.unpinned() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF NEW.plan IS DISTINCT FROM OLD.plan OR OLD IS DISTINCT FROM NEW THEN
            RETURN NULL;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER unpinned AFTER UPDATE ON shop.plain FOR EACH ROW EXECUTE FUNCTION shop.unpinned()";

/// Something that is made of a hostile operator, and something that is called later.
const BOUND: &str = "
    CREATE SCHEMA trail; CREATE FUNCTION trail.bound(a regclass, b oid) RETURNS boolean BEGIN ATOMIC SELECT a = b; END";

/// Gives how many there are, and the names of those that were not seen.
pub(super) fn run(stage: &mut Stage) -> Outcome<(usize, Vec<&'static str>)> {
    let mut probes = 0;
    let mut missed = Vec::new();
    let role = stage.roles.superuser.clone();
    let before = std::mem::take(&mut stage.report);
    stage
        .conn
        .batch_execute("INSERT INTO shop.plain (id) VALUES (1)")?;
    stage.conn.batch_execute(TRIGGER)?;
    for (path, statements) in [
        (Path::Last, LAST),
        (Path::First, FIRST),
        (Path::Default, DEFAULT),
        (Path::Temporary, TEMPORARY),
    ] {
        stage.take(path)?;
        for &(name, statement) in statements {
            probes += 1;
            stage.act(name, &role, |conn| Ok(conn.batch_execute(statement)?))?;
            if stage.report.last_calls() == 0 || stage.report.failures() > 0 {
                missed.push(name);
            }
        }
    }
    stage.take(Path::Last)?;
    stage.act("makes", &role, |conn| Ok(conn.batch_execute(BOUND)?))?;
    stage.look_for_bound(&role)?;
    probes += 1;
    if stage.report.last_calls() == 0 {
        missed.push("a function that was made of something hostile");
    }
    stage.conn.batch_execute(
        "TRUNCATE shop.plain; DROP FUNCTION shop.unpinned() CASCADE; DROP SCHEMA trail CASCADE",
    )?;
    stage.report = before;
    Ok((probes, missed))
}
