//! The one table of actions: what a key can do, in which context, and in which words.
//!
//! Key bindings, help, the line of hints and the README's list of keys are made from it.

use crate::config::keymap::{DEFAULT, Keymap, Words};
use crate::config::mistake::Mistake;

/// Where a key is pressed. A key is looked up in the context of what has the focus, then in
/// [`Context::Global`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere but where text is typed.
    Global,
    /// The list of servers.
    Servers,
    /// The two panes.
    Panes,
    /// The pager.
    Pager,
    /// The queue's screen.
    Queue,
    /// The log of the dialogue.
    Log,
    /// The help.
    Help,
    /// The doctor.
    Doctor,
    /// A dialog.
    Dialog,
    /// A line of text: a filter, a name, a password.
    Text,
    /// What a search has found.
    Found,
    /// A line of text with a list below it: the palette, the bookmarks, a path.
    Picker,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 12] = [
        Self::Panes,
        Self::Pager,
        Self::Servers,
        Self::Queue,
        Self::Log,
        Self::Doctor,
        Self::Help,
        Self::Dialog,
        Self::Text,
        Self::Found,
        Self::Picker,
        Self::Global,
    ];

    /// Its name in the keymap.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Servers => "servers",
            Self::Panes => "panes",
            Self::Pager => "pager",
            Self::Queue => "queue",
            Self::Log => "log",
            Self::Help => "help",
            Self::Doctor => "doctor",
            Self::Dialog => "dialog",
            Self::Text => "text",
            Self::Found => "found",
            Self::Picker => "picker",
        }
    }

    /// Its heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Servers => "Servers",
            Self::Panes => "Panes",
            Self::Pager => "Pager",
            Self::Queue => "Queue",
            Self::Log => "Log",
            Self::Help => "Help",
            Self::Doctor => "Doctor",
            Self::Dialog => "Dialogs",
            Self::Text => "Typing",
            Self::Found => "What a search has found",
            Self::Picker => "Choosing from a list while typing",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in the keymap.
    pub id: &'static str,
    /// One or two words for the line of hints.
    pub short: &'static str,
    /// What it does, for the help.
    pub help: &'static str,
    /// Where it can be bound.
    pub contexts: &'static [Context],
    /// Whether it changes what it acts on, so that a read-only server forbids it.
    pub changes: bool,
}

macro_rules! actions {
    ($($action:ident $id:literal [$($context:ident)+] $short:literal $help:literal $($changes:ident)?;)+) => {
        /// Something a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $(#[doc = $help] $action),+ }

        /// The table, one row an action, in the order of [`Action`].
        pub const TABLE: &[Row] = &[$(Row {
            action: Action::$action,
            id: $id,
            short: $short,
            help: $help,
            contexts: &[$(Context::$context),+],
            changes: actions!(@changes $($changes)?),
        }),+];
    };
    (@changes changes) => { true };
    (@changes) => { false };
}

