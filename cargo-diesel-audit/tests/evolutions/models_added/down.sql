SELECT diesel_audit.start('5s', '{public.users,public.posts}', exclusive => '{public.users,public.posts}');

-- End of the audit of public.users. Its history stays in audit.users_audit.
DROP TRIGGER IF EXISTS "00_users_audit_insert" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_update" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_delete" ON public.users;
DROP TRIGGER IF EXISTS "00_users_audit_truncate" ON public.users;
DROP FUNCTION IF EXISTS audit.users_audit_insert();
DROP FUNCTION IF EXISTS audit.users_audit_update();
DROP FUNCTION IF EXISTS audit.users_audit_delete();
SELECT diesel_audit.leave('audit.users_audit', from_state => '9d935c808884ef51');

-- End of the audit of public.posts. Its history stays in audit.posts_audit.
DROP TRIGGER IF EXISTS "00_posts_audit_insert" ON public.posts;
DROP TRIGGER IF EXISTS "00_posts_audit_update" ON public.posts;
DROP TRIGGER IF EXISTS "00_posts_audit_delete" ON public.posts;
DROP TRIGGER IF EXISTS "00_posts_audit_truncate" ON public.posts;
DROP FUNCTION IF EXISTS audit.posts_audit_insert();
DROP FUNCTION IF EXISTS audit.posts_audit_update();
DROP FUNCTION IF EXISTS audit.posts_audit_delete();
SELECT diesel_audit.leave('audit.posts_audit', from_state => '8fbff2f05a5da831');
SELECT diesel_audit.finish();
