//! Which keys do what: TOML, one table a context, one line an action.
//!
//! What contexts and actions there are is not known here; the caller hands in the words. A later
//! layer takes an action's keys away from the one below, and its keys win where both use one.

use toml::Spanned;
use toml::de::DeValue;

use super::mistake::{Mistake, read};
use crate::model::key::Key;
use crate::model::nearest::did_you_mean;
use crate::model::text::capital;

/// The keys that are built in, as a file.
pub const DEFAULT: &str = include_str!("default/keymap.toml");

/// What a keymap may name.
#[derive(Debug)]
pub struct Words<'a, C, A> {
    /// The contexts by name.
    pub contexts: &'a [(&'a str, C)],
    /// The actions by name.
    pub actions: &'a [(&'a str, A)],
    /// Whether an action means anything in a context.
    pub allowed: fn(C, A) -> bool,
}

/// One sequence of keys that does something in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<C, A> {
    /// Where.
    pub context: C,
    /// The keys, pressed one after the other; at least one.
    pub keys: Vec<Key>,
    /// What it does.
    pub action: A,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<A> {
    /// This.
    Action(A),
    /// The beginning of a longer sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

/// The keys of every context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap<C, A> {
    bindings: Vec<Binding<C, A>>,
    /// The actions a layer speaks about, also those it leaves without any key.
    named: Vec<(C, A)>,
}

impl<C: Copy + PartialEq, A: Copy + PartialEq> Keymap<C, A> {
    /// Reads a keymap; `file` is for the error only.
    pub fn parse(text: &str, file: &str, words: &Words<'_, C, A>) -> Result<Self, Mistake> {
        let fail = |at: usize, why: String| Mistake::at(text, file, at, why);
        let table = read(text, file)?;
        let mut keymap = Self {
            bindings: Vec::new(),
            named: Vec::new(),
        };
        // the parser sorts tables by name; help and hints want the order of the file
        let mut lines: Vec<(usize, C, A, &Spanned<DeValue<'_>>)> = Vec::new();
        for (name, actions) in &table {
            let context = find(words.contexts, name.get_ref(), "context")
                .map_err(|why| fail(name.span().start, why))?;
            let DeValue::Table(actions) = actions.get_ref() else {
                return Err(fail(
                    name.span().start,
                    format!("'{}' must be a table", name.get_ref()),
                ));
            };
            for (id, keys) in actions {
                let action =
                    find(words.actions, id.get_ref(), "action").map_err(|why| fail(id.span().start, why))?;
                if !(words.allowed)(context, action) {
                    let why = format!("'{}' means nothing in [{}]", id.get_ref(), name.get_ref());
                    return Err(fail(id.span().start, why));
                }
                lines.push((id.span().start, context, action, keys));
            }
        }
        lines.sort_by_key(|(at, ..)| *at);
        for (_, context, action, keys) in lines {
            keymap.named.push((context, action));
            let sequences = match keys.get_ref() {
                DeValue::String(_) => std::slice::from_ref(keys),
                DeValue::Array(all) => &all[..],
                _ => return Err(fail(keys.span().start, NO_KEYS.into())),
            };
            for sequence in sequences {
                let at = sequence.span().start;
                let DeValue::String(written) = sequence.get_ref() else {
                    return Err(fail(at, NO_KEYS.into()));
                };
                let keys = written
                    .split_whitespace()
                    .map(str::parse::<Key>)
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|e| fail(at, e.to_string()))?;
                if keys.is_empty() {
                    return Err(fail(at, NO_KEYS.into()));
                }
                let mut taken = keymap.bindings.iter().filter(|b| b.context == context);
                if let Some(other) = taken.find(|b| b.keys.starts_with(&keys) || keys.starts_with(&b.keys)) {
                    let name = |action: A| {
                        words
                            .actions
                            .iter()
                            .find(|(_, a)| *a == action)
                            .map_or("", |(n, _)| n)
                    };
                    return Err(fail(
                        at,
                        collision(&keys, &other.keys, name(action), name(other.action)),
                    ));
                }
                keymap.bindings.push(Binding {
                    context,
                    keys,
                    action,
                });
            }
        }
        Ok(keymap)
    }

    /// Lays another keymap over this one.
    pub fn lay_over(&mut self, upper: Self) {
        self.bindings
            .retain(|b| !upper.named.contains(&(b.context, b.action)));
        // in front: the first match wins
        self.bindings.splice(0..0, upper.bindings);
        self.named.extend(upper.named);
    }

    /// What `pressed` means in the first of `contexts` that knows it.
    pub fn find(&self, contexts: &[C], pressed: &[Key]) -> Found<A> {
        for context in contexts {
            let here = || self.bindings.iter().filter(|b| b.context == *context);
            if let Some(binding) = here().find(|b| b.keys == pressed) {
                return Found::Action(binding.action);
            }
            if here().any(|b| b.keys.starts_with(pressed)) {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// The key sequences of an action in a context, the preferred one first.
    pub fn of(&self, context: C, action: A) -> impl Iterator<Item = &[Key]> {
        self.bindings
            .iter()
            .filter(move |b| b.context == context && b.action == action)
            .map(|b| &b.keys[..])
    }

    /// All bindings; where two collide the first one counts.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding<C, A>> {
        self.bindings.iter()
    }
}

/// Keys that one file gives to two actions of a context, or that are the beginning of others there.
fn collision(keys: &[Key], others: &[Key], action: &str, other: &str) -> String {
    let (keys, others) = (shown(keys), shown(others));
    match keys == others {
        true if action == other => format!("'{keys}' is given to '{action}' twice"),
        true => format!("'{keys}' is given to '{other}' already"),
        false => {
            format!("'{keys}' of '{action}' and '{others}' of '{other}': one is the beginning of the other")
        }
    }
}

const NO_KEYS: &str = "keys are written as text, \"f5\", or a list of texts, [\"f5\", \"t\"]";

fn find<T: Copy>(known: &[(&str, T)], given: &str, what: &str) -> Result<T, String> {
    known
        .iter()
        .find(|(name, _)| *name == given)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let near = did_you_mean(given, known.iter().map(|(name, _)| *name));
            format!("there is no {what} '{given}'{near}")
        })
}

