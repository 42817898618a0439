//! `ftpane completions`: scripts for shells, made from the same definition as the help, with the names
//! of saved servers where a target is expected.
//!
//! clap writes the words; the names are asked of [`print_names`] each time, which reads the servers'
//! file and does nothing else. Where a script expects targets is told by the hints of the arguments.

use std::io::{self, Write as _};

use clap::{Arg, Command, CommandFactory as _, ValueEnum, ValueHint};
use clap_complete::{Shell, generate};

use super::arguments::Arguments;
use super::printer::written;
use super::raw::OFFERED;
use crate::config::paths::Paths;
use crate::config::servers::Servers;
use crate::model::failure::Failure;

/// The word by which the scripts ask for [`print_names`]: no command, so that no help has it.
pub(super) const ASK: &str = "__servers";

/// The hint of an argument that is a place on a server.
pub(super) const TARGET: ValueHint = ValueHint::Url;

/// The hint of one that may be a file of this machine, too.
pub(super) const TARGET_OR_FILE: ValueHint = ValueHint::Hostname;

/// The hint of one that is a saved server's name, without a path.
pub(super) const SERVER: ValueHint = ValueHint::Username;

/// The hint of one that is a command of FTP.
pub(super) const FTP_COMMAND: ValueHint = ValueHint::CommandString;

/// A shell that gets a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum For {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script of a shell.
pub(super) fn print(shell: For) -> Result<(), Failure> {
    let mut definition = Arguments::command();
    definition.build();
    let script = script(shell, &mut definition);
    let mut out = io::stdout().lock();
    written(out.write_all(script.as_bytes()).and_then(|()| out.flush()))
}

/// Prints how the saved servers are written in a target, one a line. A shell that completes shows no
/// errors: where the names cannot be read there are none.
pub(super) fn print_names() {
    let servers = Paths::find().and_then(|paths| Ok(Servers::load(paths.servers())?));
    let Ok(servers) = servers else { return };
    let mut out = io::stdout().lock();
    for server in servers.list() {
        let _ = writeln!(out, "{}:", server.name);
    }
}

fn script(shell: For, definition: &mut Command) -> String {
    let mut words = Vec::new();
    let shell_of_clap = match shell {
        For::Bash => Shell::Bash,
        For::Zsh => Shell::Zsh,
        For::Fish => Shell::Fish,
    };
    generate(shell_of_clap, definition, "ftpane", &mut words);
    let words = String::from_utf8_lossy(&words).into_owned();
    match shell {
        For::Bash => bash(&words, definition),
        For::Zsh => zsh(&words),
        For::Fish => fish(&words, definition),
    }
}

/// The commands of `ftpane servers` whose arguments are names of saved servers.
fn named(definition: &Command) -> Vec<&str> {
    let servers = definition.find_subcommand("servers");
    servers.map_or_else(Vec::new, |servers| commands(servers, SERVER))
}

/// The commands with an argument of this hint.
fn commands(definition: &Command, hint: ValueHint) -> Vec<&str> {
    let has = |command: &&Command| command.get_positionals().any(|arg| arg.get_value_hint() == hint);
    let commands = definition.get_subcommands().filter(has);
    commands.map(Command::get_name).collect()
}

/// The options that take a value, of all commands.
fn options_with_values(definition: &Command) -> Vec<String> {
    let below = definition.get_subcommands().flat_map(Command::get_subcommands);
    let commands = definition.get_subcommands().chain(below).chain([definition]);
    let takes_value = |arg: &&Arg| arg.get_action().takes_values();
    let options = commands.flat_map(|command| command.get_opts().filter(takes_value));
    let words = options.flat_map(|arg| {
        let long = arg.get_long().map(|long| format!("--{long}"));
        long.into_iter()
            .chain(arg.get_short().map(|short| format!("-{short}")))
    });
    let mut words: Vec<String> = words.collect();
    words.sort();
    words.dedup();
    words
}

