//! Long values, cut in the middle.
//!
//! An excerpt shows where a value begins and ends, and says of what lies between how much it is, and how much of that nobody
//! could see. It never ends inside of a letter or of an escape, so that nothing in it looks like what it is not. The whole value
//! stands beside it on the page.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::page::text::{Code, is_invisible};

/// The longest line that is shown whole, in characters.
const LINE_MAX: usize = 160;
/// The longest value that is shown whole, in lines.
const LINES_MAX: usize = 6;
/// The lines of the longest state that is shown whole once its values are cut.
const BLOCK_MAX: usize = 60;
/// What is shown of a long line: characters at its begin, and at its end.
const KEPT: (usize, usize) = (100, 40);
/// The same where a difference lies in between, and what is shown before and after the place where it begins.
const KEPT_AROUND: (usize, usize) = (40, 20);
const FOCUS: (usize, usize) = (20, 60);
/// More code points than that are no letter, however they combine.
const LETTER_MAX: usize = 16;

/// Parts of a value, and what was left out between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(Vec<Piece>);

/// A part of a value that is shown, or one that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// It is shown.
    Kept(Code),
    /// It is left out.
    Left(LeftOut),
}

/// How much is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    amount: usize,
    unit: Unit,
    invisible: usize,
    /// Whether it is another on the other side of a difference; none if there is no other side.
    differs: Option<bool>,
}

/// Which characters of a value are others than those of the value that it is compared with: the ones after a common begin and
/// before a common end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    from: usize,
    to: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Characters,
    Lines,
}

impl Difference {
    /// Where each of two values differs from the other.
    #[must_use]
    pub fn between(one: &str, other: &str) -> (Self, Self) {
        let (one_size, other_size) = (one.chars().count(), other.chars().count());
        let begin = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let most = one_size.min(other_size).saturating_sub(begin);
        let backwards = one.chars().rev().zip(other.chars().rev());
        let end = backwards.take(most).take_while(|(a, b)| a == b).count();
        let of = |size: usize| Self { from: begin, to: size.saturating_sub(end) };
        (of(one_size), of(other_size))
    }
}

impl Excerpt {
    /// The excerpt of a value that is one line, or none if it is short enough. Where it begins to differ from what it is
    /// compared with is shown too.
    #[must_use]
    pub fn of_line(line: &str, difference: Option<Difference>) -> Option<Self> {
        let pieces = cut_line(line, difference);
        pieces.iter().any(Piece::is_left).then_some(Self(pieces))
    }

    /// Whether a value that is one line is too long to be shown whole.
    #[must_use]
    pub fn is_for(line: &Code) -> bool {
        line.length() > LINE_MAX
    }

    /// The excerpt of a value that is laid out as JSON, or none if none of its members is long. Each member is cut for itself,
    /// so that every one is seen.
    #[must_use]
    pub fn of_block(block: &str) -> Option<Self> {
        let lines: Vec<&str> = block.lines().collect();
        let mut pieces = Vec::new();
        let with_flags: Vec<(&str, bool)> = lines.iter().copied().zip(shown_lines(&lines)).collect();
        for run in with_flags.chunk_by(|(_, one), (_, other)| !one && !other) {
            if !pieces.is_empty() {
                pieces.push(Piece::Kept(Code::new("\n")));
            }
            match run {
                [(line, true)] => pieces.extend(cut_line(line, None)),
                left => pieces.push(Piece::Left(LeftOut {
                    amount: left.len(),
                    unit: Unit::Lines,
                    invisible: left.iter().map(|(line, _)| invisible(line)).sum(),
                    differs: None,
                })),
            }
        }
        pieces.iter().any(Piece::is_left).then_some(Self(pieces))
    }

