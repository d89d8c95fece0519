-- Audit of public.documents in audit.documents_audit.
SELECT diesel_audit.start('5s', '{public.documents}');
SELECT diesel_audit.expect('audit.documents_audit', from_state => NULL, to_state => '09fb506a1ff2ffbe');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.documents_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    audit_request_id text,
    audit_trace_id text,
    id bigint,
    title text,
    body text
);
SELECT diesel_audit.fit('public.documents', 'audit.documents_audit', '{id,title,body}',
    ours => '{"audit_username": "text", "audit_request_id": "text", "audit_trace_id": "text"}');
ALTER TABLE audit.documents_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.value('request_id'),
    ALTER audit_trace_id SET DEFAULT diesel_audit.further('trace_id');
CREATE INDEX IF NOT EXISTS documents_audit_key_idx ON audit.documents_audit (id, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.documents_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.documents_audit (audit_operation, audit_version, id, title, body)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.title END,
                CASE WHEN false THEN NEW.body END),
            ROW((NULL::audit.documents_audit).id, (NULL::audit.documents_audit).title,
                (NULL::audit.documents_audit).body)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.title, NEW.body
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_given('request_id', 1024) AND
        diesel_audit.is_short('trace_id', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.documents_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.documents_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.documents_audit (audit_operation, audit_replaces, audit_ended, id, title, body)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.title, OLD.body
        WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_given('request_id', 1024) AND
            diesel_audit.is_short('trace_id', 1024);
        PERFORM diesel_audit.settle_end('audit.documents_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.documents_audit (audit_operation, audit_replaces, audit_version, id, title, body)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.title END,
                CASE WHEN false THEN NEW.body END),
            ROW((NULL::audit.documents_audit).id, (NULL::audit.documents_audit).title,
                (NULL::audit.documents_audit).body)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.title, NEW.body
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_given('request_id', 1024) AND
        diesel_audit.is_short('trace_id', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.documents_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.documents_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.documents_audit (audit_operation, audit_replaces, audit_ended, id, title, body)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.title END,
                CASE WHEN false THEN OLD.body END),
            ROW((NULL::audit.documents_audit).id, (NULL::audit.documents_audit).title,
                (NULL::audit.documents_audit).body)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.title, OLD.body
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_given('request_id', 1024) AND
        diesel_audit.is_short('trace_id', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.documents_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_documents_audit_insert" AFTER INSERT ON public.documents
    FOR EACH ROW EXECUTE FUNCTION audit.documents_audit_insert();
CREATE OR REPLACE TRIGGER "00_documents_audit_update" AFTER UPDATE ON public.documents
    FOR EACH ROW EXECUTE FUNCTION audit.documents_audit_update();
CREATE OR REPLACE TRIGGER "00_documents_audit_delete" AFTER DELETE ON public.documents
    FOR EACH ROW EXECUTE FUNCTION audit.documents_audit_delete();
CREATE OR REPLACE TRIGGER "00_documents_audit_truncate" AFTER TRUNCATE ON public.documents
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.documents_audit');
SELECT diesel_audit.close('public.documents', 'audit.documents_audit', state => '09fb506a1ff2ffbe',
    functions => '{audit.documents_audit_insert(),audit.documents_audit_update(),audit.documents_audit_delete()}', key => '{id}',
    required => '{username,request_id}', optional => '{trace_id}', max_bytes => 1024,
    truncate_trigger => '00_documents_audit_truncate');
SELECT diesel_audit.finish();
