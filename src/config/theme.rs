//! Colour themes: TOML files that give each role a style, and nothing else.
//!
//! A theme says `folder = "bold 75"`, never "line 3 of the pane": where a role is used is the
//! business of `ui`. Styles are ratatui's own plain values, so that `ui` needs no translation.
//! A theme names the colours it wants; a terminal that has fewer gets the nearest ([`Theme::shown_in`]).

use std::path::PathBuf;

use ratatui::style::{Color, Modifier, Style};
use toml::de::DeValue;

use super::colours::Depth;
use super::mistake::{Mistake, read};
use super::paths::Paths;
use crate::model::nearest::did_you_mean;
use crate::model::worded::worded;

worded! {
    /// What a piece of the screen is, as far as colour goes.
    enum Role;
    /// Every role.
    ALL;
    /// Its name in theme files.
    fn name;
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
    /// A marked entry under the cursor.
    CursorMark = "cursor-mark",
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

/// Whether a text names a file of a theme by its path, and not a theme by its name.
pub fn is_path(text: &str) -> bool {
    text.contains(std::path::is_separator) || text.ends_with(".toml")
}

/// The files of this person's themes, and of the system's; `theme.toml` last, where it is there.
pub fn files(paths: &Paths) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in paths.themes() {
        let found = std::fs::read_dir(folder).into_iter().flatten();
        let mut found: Vec<_> = found.filter_map(|file| Some(file.ok()?.path())).collect();
        found.sort();
        // of two that are called alike one's own comes first
        found.retain(|path| {
            let is_new = !files.iter().any(|other| other.file_name() == path.file_name());
            is_new && path.extension().is_some_and(|e| e == "toml")
        });
        files.extend(found);
    }
    files.extend(Some(paths.theme()).filter(|path| path.exists()));
    files
}

/// A theme to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is called.
    pub name: String,
    /// What it is for: the first line of its file, as far as that is a comment.
    pub about: String,
    /// The theme.
    pub theme: Theme,
}

impl Named {
    /// Reads a theme's file.
    ///
    /// # Errors
    ///
    /// As [`Theme::parse`].
    pub fn read(name: &str, text: &str, file: &str) -> Result<Self, Mistake> {
        let first = text.lines().next().unwrap_or_default();
        let about = first.strip_prefix('#').unwrap_or_default().trim();
        Ok(Self {
            name: name.to_owned(),
            about: about.to_owned(),
            theme: Theme::parse(text, file)?,
        })
    }

    /// The shipped themes.
    pub fn shipped() -> Vec<Self> {
        let themes = SHIPPED.iter();
        themes
            .filter_map(|(name, text)| Self::read(name, text, name).ok())
            .collect()
    }
}

/// A style for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: Vec<Style>,
}

/// The default theme, as a file.
pub const DEFAULT: &str = include_str!("../../themes/dark.toml");