fn bash(words: &str, definition: &Command) -> String {
    let both = [TARGET, TARGET_OR_FILE].map(|hint| commands(definition, hint).join("|"));
    let targets = both.map(|names| if names.is_empty() { "-".to_owned() } else { names });
    let [targets, places] = targets;
    let values = options_with_values(definition).join("|");
    let named = named(definition).join("|");
    let asking = commands(definition, FTP_COMMAND).join("|");
    let verbs = OFFERED.join(" ");
    format!(
        r#"{words}
# What a word is where it stands: between quotation marks as it is.
_ftpane_quoted() {{
    if [[ -n $1 ]]; then printf %s "$2"; else printf %q "$2"; fi
}}

# Saved servers where a target is expected. A ':' splits words here: behind it stands a path of the server.
_ftpane_and_servers() {{
    _ftpane "$@"
    local cur="$2" prev="$3" word quoted=""
    # a name with blanks comes as it is written: behind backslashes, or between quotation marks
    [[ ${{COMP_WORDS[COMP_CWORD]}} == [\'\"]* ]] && quoted=1
    local typed="${{cur//\\/}}"; typed="${{typed#[\'\"]}}"
    case "$prev" in
        {values}) return 0 ;;
    esac
    if [[ $prev == : && "${{COMP_LINE:0:COMP_POINT}}" != *[[:space:]]"$cur" ]]; then
        COMPREPLY=(); compopt +o default +o bashdefault 2>/dev/null
        return 0
    fi
    # what stands for an argument in the help is no word
    local kept=()
    for word in "${{COMPREPLY[@]}}"; do
        [[ $word == [\<\[]* ]] || kept+=("$word")
    done
    COMPREPLY=("${{kept[@]}}")
    [[ $cur == -* ]] && return 0
    local command=""
    [[ $COMP_CWORD -gt 1 ]] && command="${{COMP_WORDS[1]}}"
    if [[ $command == servers && $COMP_CWORD -gt 2 ]]; then
        case "${{COMP_WORDS[2]}}" in
            {named}) ;;
            *) return 0 ;;
        esac
        COMPREPLY=(); compopt +o default +o bashdefault 2>/dev/null
        while IFS= read -r word; do
            [[ $word == "$typed"* ]] && COMPREPLY+=("$(_ftpane_quoted "$quoted" "${{word%:}}")")
        done < <("${{COMP_WORDS[0]}}" __servers 2>/dev/null)
        return 0
    fi
    case "$command" in
        ""|{targets}) compopt +o default +o bashdefault 2>/dev/null ;;
        {places}) ;;
        *) return 0 ;;
    esac
    # an empty word is the beginning of a target, not of an option
    [[ -n $command ]] && COMPREPLY=()
    case "$command" in
        {asking})
            for word in {verbs}; do
                [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
            done ;;
    esac
    while IFS= read -r word; do
        [[ $word == "$typed"* ]] && COMPREPLY+=("$(_ftpane_quoted "$quoted" "${{word%:}}"):")
    done < <("${{COMP_WORDS[0]}}" __servers 2>/dev/null)
    [[ ${{COMPREPLY[0]}} == *: ]] && compopt -o nospace 2>/dev/null
    return 0
}}
complete -F _ftpane_and_servers -o bashdefault -o default ftpane
"#
    )
}

fn zsh(words: &str) -> String {
    // clap takes the target of the interface and the command for two words, of which there is one
    let lines = words.lines().filter(|line| !line.starts_with("'::target -- "));
    let words: String = lines.map(|line| format!("{line}\n")).collect();
    let words = words
        .replace("$line[2]", "$line[1]")
        .replacen(
            "\":: :_ftpane_commands\"",
            "\":: :_ftpane_commands_and_servers\"",
            1,
        )
        .replace(":_urls'", ":_ftpane_servers'")
        .replace(":_hosts'", ":_ftpane_servers_and_files'")
        .replace(":_users'", ":_ftpane_names'")
        .replace(":_cmdstring'", ":_ftpane_verbs'")
        // below a command the first of the words is that command
        .replacen(
            "_ftpane() {\n",
            "_ftpane() {\n    local _ftpane_program=\"${(Q)words[1]}\"\n",
            1,
        );
    let verbs = OFFERED.join(" ");
    // the functions stand before clap's last lines, which call the completion
    let (definition, call) = match words.rfind("if [ \"$funcstack[1]\"") {
        Some(at) => words.split_at(at),
        None => (words.as_str(), ""),
    };
    format!(
        r#"{definition}_ftpane_commands_and_servers() {{
    local ret=1
    _ftpane_commands "$@" && ret=0
    _ftpane_servers && ret=0
    return ret
}}

