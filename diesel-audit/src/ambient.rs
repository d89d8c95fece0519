//! A context for what runs, instead of for a call.

use std::cell::RefCell;

use crate::local::{Entered, Slot, Within};
use crate::{AuditContext, AuditError, ToAuditContext};

thread_local! {
    static AMBIENT: RefCell<Option<AuditContext>> = const { RefCell::new(None) };
}

const SLOT: &Slot<AuditContext> = &AMBIENT;

/// The context of the ambient scope in which it is asked for: given where a
/// request begins, and used where it writes, without being passed through all
/// functions in between.
///
/// It is given to a call like every other context, as `audited(&Ambient, ..)`
/// or `get_audited(&Ambient)`. So there is one rule for which context wins: a
/// call uses what it is given. Nothing but `Ambient` looks at the ambient scope;
/// of several, it takes the innermost.
///
/// A scope is a closure's or a future's. It does not reach into what these
/// start elsewhere: a thread, a spawned task, or a closure on a pool of
/// threads has none, unless [`carry`](Ambient::carry) or
/// [`carry_future`](Ambient::carry_future) takes it there. Without a scope the
/// call is refused, and nothing is written in nobody's name.
///
/// ```
/// use diesel_audit::{Ambient, AuditContext, AuditError, ToAuditContext};
///
/// # fn main() -> Result<(), AuditError> {
/// let context = AuditContext::new().set("username", "alice")?;
/// let user = Ambient::scope(&context, || {
///     let here = Ambient.to_audit_context()?;
///     // Elsewhere only when it is carried there.
///     let there = std::thread::spawn(Ambient::carry(|| Ambient.to_audit_context()));
///     let nowhere = std::thread::spawn(|| Ambient.to_audit_context());
///     assert_eq!(there.join().expect("a result")?, here);
///     assert!(matches!(
///         nowhere.join().expect("a result"),
///         Err(AuditError::NoAmbientContext)
///     ));
///     Ok::<_, AuditError>(here)
/// })??;
/// assert_eq!(user, context);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ambient;

impl Ambient {
    /// Runs the closure in a scope with this context. An outer scope is back
    /// when it ends, in whichever way.
    ///
    /// # Errors
    /// [`AuditError::SettingRefused`] for a context that cannot be stored; the
    /// closure is not run then.
    pub fn scope<C, T>(context: &C, f: impl FnOnce() -> T) -> Result<T, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        let entered = Entered::enter(SLOT, Some(context.to_audit_context()?));
        let value = f();
        drop(entered);
        Ok(value)
    }

    /// The future in a scope with this context, whichever thread polls it.
    ///
    /// # Errors
    /// [`AuditError::SettingRefused`] for a context that cannot be stored.
    pub fn scope_future<C, F>(
        context: &C,
        future: F,
    ) -> Result<impl Future<Output = F::Output> + use<C, F>, AuditError>
    where
        C: ToAuditContext + ?Sized,
        F: Future,
    {
        Ok(within(Some(context.to_audit_context()?), future))
    }

    /// The closure in the scope that there is now, or in none if there is
    /// none: for another thread, such as `spawn_blocking`'s.
    pub fn carry<T>(f: impl FnOnce() -> T) -> impl FnOnce() -> T {
        let context = AMBIENT.with_borrow(Clone::clone);
        move || {
            let entered = Entered::enter(SLOT, context);
            let value = f();
            drop(entered);
            value
        }
    }

    /// The future in the scope that there is now, or in none if there is none:
    /// for a task of its own, such as `tokio::spawn`'s.
    pub fn carry_future<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
        within(AMBIENT.with_borrow(Clone::clone), future)
    }
}

async fn within<F: Future>(context: Option<AuditContext>, future: F) -> F::Output {
    Within::new(SLOT, context, future).await.0
}

/// The innermost scope's.
///
/// # Errors
/// [`AuditError::NoAmbientContext`] outside of every scope.
impl ToAuditContext for Ambient {
    fn to_audit_context(&self) -> Result<AuditContext, AuditError> {
        AMBIENT
            .with_borrow(Clone::clone)
            .ok_or(AuditError::NoAmbientContext)
    }
}
