//! Colour themes: TOML files that give each role a style, and nothing else.
//!
//! A theme says `folder = "bold 75"`, never "line 3 of the pane": where a role is used is the
//! business of `ui`. Styles are ratatui's own plain values, so that `ui` needs no translation.
//! The shipped themes use the 256 indexed colours: they reach the person through `screen`, old
//! terminals and SSH alike, where 24-bit colour often does not; `#rrggbb` works in own themes.

use ratatui::style::{Color, Modifier, Style};
use toml::de::DeValue;

use super::mistake::{Mistake, read};
use crate::model::nearest::did_you_mean;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal),+ $(,)?) => {
        /// What a piece of the screen is, as far as colour goes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role { $($(#[$doc])* $role),+ }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$role),+];

            /// Its name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name),+ }
            }
        }
    };
}

roles! {
    /// Ordinary text, and the ground of the screen.
    Text = "text",
    /// Text of less weight: sizes, times, explanations.
    Muted = "muted",
    /// Headings, names of columns, titles.
    Title = "title",
    /// Frame of what has not the focus.
    Border = "border",
    /// Frame of what has the focus.
    BorderFocus = "border-focus",
    /// The line under the cursor where the focus is.
    Cursor = "cursor",
    /// The line under the cursor elsewhere.
    CursorIdle = "cursor-idle",
    /// A marked entry.
    Mark = "mark",
    /// A folder.
    Folder = "folder",
    /// A file.
    File = "file",
    /// A symbolic link.
    Link = "link",
    /// A device, a socket, something unknown.
    Special = "special",
    /// The line at the top.
    Bar = "bar",
    /// The place's name in the line at the top.
    BarTitle = "bar-title",
    /// A key in the line of hints.
    Key = "key",
    /// What a key does.
    Hint = "hint",
    /// What a key would do, were it allowed here.
    HintOff = "hint-off",
    /// Encrypted, verified, done.
    Good = "good",
    /// Something to know.
    Warning = "warning",
    /// Failed, refused, dangerous.
    Error = "error",
    /// The ground of a dialog.
    Dialog = "dialog",
    /// The frame and title of a dialog.
    DialogTitle = "dialog-title",
    /// A choice in a dialog, a toggle.
    Choice = "choice",
    /// The choice that Enter takes.
    ChoiceFocus = "choice-focus",
    /// A text field.
    Field = "field",
    /// A text field one types in.
    FieldFocus = "field-focus",
    /// The moved part of a gauge.
    Gauge = "gauge",
    /// The rest of a gauge.
    GaugeRest = "gauge-rest",
    /// What this program sent.
    Sent = "sent",
    /// What the server replied.
    Reply = "reply",
}

/// A style for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: Vec<Style>,
}

/// The default theme, as a file.
pub const DEFAULT: &str = include_str!("../../themes/dark.toml");

const SHIPPED: [(&str, &str); 3] = [
    ("dark", DEFAULT),
    ("light", include_str!("../../themes/light.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The names of the shipped themes.
    pub fn shipped() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// A shipped theme; `None` when there is none of this name.
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(n, _)| *n == name)?;
        Self::parse(text, name).ok()
    }

    /// Reads a theme. Roles it does not name look like `text`. `file` is for the error only.
    pub fn parse(text: &str, file: &str) -> Result<Self, Mistake> {
        let fail = |at: usize, why: String| Mistake::at(text, file, at, why);
        let table = read(text, file)?;
        let mut given: Vec<Option<Style>> = vec![None; Role::ALL.len()];
        for (name, value) in &table {
            let role = Role::ALL
                .iter()
                .find(|r| r.name() == name.get_ref().as_ref())
                .ok_or_else(|| {
                    let near = did_you_mean(name.get_ref(), Role::ALL.iter().map(|r| r.name()));
                    fail(
                        name.span().start,
                        format!("'{}' is no role{near}", name.get_ref()),
                    )
                })?;
            let DeValue::String(words) = value.get_ref() else {
                return Err(fail(
                    value.span().start,
                    "a style is text, such as \"bold 75\"".into(),
                ));
            };
            given[*role as usize] = Some(style(words).map_err(|why| fail(value.span().start, why))?);
        }
        let text = given[Role::Text as usize].unwrap_or_default();
        let styles = given
            .into_iter()
            .map(|s| s.map_or(text, |s| text.patch(s)))
            .collect();
        Ok(Self { styles })
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::named("dark").unwrap_or(Self { styles: Vec::new() })
    }
}

/// `"bold 75 on 236"`: attributes, a colour, and after `on` a ground.
fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut ground = false;
    for word in words.split_whitespace() {
        let attribute = match word {
            "on" => {
                ground = true;
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reverse" => Modifier::REVERSED,
            colour => {
                let colour: Color = match colour {
                    "default" => Color::Reset,
                    c => c.parse().map_err(|_| {
                        format!("'{c}' is neither a colour (a name, 0 to 255, #rrggbb, default) nor bold, dim, italic, underline or reverse")
                    })?,
                };
                style = if ground {
                    style.bg(colour)
                } else {
                    style.fg(colour)
                };
                continue;
            }
        };
        style = style.add_modifier(attribute);
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_themes_name_every_role() {
        for (name, text) in SHIPPED {
            Theme::parse(text, name).unwrap();
            for role in Role::ALL {
                assert!(
                    text.lines().any(|l| l.starts_with(&format!("{} =", role.name()))),
                    "{name} lacks {}",
                    role.name()
                );
            }
        }
    }

    #[test]
    fn mono_has_no_colour() {
        let mono = Theme::named("mono").unwrap();
        for role in Role::ALL {
            let style = mono.style(*role);
            for colour in [style.fg, style.bg] {
                assert!(matches!(colour, None | Some(Color::Reset)), "{role:?}");
            }
        }
    }

    #[test]
    fn errors_name_line_and_nearest() {
        let error = Theme::parse("text = \"white\"\nfoldr = \"blue\"\n", "my.toml").unwrap_err();
        assert_eq!(
            error.to_string(),
            "my.toml, line 2: 'foldr' is no role; did you mean 'folder'?"
        );
        let error = Theme::parse("\n\ntext = \"whyte\"", "my.toml").unwrap_err();
        assert_eq!(error.line, 3);
        assert!(Theme::parse("text = 3", "x").is_err());
        assert!(Theme::parse("text = \"a", "x").is_err());
    }

    #[test]
    fn styles_build_on_text() {
        let theme = Theme::parse("text = \"250 on 234\"\nmark = \"bold yellow\"", "x").unwrap();
        let mark = theme.style(Role::Mark);
        assert_eq!(
            (mark.fg, mark.bg),
            (Some(Color::Yellow), Some(Color::Indexed(234)))
        );
        assert!(mark.add_modifier.contains(Modifier::BOLD));
        assert_eq!(theme.style(Role::Link), theme.style(Role::Text));
    }
}
