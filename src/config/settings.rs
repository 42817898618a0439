//! `config.toml`: what holds for the program as a whole. Nothing of a server stands here.
//!
//! Later layers win: what is built in, the system's file, the person's own, the environment; the
//! options of the command line go over all of them. [`TABLE`] is the only list of the settings:
//! the file that `ftpane config default` prints, the check of a file, the variables and the
//! README's table are made of it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;
use toml_edit::{DocumentMut, Item, Value};

use super::mistake::{Mistake, read};
use super::paths::Paths;
use super::store;
use super::theme::{self, Theme};
use crate::model::failure::{Class, Failure};
use crate::model::nearest::did_you_mean;
use crate::model::server::Patience;
use crate::model::size;
use crate::model::text::system_says;

/// What holds for the program as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A theme: its name, or the path of its file. A `theme.toml` of one's own goes before it.
    pub theme: String,
    /// The names of themes that this person has besides the shipped ones.
    themes: Vec<String>,
    /// Whether the mouse is listened to; else the terminal selects text with it.
    pub mouse: bool,
    /// Whether nothing beyond ASCII is drawn, whatever the locale.
    pub ascii: bool,
    /// The command of the editor; empty is what the environment says.
    pub editor: String,
    /// The same of the pager.
    pub pager: String,
    /// Whether the bell rings where something waits for the person.
    pub bell: bool,
    /// Whether the terminal is told when transfers that took long are over.
    pub notify: bool,
    /// Whether the panes begin with names shown that begin with a dot.
    pub show_hidden: bool,
    /// Time-outs and tries of every connection.
    pub patience: Patience,
    /// Bytes a second over all transfers.
    pub limit_rate: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: "dark".into(),
            themes: Vec::new(),
            mouse: true,
            ascii: false,
            editor: String::new(),
            pager: String::new(),
            bell: true,
            notify: true,
            show_hidden: false,
            patience: Patience::default(),
            limit_rate: None,
        }
    }
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the file. In the environment it is `FTPANE_` and this in capitals, `_` for `-`.
    pub key: &'static str,
    /// Its default, as it is written in the file.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The words it may hold, where there are only so many.
    pub words: fn() -> Vec<&'static str>,
    take: fn(&mut Settings, &DeValue<'_>) -> Result<(), String>,
}

impl Setting {
    /// The variable that goes over the files.
    pub fn variable(&self) -> String {
        format!("FTPANE_{}", self.key.to_ascii_uppercase().replace('-', "_"))
    }
}

