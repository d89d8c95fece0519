//! What is tried on the rows of a history.

/// Rows of the attacker's own transaction, in all words for changing them, and rows of
/// others.
pub(super) const ATTACKS: [&str; 27] = [
    "UPDATE audit.item_audit SET audit_id = DEFAULT WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT WHERE audit_id = (SELECT max(audit_id) FROM audit.item_audit)",
    "UPDATE audit.item_audit SET audit_id = audit_id WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = audit_id + 1000000 WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = -audit_id WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET v = v WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET v = 'forged' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, v = 'forged' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, id = 1 WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_operation = 'D' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_username = 'bob' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_request_id = gen_random_uuid() WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_operation_timestamp = '1999-01-01' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_transaction_timestamp = '1999-01-01' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_transaction_id = 3 WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_session_user = 'x', audit_current_user = 'x' WHERE audit_transaction_id = txid_current()",
    "UPDATE audit.item_audit SET audit_id = DEFAULT WHERE id = 1",
    "UPDATE audit.item_audit SET audit_id = DEFAULT, audit_transaction_id = txid_current(), audit_transaction_timestamp = now() WHERE id = 1",
    "UPDATE audit.item_audit SET audit_id = DEFAULT",
    "DELETE FROM audit.item_audit WHERE audit_transaction_id = txid_current()",
    "TRUNCATE audit.item_audit",
    "INSERT INTO audit.item_audit OVERRIDING SYSTEM VALUE
         SELECT * FROM audit.item_audit WHERE audit_transaction_id = txid_current()
         ON CONFLICT (audit_id) DO UPDATE SET audit_id = DEFAULT",
    "MERGE INTO audit.item_audit AS h USING (VALUES (txid_current())) AS mine (number) ON audit_transaction_id = number
         WHEN MATCHED THEN UPDATE SET audit_id = DEFAULT",
    "CREATE VIEW mine.history AS SELECT * FROM audit.item_audit WHERE audit_transaction_id = txid_current();
         UPDATE mine.history SET audit_id = DEFAULT",
    "CREATE TABLE mine.bell (n integer);
         CREATE FUNCTION mine.answer() RETURNS trigger LANGUAGE plpgsql AS $answer$ BEGIN
             IF pg_catalog.pg_trigger_depth() < 3 THEN
                 INSERT INTO mine.bell VALUES (2);
             ELSE
                 UPDATE audit.item_audit SET audit_id = DEFAULT WHERE audit_transaction_id = txid_current();
             END IF;
             RETURN NEW;
         END $answer$;
         CREATE TRIGGER answer AFTER INSERT ON mine.bell FOR EACH ROW EXECUTE FUNCTION mine.answer();
         ALTER TABLE mine.bell ENABLE ALWAYS TRIGGER answer;
         INSERT INTO mine.bell VALUES (1)",
    "CREATE TABLE mine.late (n integer);
         CREATE FUNCTION mine.wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $wait$ BEGIN
             UPDATE audit.item_audit SET audit_id = DEFAULT WHERE audit_transaction_id = txid_current();
             RETURN NULL;
         END $wait$;
         CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON mine.late DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION mine.wait();
         ALTER TABLE mine.late ENABLE ALWAYS TRIGGER wait;
         INSERT INTO mine.late VALUES (1); SET CONSTRAINTS ALL IMMEDIATE",
    "DO $do$ DECLARE h CURSOR FOR SELECT FROM audit.item_audit WHERE audit_transaction_id = txid_current() FOR UPDATE;
         BEGIN OPEN h; MOVE h; UPDATE audit.item_audit SET audit_id = DEFAULT WHERE CURRENT OF h; END $do$",
];

/// Names that a door could have.
pub(super) const FORGED_SETTINGS: [&str; 8] = [
    "audit.order",
    "audit.door",
    "audit.renumber",
    "audit.append_only",
    "diesel_audit.order",
    "diesel_audit.door",
    "diesel_audit.renumber",
    "diesel_audit.append_only",
];

/// Signature, result and value.
pub(super) const HOSTILE_FUNCTIONS: [(&str, &str, &str); 8] = [
    (
        "txid_current()",
        "bigint",
        "(SELECT max(audit_transaction_id) FROM audit.item_audit)",
    ),
    (
        "pg_current_xact_id()",
        "xid8",
        "(SELECT max(audit_transaction_id)::text::xid8 FROM audit.item_audit)",
    ),
    (
        "now()",
        "timestamptz",
        "(SELECT max(audit_transaction_timestamp) FROM audit.item_audit)",
    ),
    ("pg_trigger_depth()", "integer", "2"),
    ("current_setting(text)", "text", "''on''"),
    ("current_setting(text, boolean)", "text", "''on''"),
    ("pg_has_role(name, text)", "boolean", "true"),
    ("pg_has_role(oid, text)", "boolean", "true"),
];

pub(super) const HOSTILE_OPERATORS: [&str; 6] = ["=", "<>", ">=", "<=", "*=", "*<>"];
