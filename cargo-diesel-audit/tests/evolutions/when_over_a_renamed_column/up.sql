-- Change of the audit of public.users: renamed visits to hits; another condition.
SELECT diesel_audit.start('5s', '{public.users,audit.users_audit}', exclusive => '{public.users,audit.users_audit}');
SELECT diesel_audit.expect('audit.users_audit', from_state => 'f821b5e3ca006b4a', to_state => '54b39f0dda5f5844');
ALTER TABLE audit.users_audit RENAME COLUMN visits TO hits;
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,hits}', ours => '{"audit_username": "text"}',
    excluded => '{visits}', changing => '{"hits": "integer"}');
SELECT diesel_audit.finish();
CREATE OR REPLACE FUNCTION audit.users_audit_when(old public.users, new public.users, tg_op pg_catalog.text) RETURNS boolean
    LANGUAGE sql
RETURN (
coalesce(NEW.hits, OLD.hits) >= 0
) IS NOT FALSE;
SELECT diesel_audit.go_on();
SELECT diesel_audit.open_condition('audit.users_audit_when');

CREATE OR REPLACE FUNCTION audit.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_version, id, email, hits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.hits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).hits)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.email, NEW.hits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, hits)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.hits
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_version, id, email, hits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.hits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).hits)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.email, NEW.hits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, hits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END,
                CASE WHEN false THEN OLD.hits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).hits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.hits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_users_audit_insert" AFTER INSERT ON public.users
    FOR EACH ROW WHEN (audit.users_audit_when(NULL, NEW, 'INSERT')) EXECUTE FUNCTION audit.users_audit_insert();
CREATE OR REPLACE TRIGGER "00_users_audit_update" AFTER UPDATE ON public.users
    FOR EACH ROW WHEN (audit.users_audit_when(OLD, NEW, 'UPDATE')) EXECUTE FUNCTION audit.users_audit_update();
CREATE OR REPLACE TRIGGER "00_users_audit_delete" AFTER DELETE ON public.users
    FOR EACH ROW WHEN (audit.users_audit_when(OLD, NULL, 'DELETE')) EXECUTE FUNCTION audit.users_audit_delete();
CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '54b39f0dda5f5844',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, hides => true, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
