//! `POST /review/{tenant}/{change}/decision`: an approver's approve or reject.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use changegate_change::decision::Verb;
use changegate_service::review::UnverifiedDecisionForm;
use changegate_service::{Code, ServiceError};
use http::HeaderMap;
use serde::Deserialize;

use crate::answer::{error_page, see_other};
use crate::router::{Place, Web, session_secret};
use crate::same_origin::from_this_site;

/// The fields of the form, as they came.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    verb: String,
    nonce: String,
    #[serde(default)]
    note: String,
}

pub(crate) async fn decide(
    State(web): State<Arc<Web>>,
    Path((tenant, change)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let place = match Place::parse(&tenant, &change) {
        Ok(place) => place,
        Err(error) => return error_page(&headers, &error, None),
    };
    match web.decide(&place, &headers, fields).await {
        Ok(answer) => answer,
        Err(error) => error_page(&headers, &error, Some(place.onward(error.code()))),
    }
}

impl Web {
    /// Takes the decision and shows the change, which says what was decided and by whom.
    async fn decide(
        &self,
        place: &Place,
        headers: &HeaderMap,
        fields: Result<Form<Fields>, FormRejection>,
    ) -> Result<Response, ServiceError> {
        from_this_site(headers, &self.public_url)?;
        let form = form(place, fields)?;
        let decided = self.review.decide(form, session_secret(headers).as_ref()).await?;
        tracing::info!(
            change = %decided.decision.change,
            approver = %decided.decision.approver,
            verb = decided.decision.verb.as_str(),
            status = %decided.head.status,
            "decided"
        );
        see_other(&place.path())
    }
}

fn form(
    place: &Place,
    fields: Result<Form<Fields>, FormRejection>,
) -> Result<UnverifiedDecisionForm, ServiceError> {
    let unreadable = || ServiceError::new(Code::InvalidRequest, "this is not the form of a decision");
    let Form(fields) = fields.map_err(|error| unreadable().because(error))?;
    let verb: Verb = fields.verb.parse().map_err(|error| unreadable().because(error))?;
    Ok(UnverifiedDecisionForm {
        tenant: place.tenant.clone(),
        change: place.change.clone(),
        verb,
        nonce: fields.nonce,
        // Browsers send CR LF for every line of a textarea, and do not count the CR.
        note: fields.note.replace("\r\n", "\n").trim().to_owned(),
    })
}
