//! What the model holds the design to. Every claim is checked in every state.

macro_rules! claims {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $key:literal;)+) => {
        /// What must hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Claim {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Claim {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The claim in words.
            pub(crate) const fn words(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The claim in figures and in the README.
            pub(crate) const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }
        }
    };
}

claims! {
    /// No double call.
    SentOnce = "the call is sent at most once", "sent_once";
    /// No unapproved call: not without the decisions that the rule asks for, and not with other bytes.
    Approved = "nothing is sent but the bytes that a quorum approved", "approved";
    /// A change that was rejected, expired, withdrawn or gone stale makes no call.
    NotAfterAnEnd = "no call takes effect after an end was written", "not_after_an_end";
    /// The same, told by the status.
    EndedWithoutCall = "rejected, expired, withdrawn and stale say: nothing was sent", "ended_without_call";
    /// The kill switch.
    NotWhileStopped = "no fence is taken while it is stopped", "not_while_stopped";
    /// Old executions do nothing.
    OnlyPresentGeneration = "only the present generation sends", "only_present_generation";
    /// Deadlines.
    InTime = "no call is prepared before not_before or after execute_before", "in_time";
    /// Drift.
    NotOverDrift = "no call is sent over a state that was read and is not the approved one", "not_over_drift";
    /// Terminal statuses never change.
    EndsStay = "an end stays, and the lifecycle allows every move", "ends_stay";
    /// The ledger never contradicts HEAD or the fence.
    LedgerAgrees = "record, fence and ledger agree", "ledger_agrees";
    /// No decision is lost.
    DecisionsKept = "every decision stands in the ledger", "decisions_kept";
    /// What `failed` means.
    FailedDidNotHappen = "failed says: it did not happen, or AWS put it back", "failed_did_not_happen";
    /// What `succeeded` means.
    SucceededHappened = "succeeded says: it happened", "succeeded_happened";
    /// No change stays open for ever.
    EveryChangeEnds = "once nothing more goes wrong, the change ends or says unknown", "every_change_ends";
    /// No approved change is forgotten.
    ApprovedNotLost = "once nothing more goes wrong, what was approved is tried before its deadline", "approved_not_lost";
    /// Of a change set.
    UndoneOnce = "no undo is sent twice", "undone_once";
    /// Of a change set.
    UndoneInReverse = "an undo is sent only when all later steps are undone or never happened", "undone_in_reverse";
    /// Of a change set.
    NotUndoneOnUnknown = "nothing is undone while it is unknown what happened", "not_undone_on_unknown";
    /// The model itself.
    BoundsSuffice = "the model's bounds were not reached", "bounds_suffice";
}
