INSERT INTO users (email) VALUES ('a@x');
TRUNCATE users;
INSERT INTO users (email) VALUES ('a@x');
