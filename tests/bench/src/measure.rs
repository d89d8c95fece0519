//! How to compare on a machine that is never quiet: the candidates take turns
//! in a new order each round, and what counts is the median of the ratios
//! within a round.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, hint, thread};

use audit_test_server::Server;

/// What one round of one candidate took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// As the client sees it.
    pub(crate) wall: Duration,
    /// What the server's process spent, where it can be seen.
    pub(crate) server: Option<Duration>,
}

/// A server that waits for its disk at every commit, as PostgreSQL is
/// installed; that of `DATABASE_URL` or Docker where there are no binaries.
pub(crate) fn durable_server() -> Result<Server, Box<dyn std::error::Error + Send + Sync>> {
    let durable = [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("autovacuum", "off"),
    ];
    match Server::start_local_with(&durable) {
        Ok(server) => Ok(server),
        Err(_) => Ok(Server::find()?),
    }
}

/// Times `work`, and the processor time of the server process `pid`.
pub(crate) fn cost(pid: Option<i32>, work: impl FnOnce()) -> Cost {
    let server = pid.and_then(server_time);
    let start = Instant::now();
    work();
    let wall = start.elapsed();
    let server = pid
        .and_then(server_time)
        .zip(server)
        .map(|(after, before)| after - before);
    Cost { wall, server }
}

/// Linux counts it in nanoseconds.
/// <https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html>
fn server_time(pid: i32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let nanoseconds = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// Runs `rounds` rounds of all candidates, after one that is not counted.
/// `costs[candidate][round]` is the result.
pub(crate) fn rounds(
    candidates: usize,
    rounds: usize,
    mut run: impl FnMut(usize) -> Cost,
) -> Vec<Vec<Cost>> {
    let mut costs = vec![Vec::with_capacity(rounds); candidates];
    let mut order: Vec<usize> = (0..candidates).collect();
    let mut dice = Dice::new();
    for round in 0..=rounds {
        dice.shuffle(&mut order);
        for &candidate in &order {
            let cost = run(candidate);
            if round > 0 {
                costs[candidate].push(cost);
            }
        }
    }
    costs
}

/// Keeps all processors busy while `work` runs: one that idles takes longer to
/// wake up than a round trip on loopback lasts, and whether it idles is chance.
pub(crate) fn awake(work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..processors {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        work();
        done.store(true, Ordering::Relaxed);
    });
}

/// The median of the ratios, round by round.
pub(crate) fn ratio(
    costs: &[Cost],
    base: &[Cost],
    of: fn(&Cost) -> Option<Duration>,
) -> Option<f64> {
    let ratios: Option<Vec<f64>> = costs
        .iter()
        .zip(base)
        .map(|(cost, base)| Some(of(cost)?.as_secs_f64() / of(base)?.as_secs_f64()))
        .collect();
    ratios.map(median)
}

/// The median of what one operation took, in microseconds.
pub(crate) fn microseconds(
    costs: &[Cost],
    operations: usize,
    of: fn(&Cost) -> Option<Duration>,
) -> Option<f64> {
    let each: Option<Vec<f64>> = costs
        .iter()
        .map(|cost| Some(of(cost)?.as_secs_f64() * 1e6 / operations as f64))
        .collect();
    each.map(median)
}

pub(crate) fn wall(cost: &Cost) -> Option<Duration> {
    Some(cost.wall)
}

pub(crate) fn server(cost: &Cost) -> Option<Duration> {
    cost.server
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    }
}

/// A figure, or a dash where it could not be measured.
pub(crate) fn figure(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// Xorshift: the order of candidates needs no better dice.
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Dice(now.map_or(1, |d| d.subsec_nanos().into()) | 1)
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let other = (self.0 % (last as u64 + 1)) as usize;
            order.swap(last, other);
        }
    }
}
