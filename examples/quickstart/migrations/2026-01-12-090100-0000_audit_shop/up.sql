SELECT diesel_audit.start('5s', '{public.customers,public.orders,warehouse.stock}');

-- Audit of public.customers in audit.customers_audit.
SELECT diesel_audit.expect('audit.customers_audit', from_state => NULL, to_state => 'b648bd109bf7add6');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.customers_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    audit_request_id uuid,
    audit_service text,
    id bigint,
    name text,
    email text,
    phone text
);
SELECT diesel_audit.fit('public.customers', 'audit.customers_audit', '{id,name,email,phone}',
    ours => '{"audit_username": "text", "audit_request_id": "uuid", "audit_service": "text"}');
ALTER TABLE audit.customers_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('public.customers', 'request_id', 1024),
    ALTER audit_service SET DEFAULT diesel_audit.further('service');
CREATE INDEX IF NOT EXISTS customers_audit_key_idx ON audit.customers_audit (id, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.customers_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.customers_audit (audit_operation, audit_version, id, name, email, phone)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.name END,
                CASE WHEN false THEN NEW.email END, CASE WHEN false THEN NEW.phone END),
            ROW((NULL::audit.customers_audit).id, (NULL::audit.customers_audit).name, (NULL::audit.customers_audit).email,
                (NULL::audit.customers_audit).phone)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.name, NEW.email, NEW.phone
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.customers_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.customers_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.customers_audit (audit_operation, audit_replaces, audit_ended, id, name, email, phone)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.name, OLD.email, OLD.phone
        WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
        PERFORM diesel_audit.settle_end('audit.customers_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.customers_audit (audit_operation, audit_replaces, audit_version, id, name, email, phone)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.name END,
                CASE WHEN false THEN NEW.email END, CASE WHEN false THEN NEW.phone END),
            ROW((NULL::audit.customers_audit).id, (NULL::audit.customers_audit).name, (NULL::audit.customers_audit).email,
                (NULL::audit.customers_audit).phone)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.name, NEW.email, NEW.phone
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.customers_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.customers_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.customers_audit (audit_operation, audit_replaces, audit_ended, id, name, email, phone)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.name END,
                CASE WHEN false THEN OLD.email END, CASE WHEN false THEN OLD.phone END),
            ROW((NULL::audit.customers_audit).id, (NULL::audit.customers_audit).name, (NULL::audit.customers_audit).email,
                (NULL::audit.customers_audit).phone)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.name, OLD.email, OLD.phone
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.customers_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_customers_audit_insert" AFTER INSERT ON public.customers
    FOR EACH ROW EXECUTE FUNCTION audit.customers_audit_insert();
CREATE OR REPLACE TRIGGER "00_customers_audit_update" AFTER UPDATE ON public.customers
    FOR EACH ROW EXECUTE FUNCTION audit.customers_audit_update();
CREATE OR REPLACE TRIGGER "00_customers_audit_delete" AFTER DELETE ON public.customers
    FOR EACH ROW EXECUTE FUNCTION audit.customers_audit_delete();
CREATE OR REPLACE TRIGGER "00_customers_audit_truncate" AFTER TRUNCATE ON public.customers
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.customers_audit');
SELECT diesel_audit.close('public.customers', 'audit.customers_audit', state => 'b648bd109bf7add6',
    functions => '{audit.customers_audit_insert(),audit.customers_audit_update(),audit.customers_audit_delete()}', key => '{id}',
    required => '{username}', optional => '{request_id,service}', max_bytes => 1024,
    truncate_trigger => '00_customers_audit_truncate');

-- Audit of public.orders in audit.orders_audit.
SELECT diesel_audit.expect('audit.orders_audit', from_state => NULL, to_state => '434946281741479b');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.orders_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    audit_request_id uuid,
    audit_service text,
    id bigint,
    customer_id bigint,
    status order_status,
    total numeric
);
SELECT diesel_audit.fit('public.orders', 'audit.orders_audit', '{id,customer_id,status,total}',
    ours => '{"audit_username": "text", "audit_request_id": "uuid", "audit_service": "text"}');
ALTER TABLE audit.orders_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('public.orders', 'request_id', 1024),
    ALTER audit_service SET DEFAULT diesel_audit.further('service');
