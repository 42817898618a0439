//! A drawn screen for terminals that know no character beyond ASCII.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr as _;

/// Puts characters of ASCII in the place of all others: signs of ours by others that mean the same, what
/// is left of names by `?`, one for each column, as `ls` does.
pub(super) fn spell(buffer: &mut Buffer) {
    for place in 0..buffer.content.len() {
        let symbol = buffer.content[place].symbol();
        if symbol.is_ascii() {
            continue;
        }
        let (columns, sign) = (symbol.width(), sign(symbol));
        for cell in buffer.content.iter_mut().skip(place).take(columns.max(1)) {
            cell.set_symbol(sign);
        }
    }
}

/// The same for a line.
pub(super) fn spelled(line: &str) -> String {
    use unicode_segmentation::UnicodeSegmentation as _;
    if line.is_ascii() {
        return line.to_owned();
    }
    let spell = |symbol: &str| match symbol.is_ascii() {
        true => symbol.to_owned(),
        false => sign(symbol).repeat(symbol.width().max(1)),
    };
    line.graphemes(true).map(spell).collect()
}

fn sign(symbol: &str) -> &'static str {
    match symbol {
        "─" => "-",
        "━" => "=",
        "│" | "┃" => "|",
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "└" | "┘" => "+",
        "┏" | "┓" | "┗" | "┛" | "├" | "┤" | "┬" | "┴" | "┼" | "┣" | "┫" => "#",
        "▸" | "→" | "▶" => ">",
        "←" => "<",
        "▾" | "↓" | "▼" => "v",
        "↑" | "▲" => "^",
        "●" | "•" | "★" => "*",
        "✓" => "+",
        "·" => "-",
        "…" => "~",
        "▁" => "_",
        "▂" => ".",
        "▃" => "-",
        "▄" => "=",
        "▅" => "+",
        "▆" => "*",
        "▇" => "%",
        "█" => "@",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_ascii_is_left_and_columns_stay() {
        let mut buffer = Buffer::with_lines(["╭ naïve 日本 ─╮", "│▸ e\u{301}a → b…  │"]);
        spell(&mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["+ na?ve ???? -+", "|> ?a > b~  |"]));
    }
}
