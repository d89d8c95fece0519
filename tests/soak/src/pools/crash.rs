//! Crashes of the server, one after the other.

use std::thread;
use std::time::Duration;

use audit_test_server::Server;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::counts::Counts;

pub(crate) struct Crashes<'a> {
    server: &'a Server,
    url: &'a str,
    counts: &'a Counts,
}

impl Crashes<'_> {
    pub(crate) fn new<'a>(server: &'a Server, url: &'a str, counts: &'a Counts) -> Crashes<'a> {
        Crashes {
            server,
            url,
            counts,
        }
    }

    /// One every now and then, until the run is over.
    pub(crate) fn go_on(&self) {
        let mut calm = Duration::from_millis(300);
        loop {
            for _ in 0..calm.as_millis() / 10 {
                if self.counts.is_over() {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
            self.counts.next_crash_phase();
            let crashed = self.crash();
            self.wait();
            self.counts.next_crash_phase();
            if let Err(error) = crashed {
                eprintln!("no crash: {error}");
                return;
            }
            calm *= 2;
        }
    }

    /// A process that is killed takes the server with it: it starts anew from
    /// its log. Where the processes are not ours to kill, the connections end.
    ///
    /// <https://www.postgresql.org/docs/current/runtime-config-error-handling.html#GUC-RESTART-AFTER-CRASH>
    fn crash(&self) -> Result<(), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mut conn = PgConnection::establish(self.url).map_err(|error| text(&error))?;
        if !self.server.backend_is_local() {
            let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            return conn.batch_execute(all).map_err(|error| text(&error));
        }
        let pid = sql::<Integer>("SELECT pg_backend_pid()")
            .get_result::<i32>(&mut conn)
            .map_err(|error| text(&error))?;
        let killed = std::process::Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status()
            .map_err(|error| text(&error))?;
        // The server is down when it has noticed, which this connection notices.
        while killed.success() && conn.batch_execute("SELECT 1").is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
        killed
            .success()
            .then_some(())
            .ok_or_else(|| "the process cannot be killed".to_owned())
    }

    fn wait(&self) {
        while PgConnection::establish(self.url).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
    }
}