actions! {
    Transfer "transfer" [Panes Found] "transfer" "Transfer what is marked or under the cursor to the other pane";
    View "view" [Panes Found] "view" "View the file under the cursor";
    Edit "edit-file" [Panes] "edit" "Edit the file under the cursor in your editor; a server's is fetched, and sent back when it was changed" changes;
    ViewOutside "pager" [Panes Pager] "pager" "View the file in your own pager ($PAGER)";
    Rename "rename" [Panes] "rename" "Rename or move what is under the cursor" changes;
    Permissions "permissions" [Panes] "mode" "Set the permissions of what is marked or under the cursor, in folders too" changes;
    Duplicate "duplicate" [Panes] "copy" "Copy what is marked or under the cursor on its own side; a server does it itself, where it can" changes;
    Properties "properties" [Panes] "facts" "Show all that is known of what is under the cursor; counts folders, compares checksums";
    Raw "raw" [Panes] "command" "Send a command in the server's own words, and read what it says";
    CopyPath "copy-path" [Panes] "path" "Copy the paths of what is marked or under the cursor to your terminal's clipboard";
    CopyUrl "copy-url" [Panes] "URL" "Copy their URLs, without the password";
    CopyCommand "copy-command" [Panes] "command line" "Copy the command line that transfers them to the other pane";
    NewFolder "new-folder" [Panes] "folder" "Make a folder" changes;
    NewFile "new-file" [Panes] "new file" "Make an empty file" changes;
    Delete "delete" [Panes Found] "delete" "Delete what is marked or under the cursor: counts, then asks" changes;
    Enter "enter" [Panes] "open" "Go into the folder under the cursor";
    Leave "leave" [Panes] "up" "Go to the folder above";
    OtherPane "other-pane" [Panes] "other pane" "Go to the other pane";
    Mark "mark" [Panes Found] "mark" "Mark or unmark, and go down";
    MarkAll "mark-all" [Panes Found] "mark all" "Mark everything shown";
    Unmark "unmark" [Panes Found] "unmark" "Unmark everything";
    MarkPattern "mark-pattern" [Panes] "mark by name" "Mark what a pattern fits, such as *.log";
    UnmarkPattern "unmark-pattern" [Panes] "unmark by name" "Unmark what a pattern fits";
    Invert "invert" [Panes Found] "invert" "Mark what is not marked, and the other way round";
    Jump "jump" [Panes] "jump" "Type the beginning of a name to go to it; again: the next one";
    GoTo "go-to" [Panes] "go to" "Go to a path, which Tab completes";
    HistoryBack "history-back" [Panes] "back" "Go back to the folder before";
    HistoryForward "history-forward" [Panes] "forward" "Go forward again";
    Find "find" [Panes Found] "find" "Search all folders below this one";
    Found "found" [Panes] "found" "Show what the last search has found";
    Reveal "reveal" [Found] "go there" "Go to where it lies, in its pane";
    InStep "synchronise" [Panes] "in step" "Synchronised browsing: both panes go the same way; again: each its own";
    Compare "compare" [Panes] "compare" "Mark what differs between the panes: by time, size or name";
    Bookmark "bookmark" [Panes] "bookmark" "Bookmark this folder";
    Bookmarks "bookmarks" [Panes] "bookmarks" "Choose a bookmarked folder to go to";
    Filter "filter" [Panes Servers Log Help Found] "filter" "Show only what contains a text";
    Hidden "hidden" [Panes] "hidden" "Show or hide names that begin with a dot";
    SortName "sort-name" [Panes Found] "by name" "Sort by name; again: the other way";
    SortSize "sort-size" [Panes Found] "by size" "Sort by size; again: the other way";
    SortTime "sort-time" [Panes Found] "by time" "Sort by time; again: the other way";
    SortExtension "sort-extension" [Panes Found] "by kind" "Sort by extension; again: the other way";
    Refresh "refresh" [Panes Pager Servers] "refresh" "List the folder or read the file again; where it failed, try again";
    SortPermissions "sort-permissions" [Panes] "by mode" "Sort by permissions; again: the other way";
    SortOwner "sort-owner" [Panes] "by owner" "Sort by owner, where the server tells it; again: the other way";
    Connection "connection" [Panes] "connection" "Show all that is true of the connection: encryption, certificate, commands, limits";
    Servers "servers" [Panes] "servers" "Go to the list of servers; the connection stays";
    Connect "connect" [Servers] "connect" "Connect to the server, or unfold the group";
    NewServer "new" [Servers] "new" "Enter a new server";
    EditServer "edit" [Servers] "edit" "Change the server's settings";
    CopyServer "copy" [Servers] "copy" "Enter a new server beginning with this one's settings";
    ImportServers "import" [Servers] "import" "Show what FileZilla, WinSCP, lftp and others have saved, and take it over after a yes";
    RemoveServer "remove" [Servers] "delete" "Delete the server's entry (asks)";
    Doctor "doctor" [Servers Panes] "doctor" "Find out what works of the server, what does not, and what would mend it";
    Apply "apply" [Doctor] "apply" "Apply the setting that would mend it";
    LookAgain "look-again" [Doctor] "again" "Look at the server again";
    CopyReport "copy-report" [Doctor] "copy" "Copy the whole report as a text to send";
    CopyLog "copy-log" [Log] "copy" "Copy what the log shows as a text to your terminal's clipboard";
    Fold "fold" [Servers] "fold" "Fold or unfold the group";
    Pause "pause" [Queue] "pause" "Pause the job, or let it go on";
    PauseBatch "pause-batch" [Queue] "pause batch" "Pause the jobs of the same batch, or let them go on";
    PauseAll "pause-all" [Queue] "pause all" "Pause everything and what is still to come, or let it go on";
    Cancel "cancel" [Queue] "cancel" "Take the job out; a running one is stopped";
    CancelBatch "cancel-batch" [Queue] "cancel batch" "Take out all jobs of the same batch";
    CancelAll "cancel-all" [Queue] "cancel all" "Take out everything that is not over (asks)";
    Retry "retry" [Queue] "retry" "Try the failed job again";
    RetryBatch "retry-batch" [Queue] "retry batch" "Try again what failed of the same batch";
    RetryAll "retry-all" [Queue] "retry all" "Try again everything that failed";
    MoveUp "move-up" [Queue] "earlier" "Move the job before the one above";
    MoveDown "move-down" [Queue] "later" "Move the job behind the one below";
    MoveTop "move-top" [Queue] "next" "Move the job before all others";
    MoveBottom "move-bottom" [Queue] "last" "Move the job behind all others";
    BatchUp "batch-up" [Queue] "batch earlier" "Move the whole batch before the one above";
    BatchDown "batch-down" [Queue] "batch later" "Move the whole batch behind the one below";
    BatchTop "batch-top" [Queue] "batch next" "Move the whole batch before all others";
    BatchBottom "batch-bottom" [Queue] "batch last" "Move the whole batch behind all others";
    Limit "limit-rate" [Queue] "limit" "Limit the speed of all transfers together, or take the limit away";
    Details "details" [Queue Doctor] "details" "Show all of what is known about the job, such as why it failed; of the doctor's steps, what was sent and seen";
    ClearFinished "clear" [Queue] "clear" "Forget the jobs that are over";
    Unfinished "unfinished" [Queue] "left over" "Show what earlier runs have left unfinished";
    NextView "next-view" [Queue Log Doctor] "view" "Show the next kind of jobs, or the next session; choose the next setting that the doctor names";
    Search "search" [Pager] "search" "Search for a text, or for bytes written as 0x0d0a; capitals count once one is typed";
    SearchNext "search-next" [Pager] "next" "To the next place of what was searched for";
    SearchPrevious "search-previous" [Pager] "previous" "To the place before";
    Position "position" [Pager] "go to" "Go to a line (120), a byte (@4096, 0x1000) or a share (50%)";
    Wrap "wrap" [Pager] "wrap" "Break long lines, or do not";
    Hex "hex" [Pager] "hex" "Show bytes as numbers, or as text";
    NextCharset "charset" [Pager] "charset" "Read the text in another character set";
    Left "left" [Pager] "left" "To the left, where lines are not broken";
    Right "right" [Pager] "right" "To the right, where lines are not broken";
    Up "up" [Panes Pager Servers Queue Log Help Doctor Dialog Picker Found] "up" "One line up";
    Down "down" [Panes Pager Servers Queue Log Help Doctor Dialog Picker Found] "down" "One line down";
    PageUp "page-up" [Panes Pager Servers Queue Log Help Doctor Dialog Picker Found] "page up" "One page up";
    PageDown "page-down" [Panes Pager Servers Queue Log Help Doctor Dialog Picker Found] "page down" "One page down";
    First "first" [Panes Pager Servers Queue Log Help Doctor Found] "first" "To the first line";
    Last "last" [Panes Pager Servers Queue Log Help Doctor Found] "last" "To the last line";
    Next "next" [Dialog] "next" "The next choice";
    Previous "previous" [Dialog] "previous" "The choice before";
    Accept "accept" [Dialog Text Picker] "OK" "Take the choice, or what was typed";
    Toggle "toggle" [Dialog] "this/all" "Switch between this file, the whole batch, and always";
    Back "back" [Panes Pager Servers Queue Log Help Doctor Dialog Text Picker Found] "back" "Close, or clear the filter";
    Complete "complete" [Picker] "complete" "Take the folder under the cursor into the line, and go on from there";
    Forget "forget" [Picker] "forget" "Forget the bookmark under the cursor";
    Themes "themes" [Global] "colours" "Choose the colours; each is shown as one goes through the list";
    Palette "palette" [Global] "actions" "Choose any action by its name";
    Queue "queue" [Global] "queue" "Open or close the queue";
    Log "log" [Global] "log" "Open or close the log of the dialogue with the server";
    Help "help" [Global] "help" "Show the keys";
    Redraw "redraw" [Global Text Dialog Picker] "redraw" "Draw the whole screen again";
    Suspend "suspend" [Global Text Dialog Picker] "suspend" "Go to the shell; fg comes back";
    Quit "quit" [Global] "quit" "End ftpane; asks while transfers are running";
    Interrupt "interrupt" [Global Text Dialog Picker] "quit" "End ftpane from wherever one is";
}

