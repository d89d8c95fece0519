//! A started server ends with its owner, however that ends.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use audit_test_server::{Kind, Server, server};
use diesel::{Connection, PgConnection};

use crate::{run, text};

#[test]
fn a_dropped_cluster_leaves_nothing() {
    let Some(server) = local(&[("fsync", "on"), ("work_mem", "5MB")]) else {
        return;
    };
    assert_eq!(server.kind(), Kind::Local);
    let mut connection = PgConnection::establish(&server.url("postgres")).unwrap();
    assert_eq!(text(&mut connection, "SHOW fsync"), "on");
    assert_eq!(text(&mut connection, "SHOW work_mem"), "5MB");
    assert_eq!(text(&mut connection, "SHOW full_page_writes"), "off");

    let data = PathBuf::from(text(&mut connection, "SHOW data_directory"));
    let id = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    let id = id.lines().next().unwrap();
    assert!(exists(id));
    drop(server);
    assert!(!exists(id), "process {id}");
    assert!(!data.parent().unwrap().exists(), "{}", data.display());
}

#[test]
fn an_upgraded_cluster_keeps_what_it_holds_and_its_settings() {
    let Some(server) = local(&[("work_mem", "5MB")]) else {
        return;
    };
    let url = server.url("postgres");
    let mut connection = PgConnection::establish(&url).unwrap();
    run(&mut connection, "CREATE TABLE kept AS SELECT 7 AS id");
    let folder = PathBuf::from(text(&mut connection, "SHOW data_directory"));
    drop(connection);

    let folder_of_none = Path::new("/nowhere");
    let version = server
        .program("pg_upgrade")
        .expect("a program of the server's");
    let upgraded = server.upgrade(version.parent()).unwrap();
    assert_ne!(upgraded.url("postgres"), url, "the port is another one");
    let mut connection = PgConnection::establish(&upgraded.url("postgres")).unwrap();
    assert_eq!(text(&mut connection, "SELECT id::text FROM kept"), "7");
    assert_eq!(text(&mut connection, "SHOW work_mem"), "5MB");
    drop(connection);

    let refused = upgraded.upgrade(Some(folder_of_none)).unwrap_err();
    assert!(refused.to_string().contains("/nowhere"), "{refused}");
    assert!(!folder.parent().unwrap().exists(), "{}", folder.display());
}

#[test]
fn a_setting_that_is_refused_is_told_in_the_servers_words() {
    let refused = Server::start_local_with(&[("no_such_setting", "1")]);
    let message = refused.unwrap_err().to_string();
    if !message.contains(NO_BINARIES) {
        assert!(
            message.contains("unrecognized configuration parameter"),
            "{message}"
        );
    }
}

#[test]
fn a_process_that_exits_leaves_nothing() {
    let mut process = Process::start();
    drop(process.child.stdin.take());
    assert!(process.child.wait().unwrap().success());
    process.check();
}

#[test]
fn a_killed_process_leaves_nothing() {
    let mut process = Process::start();
    process.child.kill().unwrap();
    process.child.wait().unwrap();
    process.check();
}

#[test]
fn an_interrupted_process_leaves_nothing() {
    let mut process = Process::start();
    // As the terminal does it: to the whole group.
    let group = format!("-{}", process.child.id());
    assert!(shell("kill -s INT -- \"$1\"", &group));
    process.child.wait().unwrap();
    process.check();
}

/// Not a test by itself: it is what the processes of the tests above run.
#[test]
fn process_with_a_server() {
    if env::var_os(MARK).is_none() {
        return;
    }
    let server = server().unwrap();
    let database = server.create_database().unwrap();
    let folder = match server.kind() {
        Kind::Local => text(&mut database.connect(), "SHOW data_directory"),
        Kind::Url | Kind::Docker => String::new(),
    };
    let line = format!("{MARK} {} {folder}\n", server.url("postgres"));
    std::io::stdout().write_all(line.as_bytes()).unwrap();
    // It goes on until it is ended or told to by the end of its input, so that it never outlives
    // the test.
    drop(std::io::stdin().read_to_end(&mut Vec::new()));
}

/// Another process of this program, which uses a shared server of its own.
struct Process {
    child: Child,
    /// Kept open, because the harness of the process fails where it cannot write to its end.
    _output: BufReader<ChildStdout>,
    url: String,
    data: PathBuf,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "ends::process_with_a_server", "--nocapture"])
            .env(MARK, "1")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut said = Vec::new();
        for line in output.by_ref().lines().map_while(Result::ok) {
            // The harness may have left its own words at the beginning of the line.
            if let Some((_, words)) = line.split_once(MARK) {
                let (url, data) = words.trim_start().split_once(' ').unwrap();
                return Self {
                    child,
                    _output: output,
                    url: url.to_owned(),
                    data: PathBuf::from(data),
                };
            }
            said.push(line);
        }
        drop(child.wait());
        panic!("the process has no server:\n{}", said.join("\n"));
    }

    /// Waits until the server has gone as well; one of `DATABASE_URL` is not ours to end.
    fn check(&self) {
        if server().unwrap().kind() == Kind::Url {
            return;
        }
        let address = self.url.split(['@', '/']).nth(3).unwrap();
        let folder = self.data.parent().unwrap_or(Path::new(""));
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_ok() || (folder != Path::new("") && folder.exists()) {
            assert!(
                Instant::now() < end,
                "still there: {address} or {}",
                folder.display()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}

const MARK: &str = "AUDIT_TEST_PROCESS";

const NO_BINARIES: &str = "there are no server binaries";

/// An own cluster, or the reason why not on the standard error.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn local(settings: &[(&str, &str)]) -> Option<Server> {
    match Server::start_local_with(settings) {
        Ok(server) => Some(server),
        Err(error) if error.to_string().contains(NO_BINARIES) => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn exists(process: &str) -> bool {
    shell("kill -0 \"$1\" 2>/dev/null", process)
}

fn shell(script: &str, argument: &str) -> bool {
    let status = Command::new("sh")
        .args(["-c", script, "sh", argument])
        .status();
    status.unwrap().success()
}
