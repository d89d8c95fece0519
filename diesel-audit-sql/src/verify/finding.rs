//! What a verification has found.

use std::fmt;

use crate::migration::LockTimeout;
use crate::render;
use crate::verify::Code;

/// One thing that could lose, fake or block an audit row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which of the known things it is.
    pub code: Code,
    /// The object that it is about, as SQL names it.
    pub object: String,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The statements that put it right, if statements can. They are for one
    /// transaction, of a role that owns the objects.
    pub repair: Option<String>,
}

/// Shows the code, what is wrong and why it matters, on two lines.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}\n  {}",
            self.code,
            self.message,
            self.code.reason()
        )
    }
}

/// Everything that a verification has found, table by table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Verification {
    /// What was found; nothing is good.
    pub findings: Vec<Finding>,
    /// What could not be looked at, for want of a right, as sentences.
    pub unchecked: Vec<String>,
}

impl Verification {
    /// Whether nothing was found. What could not be looked at does not count.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Leaves out what is known and accepted.
    pub fn allow(mut self, codes: impl IntoIterator<Item = Code>) -> Verification {
        let codes: Vec<Code> = codes.into_iter().collect();
        self.findings
            .retain(|finding| !codes.contains(&finding.code));
        self
    }

    /// Takes up what another verification has found.
    pub fn extend(&mut self, other: Verification) {
        self.findings.extend(other.findings);
        self.unchecked.extend(other.unchecked);
    }

    /// For `?`: everything that was found is the error.
    ///
    /// # Errors
    /// Itself, unless it is clean.
    pub fn into_result(self) -> Result<(), Verification> {
        if self.is_clean() { Ok(()) } else { Err(self) }
    }

    /// All repairs, each once, in an order in which they can run, for one
    /// transaction; empty if there are none.
    pub fn repair(&self) -> String {
        let mut repairs: Vec<&str> = Vec::new();
        for repair in self.findings.iter().filter_map(|f| f.repair.as_deref()) {
            if !repairs.contains(&repair) {
                repairs.push(repair);
            }
        }
        repairs.concat()
    }

    /// [`repair`](Verification::repair) as a script that opens its transaction,
    /// keeps other migrations of ours out, and waits for a lock so long.
    pub fn script(&self, lock_timeout: &LockTimeout) -> String {
        render::in_transaction(&self.repair(), lock_timeout)
    }
}

/// Shows each finding, and what could not be looked at.
impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = self.findings.iter().map(ToString::to_string);
        let unchecked = self
            .unchecked
            .iter()
            .map(|what| format!("unchecked: {what}"));
        let lines: Vec<String> = findings.chain(unchecked).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Verification {}

/// Where the checks put what they find.
#[derive(Debug, Default)]
pub(super) struct Findings(Verification);

impl Findings {
    /// With the statements that put it right.
    pub(super) fn repairable(
        &mut self,
        code: Code,
        object: impl fmt::Display,
        message: impl Into<String>,
        repair: impl Into<String>,
    ) {
        self.push(
            code,
            object.to_string(),
            message.into(),
            Some(repair.into()),
        );
    }

    /// What only people can put right.
    pub(super) fn open(
        &mut self,
        code: Code,
        object: impl fmt::Display,
        message: impl Into<String>,
    ) {
        self.push(code, object.to_string(), message.into(), None);
    }

    fn push(&mut self, code: Code, object: String, message: String, repair: Option<String>) {
        let finding = Finding {
            code,
            object,
            message,
            repair,
        };
        // Two models may share a schema, an owner and the server.
        if !self.0.findings.contains(&finding) {
            self.0.findings.push(finding);
        }
    }

    pub(super) fn unchecked(&mut self, what: String) {
        self.0.unchecked.push(what);
    }
}

impl From<Findings> for Verification {
    fn from(findings: Findings) -> Verification {
        findings.0
    }
}
