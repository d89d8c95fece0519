SELECT diesel_audit.start('5s', '{public.type,public.users,shop.order_lines}');

-- Audit of public.type in history.kinds_of_things.
SELECT diesel_audit.expect('history.kinds_of_things', from_state => NULL, to_state => '1b177f683e72338b');
SELECT diesel_audit.make_schema('history');
CREATE TABLE IF NOT EXISTS history.kinds_of_things (
    LIKE diesel_audit.entry INCLUDING ALL,
    id uuid,
    type text,
    "Mixed Case" boolean,
    document jsonb
);
SELECT diesel_audit.fit('public.type', 'history.kinds_of_things', '{id,type,"Mixed Case",document}');
CREATE INDEX IF NOT EXISTS kinds_of_things_key_idx ON history.kinds_of_things (id, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION history."Record Kinds_insert"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO history.kinds_of_things (audit_operation, audit_version, id, type, "Mixed Case", document)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.type END,
                CASE WHEN false THEN NEW."Mixed Case" END, CASE WHEN false THEN NEW.document END),
            ROW((NULL::history.kinds_of_things).id, (NULL::history.kinds_of_things).type,
                (NULL::history.kinds_of_things)."Mixed Case", (NULL::history.kinds_of_things).document)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.type, NEW."Mixed Case", NEW.document;
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('history.kinds_of_things', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION history."Record Kinds_update"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO history.kinds_of_things (audit_operation, audit_replaces, audit_ended, id, type, "Mixed Case", document)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.type, OLD."Mixed Case", OLD.document;
        PERFORM diesel_audit.settle_end('history.kinds_of_things', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO history.kinds_of_things (audit_operation, audit_replaces, audit_version, id, type, "Mixed Case", document)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.type END,
                CASE WHEN false THEN NEW."Mixed Case" END, CASE WHEN false THEN NEW.document END),
            ROW((NULL::history.kinds_of_things).id, (NULL::history.kinds_of_things).type,
                (NULL::history.kinds_of_things)."Mixed Case", (NULL::history.kinds_of_things).document)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.type, NEW."Mixed Case", NEW.document;
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('history.kinds_of_things', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION history."Record Kinds_delete"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO history.kinds_of_things (audit_operation, audit_replaces, audit_ended, id, type, "Mixed Case", document)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.type END,
                CASE WHEN false THEN OLD."Mixed Case" END, CASE WHEN false THEN OLD.document END),
            ROW((NULL::history.kinds_of_things).id, (NULL::history.kinds_of_things).type,
                (NULL::history.kinds_of_things)."Mixed Case", (NULL::history.kinds_of_things).document)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.type, OLD."Mixed Case", OLD.document;
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('history.kinds_of_things', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "!kinds_insert" AFTER INSERT ON public.type
    FOR EACH ROW EXECUTE FUNCTION history."Record Kinds_insert"();
CREATE OR REPLACE TRIGGER "!kinds_update" AFTER UPDATE ON public.type
    FOR EACH ROW EXECUTE FUNCTION history."Record Kinds_update"();
CREATE OR REPLACE TRIGGER "!kinds_delete" AFTER DELETE ON public.type
    FOR EACH ROW EXECUTE FUNCTION history."Record Kinds_delete"();
SELECT diesel_audit.close('public.type', 'history.kinds_of_things', state => '1b177f683e72338b',
    functions =>  E'{"history.\\"Record Kinds_insert\\"()","history.\\"Record Kinds_update\\"()","history.\\"Record Kinds_delete\\"()"}',
    key => '{id}');

-- Audit of public.users in audit.users_audit.
SELECT diesel_audit.expect('audit.users_audit', from_state => NULL, to_state => '65ae3be86def4bea');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.users_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    audit_request_id uuid,
    id bigint,
    email text,
    plan plan,
    earlier_plans plan[],
    tags text[],
    created_at timestamp with time zone,
    visits integer
);
SELECT diesel_audit.fit('public.users', 'audit.users_audit', '{id,email,plan,earlier_plans,tags,created_at,visits}',
    ours => '{"audit_username": "text", "audit_request_id": "uuid"}', excluded => '{password_hash}');
ALTER TABLE audit.users_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('public.users', 'request_id', 1024);
CREATE INDEX IF NOT EXISTS users_audit_key_idx ON audit.users_audit (id, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.users_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_version, id, email, plan, earlier_plans, tags, created_at, visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.plan END, CASE WHEN false THEN NEW.earlier_plans END, CASE WHEN false THEN NEW.tags END,
                CASE WHEN false THEN NEW.created_at END, CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).plan,
                (NULL::audit.users_audit).earlier_plans, (NULL::audit.users_audit).tags, (NULL::audit.users_audit).created_at,
                (NULL::audit.users_audit).visits)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.email, NEW.plan, NEW.earlier_plans, NEW.tags, NEW.created_at, NEW.visits
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
        INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, plan, earlier_plans, tags,
            created_at, visits)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.plan, OLD.earlier_plans, OLD.tags,
            OLD.created_at, OLD.visits
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_version, id, email, plan, earlier_plans, tags, created_at,
        visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.email END,
                CASE WHEN false THEN NEW.plan END, CASE WHEN false THEN NEW.earlier_plans END, CASE WHEN false THEN NEW.tags END,
                CASE WHEN false THEN NEW.created_at END, CASE WHEN false THEN NEW.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).plan,
                (NULL::audit.users_audit).earlier_plans, (NULL::audit.users_audit).tags, (NULL::audit.users_audit).created_at,
                (NULL::audit.users_audit).visits)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.email, NEW.plan, NEW.earlier_plans, NEW.tags, NEW.created_at,
        NEW.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.users_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.users_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.users_audit (audit_operation, audit_replaces, audit_ended, id, email, plan, earlier_plans, tags, created_at,
        visits)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.email END,
                CASE WHEN false THEN OLD.plan END, CASE WHEN false THEN OLD.earlier_plans END, CASE WHEN false THEN OLD.tags END,
                CASE WHEN false THEN OLD.created_at END, CASE WHEN false THEN OLD.visits END),
            ROW((NULL::audit.users_audit).id, (NULL::audit.users_audit).email, (NULL::audit.users_audit).plan,
                (NULL::audit.users_audit).earlier_plans, (NULL::audit.users_audit).tags, (NULL::audit.users_audit).created_at,
                (NULL::audit.users_audit).visits)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.email, OLD.plan, OLD.earlier_plans, OLD.tags, OLD.created_at,
        OLD.visits
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.users_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_users_audit_insert" AFTER INSERT ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_insert();
CREATE OR REPLACE TRIGGER "00_users_audit_update" AFTER UPDATE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_update();
CREATE OR REPLACE TRIGGER "00_users_audit_delete" AFTER DELETE ON public.users
    FOR EACH ROW EXECUTE FUNCTION audit.users_audit_delete();
