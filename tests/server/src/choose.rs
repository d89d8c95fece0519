//! The decision which server to use, from the environment variables alone.

use crate::{
    Kind, ServerError,
    plan::{DockerPlan, Env, LocalPlan, value},
};

/// What to try, in order.
#[derive(Debug)]
pub(crate) enum Plan {
    Url(String),
    Local(LocalPlan),
    Docker(DockerPlan),
    LocalElseDocker(LocalPlan, DockerPlan),
}

/// Reads what the environment asks for.
pub(crate) fn choose(env: &Env<'_>) -> Result<Plan, ServerError> {
    let url = value(env, "DATABASE_URL");
    Ok(match asked(env)? {
        Some(Kind::Url) => match url {
            Some(url) => Plan::Url(without_options(env, url)?),
            None => {
                return Err(ServerError::new(
                    "AUDIT_TEST_SERVER=url, and DATABASE_URL is not set; set it to a server, \
                     for example DATABASE_URL=postgres://postgres:postgres@localhost/postgres",
                ));
            }
        },
        Some(Kind::Local) => Plan::Local(LocalPlan::read(env)?),
        Some(Kind::Docker) => Plan::Docker(DockerPlan::read(env)?),
        None => match url {
            Some(url) => Plan::Url(without_options(env, url)?),
            None => Plan::LocalElseDocker(LocalPlan::read(env)?, DockerPlan::read(env)?),
        },
    })
}

fn asked(env: &Env<'_>) -> Result<Option<Kind>, ServerError> {
    let Some(word) = value(env, "AUDIT_TEST_SERVER") else {
        return Ok(None);
    };
    match [Kind::Url, Kind::Local, Kind::Docker]
        .into_iter()
        .find(|kind| kind.to_string() == word)
    {
        Some(kind) => Ok(Some(kind)),
        None => Err(ServerError::new(format!(
            "AUDIT_TEST_SERVER={word} is none of url, local, docker"
        ))),
    }
}

/// The settings of a server that runs already are not ours to change, and figures taken without
/// them would be wrong without anyone knowing.
fn without_options(env: &Env<'_>, url: String) -> Result<String, ServerError> {
    match value(env, "AUDIT_TEST_SERVER_OPTIONS") {
        None => Ok(url),
        Some(_) => Err(ServerError::new(
            "AUDIT_TEST_SERVER_OPTIONS cannot be applied to the server of DATABASE_URL; unset one",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::DEFAULT_IMAGE;

    fn plan(variables: &[(&str, &str)]) -> Result<Plan, ServerError> {
        choose(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn a_url_comes_first_and_an_empty_one_does_not_count() {
        let url = "postgres://h/d";
        let found = plan(&[("DATABASE_URL", url)]);
        assert!(matches!(found, Ok(Plan::Url(found)) if found == url));
        assert!(matches!(
            plan(&[("DATABASE_URL", "")]),
            Ok(Plan::LocalElseDocker(..))
        ));
        assert!(matches!(plan(&[]), Ok(Plan::LocalElseDocker(..))));
    }

    #[test]
    fn the_word_wins_over_the_url() {
        let url = ("DATABASE_URL", "postgres://h/d");
        assert!(matches!(
            plan(&[url, ("AUDIT_TEST_SERVER", "local")]),
            Ok(Plan::Local(_))
        ));
        assert!(matches!(
            plan(&[url, ("AUDIT_TEST_SERVER", "docker")]),
            Ok(Plan::Docker(_))
        ));
        assert!(matches!(
            plan(&[url, ("AUDIT_TEST_SERVER", "url")]),
            Ok(Plan::Url(_))
        ));
    }

    #[test]
    fn options_are_read_and_never_ignored() {
        let options = (
            "AUDIT_TEST_SERVER_OPTIONS",
            " fsync=on  wal_level=logical search_path=a=b",
        );
        let Ok(Plan::LocalElseDocker(local, docker)) = plan(&[options]) else {
            panic!("neither is asked for");
        };
        assert_eq!(local.settings, docker.settings);
        assert_eq!(local.settings[0], ("fsync".to_owned(), "on".to_owned()));
        assert_eq!(
            local.settings[2],
            ("search_path".to_owned(), "a=b".to_owned())
        );

        let message = plan(&[("AUDIT_TEST_SERVER_OPTIONS", "fsync")])
            .unwrap_err()
            .to_string();
        assert!(message.contains("`fsync`"), "{message}");
        let message = plan(&[options, ("DATABASE_URL", "postgres://h/d")])
            .unwrap_err()
            .to_string();
        assert!(message.contains("AUDIT_TEST_SERVER_OPTIONS"), "{message}");
    }

    #[test]
    fn the_image_has_a_default() {
        for (variables, image) in [
            (&[][..], DEFAULT_IMAGE),
            (&[("AUDIT_TEST_IMAGE", "own:1")][..], "own:1"),
        ] {
            let Ok(Plan::LocalElseDocker(_, docker)) = plan(variables) else {
                panic!("neither is asked for");
            };
            assert_eq!(docker.image, image);
        }
    }
}
