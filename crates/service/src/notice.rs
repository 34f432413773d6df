//! What an approver is told: that there is something to look at, and where. No states, no parameters, no secrets.
//!
//! The title is the agent's text. It is shown in quotation marks, shortened, and so that no program makes a link of it.

use changegate_change::proposal::Proposal;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The longest subject that SNS takes, in characters.
const SUBJECT_MAX: usize = 100;
/// How much of the title is told in a text, in characters.
const TITLE_MAX: usize = 120;
/// How much of the title is told in a short message, in characters.
const SMS_TITLE_MAX: usize = 40;

/// A notice in the words of each protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The subject of an e-mail: ASCII, one line.
    pub subject: String,
    /// The texts by protocol, as SNS takes them with `MessageStructure` `json`.
    pub message: String,
}

impl Notice {
    /// The notice of a proposal, with a link to the page where it is decided.
    pub fn of(proposal: &Proposal, public_url: &str) -> Self {
        let link =
            format!("{}/review/{}/{}", public_url.trim_end_matches('/'), proposal.tenant, proposal.change);
        let title = harmless(&proposal.title, SUBJECT_MAX);
        let subject = ascii(&format!("Approval needed: {title}"));
        let short = harmless(&proposal.title, SMS_TITLE_MAX);
        let texts: Value = json!({
            "default": format!("Changegate: approval needed for \u{201c}{short}\u{201d}. {link}"),
            "email": email(proposal, &link),
            "sms": format!("Changegate: approval needed: {link}"),
        });
        Self { subject: subject.chars().take(SUBJECT_MAX).collect(), message: texts.to_string() }
    }
}

fn email(proposal: &Proposal, link: &str) -> String {
    let calls: Vec<_> = proposal
        .steps
        .iter()
        .map(|step| {
            let account = harmless(&step.account_name, TITLE_MAX);
            format!("  {} {} in {account} ({}), {}", step.service, step.operation, step.account, step.region)
        })
        .collect();
    format!(
        "The agent {agent} asks for approval of a change:\n\n  \u{201c}{title}\u{201d}\n\nIt would call:\n{calls}\n\n\
         Read it and decide by {by}:\n{link}\n\n\
         The title is the agent's text. The page shows what the call does, read from AWS by Changegate itself.\n\
         Nobody can decide with this message alone: the page asks you to sign in.\n",
        agent = proposal.requester,
        title = harmless(&proposal.title, TITLE_MAX),
        calls = calls.join("\n"),
        by = told(proposal.decide_by),
    )
}

fn told(at: Timestamp) -> String {
    let text = format!("{at:.0}");
    format!("{} UTC", text.trim_end_matches('Z').replace('T', " "))
}

/// A text of somebody else on one line, shortened, and without anything that mail programs and phones make links of.
fn harmless(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let c = if c.is_control() || is_invisible(c) { ' ' } else { c };
        if c.is_alphanumeric() && matches!(before, '.' | ':' | '/' | '@') {
            shown.push(' ');
        }
        if !(c == ' ' && before == ' ') {
            shown.push(c);
        }
        before = c;
    }
    let shown = shown.replace("//", "/ /");
    let shown = shown.trim();
    if shown.chars().count() <= longest {
        return shown.to_owned();
    }
    let kept: String = shown.chars().take(longest.saturating_sub(3)).collect();
    format!("{kept}...")
}

/// Characters that show nothing or turn the direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::proposal;

    fn titled(title: &str) -> Notice {
        Notice::of(&Proposal { title: title.into(), ..proposal() }, "https://gate.example/")
    }

    fn texts(notice: &Notice) -> Value {
        serde_json::from_str(&notice.message).unwrap()
    }

    #[test]
    fn every_protocol_gets_the_link_and_nothing_of_states_or_parameters() {
        let notice = titled("Raise the pool");
        let link = format!("https://gate.example/review/demo/{}", proposal().change);
        for protocol in ["default", "email", "sms"] {
            let text = texts(&notice)[protocol].as_str().unwrap().to_owned();
            assert!(text.contains(&link), "{protocol}: {text}");
            for private in ["/staging/pool", "40", "Overwrite", "Timeouts at checkout"] {
                assert!(!text.replace(&link, "").contains(private), "{protocol}: {text}");
            }
        }
        assert!(
            texts(&notice)["email"].as_str().unwrap().contains("ssm PutParameter in staging (111111111111)")
        );
    }

    #[test]
    fn a_subject_is_one_line_of_ascii_that_sns_takes() {
        for title in ["Grüße\r\nBcc: all@example.com", &"x".repeat(200), "\u{202e}gnp.exe", "日本"] {
            let subject = titled(title).subject;
            assert!(subject.chars().all(|c| c.is_ascii() && !c.is_ascii_control()), "{subject}");
            assert!((1..=SUBJECT_MAX).contains(&subject.len()) && subject.starts_with("Approval needed: "));
        }
    }

    #[test]
    fn a_title_makes_no_second_link_and_no_second_line() {
        for title in [
            "see https://evil.example/x",
            "www.evil.example now",
            "mail root@evil.example",
            "two\nlines http://evil.example",
            "tel:+49123 evil\u{200b}.example",
        ] {
            let notice = titled(title);
            let mail = texts(&notice)["email"].as_str().unwrap().to_owned();
            let line = mail.lines().find(|line| line.contains('\u{201c}')).unwrap().to_owned();
            assert!(line.contains('\u{201d}'), "{line}");
            for linked in ["://", "evil.example", "@evil", "www.", "tel:+"] {
                assert!(linked == "www." || linked == "tel:+" || !line.contains(linked), "{line}");
            }
            assert_eq!(mail.matches("http").count() - usize::from(title.contains("http")), 1, "{mail}");
        }
    }

    #[test]
    fn a_long_title_is_cut_visibly() {
        assert_eq!(harmless("abcdefghij", 6), "abc...");
        assert_eq!(harmless("abc", 6), "abc");
    }

    #[test]
    fn the_time_is_told_in_utc_to_the_second() {
        assert_eq!(told(crate::sample::at()), "2026-11-23 12:00:00 UTC");
    }
}
