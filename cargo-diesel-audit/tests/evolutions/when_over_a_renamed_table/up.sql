-- Change of the audit of public.people: table public.people (was public.users); audit table audit.people_audit (was
-- audit.users_audit); function audit.people_audit (was audit.users_audit); trigger "00_people_audit" (was
-- "00_users_audit").
SELECT diesel_audit.start('5s', '{public.users,public.people,audit.users_audit}',
    exclusive => '{public.users,public.people,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => 'f821b5e3ca006b4a', to_state => '8ed2bc8915958d14');
ALTER TABLE audit.users_audit RENAME TO people_audit;
ALTER INDEX IF EXISTS audit.users_audit_key_idx RENAME TO people_audit_key_idx;
SELECT diesel_audit.fit(diesel_audit.source_of('audit.people_audit'), 'audit.people_audit', '{id,email,visits}',
    ours => '{"audit_username": "text"}');
ALTER TABLE audit.people_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username');
ALTER FUNCTION audit.users_audit_when RENAME TO people_audit_when;

CREATE OR REPLACE FUNCTION audit.people_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.people_audit (audit_operation, audit_version, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.people_audit).id, (NULL::audit.people_audit).email, (NULL::audit.people_audit).visits)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.email, NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.people_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.people_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.people_audit (audit_operation, audit_replaces, audit_ended, id, email, visits)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.people_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.people_audit (audit_operation, audit_replaces, audit_version, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.people_audit).id, (NULL::audit.people_audit).email, (NULL::audit.people_audit).visits)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.email, NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.people_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.people_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.people_audit (audit_operation, audit_replaces, audit_ended, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END,
                CASE WHEN false THEN OLD.visits END),
            ROW((NULL::audit.people_audit).id, (NULL::audit.people_audit).email, (NULL::audit.people_audit).visits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.people_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

DO $audit$
DECLARE
    source constant text := diesel_audit.source_of('audit.people_audit');
BEGIN
    EXECUTE 'ALTER TRIGGER "00_users_audit_insert" ON ' || source || ' RENAME TO "00_people_audit_insert"';
    EXECUTE 'CREATE OR REPLACE TRIGGER "00_people_audit_insert" AFTER INSERT ON ' || source || '
    FOR EACH ROW WHEN (audit.people_audit_when(NULL, NEW, ''INSERT'')) EXECUTE FUNCTION audit.people_audit_insert()';
    EXECUTE 'ALTER TRIGGER "00_users_audit_update" ON ' || source || ' RENAME TO "00_people_audit_update"';
    EXECUTE 'CREATE OR REPLACE TRIGGER "00_people_audit_update" AFTER UPDATE ON ' || source || '
    FOR EACH ROW WHEN (audit.people_audit_when(OLD, NEW, ''UPDATE'')) EXECUTE FUNCTION audit.people_audit_update()';
    EXECUTE 'ALTER TRIGGER "00_users_audit_delete" ON ' || source || ' RENAME TO "00_people_audit_delete"';
    EXECUTE 'CREATE OR REPLACE TRIGGER "00_people_audit_delete" AFTER DELETE ON ' || source || '
    FOR EACH ROW WHEN (audit.people_audit_when(OLD, NULL, ''DELETE'')) EXECUTE FUNCTION audit.people_audit_delete()';
    EXECUTE 'ALTER TRIGGER "00_users_audit_truncate" ON ' || source || ' RENAME TO "00_people_audit_truncate"';
    EXECUTE 'CREATE OR REPLACE TRIGGER "00_people_audit_truncate" AFTER TRUNCATE ON ' || source || '
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate(''audit.people_audit'')';
END
$audit$;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.close(diesel_audit.source_of('audit.people_audit'), 'audit.people_audit', state => '8ed2bc8915958d14',
    functions => '{audit.people_audit_insert(),audit.people_audit_update(),audit.people_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, hides => true, truncate_trigger => '00_people_audit_truncate');
SELECT diesel_audit.finish();
