//! From a key to what it does: whoever has the focus gets it, a dialog before the form, the form
//! before a picker, that before a filter, a filter before the list.

use super::action::{Action, Context};
use super::cursor::Cursor;
use super::effect::Effect;
use super::folder::Side;
use super::input::Line;
use super::picker::Subject;
use super::{App, View};
use crate::config::keymap::Found;
use crate::model::key::{Code, Key};

impl App {
    /// The filter that is being typed.
    pub(super) fn filter_line(&self) -> Option<&Line> {
        match self.view {
            View::Servers => self.servers.typing.then_some(&self.servers.filter),
            View::Panes => {
                let pane = self.pane(self.active);
                pane.typing.then_some(&pane.filter)
            }
            View::Log => self.log.typing.then_some(&self.log.filter),
            View::Help => self.help.typing.then_some(&self.help.filter),
            View::Found => self.search.as_ref().filter(|s| s.typing).map(|s| &s.filter),
            View::Pager | View::Queue | View::Doctor => None,
        }
    }

    /// Whether the next letter goes into a line of the list that has the focus.
    pub(super) fn is_typing(&self) -> bool {
        self.filter_line().is_some() || (self.view == View::Panes && self.pane(self.active).jump.is_some())
    }

    /// The filter of what has the focus, and whether it is being typed.
    fn filter_line_mut(&mut self) -> (&mut Line, &mut bool) {
        match (self.view, &mut self.search) {
            (View::Servers, _) => (&mut self.servers.filter, &mut self.servers.typing),
            (View::Log, _) => (&mut self.log.filter, &mut self.log.typing),
            (View::Help, _) => (&mut self.help.filter, &mut self.help.typing),
            (View::Found, Some(search)) => (&mut search.filter, &mut search.typing),
            _ => {
                let pane = match self.active {
                    Side::Local => &mut self.local,
                    Side::Remote => &mut self.remote,
                };
                (&mut pane.filter, &mut pane.typing)
            }
        }
    }

    /// The filter has changed.
    fn filtered(&mut self) {
        match self.view {
            View::Servers => self.servers.arrange(),
            View::Found => {
                if let Some(search) = &mut self.search {
                    search.arrange();
                }
            }
            View::Log => self.log.cursor = Cursor::default(),
            View::Help => self.help.window = Cursor::default(),
            _ => self.pane_mut(self.active).rearrange(),
        }
    }

    /// A key, wherever one is.
    pub(super) fn press(&mut self, key: Key) -> Vec<Effect> {
        self.notice = None;
        if !self.dialogs.is_empty() {
            self.pressed.clear();
            return self.press_dialog(key);
        }
        if self.open_form().is_some() {
            return self.press_form(key);
        }
        if self.picker.is_some() {
            self.pressed.clear();
            return self.press_picker(key);
        }
        if self.view == View::Panes
            && self.pane(self.active).jump.is_some()
            && let Some(effects) = self.press_jump(key)
        {
            return effects;
        }
        if self.filter_line().is_some()
            && let Some(effects) = self.press_filter(key)
        {
            return effects;
        }
        self.pressed.push(key);
        let contexts = [self.context_of(self.view), Context::Global];
        match self.keys.find(&contexts, &self.pressed) {
            Found::Prefix => Vec::new(),
            Found::Nothing => {
                let again = self.pressed.len() > 1;
                self.pressed.clear();
                // what does not continue a sequence is a key of its own
                if again { self.press(key) } else { Vec::new() }
            }
            Found::Action(action) => {
                self.pressed.clear();
                self.act(action)
            }
        }
    }

    /// A key while a filter is typed; `None` when it belongs to the list.
    fn press_filter(&mut self, key: Key) -> Option<Vec<Effect>> {
        self.pressed.clear();
        let found = self.keys.find(&[Context::Text], &[key]);
        let (line, _) = self.filter_line_mut();
        match found {
            Found::Action(action) => return Some(self.act_filter(action)),
            _ if line.press(key) => self.filtered(),
            _ if matches!(key.code, Code::Char(_)) => {}
            _ => return None,
        }
        Some(Vec::new())
    }

    /// An action while a filter is typed.
    fn act_filter(&mut self, action: Action) -> Vec<Effect> {
        let (line, typing) = self.filter_line_mut();
        match action {
            Action::Accept => *typing = false,
            Action::Back => {
                *typing = false;
                line.clear();
                self.filtered();
            }
            _ => return self.anywhere(action),
        }
        Vec::new()
    }

    /// An action that was called by its name, wherever one is; why not, where it is off.
    pub(super) fn perform(&mut self, action: Action) -> Vec<Effect> {
        // what is said to an action that was refused stays when its text is taken
        if action == Action::Accept
            && !matches!(self.context(), Context::Text | Context::Dialog | Context::Picker)
        {
            return Vec::new();
        }
        self.notice = None;
        self.pressed.clear();
        if !self.dialogs.is_empty() {
            return self.act_dialog(action);
        }
        if self.open_form().is_some() {
            return self.anywhere(action);
        }
        if self.picker.is_some() {
            return self.act_picker(action);
        }
        if self.filter_line().is_some() {
            return self.act_filter(action);
        }
        if let Some(why) = self.why_off(action) {
            self.say(why);
            return Vec::new();
        }
        self.act(action)
    }

    /// A text in the place of what stands in the line one types in. Where there is none, nothing happens.
    pub(super) fn write(&mut self, text: &str) -> Vec<Effect> {
        if let Some(dialog) = self.dialogs.front_mut() {
            dialog.complaint = None;
            if let Some(line) = &mut dialog.line {
                line.clear();
            }
        } else if let Some(form) = self.form.as_mut().filter(|_| self.doctor.is_none()) {
            form.clear();
        } else if let Some(picker) = &mut self.picker {
            picker.line.clear();
        } else if self.filter_line().is_some() {
            self.filter_line_mut().0.clear();
        } else {
            return Vec::new();
        }
        self.paste(text)
    }

    /// A pasted text: into the line that is being typed, if there is one.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(line) = self.dialogs.front_mut().map(|d| d.line.as_mut()) {
            if let Some(line) = line {
                line.paste(text);
            }
        } else if let Some(form) = self.form.as_mut().filter(|_| self.doctor.is_none()) {
            form.paste(text);
        } else if let Some(picker) = &mut self.picker {
            picker.line.paste(text);
            return self.fill();
        } else if self.filter_line().is_some() {
            self.filter_line_mut().0.paste(text);
            self.filtered();
        } else if matches!(self.view, View::Servers | View::Panes) {
            self.paste_url(text);
        }
        Vec::new()
    }

    /// Does what a key, or the palette, asks for.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        if !action.row().contexts.contains(&self.context_of(self.view)) {
            return self.anywhere(action);
        }
        match self.view {
            View::Panes => self.act_panes(action),
            View::Pager => self.act_pager(action),
            View::Found => self.act_found(action),
            View::Servers => self.act_servers(action),
            View::Queue => self.act_queue(action),
            View::Log => self.act_log(action),
            View::Help => self.act_help(action),
            View::Doctor => self.act_doctor(action),
        }
    }

    /// Actions that mean the same everywhere.
    pub(super) fn anywhere(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Palette => return self.pick(Subject::Palette),
            Action::Queue => self.show(View::Queue),
            Action::Log => self.show(View::Log),
            Action::Help => self.show(View::Help),
            Action::Themes => return self.choose_theme(),
            Action::Redraw => return vec![Effect::Redraw],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Quit | Action::Interrupt => return self.quit(),
            _ => {}
        }
        Vec::new()
    }
}
