//! The server form, drawn.
//!
//! Every field has a line of its own, its fault beside it where there is room and below it
//! where there is not; headings are left out on low screens; the note stands at the side of a
//! wide screen and at the bottom of a narrow one.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::app::form::{Form, Note, Row, Value};
use crate::app::input;
use crate::config::theme::{Role, Theme};
use crate::model::text::is_plain;
use crate::ui::text::wrap;
use crate::ui::widgets::{put_lines, stars};

/// From this width on the note stands at the side.
const SIDE_BY_SIDE: u16 = 100;
const NOTE_WIDTH: u16 = 40;
const LABEL_WIDTH: usize = 18;
/// A text field is not drawn wider than this, so that faults find room beside it.
const WIDEST_FIELD: usize = 48;
const KEYS: [(&str, &str); 5] = [
    ("Tab", "next"),
    ("Space", "change"),
    ("Enter", "save"),
    ("Esc", "back"),
    ("Ctrl-T", "try it"),
];

/// Draws the form over `area`, and puts the terminal's cursor into the text one is typing.
pub fn draw(frame: &mut Frame, area: Rect, form: &Form, theme: &Theme) {
    let remarks = form.remark().map(|text| wrap(text, usize::from(area.width)));
    let remarks = remarks.unwrap_or_default();
    let remark = remark_rows(form, area);
    let [title, body, remark_area, keys] = shared_out(area, remark);
    let name = match form.existing() {
        Some(name) => format!("Server {}", shown(name)),
        None => "New server".to_owned(),
    };
    frame.render_widget(Line::styled(name, theme.style(Role::Title)), title);
    let note = form.note();
    let [fields, note_area] = beside_note(body, form, &note, theme);
    draw_fields(frame, fields, form, theme);
    draw_note(frame, note_area, &note, area.width >= SIDE_BY_SIDE, theme);
    let remarks = remarks
        .into_iter()
        .map(|line| Line::styled(line, theme.style(Role::Warning)));
    put_lines(frame, remark_area, remarks);
    let mut hints = Vec::new();
    let mut room = usize::from(keys.width);
    for (key, does) in KEYS {
        let Some(rest) = room.checked_sub(key.width() + does.width() + 1) else {
            break;
        };
        room = rest.saturating_sub(2);
        hints.push(Span::styled(key, theme.style(Role::Key)));
        hints.push(Span::styled(format!(" {does}  "), theme.style(Role::Hint)));
    }
    frame.render_widget(Line::from(hints), keys);
}

/// Title, fields with their note, remark, keys.
fn shared_out(area: Rect, remark: u16) -> [Rect; 4] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        // it tells what was done to other fields: it is never cut for their sake
        Constraint::Length(remark),
        Constraint::Length(u16::from(area.height > 4)),
    ])
    .areas(area)
}

/// The rows that a remark takes.
fn remark_rows(form: &Form, area: Rect) -> u16 {
    let lines = form
        .remark()
        .map_or(0, |text| wrap(text, usize::from(area.width)).len());
    u16::try_from(lines).unwrap_or(u16::MAX).min(area.height / 3)
}

/// Fields and note.
fn beside_note(body: Rect, form: &Form, note: &Note, theme: &Theme) -> [Rect; 2] {
    if body.width >= SIDE_BY_SIDE {
        return Layout::horizontal([Constraint::Fill(1), Constraint::Length(NOTE_WIDTH)]).areas(body);
    }
    let rows = u16::try_from(form.rows().len()).unwrap_or(u16::MAX);
    let free = body.height.saturating_sub(rows);
    // as tall as its text, if half of the fields at least stay in sight
    let needed = 1 + u16::try_from(note_lines(note, false, body.width, theme).len()).unwrap_or(u16::MAX);
    let height = match body.height {
        0..12 => 0,
        12..18 => free.max(3),
        _ => free.clamp(4, 10),
    };
    let height = match height {
        0 => 0,
        least => needed.min(body.height / 2).max(least),
    };
    Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(body)
}

