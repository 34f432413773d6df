//! The first sentence of a documentation text.

const LONGEST: usize = 240;

/// First sentence of an HTML text, without markup, at most 240 characters.
pub(super) fn first_sentence(html: &str) -> String {
    let text = without_markup(behind_notices(html));
    let end = text
        .match_indices(". ")
        .map(|(at, _)| at)
        .find(|at| !ends_with_abbreviation(text.get(..*at).unwrap_or_default()))
        .map_or(text.len(), |at| at + 1);
    let sentence = text.get(..end).unwrap_or(&text).trim();
    if sentence.chars().count() <= LONGEST {
        return sentence.to_owned();
    }
    let mut short: String = sentence.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// The text behind notes and warnings that stand before it, which say nothing of what an operation does.
fn behind_notices(html: &str) -> &str {
    let mut rest = html.trim_start();
    while let Some(after) = NOTICES.iter().find_map(|notice| {
        let inside = rest.strip_prefix('<')?.strip_prefix(notice)?.strip_prefix('>')?;
        inside.split_once(&format!("</{notice}>")).map(|(_, after)| after.trim_start())
    }) {
        rest = after;
    }
    if rest.is_empty() { html } else { rest }
}

const NOTICES: [&str; 3] = ["important", "note", "fullname"];

fn ends_with_abbreviation(text: &str) -> bool {
    ["e.g", "i.e", "etc", "vs", "Inc", "St"].iter().any(|abbreviation| text.ends_with(abbreviation))
}

fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len().min(1024));
    let mut tag: Option<String> = None;
    for character in html.chars() {
        match (&mut tag, character) {
            (None, '<') => tag = Some(String::new()),
            (None, _) => text.push(character),
            (Some(name), '>') => {
                if ends_a_paragraph(name) && text.trim().len() > 1 {
                    break;
                }
                tag = None;
            }
            (Some(name), _) => name.push(character),
        }
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ends_a_paragraph(tag: &str) -> bool {
    matches!(tag.trim(), "/p" | "br" | "br/" | "br /" | "/note" | "ul" | "/fullname")
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn markup_and_later_sentences_are_left_out() {
        let html = "<p>Adds a <b>parameter</b> to the system, e.g. a name. It costs &lt; 1.</p><p>More.</p>";
        assert_eq!(first_sentence(html), "Adds a parameter to the system, e.g. a name.");
    }

    #[test]
    fn notices_before_the_text_are_passed_over() {
        let html =
            "<important> <p>The end is near.</p> </important> <note><p>So be it.</p></note> <p>Adds it.</p>";
        assert_eq!(first_sentence(html), "Adds it.");
        assert_eq!(first_sentence("<note><p>Gone.</p></note>"), "Gone.");
    }

    #[test]
    fn a_long_sentence_is_cut() {
        assert_eq!(first_sentence(&"a ".repeat(400)).chars().count(), 240);
    }
}
