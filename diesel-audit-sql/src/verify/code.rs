//! The stable names of what can be found.

use std::fmt;

/// Declares the codes once, with their names and why each matters.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $reason:literal;)*) => {
        /// What a [`Finding`](crate::verify::Finding) is. The names are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[doc = ""] #[doc = $reason] $variant,)*
        }

        impl Code {
            /// Every code, in the order in which they are documented.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The name, for example `trigger_missing`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)*
                }
            }

            /// Why it matters, in one sentence.
            pub const fn reason(self) -> &'static str {
                match self {
                    $(Code::$variant => $reason,)*
                }
            }
        }
    };
}

codes! {
    /// There is no table of the model's name.
    SourceMissing = "source_missing", "The model's rows are in another table, or nowhere.";
    /// A table inherits from the audited one and is no partition.
    InheritanceChild = "inheritance_child", "A change of its rows, also through the audited table, fires no trigger of that table and is lost.";
    /// The audited table, or a partition of it, does not survive a crash.
    SourceUnlogged = "source_unlogged", "A crash of the server empties the table, and no audit row says so.";
    /// The audited table, or a partition of it, is on another server.
    SourceForeign = "source_foreign", "Its rows can be changed there, which fires no trigger here.";
    /// A plain table has the columns of an audited partitioned table.
    DetachedPartition = "detached_partition", "A partition that is detached takes its rows along without an event; `reconcile` tells whether it did.";
    /// No unique index covers the model's primary key.
    KeyNotUnique = "key_not_unique", "Rows that share a key share a history, which then tells of none of them.";
    /// The uniqueness of the key is checked at the end of a statement or transaction.
    KeyDeferrable = "key_deferrable", "One UPDATE can give a row's key to another row, and the end of the old one is then recorded after the new one.";
    /// A column of the table is neither recorded nor excluded.
    ColumnUnrecorded = "column_unrecorded", "Its values are lost to the history.";
    /// The table lacks a column that is recorded.
    ColumnMissing = "column_missing", "Every write is refused.";
    /// A recorded column is computed when it is read.
    ColumnVirtual = "column_virtual", "A trigger does not see the value of a virtual generated column.";
    /// The audit table is not there.
    AuditMissing = "audit_missing", "Every write is refused, or nothing is recorded.";
    /// Something else than a table has its name.
    AuditKind = "audit_kind", "It keeps no rows of its own.";
    /// The audit table does not survive a crash.
    AuditUnlogged = "audit_unlogged", "A crash of the server empties the history.";
    /// The audit table is partitioned and has no default partition.
    AuditPartitionMissing = "audit_partition_missing", "A row that fits no partition is refused, and the write with it.";
    /// A table inherits from the audit table.
    AuditChild = "audit_child", "Its rows appear in the history, though no trigger has written them.";
    /// The audit table has a rule.
    AuditRule = "audit_rule", "It can change or swallow audit rows.";
    /// Something else than the audit fires at an INSERT into the audit table.
    AuditTrigger = "audit_trigger", "It can change, swallow or refuse audit rows.";
    /// Row security stands between the function and the audit table.
    AuditRowSecurity = "audit_row_security", "An audit row that no policy allows is refused, and the write with it.";
    /// The audit table has a constraint or a unique index of somebody else's.
    AuditConstraint = "audit_constraint", "What the source accepts and it does not is refused.";
    /// `audit_id` is not the primary key.
    AuditKeyMissing = "audit_key_missing", "Nothing keeps two audit rows from having one number.";
    /// `audit_id` does not count as it has to.
    IdentityDiffers = "identity_differs", "The order of a row's changes is the order of `audit_id` only if it is handed out one by one.";
    /// `audit_id` begins again below what the audit table holds.
    IdentityBehind = "identity_behind", "Writes are refused until the numbers are past those that are taken, or history gets out of order.";
    /// The audit table lacks a column.
    AuditColumnMissing = "audit_column_missing", "Every write is refused.";
    /// A column of the audit table is of another type.
    AuditColumnType = "audit_column_type", "Writes are refused, and a length or precision of its own would cut or refuse values.";
    /// A column of the audit table has to have a value.
    AuditColumnNotNull = "audit_column_not_null", "A row without that value is refused, TRUNCATE's above all.";
    /// A column of the audit table computes its value.
    AuditColumnComputed = "audit_column_computed", "The value of the source cannot be stored in it.";
    /// A column of the audit table takes another value than the context's.
    AuditColumnDefault = "audit_column_default", "The functions leave it to the column's default what is recorded of the context.";
    /// The audit table still has the values of a column that is redacted or hashed.
    RedactedValueKept = "redacted_value_kept", "They were recorded before, and whoever reads the history sees them.";
    /// The key of the digests is not there.
    HashKeyMissing = "hash_key_missing", "Every write is refused, and no digest can be compared with a new one.";
    /// Somebody may read or change the key of the digests.
    HashKeyGranted = "hash_key_granted", "Whoever reads the key can find a hashed value by trying; whoever changes it makes digests incomparable.";
    /// There is no table for the seals, or it has other columns.
    SealsMissing = "seals_missing", "Nothing can be sealed, and nothing tells whether sealed rows are what they were.";
    /// Somebody may write to the table of the seals.
    SealsGranted = "seals_granted", "Whoever can write to the seals can make some for rows that were changed.";
    /// The index by which new rows are found to seal is not there.
    SealsIndexMissing = "seals_index_missing", "Each run of the sealer reads the whole audit table.";
    /// The rows of a seal are not those that were sealed.
    SealBroken = "seal_broken", "Somebody has changed, removed or inserted audit rows since they were sealed.";
    /// A seal does not follow from the one before it.
    SealChainBroken = "seal_chain_broken", "Somebody has changed, removed or inserted seals.";
    /// A seal is not the one whose digest was kept outside the database.
    SealDigestDiffers = "seal_digest_differs", "The seals were made anew, or the last ones removed: with them, rows may have been changed.";
    /// An audit row says that it is of a transaction which this server has not begun.
    SealTransactionUnknown = "seal_transaction_unknown", "Rows of such transactions are not sealed until the server comes to their numbers.";
    /// A function of the audit is not there.
    FunctionMissing = "function_missing", "Nothing can be recorded.";
    /// A function of the audit has another text.
    FunctionDiffers = "function_differs", "What it records is not what the model says.";
    /// The trigger function runs with its caller's rights.
    FunctionInvoker = "function_invoker", "Writers need rights on the audit table, with which they can forge it.";
    /// A function of the audit has other settings of its own than `search_path`.
    FunctionSettings = "function_settings", "Its caller could decide what the names in it mean.";
    /// A function of the audit belongs to another role than the audit table.
    FunctionOwner = "function_owner", "Its owner can replace it.";
    /// The function's owner may not insert into the audit table.
    FunctionRights = "function_rights", "Every write is refused.";
    /// A trigger is not there.
    TriggerMissing = "trigger_missing", "Changes are lost.";
    /// A trigger does not fire.
    TriggerDisabled = "trigger_disabled", "Changes are lost.";
    /// A trigger does not fire in every session.
    TriggerNotAlways = "trigger_not_always", "Changes are lost where `session_replication_role` says so.";
    /// A trigger fires at other times, or calls another function.
    TriggerDiffers = "trigger_differs", "Changes are lost, or not recorded as the model says.";
    /// Another trigger fires before that of the audit.
    TriggerOrder = "trigger_order", "If it changes the same row again, the audit has to put that change in order, and refuses it where the model leaves out changes.";
    /// A table that the model does not know calls the audit's function.
    TriggerElsewhere = "trigger_elsewhere", "Its rows are recorded as those of the audited table; perhaps one was exchanged for the other.";
    /// The table is filled by a subscription.
    Subscribed = "subscribed", "The apply worker has no context: its first write to the table is refused, and the whole subscription stands still.";
    /// The audit was begun or changed by another description than the model's.
    StateDiffers = "state_differs", "A migration has not run, or the next one is refused.";
    /// Somebody may write to the audit table.
    AuditGranted = "audit_granted", "Whoever can write to the audit table can forge it.";
    /// Somebody may move the numbers of the audit table.
    SequenceGranted = "sequence_granted", "With a number that is taken, writes are refused.";
    /// Somebody may call a function of the audit.
    FunctionGranted = "function_granted", "Whoever can execute it can make it the trigger of a table of their own, and forge history.";
    /// Somebody may create in the schema of the audit.
    SchemaGranted = "schema_granted", "A table that waits under the name of the next audit table would be taken for it.";
    /// The schema of the audit belongs to another role than the audit table.
    SchemaOwner = "schema_owner", "The owner of a schema can drop what is in it.";
    /// Somebody may create triggers on the audited table.
    SourceTriggerGranted = "source_trigger_granted", "A trigger that fires before that of the audit can put changes out of order.";
    /// A role may write to every table.
    WriteAllData = "write_all_data", "Whoever can write to the audit table can forge it.";
    /// A role that people or programs log in with owns a part of the audit.
    OwnerCanLogIn = "owner_can_log_in", "An owner can disable a trigger and change history; `cargo diesel-audit roles` parts the roles.";
    /// Sessions begin with a setting of the audit.
    SettingDefault = "setting_default", "No marker vouches for it: writes without a context of their own are refused.";
    /// Somebody may set what switches triggers off.
    ParameterGranted = "parameter_granted", "Triggers that do not fire always can be switched off, and defaults be given to sessions.";
}

impl Code {
    /// The code of a name, or nothing for any other text.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

/// Shows the name.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