CREATE OR REPLACE TRIGGER "00_users_audit_truncate" AFTER TRUNCATE ON public.users
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.users_audit');
SELECT diesel_audit.close('public.users', 'audit.users_audit', state => '65ae3be86def4bea',
    functions => '{audit.users_audit_insert(),audit.users_audit_update(),audit.users_audit_delete()}', key => '{id}',
    required => '{username}', optional => '{request_id}', max_bytes => 1024, truncate_trigger => '00_users_audit_truncate');

-- Audit of shop.order_lines in audit.shop_order_lines_audit.
SELECT diesel_audit.expect('audit.shop_order_lines_audit', from_state => NULL, to_state => '5973a2c98d3ce8fa');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.shop_order_lines_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    audit_request_id uuid,
    order_id bigint,
    line integer,
    sku text,
    price numeric,
    total numeric
);
SELECT diesel_audit.fit('shop.order_lines', 'audit.shop_order_lines_audit', '{order_id,line,sku,price,total}',
    ours => '{"audit_username": "text", "audit_request_id": "uuid"}');
ALTER TABLE audit.shop_order_lines_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('shop.order_lines', 'request_id', 1024);
CREATE INDEX IF NOT EXISTS shop_order_lines_audit_key_idx ON audit.shop_order_lines_audit (order_id, line, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.shop_order_lines_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.shop_order_lines_audit (audit_operation, audit_version, order_id, line, sku, price, total)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.order_id END, CASE WHEN false THEN NEW.line END,
                CASE WHEN false THEN NEW.sku END, CASE WHEN false THEN NEW.price END, CASE WHEN false THEN NEW.total END),
            ROW((NULL::audit.shop_order_lines_audit).order_id, (NULL::audit.shop_order_lines_audit).line,
                (NULL::audit.shop_order_lines_audit).sku, (NULL::audit.shop_order_lines_audit).price,
                (NULL::audit.shop_order_lines_audit).total)) THEN 'I' END,
        NEW.ctid, NEW.order_id, NEW.line, NEW.sku, NEW.price, NEW.total
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.shop_order_lines_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.shop_order_lines_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.order_id, OLD.line), ROW(NEW.order_id, NEW.line)) THEN
        INSERT INTO audit.shop_order_lines_audit (audit_operation, audit_replaces, audit_ended, order_id, line, sku, price, total)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.order_id, OLD.line, OLD.sku, OLD.price, OLD.total
        WHERE diesel_audit.is_given('username', 1024);
        PERFORM diesel_audit.settle_end('audit.shop_order_lines_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.shop_order_lines_audit (audit_operation, audit_replaces, audit_version, order_id, line, sku, price, total)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.order_id END, CASE WHEN false THEN NEW.line END,
                CASE WHEN false THEN NEW.sku END, CASE WHEN false THEN NEW.price END, CASE WHEN false THEN NEW.total END),
            ROW((NULL::audit.shop_order_lines_audit).order_id, (NULL::audit.shop_order_lines_audit).line,
                (NULL::audit.shop_order_lines_audit).sku, (NULL::audit.shop_order_lines_audit).price,
                (NULL::audit.shop_order_lines_audit).total)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.order_id, NEW.line, NEW.sku, NEW.price, NEW.total
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.shop_order_lines_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.shop_order_lines_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.shop_order_lines_audit (audit_operation, audit_replaces, audit_ended, order_id, line, sku, price, total)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.order_id END, CASE WHEN false THEN OLD.line END,
                CASE WHEN false THEN OLD.sku END, CASE WHEN false THEN OLD.price END, CASE WHEN false THEN OLD.total END),
            ROW((NULL::audit.shop_order_lines_audit).order_id, (NULL::audit.shop_order_lines_audit).line,
                (NULL::audit.shop_order_lines_audit).sku, (NULL::audit.shop_order_lines_audit).price,
                (NULL::audit.shop_order_lines_audit).total)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.order_id, OLD.line, OLD.sku, OLD.price, OLD.total
    WHERE diesel_audit.is_given('username', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.shop_order_lines_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_order_lines_audit_insert" AFTER INSERT ON shop.order_lines
    FOR EACH ROW EXECUTE FUNCTION audit.shop_order_lines_audit_insert();
CREATE OR REPLACE TRIGGER "00_order_lines_audit_update" AFTER UPDATE ON shop.order_lines
    FOR EACH ROW EXECUTE FUNCTION audit.shop_order_lines_audit_update();
CREATE OR REPLACE TRIGGER "00_order_lines_audit_delete" AFTER DELETE ON shop.order_lines
    FOR EACH ROW EXECUTE FUNCTION audit.shop_order_lines_audit_delete();
CREATE OR REPLACE TRIGGER "00_order_lines_audit_truncate" AFTER TRUNCATE ON shop.order_lines
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.shop_order_lines_audit');
SELECT diesel_audit.close('shop.order_lines', 'audit.shop_order_lines_audit', state => '5973a2c98d3ce8fa',
    functions => '{audit.shop_order_lines_audit_insert(),audit.shop_order_lines_audit_update(),audit.shop_order_lines_audit_delete()}',
    key => '{order_id,line}', required => '{username}', optional => '{request_id}', max_bytes => 1024,
    truncate_trigger => '00_order_lines_audit_truncate');
SELECT diesel_audit.finish();
