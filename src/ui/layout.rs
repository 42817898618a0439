//! Where each part of the screen is. How high each is, `app` decides: moving needs it too.

use ratatui::layout::Rect;

use crate::app::App;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// The line at the top, where there is room.
    pub bar: Option<Rect>,
    /// Everything between.
    pub body: Rect,
    /// The line of hints, where there is room.
    pub hints: Option<Rect>,
}

/// Divides the screen.
pub fn screen(area: Rect, app: &App) -> Screen {
    let (bar, rest) = match app.has_bar() {
        true => cut_top(area, 1),
        false => (None, area),
    };
    let (body, hints) = match app.has_hints() {
        true => cut_bottom(rest, 1),
        false => (rest, None),
    };
    Screen { bar, body, hints }
}

/// Cuts rows off the top; none is cut where there are too few.
pub fn cut_top(area: Rect, rows: u16) -> (Option<Rect>, Rect) {
    if rows == 0 || area.height < rows {
        return (None, area);
    }
    let top = Rect { height: rows, ..area };
    let rest = Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    };
    (Some(top), rest)
}

/// Cuts rows off the bottom.
pub fn cut_bottom(area: Rect, rows: u16) -> (Rect, Option<Rect>) {
    if rows == 0 || area.height < rows {
        return (area, None);
    }
    let rest = Rect {
        height: area.height - rows,
        ..area
    };
    let bottom = Rect {
        y: area.y + rest.height,
        height: rows,
        ..area
    };
    (rest, Some(bottom))
}

/// All but the first column.
pub fn indented(area: Rect) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        width: area.width.saturating_sub(1),
        ..area
    }
}

/// Two halves side by side.
pub fn halves(area: Rect) -> (Rect, Rect) {
    let left = Rect {
        width: area.width / 2,
        ..area
    };
    let right = Rect {
        x: area.x + left.width,
        width: area.width - left.width,
        ..area
    };
    (left, right)
}

/// A box of this size in the middle, or as much of it as there is room for.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
