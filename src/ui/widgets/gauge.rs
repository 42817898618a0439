//! How far something is, as a line: `━━━━──── `.

use ratatui::text::Span;

use crate::config::theme::{Role, Theme};

/// A line of `columns` of which `done` of `total` is drawn thick. The two differ in form, not
/// only in colour. A total of 0 is all done.
pub(crate) fn gauge(done: u64, total: u64, columns: usize, theme: &Theme) -> [Span<'static>; 2] {
    let thick = match total {
        0 => columns,
        // the last piece is drawn only when all is there
        _ => {
            let share = u128::from(done.min(total)) * columns as u128 / u128::from(total);
            usize::try_from(share).unwrap_or(columns)
        }
    };
    [
        Span::styled("━".repeat(thick), theme.style(Role::Gauge)),
        Span::styled(
            "─".repeat(columns.saturating_sub(thick)),
            theme.style(Role::GaugeRest),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_only_when_done() {
        let thick = |done, total| {
            let [a, b] = gauge(done, total, 10, &Theme::default());
            assert_eq!(a.width() + b.width(), 10);
            a.width()
        };
        assert_eq!(
            (thick(0, 100), thick(55, 100), thick(99, 100), thick(100, 100)),
            (0, 5, 9, 10)
        );
        assert_eq!(
            (thick(7, 0), thick(u64::MAX, u64::MAX), thick(9, 4)),
            (10, 10, 10)
        );
    }
}
