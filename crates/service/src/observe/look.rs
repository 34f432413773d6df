//! One look at what AWS accepted: has it finished, and what is the state now.

use aws_credential_types::Credentials;
use changegate_catalog::{CallContext, KeptOutput, ReadAnswer, Recipe, Sealer, SettleTest, Settled};
use changegate_change::capture::Capture;
use changegate_change::proposal::Step;
use changegate_change::sealed::Vault;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Accepted, Observe, doubling, since, wait_after};
use crate::apply_step::outcome::WITHHELD;
use crate::error::{Code, ServiceError};
use crate::steps::{call_context, capture, recipe_error};

/// How long the state after is tried to be read before the change is ended without it.
const AFTER_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// What a look says.
#[derive(Debug)]
pub(super) enum Look {
    /// Look again after so many seconds.
    Wait(u32),
    /// There is nothing more to wait for.
    Over(Over),
}

/// How what AWS accepted ended.
#[derive(Debug)]
pub(super) enum Over {
    /// AWS has finished.
    Settled(After),
    /// The time for it is over, and AWS has not finished.
    NotSettled(After),
    /// AWS gave up.
    GaveUp(After, String),
    /// The state after cannot be read.
    NotRead(&'static str, String),
}

/// The state after.
#[derive(Debug)]
pub(super) struct After {
    pub(super) capture: Capture,
    /// What differs from the state before, by path.
    pub(super) diff: Value,
}

/// What is needed to look.
struct Looking<'a> {
    step: &'a Step,
    kept: &'a KeptOutput,
    recipe: &'a Recipe,
    context: CallContext,
    reader: Credentials,
}

impl Observe {
    /// Looks once.
    pub(super) async fn look(&self, accepted: &Accepted<'_>) -> Result<Look, ServiceError> {
        let Accepted { record, number, .. } = accepted;
        let attempt = record.step(*number).and_then(|step| step.attempt.as_ref());
        let attempt = attempt.ok_or_else(|| ServiceError::internal("settling without an attempt"))?;
        let elapsed = since(attempt.ended_at, self.clock.now());
        let step = accepted.proposal.get().step(*number);
        let step = step.ok_or_else(|| ServiceError::internal("settling without a step"))?;
        let Some(recipe) = self.aws.recipe(step)? else {
            let message = "the catalogue has no recipe for the operation any more";
            return Ok(Look::Over(Over::NotRead("recipe_gone", message.into())));
        };
        match self.looked(accepted, step, &recipe, &attempt.output, elapsed).await {
            Ok(look) => Ok(look),
            Err(error) => Ok(not_read(&error, elapsed)),
        }
    }

    async fn looked(
        &self,
        accepted: &Accepted<'_>,
        step: &Step,
        recipe: &Recipe,
        kept: &KeptOutput,
        elapsed: SignedDuration,
    ) -> Result<Look, ServiceError> {
        let proposal = accepted.proposal.get();
        let (tenant, change) = (&proposal.tenant, &proposal.change);
        let vault = accepted.dossier.vault(&self.sealing, tenant, change).await?;
        let context = call_context(step, &vault)?;
        let config = self.config(accepted.record).await?;
        let external_id = config.external_id();
        let reader =
            self.aws.reader(&step.reader_role, external_id, tenant.as_str(), change.as_str()).await?;
        let looking = Looking { step, kept, recipe, context, reader };
        let settled = match recipe.settle() {
            None => Settled::Done,
            Some(test) => self.asked(&looking, test).await?,
        };
        let Some(end) = end(recipe.settle(), settled, elapsed) else {
            return Ok(Look::Wait(recipe.settle().map_or(1, |test| settle_wait(test, elapsed))));
        };
        let after = self.after(accepted, &looking).await?;
        Ok(Look::Over(match end {
            End::Settled => Over::Settled(after),
            End::NotSettled => Over::NotSettled(after),
            End::GaveUp(reason) => Over::GaveUp(after, without_secrets(reason, &vault)),
        }))
    }

    async fn asked(&self, looking: &Looking<'_>, test: &SettleTest) -> Result<Settled, ServiceError> {
        let next = |answered: &[ReadAnswer]| test.reads(&looking.context, looking.kept, answered);
        let answers = self.aws.answers(&looking.reader, &looking.step.region, next).await?;
        test.is_settled(&looking.context, &answers).map_err(recipe_error)
    }

    async fn after(&self, accepted: &Accepted<'_>, looking: &Looking<'_>) -> Result<After, ServiceError> {
        let Looking { step, recipe, context, reader, .. } = looking;
        let key = self.fingerprints.fingerprint_key(&accepted.proposal.get().tenant).await?;
        let mut sealer = Sealer::new(key);
        let capture = match capture(&self.aws, recipe, context, reader, &mut sealer).await {
            Ok(capture) => capture,
            // The call took the resource away.
            Err(error) if error.code() == Code::ResourceNotFound => {
                Capture { present: false, state: Value::Null, truncated: false }
            }
            Err(error) => return Err(error),
        };
        let lines = recipe.diff(accepted.dossier.before(step)?, &capture);
        Ok(After { capture, diff: serde_json::to_value(lines)? })
    }
}