    /// The parts, in their order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

impl Piece {
    fn is_left(&self) -> bool {
        match self {
            Self::Kept(_) => false,
            Self::Left(_) => true,
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match (self.unit, self.amount) {
            (Unit::Characters, 1) => "character",
            (Unit::Characters, _) => "characters",
            (Unit::Lines, 1) => "line",
            (Unit::Lines, _) => "lines",
        };
        write!(f, "{} {unit} not shown", self.amount)?;
        match (self.invisible, self.unit) {
            (0, _) => {}
            (invisible, Unit::Characters) => write!(f, ", {invisible} of them invisible")?,
            (invisible, Unit::Lines) => write!(f, ", with {invisible} invisible characters")?,
        }
        match self.differs {
            None => Ok(()),
            Some(true) => f.write_str(", with differences"),
            Some(false) => f.write_str(", the same before and after"),
        }
    }
}

/// Whether each line of a block is shown.
fn shown_lines(lines: &[&str]) -> Vec<bool> {
    let mut shown = Vec::with_capacity(lines.len());
    for member in members(lines) {
        let long = member.len() > LINES_MAX;
        let last = member.len().saturating_sub(1);
        shown.extend((0..member.len()).map(|at| !long || at < LINES_MAX / 2 || at == last));
    }
    let kept: Vec<usize> = shown.iter().enumerate().filter_map(|(at, shown)| shown.then_some(at)).collect();
    if kept.len() > BLOCK_MAX {
        let without_end = kept.len().saturating_sub(BLOCK_MAX / 4);
        for at in kept.iter().take(without_end).skip(BLOCK_MAX / 2) {
            if let Some(shown) = shown.get_mut(*at) {
                *shown = false;
            }
        }
    }
    shown
}

/// The lines of each member of an object that is laid out, or of each item of a list; brackets around them are by themselves.
fn members<'a, 'b>(lines: &'a [&'b str]) -> impl Iterator<Item = &'a [&'b str]> {
    let goes_on = |line: &str| match line.strip_prefix("  ") {
        Some(rest) => rest.starts_with([' ', ']', '}']),
        None => false,
    };
    lines.chunk_by(move |_, next| goes_on(next))
}

/// A part of a line, shown or not: its first character, and its bytes.
struct Run {
    shown: bool,
    begin: usize,
    from: usize,
    to: usize,
}

fn cut_line(line: &str, difference: Option<Difference>) -> Vec<Piece> {
    let total = line.chars().count();
    if total <= LINE_MAX {
        return vec![Piece::Kept(Code::new(line))];
    }
    let parts = shown_parts(total, difference);
    let mut runs: Vec<Run> = Vec::new();
    let (mut from, mut begin) = (0, 0);
    for to in unit_ends(line) {
        let end = begin + line.get(from..to).unwrap_or_default().chars().count();
        let shown = parts.iter().any(|(first, last)| begin >= *first && end <= *last);
        match runs.last_mut().filter(|run| run.shown == shown) {
            Some(run) => run.to = to,
            None => runs.push(Run { shown, begin, from, to }),
        }
        (from, begin) = (to, end);
    }
    let piece = |run: Run| {
        let text = line.get(run.from..run.to).unwrap_or_default();
        if run.shown {
            Piece::Kept(Code::new(text))
        } else {
            Piece::Left(left_characters(text, run.begin, difference))
        }
    };
    runs.into_iter().map(piece).collect()
}

/// From which to which character a long line is shown.
fn shown_parts(total: usize, difference: Option<Difference>) -> Vec<(usize, usize)> {
    let left_out = |at: &usize| *at >= KEPT.0 && *at < total.saturating_sub(KEPT.1);
    match difference.map(|difference| difference.from).filter(left_out) {
        None => vec![(0, KEPT.0), (total.saturating_sub(KEPT.1), total)],
        Some(at) => vec![
            (0, KEPT_AROUND.0),
            (at.saturating_sub(FOCUS.0), at.saturating_add(FOCUS.1)),
            (total.saturating_sub(KEPT_AROUND.1), total),
        ],
    }
}

fn left_characters(text: &str, begin: usize, difference: Option<Difference>) -> LeftOut {
    let amount = text.chars().count();
    let differs = difference.map(|place| begin < place.to && begin.saturating_add(amount) > place.from);
    LeftOut { amount, unit: Unit::Characters, invisible: invisible(text), differs }
}

fn invisible(text: &str) -> usize {
    text.chars().filter(|c| is_invisible(*c)).count()
}

/// Where a line can be cut: the ends of what must stay whole, which are letters with their marks, and escapes of JSON.
fn unit_ends(line: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    // How much of an escape is still to come: its letter, then the four digits of `\u`.
    let mut letter = false;
    let mut digits = 0_usize;
    for (at, cluster) in line.grapheme_indices(true) {
        let end = at + cluster.len();
        let long = cluster.chars().nth(LETTER_MAX).is_some();
        if letter {
            letter = false;
            digits = if cluster.starts_with('u') { 4 } else { 0 };
        } else if digits > 0 {
            digits -= 1;
        } else if cluster == "\\" {
            letter = true;
        } else if long {
            ends.extend(cluster.char_indices().skip(1).map(|(inside, _)| at + inside));
        }
        if !letter && digits == 0 {
            ends.push(end);
        }
    }
    ends.push(line.len());
    ends.dedup();
    ends
}

#[cfg(test)]
mod tests;