const SHIPPED: [(&str, &str); 6] = [
    ("dark", DEFAULT),
    ("light", include_str!("../../themes/light.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("gruvbox", include_str!("../../themes/gruvbox.toml")),
    ("nord", include_str!("../../themes/nord.toml")),
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

    /// The theme on a terminal of so many colours; without any, the one that needs none.
    pub fn shown_in(self, depth: Depth) -> Self {
        match depth {
            Depth::Mono => Self::named("mono").unwrap_or(self),
            _ => Self {
                styles: self.styles.into_iter().map(|style| depth.show(style)).collect(),
            },
        }
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
    use crate::config::colours::{contrast, rgb};

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

    /// Roles that are drawn on another one's ground, and on which.
    const DRAWN_ON: [(Role, &[Role]); 6] = [
        (
            Role::Text,
            &[
                Role::Text,
                Role::Muted,
                Role::Title,
                Role::BorderFocus,
                Role::Mark,
                Role::Folder,
                Role::File,
                Role::Link,
                Role::Special,
                Role::Good,
                Role::Warning,
                Role::Error,
                Role::Sent,
                Role::Reply,
                Role::Gauge,
            ],
        ),
        (
            Role::CursorIdle,
            &[
                Role::Mark,
                Role::Folder,
                Role::File,
                Role::Link,
                Role::Special,
                Role::Muted,
            ],
        ),
        (
            Role::Dialog,
            &[
                Role::Text,
                Role::Muted,
                Role::Title,
                Role::Warning,
                Role::Error,
                Role::Good,
                Role::Reply,
                Role::Mark,
                Role::Key,
                Role::Sent,
            ],
        ),
        (
            Role::Bar,
            &[Role::Bar, Role::BarTitle, Role::Good, Role::Warning, Role::Error],
        ),
        (Role::Hint, &[Role::Hint, Role::Key, Role::Warning]),
        // what is not to be read, only seen
        (Role::Text, &[Role::Border, Role::GaugeRest]),
    ];
    /// Roles with a ground of their own.
    const ON_ITSELF: [Role; 7] = [
        Role::Cursor,
        Role::CursorMark,
        Role::DialogTitle,
        Role::Choice,
        Role::ChoiceFocus,
        Role::Field,
        Role::FieldFocus,
    ];

    /// WCAG 2.2: 4.5 for text (AA), 7 in the theme made for that (AAA). Where a theme leaves the ground to
    /// the terminal, for the usual ones of its kind.
    #[test]
    fn every_role_is_legible_on_its_ground() {
        for name in Theme::shipped().filter(|name| *name != "mono") {
            let theme = Theme::named(name).unwrap();
            let grounds = match theme.style(Role::Text).bg {
                Some(ground) => vec![ground],
                None if name == "light" => vec![Color::Indexed(231), Color::Rgb(0xf5, 0xf5, 0xf5)],
                None => vec![Color::Indexed(16), Color::Rgb(0x1e, 0x1e, 0x1e)],
            };
            for ground in grounds {
                let ratio = |role: Role, on: Role| {
                    let ink = rgb(theme.style(role).fg.unwrap()).unwrap();
                    contrast(ink, rgb(theme.style(on).bg.unwrap_or(ground)).unwrap())
                };
                let drawn = DRAWN_ON
                    .iter()
                    .flat_map(|(on, roles)| roles.iter().map(move |r| (*r, *on)));
                let own = ON_ITSELF.map(|role| (role, role));
                let off = [(Role::HintOff, Role::Hint), (Role::HintOff, Role::Dialog)];
                for (role, on) in drawn.chain(own).chain(off) {
                    let seen_only = matches!(role, Role::Border | Role::GaugeRest | Role::HintOff);
                    let wanted = match (name, seen_only) {
                        ("contrast", false) => 7.0,
                        ("contrast", true) => 3.0,
                        (_, false) => 4.5,
                        (_, true) => 2.0,
                    };
                    let ratio = ratio(role, on);
                    assert!(ratio >= wanted, "{name}: {role:?} on {on:?} is {ratio:.2}");
                }
            }
        }
    }

    /// Sixteen colours are coarse: ink and ground of one style stay apart at least.
    #[test]
    fn with_fewer_colours_nothing_vanishes() {
        for name in Theme::shipped() {
            for depth in [Depth::Sixteen, Depth::Indexed] {
                let theme = Theme::named(name).unwrap().shown_in(depth);
                for role in Role::ALL {
                    let style = theme.style(*role);
                    let (ink, ground) = (style.fg.and_then(rgb), style.bg.and_then(rgb));
                    if let (Some(ink), Some(ground)) = (ink, ground) {
                        let ratio = contrast(ink, ground);
                        assert!(ratio >= 2.0, "{name} {depth:?}: {role:?} is {ratio:.2}");
                    }
                }
            }
            let plain = Theme::named(name).unwrap().shown_in(Depth::Mono);
            assert_eq!(Some(plain), Theme::named("mono"));
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
