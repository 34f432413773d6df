//! Design faults that can be seeded, one at a time: each must break the property that guards against it.

use crate::claims::Claim;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $part:literal, $claim:ident;)+) => {
        /// A fault of the design that is seeded.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Fault {
            /// Every fault.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name on the command line and in figures.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The part of the model that it is seeded in.
            pub(crate) fn part(self) -> &'static str {
                match self { $(Self::$name => $part,)+ }
            }

            /// What it must break.
            pub(crate) fn breaks(self) -> Claim {
                match self { $(Self::$name => Claim::$claim,)+ }
            }

            /// What it is.
            pub(crate) fn words(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

faults! {
    /// There is no fence: `apply-step` sends after its checks and writes what came of it.
    FenceRemoved = "fence-removed", "sending", SentOnce;
    /// A fence whose attempt said nothing until its deadline is taken over by the next attempt.
    FenceTakenOver = "fence-taken-over", "sending", SentOnce;
    /// A call whose outcome is unknown is tried again.
    UnknownTriedAgain = "unknown-tried-again", "sending", SentOnce;
    /// A 5xx counts as failed.
    ServerErrorIsFailed = "server-error-is-failed", "sending", FailedDidNotHappen;
    /// A call without an answer counts as accepted.
    NoAnswerIsSucceeded = "no-answer-is-succeeded", "sending", SucceededHappened;
    /// An attempt that said nothing until its deadline counts as failed.
    SilenceIsFailed = "silence-is-failed", "sending", FailedDidNotHappen;
    /// A change whose state after the call cannot be read counts as failed.
    UnreadIsFailed = "unread-is-failed", "sending", FailedDidNotHappen;
    /// A state that equals the one before counts as: the call did not happen.
    SameStateIsFailed = "same-state-is-failed", "reconcile", FailedDidNotHappen;
    /// What CloudTrail does not show yet counts as not happened, although the credentials still work.
    EvidenceTooEarly = "evidence-too-early", "reconcile", FailedDidNotHappen;
    /// Whoever ends the wait is taken to have said yes: the execution goes on by the callback and not by the record.
    CallbackTrusted = "callback-trusted", "people", Approved;
    /// A stored `approved` is believed without rebuilding it from the decisions, and somebody who can write the table forges one.
    StatusBelieved = "status-believed", "people", Approved;
    /// The request is not rendered again and compared with the digest.
    RequestNotCompared = "request-not-compared", "checks", Approved;
    /// The fence's transaction does not check the version of the record.
    FenceWithoutVersion = "fence-without-version", "people", NotAfterAnEnd;
    /// A deadline is written without checking the version of the record.
    ExpiryWithoutVersion = "expiry-without-version", "sending", EndedWithoutCall;
    /// The fence is put after the record and its entry, not with them.
    FenceApart = "fence-apart", "sending", LedgerAgrees;
    /// The stop is looked at before the fence and not in its transaction.
    StopOutsideTransaction = "stop-outside-transaction", "checks", NotWhileStopped;
    /// An execution of an old generation is obeyed.
    OldGenerationAccepted = "old-generation-accepted", "sending", OnlyPresentGeneration;
    /// `apply-step` leaves the deadline to the execution and the sweep.
    DeadlineNotChecked = "deadline-not-checked", "checks", InTime;
    /// The state is not read again before the call.
    DriftNotRead = "drift-not-read", "checks", NotOverDrift;
    /// A decision is written without checking the version of the record.
    DecisionWithoutVersion = "decision-without-version", "people", DecisionsKept;
    /// The end of an undecided change is written without checking the version of the record.
    EndWithoutVersion = "end-without-version", "people", EndsStay;
    /// A record is believed of which HEAD was read before a transaction and the ledger after it.
    MixtureBelieved = "mixture-believed", "people", EndedWithoutCall;
    /// The watch of the sweep is put after the record, not with it.
    WatchApart = "watch-apart", "people", EveryChangeEnds;
    /// The sweep does not watch unknown changes, which a late report may open again.
    UnknownForgotten = "unknown-forgotten", "sending", EveryChangeEnds;
    /// The sweep does not start the next generation of an execution that died.
    NoNextGeneration = "no-next-generation", "sending", EveryChangeEnds;
    /// The sweep does not end waits: a callback that got lost stays lost.
    WaitsNotEnded = "waits-not-ended", "people", ApprovedNotLost;
    /// A kept task token replaces the one before, whichever is the later.
    TokenReplaced = "token-replaced", "people", ApprovedNotLost;
    /// Undos of a change set have no fence of their own.
    UndoWithoutFence = "undo-without-fence", "change-set", UndoneOnce;
    /// Undos of a change set run in the order of the steps.
    UndoForwards = "undo-forwards", "longer-set", UndoneInReverse;
    /// A step whose outcome is unknown is taken to have failed, and the others are undone.
    UndoOnUnknown = "undo-on-unknown", "change-set", NotUndoneOnUnknown;
    /// A change set whose later step failed ends as failed, and what was done stays.
    DoneIsLeft = "done-is-left", "change-set", FailedDidNotHappen;
}
