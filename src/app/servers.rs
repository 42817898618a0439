//! The list of saved servers: groups that fold, a filter, a cursor.

use std::collections::BTreeSet;

use super::action::Action;
use super::cursor::Cursor;
use super::input::Line;
use crate::config::last_used::LastUsed;
use crate::model::server::Server;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A group's heading with the number of its servers.
    Group(String, usize),
    /// A server's place in [`Servers::all`].
    Server(usize),
}

/// The list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Servers {
    all: Vec<Server>,
    unread: Option<String>,
    folded: BTreeSet<String>,
    rows: Vec<Row>,
    /// When each was last used, by name.
    pub used: LastUsed,
    /// Only servers that contain this in name, group, host or user are shown.
    pub filter: Line,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// In [`Servers::rows`].
    pub cursor: Cursor,
}

impl Servers {
    /// A list of these.
    pub fn new(all: Vec<Server>) -> Self {
        let mut list = Self {
            all,
            ..Self::default()
        };
        list.arrange();
        list.cursor.at = list
            .rows
            .iter()
            .position(|r| matches!(r, Row::Server(_)))
            .unwrap_or(0);
        list
    }

    /// A list that could not be read, and why; it stands for no servers until it is.
    pub fn unread(why: String) -> Self {
        Self {
            unread: Some(why),
            ..Self::default()
        }
    }

    /// The file cannot be read, or no more: a list that is shown stays as it is.
    pub fn fail(&mut self, why: String) {
        if self.all.is_empty() {
            self.unread = Some(why);
        }
    }

    /// Why there is no list, where it could not be read.
    pub fn why_unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// Every saved server.
    pub fn all(&self) -> &[Server] {
        &self.all
    }

    /// The lines shown.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether a group is folded.
    pub fn is_folded(&self, group: &str) -> bool {
        self.folded.contains(group)
    }

    /// The names in use.
    pub fn names(&self) -> Vec<String> {
        self.all.iter().map(|s| s.name.clone()).collect()
    }

    /// The server of a name.
    pub fn named(&self, name: &str) -> Option<&Server> {
        self.all.iter().find(|s| s.name == name)
    }

    /// The server under the cursor.
    pub fn current(&self) -> Option<&Server> {
        match self.rows.get(self.cursor.at)? {
            Row::Server(place) => self.all.get(*place),
            Row::Group(..) => None,
        }
    }

    /// The group of the line under the cursor; `None` outside any.
    fn current_group(&self) -> Option<String> {
        let group = match self.rows.get(self.cursor.at)? {
            Row::Group(name, _) => name,
            Row::Server(place) => &self.all.get(*place)?.group,
        };
        (!group.is_empty()).then(|| group.clone())
    }

    /// Takes in the list as it was saved; the cursor stays on its server, or goes to the one called
    /// `to`, out of whatever group or filter hides it.
    pub fn set(&mut self, all: Vec<Server>, to: Option<&str>) {
        let stay = self.current().map(|s| s.name.clone());
        self.all = all;
        self.unread = None;
        if let Some(group) = to.and_then(|name| self.named(name)).map(|s| s.group.clone()) {
            self.folded.remove(&group);
            self.filter.clear();
        }
        self.arrange();
        if let Some(name) = to.or(stay.as_deref()) {
            self.point_at(name);
        }
    }

    /// Puts the cursor on a server.
    pub fn point_at(&mut self, name: &str) {
        let here = |r: &Row| matches!(r, Row::Server(i) if self.all[*i].name == name);
        if let Some(at) = self.rows.iter().position(here) {
            self.cursor.at = at;
        }
    }

    /// Folds or unfolds the group under the cursor; the cursor goes to its heading.
    pub fn fold(&mut self) {
        let Some(group) = self.current_group() else {
            return;
        };
        if !self.folded.remove(&group) {
            self.folded.insert(group.clone());
        }
        self.arrange();
        let heading = |r: &Row| matches!(r, Row::Group(name, _) if *name == group);
        if let Some(at) = self.rows.iter().position(heading) {
            self.cursor.at = at;
        }
    }

    /// Moves; `false` when the action is no movement.
    pub fn go(&mut self, action: Action, rows: usize) -> bool {
        self.cursor.go(action, self.rows.len(), rows)
    }

    /// Makes the lines anew after a change of servers, folds or filter.
    pub fn arrange(&mut self) {
        let wanted = self.filter.text().to_lowercase();
        let contains = |s: &Server| {
            [&s.name, &s.group, &s.host, &s.user, &s.note]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
        };
        let mut places: Vec<usize> = (0..self.all.len())
            .filter(|i| wanted.is_empty() || contains(&self.all[*i]))
            .collect();
        places.sort_by_cached_key(|i| {
            let s = &self.all[*i];
            (s.group.to_lowercase(), s.group.clone(), s.name.to_lowercase())
        });
        self.rows.clear();
        let mut rest = &places[..];
        while let Some(first) = rest.first() {
            let group = &self.all[*first].group;
            let len = rest.iter().take_while(|i| self.all[**i].group == *group).count();
            let (these, after) = rest.split_at(len);
            rest = after;
            if !group.is_empty() {
                self.rows.push(Row::Group(group.clone(), len));
            }
            // a filter looks into folded groups too
            if wanted.is_empty() && self.folded.contains(group) {
                continue;
            }
            self.rows.extend(these.iter().map(|i| Row::Server(*i)));
        }
        self.cursor.at = self.cursor.at.min(self.rows.len().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, group: &str) -> Server {
        Server {
            name: name.into(),
            group: group.into(),
            host: format!("{name}.example"),
            ..Server::default()
        }
    }

    fn shown(list: &Servers) -> Vec<String> {
        list.rows()
            .iter()
            .map(|r| match r {
                Row::Group(name, n) => format!("[{name} {n}]"),
                Row::Server(i) => list.all()[*i].name.clone(),
            })
            .collect()
    }

    #[test]
    fn groups_fold_and_a_filter_looks_into_them() {
        let mut list = Servers::new(vec![
            server("web", "Customers"),
            server("home", ""),
            server("Archive", "Customers"),
        ]);
        assert_eq!(shown(&list), ["home", "[Customers 2]", "Archive", "web"]);
        list.point_at("web");
        list.fold();
        assert_eq!(shown(&list), ["home", "[Customers 2]"]);
        assert_eq!(list.cursor.at, 1);
        list.filter.paste("WEB.ex");
        list.arrange();
        assert_eq!(shown(&list), ["[Customers 1]", "web"]);
        list.filter.clear();
        list.arrange();
        list.cursor.at = 1;
        list.fold();
        assert_eq!(shown(&list).len(), 4);
    }

    #[test]
    fn the_cursor_goes_to_what_was_saved() {
        let mut list = Servers::new(vec![server("a", ""), server("b", "G")]);
        list.point_at("b");
        list.fold();
        list.set(
            vec![server("a", ""), server("b", "G"), server("c", "G")],
            Some("c"),
        );
        assert_eq!(list.current().map(|s| s.name.as_str()), Some("c"));
        list.set(vec![server("0", ""), server("a", ""), server("c", "G")], None);
        assert_eq!(list.current().map(|s| s.name.as_str()), Some("c"));
        list.set(Vec::new(), None);
        assert_eq!(list.current(), None);
    }
}
