//! The checkout that is being made: no pool passes anything from its `get` to
//! the manager that tests the connection.

use std::cell::RefCell;

use diesel::result::Error;
use diesel_audit_model::names::UNAUDITED;

use crate::local::Slot;
use crate::{AuditContext, AuditError, ToAuditContext};

thread_local! {
    static CHECKOUT: RefCell<Option<Checkout>> = const { RefCell::new(None) };
}

/// For whom a connection is taken from a pool.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) context: AuditContext,
    /// Whether changes shall be recorded with the context; else it only says
    /// why they are not.
    pub(crate) audited: bool,
}

impl Request {
    pub(crate) fn audited<C>(context: &C) -> Result<Request, AuditError>
    where
        C: ToAuditContext + ?Sized,
    {
        Ok(Request {
            context: context.to_audit_context()?,
            audited: true,
        })
    }

    pub(crate) fn unaudited(reason: &str) -> Result<Request, AuditError> {
        Ok(Request {
            context: AuditContext::new().set(UNAUDITED, reason)?,
            audited: false,
        })
    }
}

/// A request, and why it was refused. There is one around it when a pool's
/// event handler uses a pool.
pub(crate) struct Checkout {
    request: Request,
    refused: Option<Error>,
}

impl Checkout {
    /// Where it is while the pool's `get` runs.
    pub(crate) const SLOT: &'static Slot<Checkout> = &CHECKOUT;

    pub(crate) fn new(request: Request) -> Checkout {
        Checkout {
            request,
            refused: None,
        }
    }

    /// Lets no connection through whose server refused the context.
    pub(crate) fn end<T, E: From<Error>>(checkout: Option<Checkout>, got: T) -> Result<T, E> {
        match checkout.and_then(|checkout| checkout.refused) {
            Some(refused) => Err(refused.into()),
            None => Ok(got),
        }
    }

    /// A copy of what is asked for on this thread, so that no borrow of the
    /// cell lasts during a statement, where an instrumentation of Diesel may
    /// run and use a pool itself.
    pub(crate) fn request() -> Option<Request> {
        CHECKOUT.with_borrow(|checkout| Some(checkout.as_ref()?.request.clone()))
    }

    /// Gives the error back when there is no checkout to tell it.
    pub(crate) fn refuse(error: Error) -> Result<(), Error> {
        CHECKOUT.with_borrow_mut(|checkout| match checkout {
            Some(checkout) => {
                checkout.refused = Some(error);
                Ok(())
            }
            None => Err(error),
        })
    }
}
