//! The faults.

use diesel_audit::Code::{self, *};

/// Who puts a fault right.
pub(super) enum Cure {
    /// The statements that `verify` gives.
    Statements,
    /// Nobody but people: `verify` says so, and gives none.
    People,
}

pub(super) struct Fault {
    pub(super) name: &'static str,
    /// `{database}` is the name of the database.
    pub(super) plant: &'static str,
    /// What `verify` has to find, in its order.
    pub(super) codes: &'static [Code],
    pub(super) cure: Cure,
}

const fn fault(name: &'static str, plant: &'static str, codes: &'static [Code]) -> Fault {
    Fault {
        name,
        plant,
        codes,
        cure: Cure::Statements,
    }
}

const fn for_people(name: &'static str, plant: &'static str, codes: &'static [Code]) -> Fault {
    Fault {
        name,
        plant,
        codes,
        cure: Cure::People,
    }
}

pub(super) const FAULTS: &[Fault] = &[
    fault(
        "trigger dropped",
        r#"DROP TRIGGER "00_log_account_insert" ON account"#,
        &[TriggerMissing],
    ),
    fault(
        "trigger for TRUNCATE dropped",
        r#"DROP TRIGGER "00_log_account_truncate" ON account"#,
        &[TriggerMissing],
    ),
    fault(
        "trigger disabled",
        r#"ALTER TABLE account DISABLE TRIGGER "00_log_account_insert""#,
        &[TriggerDisabled],
    ),
    fault(
        "all triggers disabled",
        "ALTER TABLE account DISABLE TRIGGER USER",
        &[TriggerDisabled],
    ),
    fault(
        "trigger enabled again in the usual way",
        r#"ALTER TABLE account ENABLE TRIGGER "00_log_account_insert""#,
        &[TriggerNotAlways],
    ),
    fault(
        "trigger for replication only",
        r#"ALTER TABLE account ENABLE REPLICA TRIGGER "00_log_account_insert""#,
        &[TriggerNotAlways],
    ),
    fault(
        "trigger disabled on one partition",
        r#"ALTER TABLE booking_high DISABLE TRIGGER "00_log_booking_update""#,
        &[TriggerDisabled],
    ),
    fault(
        "trigger with a condition",
        r#"CREATE OR REPLACE TRIGGER "00_log_account_insert" AFTER INSERT ON account
           FOR EACH ROW WHEN (NEW.id > 5) EXECUTE FUNCTION trail.log_account_insert();
           ALTER TABLE account ENABLE ALWAYS TRIGGER "00_log_account_insert""#,
        &[TriggerDiffers],
    ),
    fault(
        "trigger for one column",
        r#"CREATE OR REPLACE TRIGGER "00_log_account_update" AFTER UPDATE OF owner ON account
           FOR EACH ROW EXECUTE FUNCTION trail.log_account_update();
           ALTER TABLE account ENABLE ALWAYS TRIGGER "00_log_account_update""#,
        &[TriggerDiffers],
    ),
    fault(
        "trigger for another operation",
        r#"CREATE OR REPLACE TRIGGER "00_log_account_insert" AFTER UPDATE ON account
           FOR EACH ROW EXECUTE FUNCTION trail.log_account_insert();
           ALTER TABLE account ENABLE ALWAYS TRIGGER "00_log_account_insert""#,
        &[TriggerDiffers],
    ),
    fault(
        "trigger before the row is written",
        r#"CREATE OR REPLACE TRIGGER "00_log_account_insert" BEFORE INSERT ON account
           FOR EACH ROW EXECUTE FUNCTION trail.log_account_insert();
           ALTER TABLE account ENABLE ALWAYS TRIGGER "00_log_account_insert""#,
        &[TriggerDiffers],
    ),
    fault(
        "trigger deferred to the end",
        r#"DROP TRIGGER "00_log_account_insert" ON account;
           CREATE CONSTRAINT TRIGGER "00_log_account_insert" AFTER INSERT ON account
           DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trail.log_account_insert();
           ALTER TABLE account ENABLE ALWAYS TRIGGER "00_log_account_insert""#,
        &[TriggerDiffers],
    ),
    fault(
        "trigger that calls the function of another table",
        r#"CREATE OR REPLACE TRIGGER "00_log_account_insert" AFTER INSERT ON account
           FOR EACH ROW EXECUTE FUNCTION trail.log_booking_insert();
           ALTER TABLE account ENABLE ALWAYS TRIGGER "00_log_account_insert""#,
        &[TriggerDiffers],
    ),
    fault(
        "another trigger first",
        r#"CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER "00_a" AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION touch()"#,
        &[TriggerOrder],
    ),
    fault(
        "another trigger first, on one partition",
        r#"CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER "00_a" AFTER UPDATE ON booking_low FOR EACH ROW EXECUTE FUNCTION touch()"#,
        &[TriggerOrder],
    ),
    fault(
        "function on a table of somebody else's",
        r#"CREATE TABLE fake (LIKE account);
           CREATE TRIGGER forge AFTER INSERT ON fake FOR EACH ROW EXECUTE FUNCTION trail.log_account_insert()"#,
        &[TriggerElsewhere],
    ),
    fault(
        "table swapped for a copy",
        "CREATE TABLE fresh (LIKE account INCLUDING ALL);
         INSERT INTO fresh SELECT * FROM account;
         ALTER TABLE account RENAME TO account_old;
         ALTER TABLE fresh RENAME TO account",
        &[TriggerMissing, TriggerElsewhere, StateDiffers],
    ),
    fault(
        "function dropped with its triggers",
        "DROP FUNCTION trail.log_account_insert() CASCADE",
        &[FunctionMissing, TriggerMissing],
    ),
    fault(
        "function that records nothing",
        "CREATE OR REPLACE FUNCTION trail.log_account_insert() RETURNS trigger LANGUAGE plpgsql
         SECURITY DEFINER AS 'BEGIN RETURN NULL; END'",
        &[FunctionDiffers],
    ),
    fault(
        "function with the rights of its caller",
        "ALTER FUNCTION trail.log_account_insert() SECURITY INVOKER",
        &[FunctionInvoker],
    ),
    fault(
        "function with a search_path of its own",
        "ALTER FUNCTION trail.log_account_insert() SET search_path = public",
        &[FunctionSettings],
    ),
    fault(
        "function with a setting more",
        "ALTER FUNCTION trail.log_account_insert() SET extra_float_digits = 0",
        &[FunctionSettings],
    ),
    fault(
        "function of the core that lets everything pass",
        "CREATE OR REPLACE FUNCTION diesel_audit.settle(history text, is_stored boolean, source oid, version tid) RETURNS void
         LANGUAGE plpgsql AS 'BEGIN END'",
        &[FunctionDiffers],
    ),
    fault(
        "state of another description",
        "UPDATE diesel_audit.audited SET state = '0' WHERE source = 'account'::regclass",
        &[StateDiffers],
    ),
    fault(
        "name from somewhere else",
        "ALTER TABLE trail.public_account_log ALTER COLUMN audit_username SET DEFAULT 'ada'",
        &[AuditColumnDefault],
    ),
    fault(
        "function of another owner",
        "ALTER FUNCTION trail.log_account_insert() OWNER TO faults_other",
        &[FunctionOwner],
    ),
    fault(
        "owner of the function without a right",
        "REVOKE INSERT ON trail.public_account_log FROM faults_owner",
        &[FunctionRights],
    ),
    fault(
        "function for everybody",
        "GRANT EXECUTE ON FUNCTION trail.log_account_insert() TO PUBLIC",
        &[FunctionGranted],
    ),
    fault(
        "audit table renamed",
        "ALTER TABLE trail.public_account_log RENAME TO aside",
        &[AuditMissing],
    ),
    fault(
        "audit table dropped",
        "DROP TABLE trail.public_booking_log",
        &[AuditMissing],
    ),
    fault(
        "audit table emptied by a crash",
        "ALTER TABLE trail.public_account_log SET UNLOGGED",
        &[AuditUnlogged],
    ),
    fault(
        "audited table that a crash empties",
        "ALTER TABLE account SET UNLOGGED",
        &[SourceUnlogged],
    ),
    fault(
        "audit table without a column",
        "ALTER TABLE trail.public_account_log DROP COLUMN note",
        &[AuditColumnMissing],
    ),
    fault(
        "audit table without a setting's column",
        "ALTER TABLE trail.public_account_log DROP COLUMN audit_batch",
        &[AuditColumnMissing],
    ),
    fault(
        "audit column with a precision",
        "ALTER TABLE trail.public_account_log ALTER COLUMN balance TYPE numeric(14,1)",
        &[AuditColumnType],
    ),
    fault(
        "audit column of another type",
        "ALTER TABLE trail.public_account_log ALTER COLUMN owner TYPE bytea USING owner::bytea",
        &[AuditColumnType],
    ),
    fault(
        "audit column of a domain",
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 3 OR VALUE = 'ada');
         ALTER TABLE trail.public_account_log ALTER COLUMN owner TYPE short",
        &[AuditColumnType],
    ),
    fault(
        "setting's column of another type",
        "ALTER TABLE trail.public_account_log ALTER COLUMN audit_batch TYPE text",
        &[AuditColumnType],
    ),
    fault(
        "source column of another type",
        "ALTER TABLE account ALTER COLUMN note TYPE text",
        &[AuditColumnType],
    ),
    fault(
        "audit column that has to have a value",
        "DELETE FROM trail.public_booking_log;
         ALTER TABLE trail.public_booking_log ALTER COLUMN amount SET NOT NULL",
        &[AuditColumnNotNull],
    ),
    fault(
        "audit column of somebody else's that has to have a value",
        "ALTER TABLE trail.public_booking_log ADD COLUMN more text NOT NULL DEFAULT ''",
        &[AuditColumnNotNull],
    ),
    fault(
        "audit column that is generated",
        "ALTER TABLE trail.public_booking_log DROP COLUMN amount;
         ALTER TABLE trail.public_booking_log ADD COLUMN amount bigint GENERATED ALWAYS AS (audit_id * 2) STORED",
        &[AuditColumnComputed],
    ),
    fault(
        "check constraint on the audit table",
        "ALTER TABLE trail.public_account_log ADD CONSTRAINT small CHECK (balance < 100000000000)",
        &[AuditConstraint],
    ),
    fault(
        "foreign key of the audit table",
        "ALTER TABLE trail.public_account_log ADD CONSTRAINT there FOREIGN KEY (id) REFERENCES account NOT VALID",
        &[AuditConstraint],
    ),
    fault(
        "unique index on the audit table",
        "CREATE UNIQUE INDEX once ON trail.public_account_log (audit_transaction_id, audit_operation_timestamp)",
        &[AuditConstraint],
    ),
    fault(
        "rule on the audit table",
        "CREATE RULE nothing AS ON INSERT TO trail.public_account_log DO INSTEAD NOTHING",
        &[AuditRule],
    ),
    fault(
        "trigger on the audit table",
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER swallow BEFORE INSERT ON trail.public_account_log FOR EACH ROW EXECUTE FUNCTION swallow()",
        &[AuditTrigger],
    ),
    fault(
        "row security of the audit table",
        "ALTER TABLE trail.public_account_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        &[AuditRowSecurity],
    ),
    fault(
        "row security with a policy that refuses",
        "ALTER TABLE trail.public_account_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         CREATE POLICY refuses ON trail.public_account_log FOR INSERT WITH CHECK (id > 5)",
        &[AuditRowSecurity],
    ),
    fault(
        "child of the audit table",
        "CREATE TABLE forged () INHERITS (trail.public_account_log)",
        &[AuditChild],
    ),
    fault(
        "numbers handed out by the block",
        "ALTER SEQUENCE diesel_audit.audit_id CACHE 50",
        &[IdentityDiffers],
    ),
    fault(
        "numbers that count down",
        "ALTER SEQUENCE diesel_audit.audit_id INCREMENT -1 MINVALUE -100 MAXVALUE 9223372036854775807",
        &[IdentityDiffers],
    ),
    fault(
        "numbers of another sequence",
        "CREATE SEQUENCE trail.numbers; ALTER TABLE trail.public_account_log ALTER COLUMN audit_id SET DEFAULT nextval('trail.numbers')",
        &[IdentityDiffers],
    ),
    fault(
        "numbers that begin again",
        "ALTER SEQUENCE diesel_audit.audit_id RESTART WITH 1",
        &[IdentityBehind],
    ),
    fault(
        "numbers without a key",
        "ALTER TABLE trail.public_account_log DROP CONSTRAINT public_account_log_pkey",
        &[AuditKeyMissing],
    ),
    fault(
        "right to insert history",
        "GRANT INSERT ON trail.public_account_log TO faults_application",
        &[AuditGranted],
    ),
    fault(
        "right to change one column of history",
        "GRANT UPDATE (amount) ON trail.public_booking_log TO PUBLIC",
        &[AuditGranted],
    ),
    fault(
        "right to move the numbers",
        "GRANT UPDATE ON SEQUENCE diesel_audit.audit_id TO faults_application",
        &[SequenceGranted],
    ),
    fault(
        "right to create in the schema",
        "GRANT CREATE ON SCHEMA trail TO faults_application",
        &[SchemaGranted],
    ),
    fault(
        "schema of another owner",
        "ALTER SCHEMA trail OWNER TO faults_other",
        &[FunctionRights, SchemaOwner],
    ),
    fault(
        "right to create triggers",
        "GRANT TRIGGER ON account TO faults_application",
        &[SourceTriggerGranted],
    ),
    fault(
        "partition that came later",
        "CREATE TABLE booking_more PARTITION OF booking FOR VALUES FROM (2000) TO (3000)",
        &[TriggerMissing],
    ),
    fault(
        "right to write everywhere",
        "GRANT pg_write_all_data TO faults_application",
        &[WriteAllData],
    ),
    fault(
        "setting of the database",
        "ALTER DATABASE {database} SET audit.username = 'nobody'",
        &[SettingDefault],
    ),
    fault(
        "setting of a role",
        "ALTER ROLE faults_application SET audit.batch = '1'",
        &[SettingDefault],
    ),
    fault(
        "setting of a role in the database",
        "ALTER ROLE faults_application IN DATABASE {database} SET session_replication_role = 'replica'",
        &[SettingDefault],
    ),
    fault(
        "right to silence triggers",
        "GRANT SET ON PARAMETER session_replication_role TO faults_application",
        &[ParameterGranted],
    ),
    fault(
        "child of the audited table",
        "CREATE TABLE unseen () INHERITS (account)",
        &[InheritanceChild],
    ),
    fault(
        "key that is not unique",
        "ALTER TABLE account DROP CONSTRAINT account_pkey",
        &[KeyNotUnique],
    ),
    fault(
        "key that is checked late",
        "ALTER TABLE account DROP CONSTRAINT account_pkey, ADD PRIMARY KEY (id) DEFERRABLE",
        &[KeyDeferrable],
    ),
    fault(
        "append-only without its trigger",
        r#"DROP TRIGGER "00_append_only_row" ON trail.public_account_log"#,
        &[TriggerMissing],
    ),
    fault(
        "append-only switched off",
        "ALTER TABLE trail.public_account_log DISABLE TRIGGER USER",
        &[TriggerDisabled],
    ),
    fault(
        "append-only that lets pass",
        "CREATE OR REPLACE FUNCTION diesel_audit.refuse_change() RETURNS trigger LANGUAGE plpgsql
         SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'",
        &[FunctionDiffers],
    ),
    fault(
        "audit table in partitions, and none for the rest",
        "DROP TABLE trail.public_booking_log;
         CREATE TABLE trail.public_booking_log (
             LIKE diesel_audit.entry, audit_username text, audit_batch bigint,
             id bigint, amount bigint, PRIMARY KEY (audit_id, audit_operation_timestamp)
         ) PARTITION BY RANGE (audit_operation_timestamp);
         ALTER TABLE trail.public_booking_log OWNER TO faults_owner",
        &[AuditPartitionMissing, IdentityDiffers, AuditColumnDefault, StateDiffers],
    ),
    for_people(
        "view in the place of the audit table",
        "ALTER TABLE trail.public_booking_log RENAME TO aside;
         CREATE VIEW trail.public_booking_log AS SELECT * FROM trail.aside",
        &[AuditKind],
    ),
    for_people(
        "column that nobody records",
        "ALTER TABLE account ADD COLUMN secret text",
        &[ColumnUnrecorded],
    ),
    fault(
        "key of the digests gone",
        "DELETE FROM diesel_audit.hash_key",
        &[HashKeyMissing],
    ),
    fault(
        "key of the digests for everybody",
        "GRANT SELECT ON diesel_audit.hash_key TO PUBLIC",
        &[HashKeyGranted],
    ),
    for_people(
        "values from before the digests",
        "ALTER TABLE trail.public_account_log ADD COLUMN pin text",
        &[RedactedValueKept],
    ),
    for_people(
        "column that is gone",
        "ALTER TABLE account DROP COLUMN note",
        &[ColumnMissing],
    ),
    for_people(
        "column under another name",
        "ALTER TABLE account RENAME COLUMN note TO remark",
        &[ColumnUnrecorded, ColumnMissing],
    ),
    for_people(
        "table under another name",
        "ALTER TABLE booking RENAME TO bookings",
        &[SourceMissing],
    ),
    for_people(
        "partition detached",
        "ALTER TABLE booking DETACH PARTITION booking_high",
        &[DetachedPartition],
    ),
    for_people(
        "owner who can log in",
        "ALTER ROLE faults_other LOGIN; ALTER TABLE account OWNER TO faults_other",
        &[OwnerCanLogIn],
    ),
    fault(
        "seals dropped",
        "DROP TABLE trail.public_account_log_seals",
        &[SealsMissing],
    ),
    for_people(
        "a column of the seals dropped",
        "ALTER TABLE trail.public_account_log_seals DROP COLUMN rows_digest",
        &[SealsMissing],
    ),
    for_people(
        "a column of the seals of another type",
        "ALTER TABLE trail.public_account_log_seals ALTER COLUMN digest TYPE text",
        &[SealsMissing],
    ),
    fault(
        "seals unlogged",
        "ALTER TABLE trail.public_account_log_seals SET UNLOGGED",
        &[AuditUnlogged],
    ),
    fault(
        "seals writable",
        "GRANT INSERT, UPDATE ON trail.public_account_log_seals TO faults_application",
        &[SealsGranted],
    ),
    fault(
        "seals of another owner",
        "ALTER TABLE trail.public_account_log_seals OWNER TO faults_other",
        &[SealsGranted],
    ),
    fault(
        "the index of the sealer dropped",
        "DROP INDEX trail.public_account_log_transaction_id_idx",
        &[SealsIndexMissing],
    ),
];
