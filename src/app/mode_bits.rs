//! Single bits of permissions, turned by a key.

use super::dialog::{Dialog, Subject};
use super::files::Asks;
use super::input::Line;
use crate::model::entry::Permissions;
use crate::model::mode::Mode;

impl Dialog {
    /// Turns one of the nine bits on or off: `1` is the owner's r, `9` the others' x. What is typed is written anew,
    /// in digits. `false` where no permissions are asked for.
    pub(super) fn turn_bit(&mut self, digit: char) -> bool {
        let (Subject::Files(asks), Some(line)) = (&self.subject, &self.line) else {
            return false;
        };
        let (Asks::Permissions { now, .. }, Some(place @ 1..=9)) = (&**asks, digit.to_digit(10)) else {
            return false;
        };
        let typed: Option<Mode> = line.text().trim().parse().ok();
        let bits = typed.and_then(|mode| mode.apply(*now, false)).or(*now);
        let turned = bits.map_or(0, |bits| bits.0) ^ (1 << (9 - place));
        self.line = Some(Line::new(format!("{:03o}", Permissions(turned).0)));
        self.complaint = None;
        true
    }
}
