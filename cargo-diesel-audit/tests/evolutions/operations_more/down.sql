-- Change of the audit of public.users: other operations.
SELECT diesel_audit.start('5s', '{public.users}', exclusive => '{public.users}');
SELECT diesel_audit.expect('audit.users_audit', from_state => '9d935c808884ef51', to_state => '31a3c5d9688e8612');
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,visits}', ours => '{"audit_username": "text"}',
    splits_moves => true);

CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END,
                CASE WHEN false THEN OLD.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).visits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

DROP TRIGGER "00_users_audit_insert" ON public.users;
DROP TRIGGER "00_users_audit_update" ON public.users;
DROP TRIGGER "00_users_audit_truncate" ON public.users;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '31a3c5d9688e8612',
    functions => '{audit.users_audit_delete()}', key => '{id}', required => '{username}', max_bytes => 1024, hides => true);
SELECT diesel_audit.finish();
