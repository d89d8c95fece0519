//! The processes of a temporary cluster.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Kills a process and its children. It is stopped first, so that it has no more of them, and sees
/// none of them end.
pub(crate) fn kill_with_children(parent: u32) -> Result<(), String> {
    signal("STOP", &[parent])?;
    let end = Instant::now() + Duration::from_secs(10);
    while state_and_parent(parent).is_some_and(|(state, _)| !"tTZ".contains(&state)) {
        if Instant::now() > end {
            return Err(format!("the process {parent} does not stop"));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let children = children(parent)?;
    signal("KILL", &[&[parent], &*children].concat())?;
    // What they share with the parent is free when they are gone.
    while children.iter().any(|child| runs(*child)) {
        if Instant::now() > end {
            return Err("a killed process goes on".to_owned());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn signal(name: &str, processes: &[u32]) -> Result<(), String> {
    let kill = Command::new("kill")
        .args(["-s", name, "--"])
        .args(processes.iter().map(u32::to_string))
        // A child may have ended by itself meanwhile.
        .stderr(Stdio::null())
        .status();
    kill.map(drop).map_err(|error| format!("kill: {error}"))
}

fn children(parent: u32) -> Result<Vec<u32>, String> {
    let all = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?;
    let ids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(ids
        .filter(|id| state_and_parent(*id).is_some_and(|(_, of)| of == parent))
        .collect())
}

/// One whose end nobody has taken note of runs no more.
fn runs(process: u32) -> bool {
    state_and_parent(process).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// The two fields behind the name, which stands in parentheses and may hold some itself.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn state_and_parent(process: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.to_owned();
    Some((state, fields.next()?.parse().ok()?))
}
