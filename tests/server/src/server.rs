//! A server, however it was come by.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::{
    Database, ServerError,
    address::Address,
    binaries::Binaries,
    choose::{Plan, choose},
    docker::Docker,
    local::Local,
    plan::{DEFAULT_IMAGE, DockerPlan, LocalPlan},
    sql,
};

/// A PostgreSQL server with a role that may create databases.
///
/// One that was started for the tests stops when this is dropped. The tests of a process usually
/// share [`server()`](crate::server()); an own one is for what would disturb the others.
#[derive(Debug)]
pub struct Server {
    kind: Kind,
    address: Address,
    held: Held,
}

/// What was started for this server, and ends with it.
#[derive(Debug)]
enum Held {
    Nothing,
    Local(Box<Local>),
    Docker { _kept: Box<Docker> },
}

/// How a [`Server`] was come by. It displays as the word that `AUDIT_TEST_SERVER` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server of `DATABASE_URL`.
    Url,
    /// A temporary cluster of server binaries of this machine.
    Local,
    /// A container of a Docker engine.
    Docker,
}

impl Server {
    /// Finds or starts a server as the environment asks, not shared with anyone.
    ///
    /// # Errors
    ///
    /// When no way leads to a server, the message names all ways with the reason that each is
    /// closed; when the environment asks for one way, the reason for that one.
    pub fn find() -> Result<Self, ServerError> {
        Self::find_with(&|name| std::env::var(name).ok())
    }

