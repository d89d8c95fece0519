//! Names that no other process and no earlier run uses.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A name for a database, a folder or a container: `audit_test_`, the process, a counter and some
/// random digits. It needs no quoting anywhere.
pub(crate) fn name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    // The keys of a hash map are the standard library's only source of random numbers.
    let random = RandomState::new().build_hasher().finish() & 0xff_ffff;
    format!("audit_test_{}_{count}_{random:06x}", process::id())
}
