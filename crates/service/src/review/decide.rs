//! Takes a decision.

use changegate_change::decision::{Decision, SignedDecision, Verb, VerifiedDecision};
use changegate_change::digest::Digest;
use changegate_change::head::{Facts, Head, Why};
use changegate_change::id::{ChangeId, DecisionId, TenantId};
use changegate_change::ledger::{Actor, Entry, Kind};
use changegate_change::proposal::VerifiedProposal;
use changegate_change::quorum::{QuorumStatus, quorum};
use changegate_change::status::{Event, Status, next};
use changegate_change::tenant::Approver;
use changegate_store::Part;
use changegate_store::record::Record;
use changegate_store::sign_ins::Session;
use jiff::Timestamp;
use serde_json::json;

use super::forms::FORM_TTL;
use super::session_secret::SessionSecret;
use super::why_not::{WhyNot, refusal, why_not};
use super::{Opened, Review};
use crate::error::{Code, ServiceError};

/// The longest note beside a decision, in characters.
pub const NOTE_MAX: usize = 1_000;

/// A decision as a form brings it: nothing in it is believed.
#[derive(Debug, Clone)]
pub struct UnverifiedDecisionForm {
    /// The tenant in the path.
    pub tenant: TenantId,
    /// The change in the path.
    pub change: ChangeId,
    /// What they say.
    pub verb: Verb,
    /// The form's nonce.
    pub nonce: String,
    /// What they wrote beside it.
    pub note: String,
}

/// What came of a decision.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The record after it.
    pub head: Head,
    /// The decision.
    pub decision: Decision,
}

impl Review {
    /// Takes a decision: signs it, counts the quorum, writes both with the record in one transaction, ends the wait.
    ///
    /// # Errors
    /// Why it does not count; nothing is written then.
    pub async fn decide(
        &self,
        form: UnverifiedDecisionForm,
        secret: Option<&SessionSecret>,
    ) -> Result<Decided, ServiceError> {
        let (tenant, change) = (&form.tenant, &form.change);
        let Opened { session, approver, record, proposal, .. } = self.opened(tenant, change, secret).await?;
        let now = self.clock.now();
        let nonce = self.nonce(&form, &proposal, &approver.id, secret, now)?;
        let earlier = self.decided(tenant, change).await?;
        let stopped = self.store.stopped(tenant).await?;
        if let Some(why) = why_not(&record.head, &proposal, &earlier, &approver.id, now, stopped) {
            return Err(refusal(&why, &earlier));
        }
        if form.note.chars().count() > NOTE_MAX {
            return Err(ServiceError::new(
                Code::InvalidRequest,
                format!("a note has at most {NOTE_MAX} characters"),
            ));
        }
        let signed = self.sign(&form, &session, &approver, proposal.digest(), now).await?;
        let (head, entry) = self.follow(&record, &proposal, &earlier, &signed, now)?;
        let until = now + FORM_TTL;
        let commit = self.store.commit().update(&head, &entry).decision(&signed);
        match commit.use_nonce(tenant, change, &nonce, until).unless_stopped(tenant).run().await {
            Ok(()) => {}
            Err(error) => return Err(self.lost(tenant, change, error).await),
        }
        if head.status != Status::AwaitingApproval {
            self.end_wait(&head).await;
        }
        Ok(Decided { head, decision: signed.decision })
    }

    async fn sign(
        &self,
        form: &UnverifiedDecisionForm,
        session: &Session,
        approver: &Approver,
        digest: Digest,
        now: Timestamp,
    ) -> Result<SignedDecision, ServiceError> {
        let decision = Decision {
            id: DecisionId::new(self.clock.ulid(now)),
            tenant: form.tenant.clone(),
            change: form.change.clone(),
            digest,
            approver: approver.id.clone(),
            issuer: session.issuer.clone(),
            subject: session.subject.clone(),
            verb: form.verb,
            note: form.note.clone(),
            decided_at: now,
        };
        let signature = self.decisions.sign(&decision.signed_bytes()?).await?;
        Ok(SignedDecision { decision, signature })
    }

    /// The record and the entry that follow from one more decision.
    fn follow(
        &self,
        record: &Record,
        proposal: &VerifiedProposal,
        earlier: &[VerifiedDecision],
        signed: &SignedDecision,
        now: Timestamp,
    ) -> Result<(Head, Entry), ServiceError> {
        let decision = &signed.decision;
        let mut all = earlier.to_vec();
        all.extend(signed.clone().verify(|_, _| true));
        let content = proposal.get();
        let state = quorum(&content.rule, &content.tenant, &content.change, &proposal.digest(), &all);
        let was = record.head.status;
        let (kind, status, facts) = match state {
            QuorumStatus::Open { .. } => (Kind::Decided, was, Facts::default()),
            QuorumStatus::Satisfied { at } => {
                let facts = Facts { execute_before: Some(content.execute_before(at)), ..Facts::default() };
                (Kind::Approved, next(was, Event::Approve)?, facts)
            }
            QuorumStatus::Rejected { by } => {
                let why = Why { code: "rejected".into(), message: format!("rejected by {by}") };
                (Kind::Rejected, next(was, Event::Reject)?, Facts { why: Some(why), ..Facts::default() })
            }
        };
        let more = json!({
            "approver": decision.approver, "verb": decision.verb, "note": decision.note,
            "decision": decision.id, "digest": decision.digest,
        });
        let moment = self.clock.moment(now, Actor::Approver(decision.approver.clone()));
        Ok(record.head.then(record.last()?, moment, kind, status, &facts, more)?)
    }

    /// What to tell somebody whose decision was not written.
    async fn lost(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        error: changegate_store::CommitError,
    ) -> ServiceError {
        if error.refused(Part::Stop) {
            return refusal(&WhyNot::Stopped, &[]).because(error);
        }
        if error.refused(Part::Nonce) && !error.refused(Part::Head) {
            let message = "this form was used already; open the page again";
            return ServiceError::new(Code::NonceInvalid, message).because(error);
        }
        if error.refused(Part::Head) || error.refused(Part::Decision) {
            return match (self.store.head(tenant, change).await, self.decided(tenant, change).await) {
                (Ok(Some(head)), Ok(decisions)) => refusal(&WhyNot::NotWaiting(head.status), &decisions),
                _ => error.into(),
            };
        }
        error.into()
    }

    /// Ends the wait of the execution. If that does not work the decision is not lost: the sweep ends the wait.
    async fn end_wait(&self, head: &Head) {
        let answered = match self.store.tokens(&head.tenant, &head.change, head.generation).await {
            Ok(tokens) => self.workflow.answer_any(&tokens).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = answered {
            tracing::warn!(change = %head.change, error = error.story(), "the wait was not ended; the sweep will");
        }
    }
}
