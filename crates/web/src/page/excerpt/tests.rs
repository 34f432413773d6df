use proptest::prelude::*;

use super::*;

fn text(excerpt: &Excerpt) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Kept(code) => code.raw().to_owned(),
        Piece::Left(left) => format!("[{left}]"),
    };
    excerpt.pieces().iter().map(piece).collect()
}

fn of_line(line: &str, difference: Option<Difference>) -> String {
    text(&Excerpt::of_line(line, difference).unwrap())
}

fn from(at: usize) -> Option<Difference> {
    Some(Difference { from: at, to: at + 1 })
}

#[test]
fn what_is_short_is_whole() {
    assert_eq!(Excerpt::of_line(&"x".repeat(LINE_MAX), None), None);
    assert_eq!(Excerpt::of_block("{\n  \"a\": 1,\n  \"b\": [\n    1,\n    2\n  ]\n}"), None);
    assert_eq!(Excerpt::of_block("{}"), None);
    assert_eq!(Excerpt::of_block(""), None);
}

#[test]
fn a_long_line_keeps_begin_and_end() {
    let line = format!("a{}z", "x".repeat(298));
    let expected = format!("a{}[160 characters not shown]{}z", "x".repeat(99), "x".repeat(39));
    assert_eq!(of_line(&line, None), expected);
}

#[test]
fn where_values_begin_to_differ_is_shown_and_of_the_rest_is_said_whether_it_differs() {
    let (begin, end) = ("a".repeat(200), "b".repeat(200));
    let before = format!("{begin}OLD{end}");
    let after = format!("{begin}NEWER{end}");
    let (of_before, of_after) = Difference::between(&before, &after);
    let same = |size: u32| format!("[{size} characters not shown, the same before and after]");
    let focus = |word: &str, rest: usize| format!("{}{word}{}", "a".repeat(20), "b".repeat(rest));
    let shown = [
        "a".repeat(40),
        same(140),
        focus("OLD", 57),
        same(123),
        "b".repeat(20),
        "a".repeat(40),
        same(140),
        focus("NEWER", 55),
        same(125),
        "b".repeat(20),
    ];
    let both = of_line(&before, Some(of_before)) + &of_line(&after, Some(of_after));
    assert_eq!(both, shown.concat());
}

#[test]
fn a_second_difference_that_is_not_shown_is_told() {
    let middle = "m".repeat(300);
    let before = format!("{}1{middle}1{middle}", "a".repeat(150));
    let (difference, _) = Difference::between(&before, &before.replace('1', "2"));
    let shown = of_line(&before, Some(difference));
    assert_eq!(shown.matches("not shown, with differences]").count(), 1, "{shown}");
    assert_eq!(shown.matches("not shown, the same before and after]").count(), 1, "{shown}");
}

#[test]
fn a_difference_that_begin_or_end_show_needs_no_place_of_its_own() {
    let line = "x".repeat(400);
    for at in [0, 99, 360, 399, 100_000] {
        let pieces = Excerpt::of_line(&line, from(at)).unwrap().0;
        assert_eq!(pieces.len(), 3, "{at}");
    }
    assert_eq!(Excerpt::of_line(&line, from(100)).unwrap().0.len(), 5);
}

#[test]
fn what_is_inserted_differs_on_one_side_only() {
    let cases =
        [("aab", "aaab", (2, 2), (2, 3)), ("", "a", (0, 0), (0, 1)), ("same", "same", (4, 4), (4, 4))];
    for (one, other, of_one, of_other) in cases {
        let (first, second) = Difference::between(one, other);
        assert_eq!(((first.from, first.to), (second.from, second.to)), (of_one, of_other), "{one} {other}");
    }
}

#[test]
fn what_cannot_be_seen_is_counted_in_what_is_not_shown() {
    let line = format!("{}\u{202E}\u{200B}{}", "a".repeat(120), "b".repeat(120));
    assert!(of_line(&line, None).contains("[102 characters not shown, 2 of them invisible]"));
}

#[test]
fn a_letter_with_its_marks_and_an_escape_are_not_cut() {
    let family = "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}";
    for (unit, size) in [("e\u{301}", 2), (family, 5), (r"\n", 2), (r"\\", 2), (r"\u001b", 6), ("\r\n", 2)] {
        for before in 0..size {
            let line = format!("{}{}", "x".repeat(before), unit.repeat(200));
            for piece in Excerpt::of_line(&line, from(150)).unwrap().pieces() {
                let Piece::Kept(code) = piece else { continue };
                let rest = code.raw().trim_start_matches('x').replace(unit, "");
                assert_eq!(rest, "", "{unit:?} after {before}");
            }
        }
    }
}

#[test]
fn a_letter_with_a_thousand_marks_is_none() {
    let line = format!("e{}", "\u{301}".repeat(1_000));
    let kept = of_line(&line, None).chars().count();
    assert!(kept < 250, "{kept}");
}

#[test]
fn of_a_block_each_member_is_cut_for_itself() {
    let value = serde_json::json!({
        "Items": (0..20).collect::<Vec<_>>(), "Name": "a", "Text": "t".repeat(300), "Zone": {"a": 1},
    });
    let shown = text(&Excerpt::of_block(&format!("{value:#}")).unwrap());
    let lines: Vec<&str> = shown.lines().collect();
    let text = format!("  \"Text\": \"{}[173 characters not shown]{}\",", "t".repeat(89), "t".repeat(38));
    let expected = [
        "{",
        "  \"Items\": [",
        "    0,",
        "    1,",
        "[18 lines not shown]",
        "  ],",
        "  \"Name\": \"a\",",
        &text,
        "  \"Zone\": {",
        "    \"a\": 1",
        "  }",
        "}",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn of_a_block_of_very_many_members_begin_and_end_are_kept() {
    let value: serde_json::Value =
        (0..5_000).map(|n| (format!("k{n:04}"), serde_json::Value::from(n))).collect();
    let shown = text(&Excerpt::of_block(&format!("{value:#}")).unwrap());
    assert!(shown.contains("k0000") && shown.contains("k4999") && shown.ends_with("\n}"), "{shown}");
    assert!(shown.contains("[4957 lines not shown]"), "{shown}");
    assert!(shown.lines().count() <= BLOCK_MAX + 1, "{shown}");
}

proptest! {
    /// Kept parts stand in the line in their order, and with what is left out they are all of it.
    #[test]
    fn nothing_is_added_lost_or_moved(
        line in r#"([a-z\\"u0-9]|\u{301}|\u{202E}|\u{1F469}|\u{200D}|ж){0,400}"#,
        differs_at in proptest::option::of(0_usize..500),
    ) {
        let Some(excerpt) = Excerpt::of_line(&line, differs_at.and_then(from)) else {
            prop_assert!(line.chars().count() <= LINE_MAX);
            return Ok(());
        };
        let mut rest = line.as_str();
        let mut at_end = false;
        for piece in excerpt.pieces() {
            match piece {
                Piece::Kept(code) => {
                    prop_assert!(rest.starts_with(code.raw()));
                    rest = &rest[code.raw().len()..];
                    at_end = rest.is_empty();
                }
                Piece::Left(left) => {
                    let size: usize = rest.chars().take(left.amount).map(char::len_utf8).sum();
                    let hidden = rest[..size].chars().filter(|c| is_invisible(*c)).count();
                    prop_assert_eq!(hidden, left.invisible);
                    rest = &rest[size..];
                }
            }
        }
        prop_assert!(rest.is_empty());
        prop_assert!(at_end || excerpt.pieces().last().is_some_and(Piece::is_left));
    }
}