/// Keys as a person reads them: `F5`, `Ctrl-R`, `g g`, `Space`.
pub fn shown(keys: &[Key]) -> String {
    let one = |key: &Key| {
        let text = key.to_string();
        let mut parts: Vec<String> = Vec::new();
        let (modifiers, last) = match text.rsplit_once('-') {
            Some((m, last)) if !last.is_empty() && !m.is_empty() => (m, last),
            _ => ("", text.as_str()),
        };
        parts.extend(modifiers.split('-').filter(|m| !m.is_empty()).map(capital));
        let last = match last {
            "up" => "↑".to_owned(),
            "down" => "↓".to_owned(),
            "left" => "←".to_owned(),
            "right" => "→".to_owned(),
            "pageup" => "PgUp".to_owned(),
            "pagedown" => "PgDn".to_owned(),
            "backtab" => "Shift-Tab".to_owned(),
            one if one.chars().count() == 1 && !key.ctrl => one.to_owned(),
            word => capital(word),
        };
        parts.push(last);
        parts.join("-")
    };
    keys.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum C {
        Panes,
        Global,
    }

    const WORDS: Words<'static, C, u8> = Words {
        contexts: &[("panes", C::Panes), ("global", C::Global)],
        actions: &[("transfer", 1), ("first", 2), ("quit", 3)],
        allowed: |context, action| (context == C::Global) == (action == 3),
    };

    fn parse(text: &str) -> Result<Keymap<C, u8>, Mistake> {
        Keymap::parse(text, "k", &WORDS)
    }

    fn keys(text: &str) -> Vec<Key> {
        text.split(' ').map(|k| k.parse().unwrap()).collect()
    }

    #[test]
    fn looks_up_layer_by_layer() {
        let map = parse("[panes]\ntransfer = ['f5', 't']\nfirst = 'g g'\n[global]\nquit = 'q'").unwrap();
        let both = [C::Panes, C::Global];
        assert_eq!(map.find(&both, &keys("t")), Found::Action(1));
        assert_eq!(map.find(&both, &keys("g")), Found::Prefix);
        assert_eq!(map.find(&both, &keys("g g")), Found::Action(2));
        assert_eq!(map.find(&both, &keys("q")), Found::Action(3));
        assert_eq!(map.find(&[C::Panes], &keys("q")), Found::Nothing);
    }

    #[test]
    fn own_keys_replace_and_win() {
        let mut map = parse("[panes]\ntransfer = ['f5', 't']\nfirst = 'x'").unwrap();
        map.lay_over(parse("[panes]\ntransfer = 'x'").unwrap());
        assert_eq!(map.find(&[C::Panes], &keys("x")), Found::Action(1));
        assert_eq!(map.find(&[C::Panes], &keys("f5")), Found::Nothing);
        map.lay_over(parse("[panes]\ntransfer = []").unwrap());
        assert_eq!(map.of(C::Panes, 1).count(), 0);
        assert_eq!(map.find(&[C::Panes], &keys("x")), Found::Action(2));
    }

    #[test]
    fn errors_name_the_line_and_the_nearest_word() {
        for (text, want) in [
            (
                "[panes]\ntranfser = 't'",
                "k, line 2: there is no action 'tranfser'; did you mean 'transfer'?",
            ),
            (
                "\n[pane]\n",
                "k, line 2: there is no context 'pane'; did you mean 'panes'?",
            ),
            (
                "[panes]\nquit = 'q'",
                "k, line 2: 'quit' means nothing in [panes]",
            ),
            (
                "[panes]\ntransfer = 'x'\nfirst = ['y', 'x']",
                "k, line 3: 'x' is given to 'transfer' already",
            ),
            (
                "[panes]\ntransfer = ['x', 'x']",
                "k, line 2: 'x' is given to 'transfer' twice",
            ),
            (
                "[panes]\ntransfer = 'g'\nfirst = 'g g'",
                "k, line 3: 'g g' of 'first' and 'g' of 'transfer': one is the beginning of the other",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), want);
        }
        for bad in [
            "[panes]\nfirst = 3",
            "[panes]\nfirst = ''",
            "[panes]\nfirst = 'hyper-x'",
            "panes = 3",
            "[",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_for_a_person() {
        for (given, want) in [
            ("f5", "F5"),
            ("ctrl-r", "Ctrl-R"),
            ("g g", "g g"),
            ("space", "Space"),
            ("G", "G"),
            ("-", "-"),
            ("pageup", "PgUp"),
            ("alt-enter", "Alt-Enter"),
        ] {
            assert_eq!(shown(&keys(given)), want);
        }
    }
}
