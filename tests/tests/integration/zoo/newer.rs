//! What versions of PostgreSQL after the oldest that we take have brought.

use super::need::Need;
use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    [of_17(), of_18()].into_iter().flatten().collect()
}

fn since(version: i64, case: Case) -> Case {
    Case {
        needs: Some(Need::Version(version)),
        ..case
    }
}

fn of_17() -> Vec<Case> {
    let cases = vec![
        case(
            "partitioned_identity",
            "CREATE TABLE partitioned_identity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text)
                 PARTITION BY RANGE (id);
             CREATE TABLE partitioned_identity_low PARTITION OF partitioned_identity FOR VALUES FROM (0) TO (100);
             CREATE TABLE partitioned_identity_rest PARTITION OF partitioned_identity DEFAULT",
            &[
                ("INSERT INTO partitioned_identity (v) VALUES ('a'), ('b')", "II"),
                ("INSERT INTO partitioned_identity_low (v) VALUES ('direct')", "I"),
                ("UPDATE partitioned_identity SET v = 'c' WHERE id = 1", "U"),
                ("DELETE FROM partitioned_identity", "DDD"),
            ],
        ),
        case(
            "merge_by_source",
            "CREATE TABLE merge_by_source (id integer PRIMARY KEY, v text)",
            &[
                ("INSERT INTO merge_by_source VALUES (1, 'a'), (2, 'b')", "II"),
                (
                    "MERGE INTO merge_by_source m USING (VALUES (2, 'c'), (3, 'd')) AS n (id, v) ON m.id = n.id
                     WHEN NOT MATCHED BY SOURCE THEN DELETE
                     WHEN MATCHED THEN UPDATE SET v = n.v
                     WHEN NOT MATCHED BY TARGET THEN INSERT VALUES (n.id, n.v)
                     RETURNING merge_action(), m.*",
                    "DUI",
                ),
            ],
        ),
    ];
    cases.into_iter().map(|case| since(17, case)).collect()
}

fn of_18() -> Vec<Case> {
    let cases = vec![
        Case {
            excluded: &["twice", "shown"],
            ..case(
                "virtual_excluded",
                "CREATE TABLE virtual_excluded (
                     id integer PRIMARY KEY, a integer,
                     twice integer GENERATED ALWAYS AS (a * 2) VIRTUAL,
                     shown text GENERATED ALWAYS AS ('<' || v || '>'), v text,
                     kept integer GENERATED ALWAYS AS (a * 3) STORED)",
                &[
                    ("INSERT INTO virtual_excluded (id, a, v) VALUES (1, 2, 'x')", "I"),
                    ("UPDATE virtual_excluded SET a = 3 WHERE twice = 4", "U"),
                    ("UPDATE virtual_excluded SET id = 2", "DU"),
                    ("DELETE FROM virtual_excluded WHERE shown = '<x>'", "D"),
                ],
            )
        },
        case(
            "temporal_key",
            "CREATE TABLE temporal_key (id int4range, valid daterange, v text,
                 PRIMARY KEY (id, valid WITHOUT OVERLAPS))",
            &[
                ("INSERT INTO temporal_key VALUES ('[1,2)', '[2000-01-01,2001-01-01)', 'a')", "I"),
                ("INSERT INTO temporal_key VALUES ('[1,2)', '[2001-01-01,2002-01-01)', 'b')", "I"),
                ("UPDATE temporal_key SET v = 'c'", "UU"),
                ("UPDATE temporal_key SET valid = '[2001-06-01,2002-01-01)' WHERE valid @> '2001-07-01'::date", "DU"),
                ("DELETE FROM temporal_key", "DD"),
            ],
        ),
        case(
            "temporal_reference",
            "CREATE TABLE temporal_parent (id int4range, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
             INSERT INTO temporal_parent VALUES ('[1,2)', '[2000-01-01,2001-01-01)');
             CREATE TABLE temporal_reference (id integer PRIMARY KEY, parent int4range, valid daterange,
                 FOREIGN KEY (parent, PERIOD valid) REFERENCES temporal_parent (id, PERIOD valid))",
            &[
                ("INSERT INTO temporal_reference VALUES (1, '[1,2)', '[2000-02-01,2000-03-01)')", "I"),
                ("DELETE FROM temporal_reference", "D"),
            ],
        ),
        case(
            "returning_old_and_new",
            "CREATE TABLE returning_old_and_new (id integer PRIMARY KEY, v text)",
            &[
                ("INSERT INTO returning_old_and_new VALUES (1, 'a') RETURNING old.v, new.v", "I"),
                ("UPDATE returning_old_and_new SET v = 'b' RETURNING old.v, new.v", "U"),
                (
                    "INSERT INTO returning_old_and_new VALUES (1, 'c'), (2, 'd')
                     ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING WITH (OLD AS o, NEW AS n) o.v, n.v",
                    "UI",
                ),
                ("DELETE FROM returning_old_and_new RETURNING old.*, new.*", "DD"),
            ],
        ),
        Case {
            after_install: Some(
                "ALTER TABLE constraints_of_18 ADD CONSTRAINT v_given NOT NULL v NOT VALID;
                 ALTER TABLE constraints_of_18 ADD CONSTRAINT v_short CHECK (length(v) < 3) NOT ENFORCED",
            ),
            ..case(
                "constraints_of_18",
                "CREATE TABLE constraints_of_18 (id integer PRIMARY KEY, v text, w text CONSTRAINT w_given NOT NULL DEFAULT '')",
                &[
                    ("INSERT INTO constraints_of_18 VALUES (1, 'abcdef')", "I"),
                    ("UPDATE constraints_of_18 SET id = 2", "DU"),
                    ("DELETE FROM constraints_of_18", "D"),
                ],
            )
        },
    ];
    cases.into_iter().map(|case| since(18, case)).collect()
}
