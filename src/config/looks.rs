//! How the interface uses the terminal, as far as somebody has said so, and what the environment tells.

use super::colours::Depth;

/// What was said; what was not is found out from the environment. The terminal itself is never asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looks {
    /// The mouse is left to the terminal, which selects text with it.
    pub no_mouse: bool,
    /// The name of a theme; it goes before the person's own and before `NO_COLOR`.
    pub theme: Option<String>,
    /// No character beyond ASCII is drawn.
    pub ascii: bool,
    /// Lines instead of a screen.
    pub plain: bool,
}

/// What the environment tells of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// How many colours it has.
    pub depth: Depth,
    /// Whether the person wants none (no-color.org).
    pub no_colour: bool,
    /// Whether it knows no characters beyond ASCII.
    pub ascii: bool,
    /// Whether it can only print one line after the other (`TERM=dumb`).
    pub plain: bool,
}

impl Told {
    /// Reads the variables; `of` gives one's value.
    pub fn by(of: impl Fn(&str) -> Option<String>) -> Self {
        let given = |name: &str| of(name).filter(|value| !value.is_empty());
        let value = |name: &str| given(name).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(given);
        Self {
            depth: Depth::told(&value("TERM"), &value("COLORTERM")),
            no_colour: given("NO_COLOR").is_some(),
            // where no locale is set at all, as in many containers, the terminal is none the older for it
            plain: value("TERM") == "dumb",
            ascii: locale.is_some_and(|locale| !is_utf8(&locale)),
        }
    }
}

/// Whether a locale's character set is UTF-8 (`de_DE.UTF-8`, `C.utf8@euro`).
fn is_utf8(locale: &str) -> bool {
    let set = locale.split_once('.').map_or("", |(_, set)| set);
    let set = set.split('@').next().unwrap_or_default();
    set.eq_ignore_ascii_case("UTF-8") || set.eq_ignore_ascii_case("UTF8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> Told {
        Told::by(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_locale_that_is_set_counts() {
        for (variables, ascii) in [
            (&[][..], false),
            (&[("LANG", "C")], true),
            (&[("LANG", "POSIX")], true),
            (&[("LANG", "de_DE.ISO-8859-1")], true),
            (&[("LANG", "de_DE")], true),
            (&[("LANG", "de_DE.UTF-8")], false),
            (&[("LANG", "C.utf8@x")], false),
            (&[("LC_ALL", ""), ("LANG", "C")], true),
            (&[("LC_ALL", "C"), ("LANG", "C.UTF-8")], true),
            (&[("LC_CTYPE", "C.UTF-8"), ("LANG", "C")], false),
        ] {
            assert_eq!(told(variables).ascii, ascii, "{variables:?}");
        }
        assert!(told(&[("NO_COLOR", "1")]).no_colour && !told(&[("NO_COLOR", "")]).no_colour);
        assert_eq!(told(&[("TERM", "xterm-256color")]).depth, Depth::Indexed);
        assert!(told(&[("TERM", "dumb")]).plain && !told(&[]).plain);
    }
}