    /// Like [`find`](Self::find), with the environment variables that `env` tells.
    ///
    /// # Errors
    ///
    /// As for [`find`](Self::find).
    pub fn find_with(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ServerError> {
        match choose(env)? {
            Plan::Url(url) => Self::at_url(url),
            Plan::Local(plan) => Self::local(&plan)?.map_err(|why| {
                ServerError::new(format!(
                    "AUDIT_TEST_SERVER=local: {why}; install the server binaries, or set PG_BIN \
                     to the folder that holds initdb and postgres"
                ))
            }),
            Plan::Docker(plan) => Self::docker(&plan).map_err(|why| {
                ServerError::new(format!(
                    "AUDIT_TEST_SERVER=docker: {why}; docker info must answer, and the engine must \
                     have the image or be able to pull it"
                ))
            }),
            Plan::LocalElseDocker(local, docker) => match Self::local(&local)? {
                Ok(server) => Ok(server),
                Err(no_local) => {
                    Self::docker(&docker).map_err(|no_docker| nothing(&no_local, &no_docker))
                }
            },
        }
    }

    /// Starts a temporary cluster of its own with more settings, whatever `AUDIT_TEST_SERVER` and
    /// `DATABASE_URL` say. `settings` win over those of `AUDIT_TEST_SERVER_OPTIONS`.
    ///
    /// # Errors
    ///
    /// When there are no server binaries, or the server does not start with these settings.
    pub fn start_local_with(settings: &[(&str, &str)]) -> Result<Self, ServerError> {
        let mut plan = LocalPlan::read(&|name| std::env::var(name).ok())?;
        plan.settings.extend(
            settings
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        );
        Self::local(&plan)?.map_err(ServerError::new)
    }

    /// Stops a server that was started from binaries, takes its cluster to the version whose
    /// binaries are in `folder` by `pg_upgrade`, and starts it there with the settings that it had.
    /// Without a folder the version stays.
    ///
    /// <https://www.postgresql.org/docs/current/pgupgrade.html>
    ///
    /// # Errors
    ///
    /// When the server was not started from binaries, when there are none in the folder, or with
    /// the words of the program that failed.
    pub fn upgrade(self, folder: Option<&Path>) -> Result<Self, ServerError> {
        let Held::Local(mut local) = self.held else {
            return Err(ServerError::new(
                "only a server that was started from binaries can be upgraded",
            ));
        };
        let folder = folder.unwrap_or(local.binaries.folder()).to_owned();
        let upgraded = Binaries::in_folder(&folder).and_then(|to| local.upgrade(to));
        upgraded.map_err(|why| ServerError::new(format!("cannot upgrade the cluster: {why}")))?;
        Self::of(*local)
    }

    /// A program of the folder that the server was started from, such as `pg_dump`: it fits the
    /// server's version. `None` where there is no such folder, or it lacks the program.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let Held::Local(local) = &self.held else {
            return None;
        };
        Some(local.binaries.program(name)).filter(|program| program.is_file())
    }

    /// The connection URL of a database of this server, whether that database exists or not.
    pub fn url(&self, database: &str) -> String {
        self.address.database(database)
    }

    /// Makes a fresh, empty database with a name of its own, encoded as UTF-8.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, or refuses: then with the server's own words.
    pub fn create_database(&self) -> Result<Database, ServerError> {
        Database::create(self)
    }

    /// Ends every process of a temporary cluster at once (`SIGKILL`), as a crash of the machine
    /// would: none of them notes anything down any more. Its files stay, and what the operating
    /// system has taken to write. URLs of the server stay those of [`start_again`](Self::start_again).
    ///
    /// # Errors
    ///
    /// When the server is not a temporary cluster on Linux, or does not run.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.own()?.kill().map_err(ServerError::new)
    }

    /// Starts a server that was [killed](Self::kill), at its old address, and returns when it has
    /// recovered and takes connections.
    ///
    /// # Errors
    ///
    /// When the server is not a temporary cluster, runs already, or does not start: then with the
    /// end of its log.
    pub fn start_again(&mut self) -> Result<(), ServerError> {
        self.own()?.start_again().map_err(ServerError::new)
    }

    pub(crate) fn own(&mut self) -> Result<&mut Local, ServerError> {
        match &mut self.held {
            Held::Local(local) => Ok(local),
            Held::Nothing | Held::Docker { .. } => Err(ServerError::new(format!(
                "only a temporary cluster is ours to stop, and this is `{}`",
                self.kind
            ))),
        }
    }

    /// How this server was come by.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the server's processes can be looked at in `/proc` of this machine.
    pub fn backend_is_local(&self) -> bool {
        self.kind == Kind::Local && cfg!(target_os = "linux")
    }

    /// The URL of a database that exists already, from which others are made.
    pub(crate) fn admin_url(&self) -> &str {
        self.address.as_given()
    }

    fn at_url(url: String) -> Result<Self, ServerError> {
        let address = Address::parse(url)?;
        let version = sql::version(&address.quick()).map_err(|why| {
            ServerError::new(format!("cannot use the server of DATABASE_URL: {why}"))
        })?;
        version
            .accept("the server of DATABASE_URL")
            .map_err(ServerError::new)?;
        Ok(Self {
            kind: Kind::Url,
            address,
            held: Held::Nothing,
        })
    }

    /// The inner error says that there is nothing to start a cluster with, so that another way may
    /// be tried. What is there and fails is the outer one: hiding it would leave it unrepaired.
    fn local(plan: &LocalPlan) -> Result<Result<Self, String>, ServerError> {
        let binaries = match plan.binaries()? {
            Ok(binaries) => binaries,
            Err(why) => return Ok(Err(why)),
        };
        let local = Local::start(binaries, plan.settings.clone())?;
        Self::of(local).map(Ok)
    }

    fn of(local: Local) -> Result<Self, ServerError> {
        let address = Address::started(&format!("postgres@127.0.0.1:{}", local.port()));
        sql::version(address.as_given()).map_err(|why| {
            ServerError::new(format!(
                "the temporary cluster started, and cannot be used: {why}"
            ))
        })?;
        Ok(Self {
            kind: Kind::Local,
            address,
            held: Held::Local(Box::new(local)),
        })
    }

    fn docker(plan: &DockerPlan) -> Result<Self, String> {
        let docker = Docker::start(&plan.image, &plan.settings)?;
        let address = Address::started(&format!("postgres:postgres@{}", docker.host_and_port()));
        let version = sql::settled(address.as_given()).map_err(|why| {
            format!(
                "a container of {} does not become usable: {why}",
                plan.image
            )
        })?;
        version.accept(&format!("the image {}", plan.image))?;
        Ok(Self {
            kind: Kind::Docker,
            address,
            held: Held::Docker {
                _kept: Box::new(docker),
            },
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "url",
            Self::Local => "local",
            Self::Docker => "docker",
        })
    }
}

fn nothing(no_local: &str, no_docker: &str) -> ServerError {
    ServerError::new(format!(
        "no PostgreSQL server for the tests; do one of these:
  - set DATABASE_URL to a server, version {} or newer, whose role may create databases, for
    example DATABASE_URL=postgres://postgres:postgres@localhost/postgres
  - install the server binaries (apt install postgresql, dnf install postgresql-server, brew
    install postgresql@17), or set PG_BIN to the folder that holds initdb and postgres
    (now: {no_local})
  - start a Docker engine (docker info must answer) which has or can pull the image of
    AUDIT_TEST_IMAGE, by default {}
    (now: {no_docker})",
        sql::OLDEST,
        DEFAULT_IMAGE,
    ))
}
