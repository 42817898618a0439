//! Servers as TOML: the tables of the file, and those of a file to share.

use std::path::PathBuf;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use super::ServersError;
use crate::model::server::{PasswordSource, Server};
use crate::model::text::escape_str;

/// A server's table, as it stands in the file: without what is as in a new one.
///
/// # Errors
///
/// A field that TOML cannot hold, such as a path that is not UTF-8.
pub fn described(server: &Server) -> Result<String, ServersError> {
    Ok(DocumentMut::from(table(server)?).to_string())
}

/// Servers as a file to share, without what is of this machine or of this person only: where
/// passwords are kept, accounts, certificates and folders of this machine.
///
/// # Errors
///
/// A field that TOML cannot hold, such as a path that is not UTF-8.
pub fn export(servers: &[Server]) -> Result<String, ServersError> {
    let mut document = DocumentMut::new();
    for server in servers {
        let share = |source: &PasswordSource| match source {
            PasswordSource::Store | PasswordSource::Keyring | PasswordSource::Command(_) => {
                PasswordSource::Ask
            }
            other => other.clone(),
        };
        let shared = Server {
            password: share(&server.password),
            proxy_password: share(&server.proxy_password),
            account: String::new(),
            ca_file: None,
            client_certificate: None,
            client_key: None,
            start_folder: None,
            ..server.clone()
        };
        tables(&mut document)?.push(table(&shared)?);
    }
    let heading =
        "# Servers of ftpane, without passwords; 'ftpane servers import ftpane FILE' takes them.\n\n";
    Ok(format!("{heading}{document}"))
}

/// The array of the servers, made where it is missing.
pub(super) fn tables(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, ServersError> {
    let item = document
        .entry("server")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    // `server = [{...}]` means the same and is made into the form we write
    if let Some(array) = item.as_array() {
        let mut tables = ArrayOfTables::new();
        for value in array {
            if let Some(inline) = value.as_inline_table() {
                tables.push(inline.clone().into_table());
            }
        }
        *item = Item::ArrayOfTables(tables);
    }
    item.as_array_of_tables_mut()
        .ok_or_else(|| ServersError::Unknown("server".into()))
}

/// The fields of a server that are not what they are anyway.
pub(super) fn table(server: &Server) -> Result<Table, ServersError> {
    let mut table = written(server)?;
    let plain = written(&Server::default())?;
    for (key, item) in plain.iter() {
        let same = table
            .get(key)
            .is_some_and(|mine| mine.to_string() == item.to_string());
        if same && !["name", "protocol", "host"].contains(&key) {
            table.remove(key);
        }
    }
    for key in ["password", "proxy-password"] {
        if let Some(Item::Table(source)) = table.get(key) {
            let inline = source.clone().into_inline_table();
            table.insert(key, toml_edit::value(inline));
        }
    }
    Ok(table)
}

fn written(server: &Server) -> Result<Table, ServersError> {
    let bad = |why: String| ServersError::Invalid {
        path: PathBuf::new(),
        line: 1,
        server: escape_str(&server.name),
        field: "start-folder",
        why,
    };
    let text = toml::to_string(server).map_err(|e| bad(e.to_string()))?;
    let document: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| bad(e.to_string()))?;
    Ok(document.as_table().clone())
}

/// Puts the fields of `new` into `old`, whose comments and order stay.
pub(super) fn update(old: &mut Table, new: Table) {
    let gone: Vec<String> = old
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| !new.contains_key(key))
        .collect();
    for key in gone {
        old.remove(&key);
    }
    for (key, item) in new {
        match (old.get_mut(&key), item) {
            (Some(Item::Value(there)), Item::Value(mut value)) => {
                *value.decor_mut() = there.decor().clone();
                *there = value;
            }
            (_, item) => {
                old.insert(&key, item);
            }
        }
    }
}
