//! Partitioned tables: rows that move, writes past the parent, partitions
//! that come later.

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "by_list",
            "CREATE TABLE by_list (region text, id integer, v text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
             CREATE TABLE by_list_eu PARTITION OF by_list FOR VALUES IN ('eu');
             CREATE TABLE by_list_rest PARTITION OF by_list DEFAULT",
            &[
                ("INSERT INTO by_list VALUES ('eu', 1, 'a'), ('us', 2, 'b')", "II"),
                ("UPDATE by_list SET v = 'c'", "UU"),
                ("UPDATE by_list SET region = 'us' WHERE id = 1", "DI"),
                ("UPDATE by_list SET region = 'uk' WHERE id = 1", "DU"),
                ("INSERT INTO by_list_eu VALUES ('eu', 3, 'direct')", "I"),
                ("UPDATE by_list_eu SET v = 'direct too'", "U"),
                ("DELETE FROM by_list_eu", "D"),
                ("DELETE FROM by_list", "DD"),
            ],
        ),
        Case {
            after_install: Some("CREATE TABLE by_range_new PARTITION OF by_range FOR VALUES FROM (100) TO (200)"),
            ..case(
                "by_range",
                "CREATE TABLE by_range (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
                 CREATE TABLE by_range_low PARTITION OF by_range FOR VALUES FROM (0) TO (100)",
                &[
                    ("INSERT INTO by_range VALUES (1, 'a'), (101, 'b')", "II"),
                    ("UPDATE by_range SET id = 150 WHERE id = 1", "DI"),
                    ("INSERT INTO by_range_new VALUES (199, 'direct')", "I"),
                    ("UPDATE by_range_new SET v = 'x'", "UUU"),
                    ("DELETE FROM by_range_new WHERE id = 199", "D"),
                    ("DELETE FROM by_range", "DD"),
                ],
            )
        },
        Case {
            // An attached table has its columns in an order of its own.
            after_install: Some("CREATE TABLE other_order (v text, gone integer, at date NOT NULL, id integer NOT NULL);
                            ALTER TABLE other_order DROP COLUMN gone;
                            ALTER TABLE levels ATTACH PARTITION other_order FOR VALUES IN (2)"),
            ..case(
                "levels",
                "CREATE TABLE levels (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY LIST (id);
                 CREATE TABLE levels_1 PARTITION OF levels FOR VALUES IN (1) PARTITION BY RANGE (at);
                 CREATE TABLE levels_1_a PARTITION OF levels_1 FOR VALUES FROM ('2000-01-01') TO ('2001-01-01');
                 CREATE TABLE levels_1_b PARTITION OF levels_1 DEFAULT",
                &[
                    ("INSERT INTO levels VALUES (1, '2000-05-05', 'a'), (2, '2000-05-05', 'b')", "II"),
                    ("UPDATE levels SET v = 'c'", "UU"),
                    ("UPDATE levels SET at = '2002-02-02' WHERE id = 1", "DI"),
                    ("UPDATE levels_1 SET at = '2000-03-03'", "DI"),
                    ("INSERT INTO other_order VALUES ('direct', '2003-03-03', 2)", "I"),
                    ("UPDATE levels SET id = 2 WHERE id = 1", "DI"),
                    ("DELETE FROM levels", "DDD"),
                ],
            )
        },
        case(
            "by_hash",
            "CREATE TABLE by_hash (id integer PRIMARY KEY, v text) PARTITION BY HASH (id);
             CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
             CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
            &[
                ("INSERT INTO by_hash SELECT n, 'x' FROM generate_series(1, 6) n", "IIIIII"),
                ("UPDATE by_hash SET v = 'y'", "UUUUUU"),
                ("DELETE FROM by_hash", "DDDDDD"),
            ],
        ),
    ]
}
