//! What was found, made to fit what is saved already: names that can be used and are unique, no
//! server twice, no field that the form would refuse.

use std::collections::HashSet;

use super::{Found, Left};
use crate::config::validity;
use crate::model::server::Server;
use crate::model::text::escape_str;

/// Makes it fit beside `saved`; all of it goes into `group` where one is given.
pub fn settle(found: Found, saved: &[Server], group: Option<&str>) -> Found {
    let mut names: HashSet<String> = saved.iter().map(|server| server.name.clone()).collect();
    let mut out = Found {
        taken: Vec::new(),
        left: found.left,
        remarks: found.remarks,
    };
    for mut taken in found.taken {
        if let Some(there) = saved.iter().find(|there| is_same(there, &taken.server)) {
            let why = format!("it is saved already, as '{}'", there.name);
            out.left.push(Left {
                name: taken.server.name,
                why,
            });
            continue;
        }
        if let Some(group) = group {
            group.clone_into(&mut taken.server.group);
        }
        let called = taken.server.name.clone();
        let usable = usable(&called, &taken.server.host);
        let name = (1..)
            .map(|n| match n {
                1 => usable.clone(),
                n => format!("{usable} {n}"),
            })
            .find(|name| !names.contains(name))
            .unwrap_or_default();
        if name != called {
            taken.remark(match called.is_empty() {
                true => format!("it has no name there and is called '{name}'"),
                false => format!("'{}' is called '{name}' here", escape_str(&called)),
            });
        }
        taken.server.name.clone_from(&name);
        if let Some(fault) = validity::faults(&taken.server).into_iter().next() {
            let why = format!("{}: {}", fault.field, fault.says);
            out.left.push(Left { name: called, why });
            continue;
        }
        names.insert(name);
        out.taken.push(taken);
    }
    out
}

fn is_same(one: &Server, other: &Server) -> bool {
    one.protocol == other.protocol
        && one.host.eq_ignore_ascii_case(&other.host)
        && one.port() == other.port()
        && one.login() == other.login()
        && one.document_path == other.document_path
}

/// The name with what a name cannot hold taken out; that of the host where nothing is left.
fn usable(name: &str, host: &str) -> String {
    let tidy = |text: &str| {
        let text = text.replace([':', '/'], "-");
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let text: String = text.trim_start_matches([' ', '-']).chars().take(100).collect();
        text.trim().to_owned()
    };
    match tidy(name) {
        name if name.is_empty() => tidy(host),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Taken;
    use super::*;

    fn server(name: &str, host: &str) -> Server {
        Server {
            name: name.into(),
            host: host.into(),
            ..Server::default()
        }
    }

    fn found(servers: Vec<Server>) -> Found {
        Found {
            taken: servers.into_iter().map(Taken::new).collect(),
            ..Found::default()
        }
    }

    #[test]
    fn names_are_made_usable_and_unique() {
        let saved = [server("web", "w.example"), server("a-b", "x.example")];
        let settled = settle(
            found(vec![
                server("web", "h1"),
                server("a:b", "h2"),
                server("--", "h3"),
                server("", "::1"),
                server("plain", "h4"),
                server("tab\tname ", "h5"),
            ]),
            &saved,
            Some("Old"),
        );
        let names: Vec<_> = settled.taken.iter().map(|t| t.server.name.as_str()).collect();
        assert_eq!(names, ["web 2", "a-b 2", "h3", "1", "plain", "tab name"]);
        assert_eq!(settled.taken[1].remarks, ["'a:b' is called 'a-b 2' here"]);
        assert_eq!(
            settled.taken[3].remarks,
            ["it has no name there and is called '1'"]
        );
        assert!(settled.taken[4].remarks.is_empty());
        assert!(settled.taken.iter().all(|t| t.server.group == "Old"));
    }

    #[test]
    fn what_is_there_already_and_what_the_form_refuses_are_left() {
        let mut bad = server("bad", "h");
        bad.external_ip = Some([0, 0, 0, 0].into());
        let settled = settle(
            found(vec![server("again", "W.example"), server("x", "a b"), bad]),
            &[server("web", "w.example")],
            None,
        );
        assert!(settled.taken.is_empty());
        let why: Vec<_> = settled.left.iter().map(|l| l.why.as_str()).collect();
        assert_eq!(
            why,
            [
                "it is saved already, as 'web'",
                "host: ' ' cannot stand in a host name",
                "external-ip: no server can connect to 0.0.0.0"
            ]
        );
    }
}