/// How waiting ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Settled,
    NotSettled,
    GaveUp(String),
}

/// Whether waiting ends with what the settle test said, `elapsed` after AWS accepted the call.
fn end(test: Option<&SettleTest>, settled: Settled, elapsed: SignedDuration) -> Option<End> {
    let deadline = test.map_or(0, SettleTest::deadline);
    match settled {
        Settled::Done => Some(End::Settled),
        Settled::Failed { reason } => Some(End::GaveUp(reason)),
        Settled::Wait => {
            (elapsed >= SignedDuration::from_secs(i64::from(deadline))).then_some(End::NotSettled)
        }
    }
}

/// Why AWS gave up, unless its words repeat a secret of the change.
fn without_secrets(reason: String, vault: &Vault) -> String {
    if vault.occurs_in(&reason) { WITHHELD.to_owned() } else { reason }
}

/// The wait before the next look, no longer than until the settle test's deadline.
fn settle_wait(test: &SettleTest, elapsed: SignedDuration) -> u32 {
    let wait = wait_after(elapsed, |looks| test.wait_after(looks));
    let left = SignedDuration::from_secs(i64::from(test.deadline())).saturating_sub(elapsed);
    wait.min(u32::try_from(left.as_secs()).unwrap_or_default().max(1))
}

/// What an error of a look means: look again, later and later, or end without the state after.
fn not_read(error: &ServiceError, elapsed: SignedDuration) -> Look {
    tracing::warn!(code = %error.code(), story = error.story(), "the state after cannot be read now");
    if elapsed >= AFTER_WITHIN {
        let message =
            format!("AWS accepted the call; the state after it could not be read: {}", error.message());
        return Look::Over(Over::NotRead("after_not_captured", message));
    }
    Look::Wait(wait_after(elapsed, |looks| doubling(5, looks, 900)))
}

#[cfg(test)]
mod tests {
    use changegate_catalog::Catalog;
    use changegate_change::sealed::Fingerprint;
    use serde_json::json;

    use super::*;

    fn secs(seconds: u32) -> SignedDuration {
        SignedDuration::from_secs(i64::from(seconds))
    }

    #[test]
    fn every_settle_test_of_the_catalogue_ends_at_its_deadline_and_not_before() {
        let catalog = Catalog::builtin();
        let tests: Vec<_> = catalog.recipes().filter_map(Recipe::settle).collect();
        assert!(!tests.is_empty());
        for test in tests {
            let deadline = test.deadline();
            assert_eq!(end(Some(test), Settled::Wait, secs(deadline - 1)), None);
            assert_eq!(end(Some(test), Settled::Wait, secs(deadline)), Some(End::NotSettled));
            let mut elapsed = 0;
            while end(Some(test), Settled::Wait, secs(elapsed)).is_none() {
                let wait = settle_wait(test, secs(elapsed));
                assert!((1..=test.max_wait()).contains(&wait), "{wait} after {elapsed}");
                elapsed += wait;
            }
            assert_eq!(elapsed, deadline, "the last look is at the deadline");
            assert_eq!(settle_wait(test, secs(0)), test.first_wait().clamp(1, test.max_wait()));
        }
    }

    #[test]
    fn done_and_given_up_end_at_once() {
        assert_eq!(end(None, Settled::Done, secs(0)), Some(End::Settled));
        let gave_up = Settled::Failed { reason: "rolled back".into() };
        assert_eq!(end(None, gave_up, secs(0)), Some(End::GaveUp("rolled back".into())));
    }

    #[test]
    fn why_aws_gave_up_is_told_unless_it_repeats_a_secret() {
        let mut vault = Vault::default();
        vault.seal(Fingerprint::new([7; 32]), json!("hunter2"));
        let told = |reason: &str| without_secrets(reason.into(), &vault);
        assert_eq!(told("UPDATE_ROLLBACK_COMPLETE"), "UPDATE_ROLLBACK_COMPLETE");
        assert_eq!(told("the password hunter2 is too short"), WITHHELD);
    }

    #[test]
    fn a_state_that_cannot_be_read_is_tried_for_a_day() {
        let error = ServiceError::new(Code::ReaderNotPermitted, "the reader role cannot be assumed");
        let (mut elapsed, mut looks) = (secs(0), 0);
        while let Look::Wait(wait) = not_read(&error, elapsed) {
            elapsed += secs(wait);
            looks += 1;
        }
        assert!(elapsed >= AFTER_WITHIN && (50..200).contains(&looks), "{looks} looks, {elapsed}");
    }
}
