INSERT INTO "Order ""x""" ("it's") VALUES ('a');
UPDATE "Order ""x""" SET "it's" = 'b';