/// The place of the field that is drawn here.
pub(super) fn under(area: Rect, form: &Form, theme: &Theme, at: Position) -> Option<usize> {
    let [_, body, ..] = shared_out(area, remark_rows(form, area));
    let [fields, _] = beside_note(body, form, &form.note(), theme);
    let line = usize::from(at.y.checked_sub(fields.y)?);
    let drawn = fields.contains(at).then(|| drawn(fields, form, theme))?;
    drawn.get(line)?.row
}

/// A drawn line of the list, and where the cursor stands in it.
struct Drawn {
    line: Line<'static>,
    focused: bool,
    cursor: Option<usize>,
    /// The place of its field.
    row: Option<usize>,
}

fn draw_fields(frame: &mut Frame, area: Rect, form: &Form, theme: &Theme) {
    for (place, drawn) in drawn(area, form, theme).into_iter().enumerate() {
        let y = area.y + u16::try_from(place).unwrap_or(0);
        if let Some(x) = drawn.cursor.and_then(|c| u16::try_from(c).ok()) {
            frame.set_cursor_position(Position::new((area.x + x).min(area.right().saturating_sub(1)), y));
        }
        frame.render_widget(drawn.line, Rect::new(area.x, y, area.width, 1));
    }
}

/// The lines that there is room for.
fn drawn(area: Rect, form: &Form, theme: &Theme) -> Vec<Drawn> {
    let rows = form.rows();
    let width = usize::from(area.width);
    let headings = rows.len() + sections(&rows) <= usize::from(area.height);
    let mut lines: Vec<Drawn> = Vec::new();
    let mut section = None;
    for (place, row) in rows.iter().enumerate() {
        if headings && section != Some(row.field.section()) {
            section = Some(row.field.section());
            lines.push(Drawn {
                line: Line::styled(row.field.section().heading(), theme.style(Role::Muted)),
                focused: false,
                cursor: None,
                row: None,
            });
        }
        lines.extend(draw_row(row, width, theme).into_iter().map(|drawn| Drawn {
            row: Some(place),
            ..drawn
        }));
    }
    // the focused lines are kept in sight, with the next and as much before them as there is room for
    let height = usize::from(area.height);
    let last = lines.iter().rposition(|l| l.focused).unwrap_or(0);
    let wanted = if height > 4 { last + 2 } else { last + 1 };
    let skipped = wanted.min(lines.len()).saturating_sub(height);
    lines.into_iter().skip(skipped).take(height).collect()
}