/// Every setting.
pub const TABLE: &[Setting] = &[
    Setting {
        key: "theme",
        default: "\"dark\"",
        help: "Colours: a theme's name, that of a file in themes/, or a path. A theme.toml of your own goes before it, and NO_COLOR before both",
        words: || Theme::shipped().collect(),
        take: |settings, value| {
            let name = text(value)?;
            let shipped = Theme::shipped().map(str::to_owned);
            let names: Vec<String> = shipped.chain(settings.themes.iter().cloned()).collect();
            if !theme::is_path(name) && !names.iter().any(|known| known == name) {
                let near = did_you_mean(name, names.iter().map(String::as_str));
                return Err(format!("there is no theme '{name}'{near}"));
            }
            name.clone_into(&mut settings.theme);
            Ok(())
        },
    },
    Setting {
        key: "show-hidden",
        default: "false",
        help: "Whether the panes begin with names shown that begin with a dot",
        words: Vec::new,
        take: |settings, value| {
            settings.show_hidden = switch(value)?;
            Ok(())
        },
    },
    Setting {
        key: "connect-timeout",
        default: "15",
        help: "Seconds for a connection to stand (--connect-timeout)",
        words: Vec::new,
        take: |settings, value| {
            settings.patience.connect = seconds(value)?;
            Ok(())
        },
    },
    Setting {
        key: "timeout",
        default: "30",
        help: "Seconds of silence on any connection before it is given up (--timeout)",
        words: Vec::new,
        take: |settings, value| {
            settings.patience.silence = seconds(value)?;
            Ok(())
        },
    },
    Setting {
        key: "retries",
        default: "3",
        help: "How often a transient failure is tried again (--retries)",
        words: Vec::new,
        take: |settings, value| {
            let wrong = || "a whole number from 0 to 1000".to_owned();
            let n = number(value).filter(|n| *n <= 1000.0 && n.fract() == 0.0);
            let n = n.ok_or_else(wrong)?;
            // between 0 and 1000, and whole
            settings.patience.retries = n as u32;
            Ok(())
        },
    },
    Setting {
        key: "limit-rate",
        default: "\"\"",
        help: "Bytes a second over all transfers: \"500K\", \"2M\"; empty is no limit (--limit-rate)",
        words: Vec::new,
        take: |settings, value| {
            let rate = text(value)?;
            settings.limit_rate = match rate {
                "" => None,
                rate => Some(size::read_rate(rate)?),
            };
            Ok(())
        },
    },
    Setting {
        key: "editor",
        default: "\"\"",
        help: "The command that edits files; empty is VISUAL, EDITOR, nano or vi",
        words: Vec::new,
        take: |settings, value| {
            text(value)?.clone_into(&mut settings.editor);
            Ok(())
        },
    },
    Setting {
        key: "pager",
        default: "\"\"",
        help: "The command that shows files outside; empty is PAGER, less or more",
        words: Vec::new,
        take: |settings, value| {
            text(value)?.clone_into(&mut settings.pager);
            Ok(())
        },
    },
    Setting {
        key: "bell",
        default: "true",
        help: "Whether the terminal's bell rings where a question waits or all transfers are over",
        words: Vec::new,
        take: |settings, value| {
            settings.bell = switch(value)?;
            Ok(())
        },
    },
    Setting {
        key: "notify",
        default: "true",
        help: "Whether the terminal is told when transfers that took long are over (OSC 9): many show it as a notification",
        words: Vec::new,
        take: |settings, value| {
            settings.notify = switch(value)?;
            Ok(())
        },
    },
    Setting {
        key: "mouse",
        default: "true",
        help: "Whether the mouse is listened to; false leaves it to the terminal (--no-mouse)",
        words: Vec::new,
        take: |settings, value| {
            settings.mouse = switch(value)?;
            Ok(())
        },
    },
    Setting {
        key: "ascii",
        default: "false",
        help: "true draws with ASCII alone, as a locale that is no UTF-8 does (--ascii)",
        words: Vec::new,
        take: |settings, value| {
            settings.ascii = switch(value)?;
            Ok(())
        },
    },
];

fn text<'a>(value: &'a DeValue<'_>) -> Result<&'a str, String> {
    match value {
        DeValue::String(text) => Ok(text),
        _ => Err("it is to be a text, between quotation marks".into()),
    }
}

fn switch(value: &DeValue<'_>) -> Result<bool, String> {
    match value {
        DeValue::Boolean(on) => Ok(*on),
        // as a variable has it
        DeValue::String(word) if word == "true" => Ok(true),
        DeValue::String(word) if word == "false" => Ok(false),
        _ => Err("it is to be true or false".into()),
    }
}

/// A number from 0 up, as a number or, as a variable has it, as its text.
fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => return None,
    };
    text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

fn seconds(value: &DeValue<'_>) -> Result<Duration, String> {
    let seconds = number(value).filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it is to be a number of seconds above 0".into())
}

impl Settings {
    /// Those in force: the system's file, this person's, and the environment over each other.
    ///
    /// # Errors
    ///
    /// The first file or variable that cannot be used; [`Settings::lenient`] goes on without it.
    pub fn load(paths: &Paths) -> Result<Self, Failure> {
        let mut wrong = Vec::new();
        let settings = Self::lenient(paths, &mut wrong);
        match wrong.into_iter().next() {
            None => Ok(settings),
            Some(failure) => Err(failure),
        }
    }

    /// The defaults, for somebody who has these files: themes of one's own have names, too.
    pub fn knowing(paths: &Paths) -> Self {
        let name = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
        Self {
            themes: theme::files(paths).iter().filter_map(name).collect(),
            ..Self::default()
        }
    }

