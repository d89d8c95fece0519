//! A container of a Docker engine.

use std::{fmt, time::Duration};

use testcontainers::{
    Container, ContainerRequest, GenericImage, ImageExt, TestcontainersError,
    core::{IntoContainerPort, WaitFor},
    runners::SyncRunner,
};

use crate::{local::SETTINGS, plan::Setting, unique, watcher::Watcher};

/// A running container. Dropping it removes the container.
pub(crate) struct Docker {
    /// Declared before the watcher, and so dropped before it: the watcher then finds nothing.
    _container: Container<GenericImage>,
    _watcher: Watcher,
    host_and_port: String,
}

const PORT: u16 = 5432;

impl Docker {
    pub(crate) fn start(image: &str, settings: &[Setting]) -> Result<Self, String> {
        let name = unique::name();
        let mut watcher =
            Watcher::start(CLEANUP, &name).map_err(|error| format!("/bin/sh: {error}"))?;
        let started = request(image, &name, settings).start();
        // From here on there is either a container or none, and never one that is being made.
        drop(watcher.tell("decided"));
        let explain = |error: TestcontainersError| {
            format!("cannot start a container of {image}: {}", causes(&error))
        };
        let container = started.map_err(explain)?;
        let host_and_port = host_and_port(&container).map_err(explain)?;
        Ok(Self {
            _container: container,
            _watcher: watcher,
            host_and_port,
        })
    }

    pub(crate) fn host_and_port(&self) -> &str {
        &self.host_and_port
    }
}

fn request(image: &str, name: &str, settings: &[Setting]) -> ContainerRequest<GenericImage> {
    let (repository, tag) = split(image);
    GenericImage::new(repository, tag)
        .with_exposed_port(PORT.tcp())
        // The official image says it twice, see `sql::settled`.
        .with_wait_for(WaitFor::message_on_stderr(
            "database system is ready to accept connections",
        ))
        .with_startup_timeout(Duration::from_secs(60))
        .with_container_name(name)
        .with_env_var("POSTGRES_PASSWORD", "postgres")
        .with_env_var("POSTGRES_HOST_AUTH_METHOD", "trust")
        .with_cmd(arguments(settings))
}

fn host_and_port(container: &Container<GenericImage>) -> Result<String, TestcontainersError> {
    let host = container.get_host()?.to_string();
    // It can mean the other family of addresses first, where the same port may lead elsewhere.
    let host = if host == "localhost" {
        "127.0.0.1"
    } else {
        &host
    };
    Ok(format!("{host}:{}", container.get_host_port_ipv4(PORT)?))
}

/// The messages of the error and of its causes, which the error does not repeat.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

/// Both the official image and an own one hand these to the server.
fn arguments(settings: &[Setting]) -> Vec<String> {
    let usual = SETTINGS
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let more = settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    usual
        .chain(more)
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect()
}

/// A colon before a slash belongs to the port of a registry.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, "latest"),
    }
}

impl fmt::Debug for Docker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Docker")
            .field("host_and_port", &self.host_and_port)
            .finish_non_exhaustive()
    }
}

/// `$1` is the container's name. While it is not decided whether there will be a container, the
/// engine may be about to make one, and is asked again a little later.
const CLEANUP: &str = r#"
docker rm --force --volumes "$1"
if [ -z "$state" ]; then
    sleep 5
    docker rm --force --volumes "$1"
fi
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_follows_the_last_colon() {
        assert_eq!(split("postgres:17"), ("postgres", "17"));
        assert_eq!(
            split("host:5000/postgres:16-alpine"),
            ("host:5000/postgres", "16-alpine")
        );
        assert_eq!(
            split("host:5000/postgres"),
            ("host:5000/postgres", "latest")
        );
    }
}