CREATE INDEX IF NOT EXISTS orders_audit_key_idx ON audit.orders_audit (id, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.orders_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.orders_audit (audit_operation, audit_version, id, customer_id, status, total)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.customer_id END,
                CASE WHEN false THEN NEW.status END, CASE WHEN false THEN NEW.total END),
            ROW((NULL::audit.orders_audit).id, (NULL::audit.orders_audit).customer_id, (NULL::audit.orders_audit).status,
                (NULL::audit.orders_audit).total)) THEN 'I' END,
        NEW.ctid, NEW.id, NEW.customer_id, NEW.status, NEW.total
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.orders_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.orders_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.id), ROW(NEW.id)) THEN
        INSERT INTO audit.orders_audit (audit_operation, audit_replaces, audit_ended, id, customer_id, status, total)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.customer_id, OLD.status, OLD.total
        WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
        PERFORM diesel_audit.settle_end('audit.orders_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.orders_audit (audit_operation, audit_replaces, audit_version, id, customer_id, status, total)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.id END, CASE WHEN false THEN NEW.customer_id END,
                CASE WHEN false THEN NEW.status END, CASE WHEN false THEN NEW.total END),
            ROW((NULL::audit.orders_audit).id, (NULL::audit.orders_audit).customer_id, (NULL::audit.orders_audit).status,
                (NULL::audit.orders_audit).total)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.id, NEW.customer_id, NEW.status, NEW.total
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.orders_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.orders_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.orders_audit (audit_operation, audit_replaces, audit_ended, id, customer_id, status, total)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.id END, CASE WHEN false THEN OLD.customer_id END,
                CASE WHEN false THEN OLD.status END, CASE WHEN false THEN OLD.total END),
            ROW((NULL::audit.orders_audit).id, (NULL::audit.orders_audit).customer_id, (NULL::audit.orders_audit).status,
                (NULL::audit.orders_audit).total)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.id, OLD.customer_id, OLD.status, OLD.total
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.orders_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_orders_audit_insert" AFTER INSERT ON public.orders
    FOR EACH ROW EXECUTE FUNCTION audit.orders_audit_insert();
CREATE OR REPLACE TRIGGER "00_orders_audit_update" AFTER UPDATE ON public.orders
    FOR EACH ROW EXECUTE FUNCTION audit.orders_audit_update();
CREATE OR REPLACE TRIGGER "00_orders_audit_delete" AFTER DELETE ON public.orders
    FOR EACH ROW EXECUTE FUNCTION audit.orders_audit_delete();
CREATE OR REPLACE TRIGGER "00_orders_audit_truncate" AFTER TRUNCATE ON public.orders
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.orders_audit');
SELECT diesel_audit.close('public.orders', 'audit.orders_audit', state => '434946281741479b',
    functions => '{audit.orders_audit_insert(),audit.orders_audit_update(),audit.orders_audit_delete()}', key => '{id}',
    required => '{username}', optional => '{request_id,service}', max_bytes => 1024,
    truncate_trigger => '00_orders_audit_truncate');

-- Audit of warehouse.stock in audit.warehouse_stock_audit.
SELECT diesel_audit.expect('audit.warehouse_stock_audit', from_state => NULL, to_state => '7b70acb15bc1390c');
SELECT diesel_audit.make_schema('audit');
CREATE TABLE IF NOT EXISTS audit.warehouse_stock_audit (
    LIKE diesel_audit.entry INCLUDING ALL,
    audit_username text,
    audit_request_id uuid,
    audit_service text,
    site text,
    sku text,
    quantity integer
);
SELECT diesel_audit.fit('warehouse.stock', 'audit.warehouse_stock_audit', '{site,sku,quantity}',
    ours => '{"audit_username": "text", "audit_request_id": "uuid", "audit_service": "text"}');
ALTER TABLE audit.warehouse_stock_audit
    ALTER audit_username SET DEFAULT diesel_audit.value('username'),
    ALTER audit_request_id SET DEFAULT diesel_audit.read_uuid('warehouse.stock', 'request_id', 1024),
    ALTER audit_service SET DEFAULT diesel_audit.further('service');
CREATE INDEX IF NOT EXISTS warehouse_stock_audit_key_idx ON audit.warehouse_stock_audit (site, sku, audit_id);