_ftpane_servers() {{
    local -a servers
    servers=(${{(f)"$(_call_program servers ${{(q)_ftpane_program}} __servers 2>/dev/null)"}})
    compadd -S '' -- $servers
}}

_ftpane_names() {{
    local -a servers
    servers=(${{(f)"$(_call_program servers ${{(q)_ftpane_program}} __servers 2>/dev/null)"}})
    compadd -- ${{servers%:}}
}}

_ftpane_verbs() {{
    compadd -- {verbs}
}}

_ftpane_servers_and_files() {{
    _alternative 'servers:server:_ftpane_servers' 'files:file:_files'
}}

{call}"#
    )
}

fn fish(words: &str, definition: &Command) -> String {
    use std::fmt::Write as _;
    let mut out =
        format!("{words}\nfunction __ftpane_servers\n    command ftpane __servers 2>/dev/null\nend\n");
    let targets = commands(definition, TARGET).join(" ");
    let places = commands(definition, TARGET_OR_FILE).join(" ");
    let names = named(definition).join(" ");
    let _ = writeln!(
        out,
        "complete -c ftpane -n '__fish_seen_subcommand_from servers; and __fish_seen_subcommand_from {names}' -f -a \"(__ftpane_servers | string replace -r ':\\$' '')\""
    );
    let asking = commands(definition, FTP_COMMAND).join(" ");
    let _ = writeln!(
        out,
        "complete -c ftpane -n '__fish_seen_subcommand_from {asking}' -f -a '{}'",
        OFFERED.join(" ")
    );
    out.push_str("complete -c ftpane -n __fish_use_subcommand -f -a '(__ftpane_servers)'\n");
    for (commands, no_files) in [(targets, " -f"), (places, "")] {
        if !commands.is_empty() {
            let _ = writeln!(
                out,
                "complete -c ftpane -n '__fish_seen_subcommand_from {commands}'{no_files} -a '(__ftpane_servers)'"
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(shell: For) -> String {
        let mut definition = Arguments::command();
        definition.build();
        script(shell, &mut definition)
    }

    #[test]
    fn every_command_with_a_target_completes_servers() {
        let mut definition = Arguments::command();
        definition.build();
        for command in definition.get_subcommands() {
            for arg in command.get_positionals() {
                let names: Vec<&str> = arg
                    .get_value_names()
                    .unwrap_or_default()
                    .iter()
                    .map(|n| n.as_str())
                    .collect();
                let hint = arg.get_value_hint();
                let wanted = ["TARGET", "FROM", "TO-PATH"]
                    .iter()
                    .any(|name| names.contains(name));
                assert_eq!(
                    wanted,
                    [TARGET, TARGET_OR_FILE].contains(&hint),
                    "{} {names:?}: give it value_hint = completions::TARGET, or none",
                    command.get_name()
                );
            }
        }
        assert!(commands(&definition, TARGET).contains(&"get"));
        assert!(commands(&definition, TARGET_OR_FILE).contains(&"put"));
        assert_eq!(named(&definition), ["show", "edit", "remove"]);
    }

    /// What a shell offers is not what is refused then.
    #[test]
    fn the_commands_of_ftp_that_are_offered_are_sent() {
        for line in OFFERED {
            assert!(crate::plan::raw::judge(line.as_bytes()).is_ok(), "{line}");
        }
    }

    #[test]
    fn scripts_ask_for_the_names() {
        for shell in [For::Bash, For::Zsh, For::Fish] {
            let script = made(shell);
            assert!(script.contains("__servers"), "{shell:?}");
            assert!(
                script.contains("--limit-rate") || script.contains("-l limit-rate"),
                "{shell:?}"
            );
        }
        let zsh = made(For::Zsh);
        assert!(zsh.contains(":_ftpane_servers'") && zsh.contains(":_ftpane_servers_and_files'"));
        assert!(!zsh.contains("$line[2]") && zsh.contains("\":: :_ftpane_commands_and_servers\""));
        assert!(zsh.contains(":_ftpane_names'") && zsh.contains("local _ftpane_program="));
        assert!(!zsh.contains(":_urls'") && !zsh.contains(":_hosts'") && !zsh.contains(":_users'"));
    }
}