    /// The same without what cannot be used, which goes into `wrong`.
    pub fn lenient(paths: &Paths, wrong: &mut Vec<Failure>) -> Self {
        let mut settings = Self::knowing(paths);
        for path in paths.settings() {
            match settings.with_file(&path) {
                Ok(Some(with)) => settings = with,
                Ok(None) => {}
                Err(failure) => wrong.push(failure),
            }
        }
        for setting in TABLE {
            let variable = setting.variable();
            let Some(value) = std::env::var_os(&variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            if let Err(why) = settings.take_variable(setting, value) {
                wrong.push(Failure::new(
                    Class::Usage,
                    format!("The variable {variable}"),
                    why,
                ));
            }
        }
        settings
    }

    fn take_variable(&mut self, setting: &Setting, value: OsString) -> Result<(), String> {
        let value = value.into_string().map_err(|_| "it is not UTF-8".to_owned())?;
        (setting.take)(self, &DeValue::String(value.into()))
    }

    /// With what a file says over it; `None` where there is no such file.
    ///
    /// # Errors
    ///
    /// One that cannot be read, or be used.
    pub fn with_file(&self, path: &Path) -> Result<Option<Self>, Failure> {
        let shown = path.display().to_string();
        let failed = |class, why| Failure::new(class, "The settings", why);
        let text = store::read(path).map_err(|e| {
            failed(
                Class::Local,
                format!("{shown} cannot be read: {}", system_says(&e)),
            )
        })?;
        let Some(text) = text else {
            return Ok(None);
        };
        let mut settings = self.clone();
        settings.lay_over(&text, &shown).map_err(|mistake| {
            failed(Class::Usage, mistake.to_string()).hint("'ftpane config default' prints all that there is")
        })?;
        Ok(Some(settings))
    }

    /// Puts what a text says over it; `file` is for the error only.
    ///
    /// # Errors
    ///
    /// What is no TOML, an unknown key, or a value that a key cannot hold.
    pub fn lay_over(&mut self, text: &str, file: &str) -> Result<(), Mistake> {
        let table = read(text, file)?;
        for (key, value) in &table {
            let fail = |at: usize, why: String| Mistake::at(text, file, at, why);
            let name = key.get_ref().as_ref();
            let setting = TABLE.iter().find(|setting| setting.key == name).ok_or_else(|| {
                let near = did_you_mean(name, TABLE.iter().map(|setting| setting.key));
                fail(key.span().start, format!("there is no setting '{name}'{near}"))
            })?;
            (setting.take)(self, value.get_ref())
                .map_err(|why| fail(value.span().start, format!("{name}: {why}")))?;
        }
        Ok(())
    }
}

/// Writes one setting into this file, which is made where it is missing. Everything else in it stays as it
/// is, comments too; one that is no TOML is left alone.
///
/// # Errors
///
/// A file that cannot be read, understood or written.
pub fn keep(path: &Path, key: &str, text: &str) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let failed = |class, why: String| Failure::new(class, "The setting is not kept", why);
    let unwritten = |e: std::io::Error| failed(Class::Local, format!("{shown} cannot be written: {e}"));
    let _lock = store::lock(path).map_err(unwritten)?;
    let before = store::read(path)
        .map_err(|e| failed(Class::Local, format!("{shown} cannot be read: {e}")))?
        .unwrap_or_default();
    let mut file: DocumentMut = before
        .parse()
        .map_err(|e: toml_edit::TomlError| failed(Class::Usage, format!("{shown}: {}", e.message())))?;
    let mut value = Value::from(text);
    match file.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            // a comment behind it
            value.decor_mut().clone_from(old.decor());
            *old = value;
        }
        None => {
            file.insert(key, Item::Value(value));
        }
    }
    store::write(path, file.to_string().as_bytes()).map_err(unwritten)
}

/// The file with every setting at its default, each with what it does.
pub fn default_file() -> String {
    let mut out = String::from(
        "# Settings of ftpane, each with its default. A file of your own says only what differs.\n\
         # The variable named with each goes over the files, an option of the command line over both.\n",
    );
    for setting in TABLE {
        let Setting {
            key, default, help, ..
        } = setting;
        let _ = write!(out, "\n# {help}.\n");
        let words = (setting.words)();
        if !words.is_empty() {
            let _ = writeln!(out, "# One of {}.", words.join(", "));
        }
        let _ = write!(out, "# {}\n{key} = {default}\n", setting.variable());
    }
    out
}