fn sections(rows: &[Row<'_>]) -> usize {
    let mut all: Vec<_> = rows.iter().map(|r| r.field.section()).collect();
    all.dedup();
    all.len()
}

/// A field's line, and its fault's where it has no room beside.
fn draw_row(row: &Row<'_>, width: usize, theme: &Theme) -> Vec<Drawn> {
    let sign = if row.focused { "> " } else { "  " };
    let label_role = if row.focused { Role::Title } else { Role::Text };
    let label_width = LABEL_WIDTH.min(width / 2);
    let mut spans = vec![
        Span::styled(sign, theme.style(Role::Key)),
        Span::styled(
            format!("{:<w$}", row.field.label(), w = label_width.saturating_sub(2)),
            theme.style(label_role),
        ),
    ];
    let room = width.saturating_sub(label_width);
    let mut cursor = None;
    match &row.value {
        Value::Text(line) => {
            let (span, at) = text_field(row, line, room.min(WIDEST_FIELD), theme);
            cursor = at.filter(|_| row.focused).map(|at| label_width + at);
            spans.push(span);
        }
        Value::Switch(on) => {
            let words = if *on { "[x] yes" } else { "[ ] no" };
            spans.push(Span::styled(words, choice_style(row.focused, true, theme)));
        }
        Value::Choice(words, chosen) => spans.extend(choices(words, *chosen, row.focused, room, theme)),
    }
    let mut out = vec![Drawn {
        line: Line::default(),
        focused: row.focused,
        cursor,
        row: None,
    }];
    if let Some(fault) = &row.fault {
        let fault = shown(fault);
        let used: usize = spans.iter().map(|s| s.content.width()).sum();
        let style = theme.style(Role::Error);
        if used + 3 + fault.width() <= width {
            spans.push(Span::styled(format!(" ! {fault}"), style));
        } else {
            for (place, part) in wrap(&fault, width.saturating_sub(4)).into_iter().enumerate() {
                let sign = if place == 0 { "  ! " } else { "    " };
                out.push(Drawn {
                    line: Line::styled(format!("{sign}{part}"), style),
                    focused: row.focused,
                    cursor: None,
                    row: None,
                });
            }
        }
    }
    out[0].line = Line::from(spans);
    out
}

fn choice_style(focused: bool, chosen: bool, theme: &Theme) -> ratatui::style::Style {
    theme.style(match (focused, chosen) {
        (true, true) => Role::ChoiceFocus,
        (false, true) => Role::Choice,
        _ => Role::Muted,
    })
}

/// `(*) passive  ( ) active  ( ) auto`; `<passive> active  auto` where that has no room; and
/// `< passive > 1 of 3` where nothing else has.
fn choices(
    words: &[&'static str],
    chosen: usize,
    focused: bool,
    room: usize,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let all: usize = words.iter().map(|w| w.width()).sum();
    if all + 6 * words.len() > room + 2 {
        let one = |(at, word): (usize, &&str)| {
            let text = if at == chosen {
                format!("<{word}>")
            } else {
                format!(" {word} ")
            };
            Span::styled(text, choice_style(focused, at == chosen, theme))
        };
        if all + 2 * words.len() <= room {
            return words.iter().enumerate().map(one).collect();
        }
        let word = words.get(chosen).copied().unwrap_or_default();
        let (place, of) = (chosen + 1, words.len());
        let mut counted = format!(" {place} of {of}");
        if word.width() + 4 + counted.width() > room {
            counted = format!(" {place}/{of}");
        }
        return vec![
            Span::styled(format!("< {word} >"), choice_style(focused, true, theme)),
            Span::styled(counted, theme.style(Role::Muted)),
        ];
    }
    let mut out = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let sign = if at == chosen { "(*)" } else { "( )" };
        out.push(Span::styled(
            format!("{sign} {word}"),
            choice_style(focused, at == chosen, theme),
        ));
        if at + 1 < words.len() {
            out.push(Span::raw("  "));
        }
    }
    out
}

/// The part of the text that fits, and the column of the cursor in it.
fn text_field(
    row: &Row<'_>,
    line: &input::Line,
    room: usize,
    theme: &Theme,
) -> (Span<'static>, Option<usize>) {
    if line.text().is_empty() {
        let hint = clip(row.field.placeholder(), 0, room).0;
        let role = if row.focused {
            Role::FieldFocus
        } else {
            Role::Muted
        };
        // the hint is no value: it stands in brackets where colour cannot tell
        let hint = if hint.is_empty() {
            hint
        } else {
            format!("({hint})")
        };
        return (Span::styled(hint, theme.style(role)), Some(0));
    }
    let role = if row.focused {
        Role::FieldFocus
    } else {
        Role::Field
    };
    let (text, at) = match line.masked {
        true => clip(&stars(line.text().chars().count()), line.cursor(), room),
        false => clip(line.text(), line.cursor(), room),
    };
    (Span::styled(text, theme.style(role)), Some(at))
}

/// The window of `text` that holds the character `cursor` and is less than `room` columns wide,
/// and the cursor's column in it.
fn clip(text: &str, cursor: usize, room: usize) -> (String, usize) {
    let room = room.saturating_sub(1);
    let chars: Vec<char> = text
        .chars()
        .map(|c| if is_plain(c) { c } else { '\u{fffd}' })
        .collect();
    let columns = |slice: &[char]| slice.iter().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    let cursor = cursor.min(chars.len());
    let mut first = 0;
    while first < cursor && columns(&chars[first..cursor]) > room {
        first += 1;
    }
    let mut last = chars.len();
    while last > cursor && columns(&chars[first..last]) > room {
        last -= 1;
    }
    (
        chars[first..last].iter().collect(),
        columns(&chars[first..cursor]),
    )
}

fn draw_note(frame: &mut Frame, area: Rect, note: &Note, beside: bool, theme: &Theme) {
    let borders = if beside { Borders::LEFT } else { Borders::TOP };
    let block = Block::new()
        .borders(borders)
        .border_style(theme.style(Role::Border))
        .title(Span::styled(
            format!(" {} ", note.title),
            theme.style(Role::Title),
        ));
    let lines = note_lines(note, beside, block.inner(area).width, theme);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// The note, broken into lines of so many columns.
fn note_lines(note: &Note, beside: bool, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let columns = usize::from(columns);
    let mut lines = Vec::new();
    let mut say = |text: &str, role| {
        let broken = wrap(text, columns).into_iter();
        lines.extend(broken.map(|line| Line::styled(line, theme.style(role))));
    };
    for paragraph in &note.paragraphs {
        say(paragraph, Role::Text);
        if beside {
            say("\n", Role::Text);
        }
    }
    if !note.directions.is_empty() {
        say("Open at the server's firewall:", Role::Muted);
    }
    for pair in note.directions.chunks(2) {
        if beside {
            for (direction, purpose) in pair {
                lines.push(Line::styled(direction.clone(), theme.style(Role::Text)));
                for line in wrap(purpose, columns.saturating_sub(2)) {
                    lines.push(Line::styled(format!("  {line}"), theme.style(Role::Muted)));
                }
            }
            continue;
        }
        let pair: Vec<&str> = pair.iter().map(|(d, _)| d.as_str()).collect();
        let joined = pair.join("   ");
        let apart = match joined.width() <= columns {
            true => vec![joined],
            false => pair.into_iter().map(str::to_owned).collect(),
        };
        lines.extend(
            apart
                .into_iter()
                .map(|line| Line::styled(line, theme.style(Role::Text))),
        );
    }
    lines
}

fn shown(text: &str) -> String {
    crate::model::text::escape_str(text)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::model::key::Key;
    use crate::model::server::{ConnectionMode, Server};

    fn drawn(form: &Form, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let theme = Theme::default();
        terminal
            .draw(|frame| draw(frame, frame.area(), form, &theme))
            .unwrap();
        terminal.backend().to_string()
    }

    fn press(form: &mut Form, keys: &str) {
        for key in keys.split_whitespace() {
            form.press(key.parse::<Key>().unwrap());
        }
    }

    fn active() -> Form {
        let mut form = Form::new(None, &["web".into()]);
        form.paste("ftpes://anna@ftp.example.org/srv/www");
        press(
            &mut form,
            "tab tab tab tab tab tab tab tab tab tab tab tab space tab tab",
        );
        form
    }

    #[test]
    fn a_new_server_at_80x24() {
        insta::assert_snapshot!(drawn(&Form::new(None, &[]), 80, 24));
    }

    #[test]
    fn active_mode_at_120x40() {
        let mut form = active();
        press(&mut form, "5 0 0 0 0 - 4 0 0 0 0");
        insta::assert_snapshot!(drawn(&form, 120, 40));
    }

    #[test]
    fn active_mode_at_40x10() {
        insta::assert_snapshot!(drawn(&active(), 40, 10));
    }

    #[test]
    fn faults_and_the_remark_at_80x24() {
        let mut form = Form::new(None, &["web".into()]);
        press(&mut form, "w e b enter");
        insta::assert_snapshot!(drawn(&form, 80, 24));
    }

    #[test]
    fn every_choice_is_seen_or_counted() {
        let shows = |width| {
            let all = drawn(&Form::new(None, &[]), width, 30);
            let row = all.lines().find(|l| l.contains("Password")).unwrap();
            row.trim_matches(['"', ' ']).to_owned()
        };
        for width in [80, 120] {
            for word in ["<ask>", "store", "command", "environment", "netrc", "challenge"] {
                assert!(shows(width).contains(word), "{word} at {width}: {}", shows(width));
            }
        }
        assert!(shows(40).contains("< ask > 1 of "), "{}", shows(40));
    }

    #[test]
    fn what_is_said_is_said_to_its_end() {
        let mut form = Form::new(None, &[]);
        form.paste("ftp://me:pw@h/");
        // without the note beside it, as one line
        let said = |form: &Form, width| {
            let all = drawn(form, width, 60);
            let left = all.lines().map(|l| l.trim_matches('"').split('│').next());
            let words = left.flatten().flat_map(str::split_whitespace);
            words.collect::<Vec<_>>().join(" ")
        };
        assert!(said(&form, 80).contains("ftp:// is not encrypted"));
        let proxied = Server {
            mode: ConnectionMode::Active,
            proxy: "socks5://proxy".parse().ok(),
            ..Server::default()
        };
        let mut form = Form::new(Some(&proxied), &[]);
        press(&mut form, "pagedown pageup");
        for width in [60, 80, 120] {
            let said = said(&form, width);
            assert!(said.contains("connect to this machine; use passive"), "{said}");
        }
    }

    #[test]
    fn every_note_fits_a_screen_of_80x24() {
        let theme = Theme::default();
        let mut forms = [active(), Form::new(None, &[])];
        press(&mut forms[0], "pageup");
        for form in &mut forms {
            for _ in 0..form.rows().len() {
                press(form, "tab");
                let screen = drawn(form, 80, 24);
                for line in note_lines(&form.note(), false, 80, &theme) {
                    let line = line.to_string();
                    assert!(screen.contains(&line), "{:?}: {line}\n{screen}", form.focus());
                }
                assert!(
                    screen.contains(&format!("> {}", form.focus().label())),
                    "{screen}"
                );
            }
        }
    }

    #[test]
    fn a_long_fault_is_shown_whole() {
        let mut form = Form::new(None, &[]);
        press(&mut form, "pagedown backtab backtab backtab backtab backtab");
        assert_eq!(form.focus().label(), "Character set");
        press(&mut form, "k l i n g o n tab");
        let screen = drawn(&form, 80, 24).replace(['\n', '"'], " ");
        let words: Vec<&str> = screen.split_whitespace().collect();
        let rows = form.rows();
        let row = rows.iter().find(|row| row.field.label() == "Character set");
        let fault = row.and_then(|row| row.fault.as_deref()).unwrap();
        assert!(fault.len() > 160, "{fault}");
        assert!(words.join(" ").contains(fault), "{screen}");
    }

    #[test]
    fn a_long_remark_is_shown_whole() {
        let mut form = Form::new(None, &[]);
        form.paste("ftp://anna:pw@ftp.example.org/");
        let screen = drawn(&form, 80, 24).replace(['\n', '"'], " ");
        let words: Vec<&str> = screen.split_whitespace().collect();
        assert!(words.join(" ").contains(form.remark().unwrap()), "{screen}");
    }

    #[test]
    fn nothing_breaks_on_a_tiny_screen() {
        for (width, height) in [(1, 1), (3, 2), (10, 3), (200, 5)] {
            drawn(&active(), width, height);
        }
    }

    #[test]
    fn a_long_text_scrolls_with_its_cursor() {
        assert_eq!(clip("abcdef", 6, 4), ("def".into(), 3));
        assert_eq!(clip("abcdef", 0, 4), ("abc".into(), 0));
        assert_eq!(clip("日本語", 3, 5), ("本語".into(), 4));
        assert_eq!(clip("a\u{202e}b", 3, 9), ("a\u{fffd}b".into(), 3));
    }
}