impl Action {
    /// Its row of the table.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

/// The keymap of this program's contexts and actions.
pub type Keys = Keymap<Context, Action>;

/// The keymap: the default one, and over it what the person's own file says, if there is one
/// (its text, and its name for the error).
pub fn keys(own: Option<(&str, &str)>) -> Result<Keys, Mistake> {
    let mut keys = read(DEFAULT, "default keymap")?;
    if let Some((text, file)) = own {
        keys.lay_over(read(text, file)?);
    }
    Ok(keys)
}

/// Reads a keymap; `file` is its name for the error.
///
/// # Errors
///
/// The first mistake in it.
pub fn read(text: &str, file: &str) -> Result<Keys, Mistake> {
    let contexts: Vec<_> = Context::ALL.iter().map(|c| (c.name(), *c)).collect();
    let actions: Vec<_> = TABLE.iter().map(|r| (r.id, r.action)).collect();
    let words = Words {
        contexts: &contexts,
        actions: &actions,
        allowed: |context, action| action.row().contexts.contains(&context),
    };
    Keymap::parse(text, file, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_its_ids_are_unique() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.action as usize, place);
            assert_eq!(TABLE.iter().filter(|r| r.id == row.id).count(), 1, "{}", row.id);
        }
    }

    #[test]
    fn every_action_has_a_key_wherever_it_can_be_bound() {
        let keys = keys(None).unwrap();
        for row in TABLE {
            for context in row.contexts {
                assert!(
                    keys.of(*context, row.action).next().is_some(),
                    "{} has no key in {}",
                    row.id,
                    context.name()
                );
            }
        }
    }

    #[test]
    fn every_function_key_has_a_twin_that_is_none() {
        let keys = keys(None).unwrap();
        for row in TABLE {
            for context in row.contexts {
                let of = || keys.of(*context, row.action);
                let function = |k: &[crate::model::key::Key]| matches!(k, [k] if matches!(k.code, crate::model::key::Code::F(_)));
                if of().any(function) {
                    assert!(!of().all(function), "{} has function keys only", row.id);
                }
            }
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let keys = keys(None).unwrap();
        for context in Context::ALL {
            let mut seen: Vec<&[crate::model::key::Key]> = Vec::new();
            for sequence in keys
                .bindings()
                .filter(|b| b.context == context)
                .map(|b| &b.keys[..])
            {
                for other in &seen {
                    assert!(
                        !other.starts_with(sequence) && !sequence.starts_with(other),
                        "{sequence:?} in {}",
                        context.name()
                    );
                }
                seen.push(sequence);
            }
        }
    }
}
