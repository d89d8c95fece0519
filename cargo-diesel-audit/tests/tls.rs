//! Encrypted connections to a server that takes no others.
#![allow(missing_docs)]

// Not every test needs all of it.
#[allow(dead_code)]
mod support;

use std::time::{Duration, Instant};

use audit_test_server::{Kind, Server};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use support::Project;

const SOURCES: &str = r#"
diesel::table! {
    users (id) {
        id -> Int8,
    }
}

#[derive(diesel_audit::Audited)]
#[diesel(table_name = users)]
pub struct User {
    pub id: i64,
}
"#;

const CONNECTED: &str = "";
const CANNOT: &str = "error: cannot connect to the database: error performing TLS handshake: ";

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn as_the_address_asks() {
    let server = Server::find().unwrap();
    if server.kind() == Kind::Url {
        eprintln!("skipped: the certificate of the server of DATABASE_URL is not ours to change");
        return;
    }
    let project = Project::new("");
    project.write("src/lib.rs", SOURCES);
    let ours = authority("ours");
    project.write("ours.pem", &ours.pem());
    project.write("other.pem", &authority("other").pem());
    project.write("none.pem", "no certificate\n");
    let database = server.create_database().unwrap();
    let mut conn = database.connect();
    encrypt(&mut conn, &ours);
    let wait_until_plain_is = |let_in: bool| {
        let started = Instant::now();
        while PgConnection::establish(database.url()).is_ok() != let_in {
            assert!(started.elapsed() < Duration::from_secs(30), "not reloaded");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait_until_plain_is(false);
    let address = database.url().replace("127.0.0.1", "localhost");
    // The certificate is for the name.
    let number = database.url().replace("localhost", "127.0.0.1");

    let check = |address: &str, parameters: &str, expected: &str| {
        let root = project.root.to_string_lossy();
        let parameters = parameters.replace("{root}", &root.replace(' ', "%20"));
        let sign = if address.contains('?') { '&' } else { '?' };
        let url = format!("{address}{sign}{parameters}");
        let expected = expected.replace("{root}", &root);
        let got = project.run(&["verify", "--database-url", &url]);
        match expected.as_str() {
            CONNECTED => {
                let found = got.stderr.contains("source_missing");
                assert!(got.code == 1 && found, "{parameters}: {got:?}");
            }
            refused if got.code == 2 => {
                assert!(got.stderr.starts_with(refused), "{parameters}: {got:?}");
            }
            refused => panic!("{parameters}: {got:?} instead of {refused}"),
        }
    };
    let unknown = format!("{CANNOT}invalid peer certificate: UnknownIssuer");
    let other_name = format!("{CANNOT}invalid peer certificate: certificate not valid for name");

    check(
        &address,
        "sslmode=disable",
        "error: cannot connect to the database: ",
    );
    check(&address, "connect_timeout=10", CONNECTED);
    check(&address, "sslmode=allow", CONNECTED);
    check(&address, "sslmode=&sslrootcert=", CONNECTED);
    check(&number, "sslmode=require", CONNECTED);

    check(
        &number,
        "sslmode=require&sslrootcert={root}/ours.pem",
        CONNECTED,
    );
    check(
        &number,
        "sslmode=require&sslrootcert={root}/other.pem",
        &unknown,
    );
    check(
        &number,
        "sslrootcert={root}%2Fours.pem&sslmode=verify-ca",
        CONNECTED,
    );
    check(
        &address,
        "sslmode=verify-ca&sslrootcert={root}/other.pem",
        &unknown,
    );

    check(
        &address,
        "sslmode=verify-full&sslrootcert={root}/ours.pem",
        CONNECTED,
    );
    check(
        &number,
        "sslmode=verify-full&sslrootcert={root}/ours.pem",
        &other_name,
    );
    check(
        &address,
        "sslmode=verify-full&sslrootcert={root}/other.pem",
        &unknown,
    );
    check(
        &address,
        "sslmode=verify-full&sslrootcert={root}/none.pem",
        "error: {root}/none.pem holds no certificate of an authority\n",
    );
    check(
        &address,
        "sslmode=verify-full&sslrootcert={root}/gone.pem",
        "error: cannot read {root}/gone.pem: ",
    );

    let_in(&mut conn, "hostnossl");
    wait_until_plain_is(true);
    check(&address, "sslmode=prefer", CONNECTED);
    check(
        &address,
        "sslmode=require",
        "error: cannot connect to the database: no pg_hba.conf entry",
    );
}

#[test]
fn what_an_address_cannot_ask() {
    let project = Project::new("");
    project.write("src/lib.rs", SOURCES);
    let check = |parameters: &str, expected: &str| {
        let url = format!("postgres://ada:se?cret@127.0.0.1:1/app?{parameters}");
        let got = project.run(&["verify", "--database-url", &url]);
        let got = (got.code, got.stdout.as_str(), got.stderr.as_str());
        assert_eq!(got, (2, "", expected));
    };
    check(
        "sslmode=verify_full",
        "error: unknown `sslmode` `verify_full`\n\
         help: write one of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`\n",
    );
    check(
        "sslmode=verify-ca",
        "error: `sslmode=verify-ca` without `sslrootcert`\n\
         help: name the file of the authority, or write `sslmode=verify-full`\n",
    );
    check(
        "sslmode=require&sslrootcert=system",
        "error: `sslrootcert=system` goes with `sslmode=verify-full`, not with `require`\n",
    );
    check("sslmode=%ff", "error: `sslmode` is no text\n");
    check(
        "sslcert=client.pem",
        "error: the database url cannot be read: invalid connection string: unknown option `sslcert`\n\
         help: write `postgres://user:password@host:port/database`\n",
    );
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut of = CertificateParams::default();
    of.distinguished_name.push(rcgen::DnType::CommonName, name);
    of.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(of, KeyPair::generate().unwrap()).unwrap()
}

/// From now on the server has a certificate for `localhost`, and lets nobody in who does not
/// encrypt. It writes the files itself: they have to be its user's.
fn encrypt(conn: &mut PgConnection, authority: &Authority) {
    let key = KeyPair::generate().unwrap();
    let of = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = of.signed_by(&key, authority).unwrap();
    // A program of the server runs in its data folder.
    write(conn, "server.crt", &certificate.pem());
    write(conn, "server.key", &key.serialize_pem());
    run(conn, "ALTER SYSTEM SET ssl = on");
    let_in(conn, "hostssl");
}

/// By a word of `pg_hba.conf`.
fn let_in(conn: &mut PgConnection, who: &str) {
    write(conn, "pg_hba.conf", &format!("{who} all all all trust"));
    run(conn, "SELECT pg_reload_conf()");
}

fn write(conn: &mut PgConnection, file: &str, text: &str) {
    let lines = format!("SELECT regexp_split_to_table(rtrim($${text}$$, E'\\n'), E'\\n')");
    run(
        conn,
        &format!("COPY ({lines}) TO PROGRAM 'umask 077; cat > {file}'"),
    );
}

fn run(conn: &mut PgConnection, sql: &str) {
    conn.batch_execute(sql).unwrap();
}