/// The settings as a table of Markdown, for the README.
pub fn markdown() -> String {
    let mut out = String::from("| setting | default | variable | |\n|---|---|---|---|\n");
    for setting in TABLE {
        let Setting {
            key, default, help, ..
        } = setting;
        let _ = writeln!(
            out,
            "| `{key}` | `{default}` | `{}` | {help} |",
            setting.variable()
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(text: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        settings.lay_over(text, "c").map_err(|e| e.to_string())?;
        Ok(settings)
    }

    #[test]
    fn the_defaults_that_are_printed_are_those_in_force() {
        assert_eq!(laid(&default_file()).unwrap(), Settings::default());
    }

    #[test]
    fn layers_and_values() {
        let mut settings = laid("theme = 'light'\ntimeout = 2.5\nlimit-rate = '2M'").unwrap();
        settings
            .lay_over("theme = 'mono'\nretries = 0\nshow-hidden = true", "c")
            .unwrap();
        assert_eq!((settings.theme.as_str(), settings.show_hidden), ("mono", true));
        assert_eq!(settings.patience.silence.as_millis(), 2500);
        assert_eq!(
            (settings.patience.retries, settings.limit_rate),
            (0, Some(2 << 20))
        );
    }

    #[test]
    fn a_theme_of_ones_own_has_a_name_and_any_file_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        std::fs::create_dir(folder.path().join("themes")).unwrap();
        std::fs::write(folder.path().join("themes/mine.toml"), "").unwrap();
        let laid = |text: &str| {
            let mut settings = Settings::knowing(&paths);
            let done = settings.lay_over(text, "c").map_err(|e| e.to_string());
            done.map(|()| settings.theme)
        };
        for name in ["mine", "nord", "/elsewhere/x.toml", "other.toml"] {
            assert_eq!(laid(&format!("theme = '{name}'")).as_deref(), Ok(name));
        }
        let wrong = laid("theme = 'mien'").unwrap_err();
        assert!(
            wrong.ends_with("there is no theme 'mien'; did you mean 'mine'?"),
            "{wrong}"
        );
    }

    #[test]
    fn what_is_kept_leaves_the_rest_of_the_file_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/config.toml");
        let read = || std::fs::read_to_string(&path).unwrap();
        keep(&path, "theme", "nord").unwrap();
        assert_eq!(read(), "theme = \"nord\"\n");
        let before = "# mine\n\ntimeout = 7 # slow\n# colours\ntheme  =  'dark'  # by day\nmouse = false\n";
        std::fs::write(&path, before).unwrap();
        keep(&path, "theme", "light").unwrap();
        assert_eq!(read(), before.replace("'dark'", "\"light\""));
        assert_eq!(laid(&read()).unwrap().theme, "light");
        std::fs::write(&path, "timeout = 7").unwrap();
        keep(&path, "theme", "a \"b\"").unwrap();
        assert!(laid(&read()).unwrap_err().contains("there is no theme 'a \"b\"'"));
        // what cannot be understood is not written over
        std::fs::write(&path, "theme = = 'dark'").unwrap();
        let failure = keep(&path, "theme", "nord").unwrap_err();
        assert!(failure.why.contains("config.toml"), "{failure}");
        assert_eq!(read(), "theme = = 'dark'");
    }

    #[test]
    fn mistakes_name_line_and_nearest() {
        for (text, want) in [
            (
                "\ntheem = 'dark'",
                "c, line 2: there is no setting 'theem'; did you mean 'theme'?",
            ),
            (
                "theme = 'drak'",
                "c, line 1: theme: there is no theme 'drak'; did you mean 'dark'?",
            ),
            (
                "theme = 3",
                "c, line 1: theme: it is to be a text, between quotation marks",
            ),
            (
                "\n\ntimeout = 0",
                "c, line 3: timeout: it is to be a number of seconds above 0",
            ),
            (
                "retries = 1.5",
                "c, line 1: retries: a whole number from 0 to 1000",
            ),
            (
                "show-hidden = 1",
                "c, line 1: show-hidden: it is to be true or false",
            ),
        ] {
            assert_eq!(laid(text).unwrap_err(), want);
        }
        assert!(laid("theme = ").unwrap_err().starts_with("c, line 1: "));
        assert!(laid("limit-rate = 'fast'").is_err());
    }

    #[test]
    fn a_variable_is_read_as_its_text() {
        let mut settings = Settings::default();
        for (key, value) in [("timeout", "7"), ("show-hidden", "true"), ("retries", "1")] {
            let setting = TABLE.iter().find(|s| s.key == key).unwrap();
            settings.take_variable(setting, value.into()).unwrap();
        }
        assert_eq!(
            (settings.patience.silence.as_secs(), settings.patience.retries),
            (7, 1)
        );
        assert!(settings.show_hidden);
        assert_eq!(TABLE[1].variable(), "FTPANE_SHOW_HIDDEN");
    }
}
