-- Change of the audit of public.users: another type of visits; another condition.
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '2f50d0a993406d8d', to_state => 'e2977871074113ac');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email}', ours => '{"audit_username": "text"}',
    excluded => '{visits}');
SELECT diesel_audit.finish();
CREATE OR REPLACE FUNCTION audit.users_audit_when(old public.users, new public.users, tg_op pg_catalog.text) RETURNS boolean
    LANGUAGE sql
RETURN (
coalesce(NEW.visits, OLD.visits) <> 'none'
) IS NOT FALSE;
SELECT diesel_audit.go_on();
SELECT diesel_audit.open_condition('audit.users_audit_when');

CREATE OR REPLACE FUNCTION audit.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_version, id, email)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.email
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
        INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_version, id, email)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.email
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email
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
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => 'e2977871074113ac',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', max_bytes => 1024, hides => true, truncate_trigger => '00_users_audit_truncate');
SELECT diesel_audit.finish();
