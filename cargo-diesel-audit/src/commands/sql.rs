//! `sql`: what the derive's `up_sql` and `down_sql` return, without compiling.

use diesel_audit_sql::Step;

use crate::Stop;
use crate::args::{Global, Sql};
use crate::fault::Fault;
use crate::project::{self, Surroundings};
use crate::resolve::{Resolved, is_called};
use crate::shell::Shell;

pub(crate) fn run(
    args: &Sql,
    global: &Global,
    surroundings: &Surroundings<'_>,
    shell: &mut Shell<'_>,
) -> Result<u8, Stop> {
    let project = project::packages(&global.packages, surroundings)?;
    let mut models = Vec::new();
    let mut faults = Vec::new();
    for package in &project.selected {
        match package.read_for(Some(&args.model), surroundings) {
            Ok(read) => models.extend(read.models),
            Err(more) => faults.extend(more),
        }
    }
    let called = |model: &Resolved| is_called(&model.name, &model.path, &args.model);
    if !faults.is_empty() && !models.iter().any(called) {
        return Err(faults.into());
    }
    let model = find(&models, &args.model)?;
    let install = Step::Install(model.declared.table.clone());
    let text = if args.down {
        install.inverse().render()
    } else {
        install.render_with_core()
    };
    shell.result(&text)?;
    Ok(0)
}

fn find<'a>(models: &'a [Resolved], asked: &str) -> Result<&'a Resolved, Fault> {
    let called: Vec<&Resolved> = models
        .iter()
        .filter(|model| is_called(&model.name, &model.path, asked))
        .collect();
    match called[..] {
        [model] => Ok(model),
        [] => {
            let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
            let help = match names.is_empty() {
                true => "add `#[derive(Audited)]` to a struct".to_owned(),
                false => format!("the models are `{}`", names.join("`, `")),
            };
            Err(Fault::new(format!("no audited model is called `{asked}`")).help(help))
        }
        _ => {
            let paths: Vec<&str> = called.iter().map(|model| model.path.as_str()).collect();
            Err(
                Fault::new(format!("several audited models are called `{asked}`")).help(format!(
                    "write the path of one of them: `{}`",
                    paths.join("`, `")
                )),
            )
        }
    }
}
