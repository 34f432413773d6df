//! What an approver sees, and their decision.

use changegate_change::capture::Capture;
use changegate_change::decision::{Decision, SignedDecision, Verb, VerifiedDecision};
use changegate_change::digest::Digest;
use changegate_change::head::{Facts, Head, Why};
use changegate_change::id::{ApproverId, ChangeId, DecisionId, TenantId};
use changegate_change::ledger::{Actor, Entry, Kind};
use changegate_change::proposal::VerifiedProposal;
use changegate_change::quorum::{QuorumStatus, quorum};
use changegate_change::status::{Event, Status, next};
use changegate_change::step_record::StepRecord;
use changegate_change::tenant::Approver;
use changegate_store::record::Record;
use changegate_store::sign_ins::Session;
use changegate_store::{Part, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::clock::Clock;
use crate::config::VerifiedConfig;
use crate::dossier::Dossier;
use crate::error::{Code, ServiceError};
use crate::keys::{Signer, Verifier};
use crate::nonce::{BoundTo, Nonce};
use crate::view::after_captures;
use crate::workflow::Workflow;

/// How long a form can be sent after its page was drawn.
pub const FORM_TTL: SignedDuration = SignedDuration::from_mins(15);
/// The longest note beside a decision, in characters.
pub const NOTE_MAX: usize = 1_000;

/// What reviewing needs.
#[derive(Debug)]
pub struct Review {
    /// The tables.
    pub store: Store,
    /// Who verifies configurations.
    pub config_keys: Verifier,
    /// Who verifies proposals.
    pub proposal_keys: Verifier,
    /// Who signs decisions: only this function can.
    pub decisions: Signer,
    /// Who verifies decisions.
    pub decision_keys: Verifier,
    /// The executions.
    pub workflow: Workflow,
    /// Time and randomness.
    pub clock: Clock,
}

/// The secret of a session, as the browser's cookie has it.
#[derive(Clone)]
pub struct SessionSecret(String);

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

impl SessionSecret {
    /// The secret in a cookie.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the session is stored under.
    pub fn hash(&self) -> Digest {
        Digest::of_bytes(self.0.as_bytes())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Everything that an approver's page shows.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The record.
    pub head: Head,
    /// The proposal; its signature was verified.
    pub proposal: VerifiedProposal,
    /// The state before each step.
    pub before: Vec<Capture>,
    /// The state after, by step, of those that are done.
    pub after: Vec<(u32, Capture)>,
    /// What came of the steps.
    pub steps: Vec<StepRecord>,
    /// What happened.
    pub ledger: Vec<Entry>,
    /// The decisions; their signatures were verified.
    pub decisions: Vec<Decision>,
    /// Who is looking.
    pub approver: Approver,
    /// The names of all approvers, by id.
    pub names: Vec<(ApproverId, String)>,
    /// The forms, or why there are none.
    pub may_decide: Result<Forms, WhyNot>,
}

/// The nonces of the two forms.
#[derive(Debug, Clone)]
pub struct Forms {
    /// For `approve`.
    pub approve: String,
    /// For `reject`.
    pub reject: String,
    /// Until when.
    pub until: Timestamp,
}

/// Why the person who looks cannot decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// The change is not waiting for a decision.
    NotWaiting(Status),
    /// `decide_by` passed.
    TooLate,
    /// The agent works for them.
    Requester,
    /// The rule does not name them.
    NotNamed,
    /// They have decided.
    Decided,
    /// Everything, or the tenant, is stopped.
    Stopped,
}

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
    /// The signed configuration of a tenant: its issuers, its approvers.
    ///
    /// # Errors
    /// `not_found`; it does not verify.
    pub async fn config(&self, tenant: &TenantId) -> Result<VerifiedConfig, ServiceError> {
        VerifiedConfig::load(&self.store, &self.config_keys, tenant).await
    }

    /// The session of a cookie, if it is for this tenant.
    ///
    /// # Errors
    /// `sign_in_required`.
    pub async fn session(
        &self,
        tenant: &TenantId,
        secret: Option<&SessionSecret>,
    ) -> Result<Session, ServiceError> {
        let required = || ServiceError::new(Code::SignInRequired, "sign in to see this page");
        let secret = secret.ok_or_else(required)?;
        let session = self.store.session(&secret.hash(), self.clock.now()).await?;
        session.filter(|session| session.tenant == *tenant).ok_or_else(required)
    }

    /// What a signed-in person sees of a change. Writes nothing.
    ///
    /// # Errors
    /// `not_found` also for those who are no approvers; what is stored does not verify.
    pub async fn page(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
        secret: Option<&SessionSecret>,
    ) -> Result<Reviewed, ServiceError> {
        let session = self.session(tenant, secret).await?;
        let config = self.config(tenant).await?;
        let approver = approver(&config, &session)?;
        let record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        let dossier = Dossier::load(&self.store, tenant, change, &record.head.dossier).await?;
        let proposal = self.verified(&record, &dossier).await?;
        let decisions = self.decided(tenant, change).await?;
        let steps = &proposal.get().steps;
        let before = steps.iter().map(|step| dossier.before(step).cloned()).collect::<Result<_, _>>()?;
        let after = after_captures(&self.store, &record.head, &record.steps).await?;
        let stopped = self.store.stopped(tenant).await?;
        let may_decide =
            match why_not(&record.head, &proposal, &decisions, &approver.id, self.clock.now(), stopped) {
                Some(why) => Err(why),
                None => Ok(self.forms(&record.head, &approver.id, secret)?),
            };
        let names = config.config().approvers.iter().map(|a| (a.id.clone(), a.name.clone())).collect();
        let decisions = decisions.iter().map(|decision| decision.get().clone()).collect();
        let Record { head, ledger, steps, .. } = record;
        Ok(Reviewed { head, proposal, before, after, steps, ledger, decisions, approver, names, may_decide })
    }

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
        let session = self.session(tenant, secret).await?;
        let config = self.config(tenant).await?;
        let approver = approver(&config, &session)?;
        let record = self.store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
        let dossier = Dossier::load(&self.store, tenant, change, &record.head.dossier).await?;
        let proposal = self.verified(&record, &dossier).await?;
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

    async fn verified(&self, record: &Record, dossier: &Dossier) -> Result<VerifiedProposal, ServiceError> {
        let head = &record.head;
        let public = self.proposal_keys.public_key().await?;
        let verified = dossier
            .signed
            .clone()
            .verify(&head.tenant, &head.change, |message, signature| public.verifies(message, signature));
        let failed =
            || ServiceError::new(Code::VerificationFailed, "what is stored of this change does not verify");
        let proposal = verified.map_err(|error| failed().because(error))?;
        if proposal.digest() == head.digest { Ok(proposal) } else { Err(failed()) }
    }

    async fn decided(
        &self,
        tenant: &TenantId,
        change: &ChangeId,
    ) -> Result<Vec<VerifiedDecision>, ServiceError> {
        let stored = self.store.decisions(tenant, change).await?;
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let public = self.decision_keys.public_key().await?;
        let verified = stored.into_iter().map(|signed| signed.verify(|m, s| public.verifies(m, s)));
        let all: Option<Vec<_>> = verified.collect();
        all.ok_or_else(|| ServiceError::new(Code::VerificationFailed, "a stored decision does not verify"))
    }

    fn forms(
        &self,
        head: &Head,
        approver: &ApproverId,
        secret: Option<&SessionSecret>,
    ) -> Result<Forms, ServiceError> {
        let now = self.clock.now();
        let until = now + FORM_TTL;
        let issue = |verb| {
            let bound =
                BoundTo { tenant: &head.tenant, change: &head.change, digest: head.digest, approver, verb };
            let secret =
                secret.ok_or_else(|| ServiceError::new(Code::SignInRequired, "sign in to decide"))?;
            Nonce::issue(secret, &bound, until, self.clock.ulid(now)).map(|nonce| nonce.to_string())
        };
        Ok(Forms { approve: issue(Verb::Approve)?, reject: issue(Verb::Reject)?, until })
    }

    fn nonce(
        &self,
        form: &UnverifiedDecisionForm,
        proposal: &VerifiedProposal,
        approver: &ApproverId,
        secret: Option<&SessionSecret>,
        now: Timestamp,
    ) -> Result<Digest, ServiceError> {
        let invalid = || {
            let message = "this form was used, has expired, or is not yours; open the page again";
            ServiceError::new(Code::NonceInvalid, message)
        };
        let bound = BoundTo {
            tenant: &form.tenant,
            change: &form.change,
            digest: proposal.digest(),
            approver,
            verb: form.verb,
        };
        let nonce: Nonce = form.nonce.parse().map_err(|_| invalid())?;
        if nonce.is_for(secret.ok_or_else(invalid)?, &bound, now) { Ok(nonce.hash()) } else { Err(invalid()) }
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
        let answered = match self.store.token(&head.tenant, &head.change, head.generation).await {
            Ok(Some(token)) => self.workflow.answer(&token.token).await.map(|_| ()),
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = answered {
            tracing::warn!(change = %head.change, error = error.story(), "the wait was not ended; the sweep will");
        }
    }
}

fn approver(config: &VerifiedConfig, session: &Session) -> Result<Approver, ServiceError> {
    let found = config.config().approver_by_subject(&session.issuer, &session.subject);
    found.cloned().ok_or_else(ServiceError::not_found)
}

fn why_not(
    head: &Head,
    proposal: &VerifiedProposal,
    decisions: &[VerifiedDecision],
    approver: &ApproverId,
    now: Timestamp,
    stopped: bool,
) -> Option<WhyNot> {
    let content = proposal.get();
    if head.status != Status::AwaitingApproval {
        return Some(WhyNot::NotWaiting(head.status));
    }
    if now > content.decide_by {
        return Some(WhyNot::TooLate);
    }
    if content.on_behalf_of.as_ref() == Some(approver) {
        return Some(WhyNot::Requester);
    }
    if !content.rule.approvers.contains(approver) {
        return Some(WhyNot::NotNamed);
    }
    if decisions.iter().any(|decision| decision.get().approver == *approver) {
        return Some(WhyNot::Decided);
    }
    stopped.then_some(WhyNot::Stopped)
}

fn refusal(why: &WhyNot, decisions: &[VerifiedDecision]) -> ServiceError {
    match why {
        WhyNot::NotWaiting(Status::Expired) | WhyNot::TooLate => {
            ServiceError::new(Code::DecideByPassed, "the time to decide has passed")
        }
        WhyNot::NotWaiting(status) => match decisions.last().map(VerifiedDecision::get) {
            Some(decision) => {
                let message = format!(
                    "{} decided `{}`; the change is `{status}`",
                    decision.approver,
                    decision.verb.as_str()
                );
                ServiceError::new(Code::AlreadyDecided, message)
            }
            None => ServiceError::new(Code::StatusConflict, format!("the change is `{status}`")),
        },
        WhyNot::Requester => {
            let message = "the agent works for you: somebody else must decide";
            ServiceError::new(Code::RequesterCannotDecide, message)
        }
        WhyNot::NotNamed => ServiceError::not_found(),
        WhyNot::Decided => ServiceError::new(Code::AlreadyDecided, "you have decided on this change already"),
        WhyNot::Stopped => {
            ServiceError::new(Code::Stopped, "Changegate is stopped; decide when it runs again")
        }
    }
}
