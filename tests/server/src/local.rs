//! A temporary cluster of server binaries of this machine.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use crate::{ServerError, binaries::Binaries, place::Place, plan::Setting, processes};

/// A running cluster in a folder of its own. Dropping it stops the server and removes the folder.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) place: Place,
    server: Option<Child>,
    port: u16,
    pub(crate) binaries: Binaries,
    settings: Vec<Setting>,
}

/// What every started server gets: a cluster that is thrown away need not survive a crash.
pub(crate) const SETTINGS: [(&str, &str); 5] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "200"),
    ("shared_buffers", "128MB"),
    ("logging_collector", "off"),
];

impl Local {
    pub(crate) fn start(binaries: Binaries, settings: Vec<Setting>) -> Result<Self, ServerError> {
        Self::try_start(binaries, settings)
            .map_err(|why| ServerError::new(format!("cannot start a temporary cluster: {why}")))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    fn try_start(binaries: Binaries, settings: Vec<Setting>) -> Result<Self, String> {
        let mut local = Self {
            place: Place::make()?,
            server: None,
            port: 0,
            binaries,
            settings,
        };
        local.init("data")?;
        local.run()?;
        Ok(local)
    }

    /// Kills every process of the server, so that none of them does anything more.
    pub(crate) fn kill(&mut self) -> Result<(), String> {
        let Some(server) = &mut self.server else {
            return Err("the server does not run".to_owned());
        };
        processes::kill_with_children(server.id())?;
        server
            .wait()
            .map_err(|error| format!("postgres: {error}"))?;
        self.server = None;
        self.place.ended()
    }

    /// Starts the server from what its files hold, at its old port.
    pub(crate) fn start_again(&mut self) -> Result<(), String> {
        if self.server.is_some() {
            return Err("the server runs".to_owned());
        }
        match self.try_run()? {
            Started::Ready => Ok(()),
            Started::PortTaken => Err(format!("another one has the port {}", self.port)),
        }
    }

    /// Makes a cluster in that folder of ours.
    pub(crate) fn init(&mut self, folder: &str) -> Result<(), String> {
        let mut initdb = Command::new(self.binaries.program("initdb"));
        initdb.arg(format!("--pgdata={folder}"));
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        initdb.args(["--no-locale", "--no-sync", "--no-instructions"]);
        // They are the default since 18, and a cluster cannot be upgraded to one that has them.
        if self.binaries.major() >= 18 {
            initdb.arg("--no-data-checksums");
        }
        let status = self.place.run(initdb, "initdb.log")?;
        if status.success() {
            return Ok(());
        }
        Err(format!(
            "initdb ended with {status}\n{}",
            self.place.last_lines("initdb.log")
        ))
    }

    /// Starts the server of the cluster in `data`.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        // The port is free when it is chosen; another process may be quicker to take it.
        for _ in 0..5 {
            self.port =
                free_port().map_err(|error| format!("no free port on 127.0.0.1: {error}"))?;
            match self.try_run()? {
                Started::Ready => return Ok(()),
                Started::PortTaken => {}
            }
        }
        Err(format!(
            "every port was taken by others\n{}",
            self.place.last_lines("server.log")
        ))
    }

    fn try_run(&mut self) -> Result<Started, String> {
        let mut postgres = Command::new(self.binaries.program("postgres"));
        postgres.args(["-D", "data", "-c", "listen_addresses=127.0.0.1"]);
        // The path of a socket must be short, which that of a temporary folder need not be.
        postgres.args(["-c", "unix_socket_directories="]);
        postgres.args(["-c", &format!("port={}", self.port)]);
        self.configure(&mut postgres);
        let server = self.place.spawn(postgres, "server.log")?;
        let id = server.id();
        self.server = Some(server);

        let end = Instant::now() + Duration::from_secs(60);
        loop {
            if self.is_ready(id) {
                return Ok(Started::Ready);
            }
            if let Some(status) = self.ended()? {
                let log = self.place.last_lines("server.log");
                if log.contains("could not bind") {
                    return Ok(Started::PortTaken);
                }
                return Err(format!("the server ended with {status}\n{log}"));
            }
            if Instant::now() > end {
                let log = self.place.last_lines("server.log");
                return Err(format!("the server is not ready after a minute\n{log}"));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Gives a backend the settings of this cluster.
    pub(crate) fn configure(&self, postgres: &mut Command) {
        let settings = self
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in SETTINGS.into_iter().chain(settings) {
            postgres.args(["-c", &format!("{name}={value}")]);
        }
    }

    /// The server writes its id into the first line of this file, and its state into the eighth.
    ///
    /// To connect would not do: on the port there may be the server of another.
    fn is_ready(&self, id: u32) -> bool {
        let file =
            fs::read_to_string(self.place.folder().join("data/postmaster.pid")).unwrap_or_default();
        let mut lines = file.lines();
        lines.next() == Some(&id.to_string())
            && lines.nth(6).is_some_and(|state| state.trim() == "ready")
    }

    /// Stops the server as its administrator would: sessions end, and the cluster is in order.
    pub(crate) fn stop(&mut self) -> Result<(), String> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        let pid = server.id().to_string();
        let told = Command::new("kill").args(["-s", "INT", &pid]).status();
        told.map_err(|error| format!("kill: {error}"))?;
        let end = Instant::now() + Duration::from_secs(60);
        while self.ended()?.is_none() && self.server.is_some() {
            if Instant::now() > end {
                return Err("the server does not stop within a minute".to_owned());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        let Some(server) = &mut self.server else {
            return Ok(None);
        };
        let status = server
            .try_wait()
            .map_err(|error| format!("postgres: {error}"))?;
        if status.is_some() {
            self.server = None;
            self.place.ended()?;
        }
        Ok(status)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.place.release();
        // The watcher sees the server's end only after we took note of it: until then the system
        // keeps its entry. It needs no longer than this, however hard the server has to be pushed.
        let end = Instant::now() + Duration::from_secs(20);
        while let Ok(None) = self.ended() {
            if self.server.is_none() || Instant::now() > end {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

enum Started {
    Ready,
    PortTaken,
}

pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
