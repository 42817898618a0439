//! The course of a number, as a line of bars: `▁▂▅█▇`.

use ratatui::text::Span;

use crate::config::theme::{Role, Theme};

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// A bar for each number, a column each, the greatest as high as a line.
pub(crate) fn course(numbers: &[u64], theme: &Theme) -> Span<'static> {
    let top = numbers.iter().copied().max().unwrap_or(0).max(1);
    let bar = |n: &u64| {
        let height = u128::from(*n) * (BARS.len() as u128 - 1) / u128::from(top);
        usize::try_from(height)
            .ok()
            .and_then(|height| BARS.get(height))
            .copied()
    };
    let bars: String = numbers.iter().filter_map(bar).collect();
    Span::styled(bars, theme.style(Role::Gauge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_is_as_high_as_a_line() {
        let drawn = |numbers: &[u64]| course(numbers, &Theme::default()).content.into_owned();
        assert_eq!(drawn(&[0, 50, 100, 99]), "▁▄█▇");
        assert_eq!(drawn(&[0, 0]), "▁▁");
        assert_eq!(drawn(&[u64::MAX, 0]), "█▁");
        assert_eq!(drawn(&[]), "");
    }
}