-- Every name is qualified, so the functions need no search_path. Where a column has another type in the audit table
-- than in the source, the CASE is NULL, and the statement is refused.
CREATE OR REPLACE FUNCTION audit.warehouse_stock_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.warehouse_stock_audit (audit_operation, audit_version, site, sku, quantity)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.site END, CASE WHEN false THEN NEW.sku END,
                CASE WHEN false THEN NEW.quantity END),
            ROW((NULL::audit.warehouse_stock_audit).site, (NULL::audit.warehouse_stock_audit).sku,
                (NULL::audit.warehouse_stock_audit).quantity)) THEN 'I' END,
        NEW.ctid, NEW.site, NEW.sku, NEW.quantity
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.warehouse_stock_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.warehouse_stock_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    -- A key that changes ends: the row under the old key is gone.
    IF pg_catalog.record_image_ne(ROW(OLD.site, OLD.sku), ROW(NEW.site, NEW.sku)) THEN
        INSERT INTO audit.warehouse_stock_audit (audit_operation, audit_replaces, audit_ended, site, sku, quantity)
        SELECT 'D', diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.site, OLD.sku, OLD.quantity
        WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
        PERFORM diesel_audit.settle_end('audit.warehouse_stock_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    INSERT INTO audit.warehouse_stock_audit (audit_operation, audit_replaces, audit_version, site, sku, quantity)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN NEW.site END, CASE WHEN false THEN NEW.sku END,
                CASE WHEN false THEN NEW.quantity END),
            ROW((NULL::audit.warehouse_stock_audit).site, (NULL::audit.warehouse_stock_audit).sku,
                (NULL::audit.warehouse_stock_audit).quantity)) THEN 'U' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), NEW.ctid, NEW.site, NEW.sku, NEW.quantity
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.is_touched(NEW.xmax) THEN
        PERFORM diesel_audit.settle('audit.warehouse_stock_audit', FOUND, TG_RELID, NEW.ctid);
    END IF;
    RETURN NULL;
END $audit$;
CREATE OR REPLACE FUNCTION audit.warehouse_stock_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $audit$
BEGIN
    INSERT INTO audit.warehouse_stock_audit (audit_operation, audit_replaces, audit_ended, site, sku, quantity)
    SELECT CASE WHEN pg_catalog.record_image_eq(ROW(CASE WHEN false THEN OLD.site END, CASE WHEN false THEN OLD.sku END,
                CASE WHEN false THEN OLD.quantity END),
            ROW((NULL::audit.warehouse_stock_audit).site, (NULL::audit.warehouse_stock_audit).sku,
                (NULL::audit.warehouse_stock_audit).quantity)) THEN 'D' END,
        diesel_audit.own(OLD.xmin, OLD.ctid), OLD.cmax, OLD.site, OLD.sku, OLD.quantity
    WHERE diesel_audit.is_given('username', 1024) AND diesel_audit.is_short('service', 1024);
    IF NOT FOUND OR diesel_audit.has_written(TG_RELID) THEN
        PERFORM diesel_audit.settle_end('audit.warehouse_stock_audit', FOUND, TG_RELID, OLD.xmin, OLD.ctid, OLD.cmax);
    END IF;
    RETURN NULL;
END $audit$;

CREATE OR REPLACE TRIGGER "00_stock_audit_insert" AFTER INSERT ON warehouse.stock
    FOR EACH ROW EXECUTE FUNCTION audit.warehouse_stock_audit_insert();
CREATE OR REPLACE TRIGGER "00_stock_audit_update" AFTER UPDATE ON warehouse.stock
    FOR EACH ROW EXECUTE FUNCTION audit.warehouse_stock_audit_update();
CREATE OR REPLACE TRIGGER "00_stock_audit_delete" AFTER DELETE ON warehouse.stock
    FOR EACH ROW EXECUTE FUNCTION audit.warehouse_stock_audit_delete();
CREATE OR REPLACE TRIGGER "00_stock_audit_truncate" AFTER TRUNCATE ON warehouse.stock
    FOR EACH STATEMENT EXECUTE FUNCTION diesel_audit.record_truncate('audit.warehouse_stock_audit');
SELECT diesel_audit.close('warehouse.stock', 'audit.warehouse_stock_audit', state => '7b70acb15bc1390c',
    functions => '{audit.warehouse_stock_audit_insert(),audit.warehouse_stock_audit_update(),audit.warehouse_stock_audit_delete()}',
    key => '{site,sku}', required => '{username}', optional => '{request_id,service}', max_bytes => 1024,
    truncate_trigger => '00_stock_audit_truncate');
SELECT diesel_audit.finish();
