-- Change of the audit of public.users: audit table history.users_history (was audit.users_audit); function
-- history.users_audit (was audit.users_audit).
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '3132951a9d60403a', to_state => 'd71eb58c373fd058');
SELECT diesel_audit.make_schema('history');
ALTER TABLE audit.users_audit SET SCHEMA history;
ALTER TABLE history.users_audit RENAME TO users_history;
ALTER INDEX IF EXISTS history.users_audit_key_idx RENAME TO users_history_key_idx;
SELECT diesel_audit.fit('public.users', 'history.users_history', '{id,email,visits}', ours => '{"audit_username": "text"}',
    append_only => true);
ALTER TABLE history.users_history
    ALTER audit_username SET DEFAULT diesel_audit.value('username');

CREATE OR REPLACE FUNCTION history.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO history.users_history (audit_operation, audit_version, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.visits END),
            ROW((NULL::history.users_history).id, (NULL::history.users_history).email,
                (NULL::history.users_history).visits)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.email, NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('history.users_history', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION history.users_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO history.users_history (audit_operation, audit_replaces, audit_ended, id, email, visits)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('history.users_history', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO history.users_history (audit_operation, audit_replaces, audit_version, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.visits END),
            ROW((NULL::history.users_history).id, (NULL::history.users_history).email,
                (NULL::history.users_history).visits)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.email, NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('history.users_history', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION history.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO history.users_history (audit_operation, audit_replaces, audit_ended, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END,
                CASE WHEN false THEN OLD.visits END),
            ROW((NULL::history.users_history).id, (NULL::history.users_history).email,
                (NULL::history.users_history).visits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('history.users_history', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_users_audit_insert" AFTER INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION history.users_audit_insert();
CREATE OR REPLACE TRIGGER "00_users_audit_update" AFTER UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION history.users_audit_update();
CREATE OR REPLACE TRIGGER "00_users_audit_delete" AFTER DELETE ON public.users
    FOR EACH ROW EXECUTE FUNCTION history.users_audit_delete();
CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('history.users_history');
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.close('public.users', 'history.users_history', state => 'd71eb58c373fd058',
    functions => '{history.users_audit_insert(),history.users_audit_update(),history.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.leave_schema('audit');
SELECT diesel_audit.finish();
