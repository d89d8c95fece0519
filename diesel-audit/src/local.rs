//! Values that belong to what runs on a thread, not to the thread: kept in a
//! thread-local while a closure runs, and while a future is polled.
//!
//! A future may go on on another thread after every poll, and others run on
//! this one meanwhile; so the value goes with the future, and is on the thread
//! during a poll only.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::LocalKey;

/// Where the value is while it is on the thread.
pub(crate) type Slot<T> = LocalKey<RefCell<Option<T>>>;

/// A value is on the thread until this is left or dropped, which a panic does;
/// then the one from before is back.
pub(crate) struct Entered<T: 'static> {
    slot: &'static Slot<T>,
    outer: Option<T>,
}

impl<T> Entered<T> {
    pub(crate) fn enter(slot: &'static Slot<T>, value: Option<T>) -> Entered<T> {
        Entered {
            slot,
            outer: slot.replace(value),
        }
    }

    /// The value as it is now.
    pub(crate) fn leave(self) -> Option<T> {
        self.slot.take()
    }
}

impl<T> Drop for Entered<T> {
    fn drop(&mut self) {
        self.slot.set(self.outer.take());
    }
}

/// A future that has a value on its thread whenever it is polled. It gives the
/// value back, as it is then, with its output.
pub(crate) struct Within<T: 'static, F> {
    slot: &'static Slot<T>,
    value: Option<T>,
    future: Pin<Box<F>>,
}

impl<T, F> Within<T, F> {
    pub(crate) fn new(slot: &'static Slot<T>, value: Option<T>, future: F) -> Within<T, F> {
        Within {
            slot,
            value,
            future: Box::pin(future),
        }
    }
}

impl<T: Unpin, F: Future> Future for Within<T, F> {
    type Output = (F::Output, Option<T>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let entered = Entered::enter(self.slot, self.value.take());
        let polled = self.future.as_mut().poll(cx);
        self.value = entered.leave();
        polled.map(|output| (output, self.value.take()))
    }
}
