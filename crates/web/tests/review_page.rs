//! What the page of a change says, as HTML.
#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod sample;

use changegate_change::status::Status;
use changegate_web::page::review::{Action, ReviewPage, Shown, StateSource, StateView, Value, status_words};
use changegate_web::page::style;
use changegate_web::page::text::{Code, Prose};

/// The page, with a fixed address of the style sheet.
fn render(page: &ReviewPage) -> Result<String, askama::Error> {
    let html = changegate_web::page::review::render(page)?;
    Ok(html.replace(style::versioned_path(), style::PATH))
}

#[test]
fn a_change_that_waits_for_a_decision() {
    insta::assert_snapshot!(render(&sample::waiting()).unwrap());
}

#[test]
fn a_decided_change_with_secrets_a_cut_off_state_and_two_steps() {
    insta::assert_snapshot!(render(&sample::decided()).unwrap());
}

#[test]
fn words_that_try_to_mislead_are_shown_as_they_are() {
    let html = render(&sample::hostile()).unwrap();
    for markup in
        ["<script", "<img", "<b>production", "</li></ul></li>", "\u{202E}", "\u{200B}", "\u{1B}", "\r"]
    {
        assert!(!html.contains(markup), "{markup:?} got through");
    }
    for shown in ["U+202E", "U+200B", "U+001B", "U+000D", "U+2066", "title=\"U+0430\"", "title=\"U+043E\""] {
        assert!(html.contains(shown), "{shown} is not shown");
    }
    insta::assert_snapshot!(html);
}

#[test]
fn a_long_value_shows_begin_end_and_difference_and_is_whole_a_click_away() {
    let html = render(&sample::long()).unwrap();
    let (_, diff) = html.split_once("<ul class=\"diff\">").unwrap();
    let (diff, rest) = diff.split_once("</ul>").unwrap();
    for (side, size) in [("old", "20"), ("new", "40")] {
        let (_, of_side) = diff.split_once(&format!("<div class=\"{side}\">")).unwrap();
        let (excerpt, whole) = of_side.split_once("<details class=\"all\">").unwrap();
        for kept in ["#!/bin/bash", &format!("POOL_SIZE={size}"), "exit 0", "characters not shown"] {
            assert!(excerpt.contains(kept), "{side}: {kept}: {excerpt}");
        }
        assert!(!excerpt.contains("step 30"), "{excerpt}");
        assert!(whole.contains("Show all 1") && whole.contains("echo step 30"), "{whole}");
    }
    // Each member of a state is seen, whatever is cut of the others.
    let (_, before) = rest.split_once("<h2>Before").unwrap();
    let (excerpt, whole) = before.split_once("<details class=\"all\">").unwrap();
    for kept in ["ImageId", "InstanceType", "Subnets", "lines not shown", "owner", "UserData"] {
        assert!(excerpt.contains(kept), "{kept}: {excerpt}");
    }
    assert!(!excerpt.contains("subnet-00000000000000006") && whole.contains("subnet-00000000000000006"));
    insta::assert_snapshot!(html);
}

#[test]
fn an_excerpt_hides_no_character_that_misleads() {
    let mut page = sample::waiting();
    let text = format!(
        "\"</code><script>\u{202E}{}\u{200B}\u{2066}{}<b>\u{FEFF}\"",
        "a".repeat(200),
        "b".repeat(200)
    );
    if let Some(line) = page.steps.first_mut().and_then(|step| step.diff.first_mut()) {
        line.after = Some(Shown::Plain(Value { exact: Code::new(text), laid_out: None }));
    }
    let html = render(&page).unwrap();
    let (_, diff) = html.split_once("<div class=\"new\">").unwrap();
    let (diff, _) = diff.split_once("</ul>").unwrap();
    let (excerpt, _) = diff.split_once("<details").unwrap();
    for shown in [
        "&lt;/code&gt;&lt;script&gt;",
        "U+202E",
        "2 of them invisible",
        "with differences",
        "&lt;b&gt;",
        "U+FEFF",
    ] {
        assert!(excerpt.contains(shown), "{shown}: {excerpt}");
    }
    for hidden in ["<script", "<b>", "\u{202E}", "\u{200B}", "\u{2066}", "\u{FEFF}"] {
        assert!(!diff.contains(hidden), "{hidden:?}");
    }
}

#[test]
fn what_no_recipe_stands_behind_is_labelled() {
    let mut page = sample::best_effort();
    let html = render(&page).unwrap();
    for words in [
        "best effort: the answer of <code class=\"call\">polly GetLexicon</code>",
        "It cannot be told beforehand",
        "Undo supplied by the agent, not checked",
    ] {
        assert!(html.contains(words), "{words}");
    }
    for step in &mut page.steps {
        (step.source, step.before) = (StateSource::Nothing, StateView::Unknown);
    }
    let html = render(&page).unwrap();
    for words in ["nothing is known to read it with", "The state is not known"] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn both_forms_carry_their_own_verb_and_nonce() {
    let html = render(&sample::waiting()).unwrap();
    let forms: Vec<&str> = html.split("<form method=\"post\" action=\"/review/").skip(1).collect();
    let [approve, reject] = forms.try_into().unwrap();
    assert!(approve.contains("value=\"approve\"") && approve.contains("value=\"nonce-approve\""));
    assert!(reject.contains("value=\"reject\"") && reject.contains("value=\"nonce-reject\""));
}

#[test]
fn without_a_decision_to_make_there_is_no_form_but_sign_out() {
    let mut page = sample::waiting();
    page.action = Action::Nothing(Prose::new("The agent works for you, so you cannot decide."));
    let html = render(&page).unwrap();
    assert_eq!(html.matches("<form").count(), 1);
    assert!(html.contains("action=\"/sign-out\"") && html.contains("The agent works for you"));
}

#[test]
fn nothing_on_a_page_needs_what_the_content_policy_forbids() {
    for page in [sample::waiting(), sample::decided(), sample::hostile(), sample::long()] {
        let html = render(&page).unwrap();
        for forbidden in
            ["<script", "<style", " style=", " onclick=", "javascript:", "<iframe", "http://", "https://"]
        {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn every_status_has_words_of_its_own() {
    let mut words: Vec<_> = Status::ALL.iter().map(|status| status_words(*status).0).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Status::ALL.len());
}

#[test]
fn a_debug_of_a_page_does_not_show_its_nonces() {
    assert!(!format!("{:?}", sample::waiting()).contains("nonce-approve"));
}
