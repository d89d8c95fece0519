//! What became of the turns.

use std::fmt;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel_audit::AuditError;

use super::meddling::Kind;

/// What one turn came to, as it should.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    Written,
    /// A write without a context.
    Refused,
    Panicked,
    /// Its future was dropped half way.
    Dropped,
    /// Something was done to its session.
    Meddled(Kind),
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    written: AtomicUsize,
    refused: AtomicUsize,
    panicked: AtomicUsize,
    dropped: AtomicUsize,
    meddled: [AtomicUsize; Kind::ALL.len()],
    /// How often a default of the database or the role has changed.
    defaults: AtomicUsize,
    /// Failed because the server crashed.
    lost: AtomicUsize,
    surprises: AtomicUsize,
    /// Odd while the server is down.
    crashes: AtomicUsize,
    is_over: AtomicBool,
}

impl Counts {
    /// Counts a turn that began when there had been so many crashes.
    pub(crate) fn count(&self, began: usize, turn: Result<Turn, AuditError>) {
        let counter = match turn {
            Ok(Turn::Written) => &self.written,
            Ok(Turn::Refused) => &self.refused,
            Ok(Turn::Panicked) => &self.panicked,
            Ok(Turn::Dropped) => &self.dropped,
            Ok(Turn::Meddled(kind)) => &self.meddled[kind as usize],
            Err(_) if !began.is_multiple_of(2) || began != self.crashes() => &self.lost,
            Err(error) => {
                eprintln!("surprise: {error:?}");
                &self.surprises
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_default(&self) {
        self.defaults.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether each kind of meddling took place.
    pub(crate) fn has_meddled(&self) -> bool {
        let happened = |counter: &AtomicUsize| counter.load(Ordering::Relaxed) > 0;
        self.meddled.iter().all(happened)
    }

    pub(crate) fn crashes(&self) -> usize {
        self.crashes.load(Ordering::SeqCst)
    }

    pub(crate) fn next_crash_phase(&self) {
        self.crashes.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    pub(crate) fn surprises(&self) -> usize {
        self.surprises.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        write!(
            f,
            "{} turns written, {} without a context refused, {} panics, {} futures dropped, \
             {} crashes of the server with {} turns lost, {} surprises; sessions meddled with: ",
            of(&self.written),
            of(&self.refused),
            of(&self.panicked),
            of(&self.dropped),
            self.crashes() / 2,
            of(&self.lost),
            of(&self.surprises),
        )?;
        for (kind, name) in Kind::ALL {
            write!(f, "{} by {name}, ", of(&self.meddled[kind as usize]))?;
        }
        write!(f, "{} changes of defaults", of(&self.defaults))
    }
}

/// The payload of a panic that is part of the run.
pub(crate) struct OnPurpose;

pub(crate) fn keep_quiet_about_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<OnPurpose>() {
            usual(info);
        }
    }));
}
