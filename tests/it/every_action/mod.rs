//! Every action of the table by every key it has, in every place where it can be bound, to what comes of
//! it. A new action does not compile here until it is said what shows that it was done.

mod places;

use ftpane::app::action::{Action, Context, TABLE};
use ftpane::app::dialog::{Dialog, Subject};
use ftpane::app::effect::Effect;
use ftpane::app::files::Asks as OfFiles;
use ftpane::app::folder::Side;
use ftpane::app::order::SortBy;
use ftpane::app::pager;
use ftpane::app::picker::Subject as Picked;
use ftpane::app::{App, View};
use ftpane::model::command::{Command, Extent, Scope, Shift};
use ftpane::model::job::{BatchId, JobId};

use crate::harness::bench::Bench;
use places::*;

/// What was there before the key, what is there after it, and what is wished of others.
type Came<'a> = (&'a App, &'a App, &'a [Effect]);

/// Where an action is tried, and what shows that it was done.
struct Proof {
    place: Bench,
    done: Box<dyn Fn(Came<'_>) -> bool>,
}

fn proof(place: Bench, done: impl Fn(Came<'_>) -> bool + 'static) -> Proof {
    let done = Box::new(done);
    Proof { place, done }
}

/// It is done when the state is so.
fn state(place: Bench, is: impl Fn(&App) -> bool + 'static) -> Proof {
    proof(place, move |(_, after, _)| is(after))
}

/// It is done when this is asked.
fn asks(place: Bench, is: impl Fn(&Subject) -> bool + 'static) -> Proof {
    state(place, move |app| {
        app.dialogs.front().is_some_and(|dialog| is(&dialog.subject))
    })
}

/// It is done when the engine is told this.
fn tells(place: Bench, is: impl Fn(&Command) -> bool + 'static) -> Proof {
    let is = move |effect: &Effect| matches!(effect, Effect::Engine(command) if is(command));
    wishes(place, is)
}

/// It is done when this is wished.
fn wishes(place: Bench, is: impl Fn(&Effect) -> bool + 'static) -> Proof {
    proof(place, move |(_, _, effects)| effects.iter().any(&is))
}

fn shows(place: Bench, view: View) -> Proof {
    state(place, move |app| app.view == view)
}

/// The pane is sorted by this, and was not, or the other way round.
fn sorts(context: Context, by: SortBy) -> Proof {
    match context {
        Context::Found => proof(found(), move |(before, after, _)| {
            let sort = |app: &App| app.search.as_ref().and_then(|search| search.sort);
            sort(after).is_some_and(|sort| sort.by == by) && sort(before) != sort(after)
        }),
        _ => proof(panes(), move |(before, after, _)| {
            let (before, after) = (before.remote.sort, after.remote.sort);
            after.by == by && before != after
        }),
    }
}

/// Lines, pages, and the ends of a list.
fn moves(context: Context, action: Action) -> Proof {
    let (place, at) = long(context);
    proof(place, move |(before, after, _)| {
        let by_page = |page: Action| {
            let mut twin = before.clone();
            let _ = twin.update(ftpane::app::msg::Msg::Do(page), twin.since_start());
            at(&twin)
        };
        let (b, a) = (at(before), at(after));
        match action {
            Action::Up => a + 1 == b,
            Action::Down => a == b + 1,
            Action::PageUp => a + 1 < b,
            Action::PageDown => a > b + 1,
            Action::First => a < by_page(Action::PageUp),
            Action::Last => a > by_page(Action::PageDown),
            other => panic!("{other:?} is no movement"),
        }
    })
}

fn moves_in_dialog(action: Action) -> Proof {
    let front = |app: &App| app.dialogs[0].clone();
    let policy = |dialog: &Dialog| match &dialog.subject {
        Subject::Transfer { request, .. } => request.policy,
        other => panic!("{other:?}"),
    };
    match action {
        Action::Up | Action::Down => proof(dialog_of_transfer(), move |(before, after, _)| {
            policy(&front(before)) != policy(&front(after))
        }),
        _ => proof(dialog_of_transfer(), move |(before, after, _)| {
            let by = front(after).page - front(before).page;
            by == if action == Action::PageUp { -1 } else { 1 }
        }),
    }
}

const JOB: Extent = Extent::Job(JobId(1));
const BATCH: Extent = Extent::Batch(BatchId(1));

fn queue_is_told(command: Command) -> Proof {
    tells(queue(), move |told| *told == command)
}

fn files(asked: &Subject, is: impl Fn(&OfFiles) -> bool) -> bool {
    matches!(asked, Subject::Files(asks) if is(asks))
}

/// What shows that an action was done, in a place of this context.
fn shown_by(context: Context, action: Action) -> Proof {
    use Action as A;
    use Context as C;
    match action {
        A::Transfer => match context {
            C::Found => asks(found(), |s| matches!(s, Subject::Transfer { .. })),
            _ => asks(on_file(), |s| matches!(s, Subject::Transfer { .. })),
        },
        A::View => {
            let place = if context == C::Found { found() } else { on_file() };
            proof(place, |(_, after, effects)| {
                after.view == View::Pager && matches!(effects, [Effect::Engine(Command::Read(_))])
            })
        }
        // the file is looked at before it is fetched
        A::Edit => tells(on_file(), |c| matches!(c, Command::List { .. })),
        A::ViewOutside => {
            let place = if context == C::Pager { pager() } else { on_file() };
            tells(place, |c| matches!(c, Command::List { .. }))
        }
        A::Rename => asks(panes(), |s| matches!(s, Subject::Rename { copies: false, .. })),
        A::Duplicate => asks(panes(), |s| matches!(s, Subject::Rename { copies: true, .. })),
        A::Permissions => asks(panes(), |s| {
            files(s, |asks| matches!(asks, OfFiles::Permissions { .. }))
        }),
        A::Properties => asks(panes(), |s| {
            files(s, |asks| matches!(asks, OfFiles::Properties(_)))
        }),
        A::Raw => asks(panes(), |s| files(s, |asks| matches!(asks, OfFiles::Raw { .. }))),
        A::NewFile => asks(panes(), |s| {
            files(s, |asks| matches!(asks, OfFiles::NewFile { .. }))
        }),
        A::NewFolder => asks(panes(), |s| matches!(s, Subject::NewFolder { .. })),
        A::CopyPath => copies(on_file(), "/srv/www/index.html"),
        A::CopyUrl => copies(on_file(), "ftpes://admin@web.example.org/srv/www/index.html"),
        A::CopyCommand => copies(on_file(), "ftpane get --to"),
        A::Delete => {
            let place = if context == C::Found { found() } else { panes() };
            tells(place, |c| matches!(c, Command::Count { .. }))
        }
        A::Enter => state(panes(), |app| app.remote.folder.shown() == "/srv/www/logs"),
        A::Leave => state(in_logs(), |app| app.remote.folder.shown() == "/srv/www"),
        A::OtherPane => state(panes(), |app| app.active == Side::Local),
        A::Mark => match context {
            C::Found => state(found(), |app| search(app).marks.len() == 1),
            _ => state(panes(), |app| {
                (app.remote.marks.len(), app.remote.cursor.at) == (1, 1)
            }),
        },
        A::MarkAll | A::Invert => match context {
            C::Found => state(found(), |app| search(app).marks.len() == search(app).len()),
            _ => state(panes(), |app| app.remote.marks.len() == app.remote.shown.len()),
        },
        A::Unmark => match context {
            C::Found => state(pressed(found(), "a"), |app| search(app).marks.is_empty()),
            _ => state(pressed(panes(), "a"), |app| app.remote.marks.is_empty()),
        },
        A::MarkPattern => asks(panes(), |s| *s == Subject::Pattern { mark: true }),
        A::UnmarkPattern => asks(panes(), |s| *s == Subject::Pattern { mark: false }),
        A::Jump => state(panes(), |app| app.remote.jump.is_some()),
        A::GoTo => picks(panes(), |s| matches!(s, Picked::Path(_))),
        A::HistoryBack => state(in_logs(), |app| app.remote.folder.shown() == "/srv/www"),
        A::HistoryForward => {
            let mut place = in_logs();
            let effects = place.press("[");
            place.answer_listings(&effects);
            state(place, |app| app.remote.folder.shown() == "/srv/www/logs")
        }
        A::Find => {
            let place = if context == C::Found { found() } else { panes() };
            asks(place, |s| matches!(s, Subject::Search { .. }))
        }
        A::Found => shows(pressed(found(), "esc"), View::Found),
        A::Reveal => proof(found(), |(_, after, effects)| {
            let lists = |e: &Effect| matches!(e, Effect::Engine(Command::List { .. }));
            after.view == View::Panes && effects.iter().any(lists)
        }),
        A::InStep => state(panes(), |app| app.in_step.on),
        A::Compare => asks(panes(), |s| *s == Subject::Compare),
        A::Bookmark => wishes(panes(), |e| matches!(e, Effect::ChangeBookmarks(_))),
        A::Bookmarks => picks(panes(), |s| *s == Picked::Bookmarks),
        A::Filter => match context {
            C::Servers => state(servers(), |app| app.servers.typing),
            C::Log => state(log(), |app| app.log.typing),
            C::Help => state(help(), |app| app.help.typing),
            C::Found => state(found(), |app| search(app).typing),
            _ => state(panes(), |app| app.remote.typing),
        },
        A::Hidden => state(panes(), |app| app.remote.hidden),
        A::SortName => sorts(context, SortBy::Name),
        A::SortSize => sorts(context, SortBy::Size),
        A::SortTime => sorts(context, SortBy::Time),
        A::SortExtension => sorts(context, SortBy::Extension),
        A::SortPermissions => sorts(context, SortBy::Permissions),
        A::SortOwner => proof(owned(), |(before, after, _)| {
            after.remote.sort.by == SortBy::Owner && before.remote.sort != after.remote.sort
        }),
        A::Refresh => match context {
            C::Servers => wishes(servers(), |e| *e == Effect::ReadServers),
            C::Pager => tells(pager(), |c| matches!(c, Command::Read(_))),
            _ => tells(panes(), |c| matches!(c, Command::List { .. })),
        },
        A::Connection => asks(panes(), |s| *s == Subject::Connection),
        A::Servers => shows(panes(), View::Servers),
        A::Connect => asks(servers(), |s| matches!(s, Subject::Password { .. })),
        A::NewServer => state(servers(), |app| form(app) == Some((None, String::new()))),
        A::EditServer => state(servers(), |app| {
            form(app) == Some((Some("s00".into()), "s00.example.org".into()))
        }),
        A::CopyServer => state(servers(), |app| {
            form(app) == Some((None, "s00.example.org".into()))
        }),
        A::ImportServers => wishes(servers(), |e| *e == Effect::LookForImports),
        A::RemoveServer => asks(servers(), |s| *s == Subject::RemoveServer("s00".into())),
        A::Doctor => match context {
            C::Panes => proof(panes(), |(_, after, effects)| {
                let looks = |e: &Effect| matches!(e, Effect::Engine(Command::Diagnose { .. }));
                after.view == View::Doctor && effects.iter().all(looks) && effects.len() == 1
            }),
            _ => shows(servers(), View::Doctor),
        },
        A::Apply => wishes(doctor(), |e| matches!(e, Effect::ChangeServers(_))),
        A::LookAgain => tells(doctor(), |c| matches!(c, Command::Diagnose { .. })),
        A::CopyReport => copies(doctor(), "ftpane doctor: pub"),
        A::CopyLog => copies(log(), "  1 > LINE 0\n"),
        A::Fold => proof(pressed(servers(), "end"), |(before, after, _)| {
            after.servers.rows().len() < before.servers.rows().len()
        }),
        A::Pause => queue_is_told(Command::Hold(JOB)),
        A::PauseBatch => queue_is_told(Command::Hold(BATCH)),
        A::PauseAll => queue_is_told(Command::Hold(Extent::All)),
        A::Cancel => queue_is_told(Command::Cancel(JOB)),
        A::CancelBatch => queue_is_told(Command::Cancel(BATCH)),
        A::CancelAll => asks(queue(), |s| matches!(s, Subject::CancelAll { .. })),
        A::Retry => queue_is_told(Command::Retry(JOB)),
        A::RetryBatch => queue_is_told(Command::Retry(BATCH)),
        A::RetryAll => queue_is_told(Command::Retry(Extent::All)),
        A::MoveUp => queue_is_told(Command::Move(JOB, Shift::Up)),
        A::MoveDown => queue_is_told(Command::Move(JOB, Shift::Down)),
        A::MoveTop => queue_is_told(Command::Move(JOB, Shift::Top)),
        A::MoveBottom => queue_is_told(Command::Move(JOB, Shift::Bottom)),
        A::BatchUp => queue_is_told(Command::Move(BATCH, Shift::Up)),
        A::BatchDown => queue_is_told(Command::Move(BATCH, Shift::Down)),
        A::BatchTop => queue_is_told(Command::Move(BATCH, Shift::Top)),
        A::BatchBottom => queue_is_told(Command::Move(BATCH, Shift::Bottom)),
        A::Limit => asks(queue(), |s| *s == Subject::Limit),
        A::Details => match context {
            C::Doctor => state(doctor(), |app| app.doctor.as_ref().is_some_and(|d| d.details)),
            _ => asks(queue(), |s| matches!(s, Subject::Job { .. })),
        },
        A::ClearFinished => queue_is_told(Command::ClearFinished),
        A::Unfinished => queue_is_told(Command::LookForUnfinished),
        A::NextView => match context {
            C::Log => state(log(), |app| app.log.session == Some(1)),
            C::Doctor => proof(doctor(), |(before, after, _)| {
                let chosen = |app: &App| app.doctor.as_ref().and_then(|d| d.chosen().cloned());
                chosen(after) != chosen(before)
            }),
            _ => proof(queue(), |(before, after, _)| {
                before.queue.view != after.queue.view
            }),
        },
        A::Search => asks(pager(), |s| *s == Subject::InFile(pager::Asks::Search)),
        A::Position => asks(pager(), |s| *s == Subject::InFile(pager::Asks::GoTo)),
        A::SearchNext => proof(searched_in_pager(), |(before, after, _)| top(after) > top(before)),
        A::SearchPrevious => proof(searched_in_pager(), |(before, after, _)| top(after) < top(before)),
        A::Wrap => state(pager(), |app| !open_pager(app).wrap),
        A::Hex => state(pager(), |app| open_pager(app).hex),
        A::NextCharset => proof(pager(), |(before, after, _)| {
            open_pager(before).charset != open_pager(after).charset
        }),
        A::Right => state(pressed(pager(), "w"), |app| open_pager(app).left > 0),
        A::Left => state(pressed(pager(), "w right"), |app| open_pager(app).left == 0),
        A::Up | A::Down | A::PageUp | A::PageDown if context == C::Dialog => moves_in_dialog(action),
        // the end is looked for first
        A::Last if context == C::Pager => tells(pager(), |c| matches!(c, Command::Read(_))),
        A::Up | A::Down | A::PageUp | A::PageDown | A::First | A::Last => moves(context, action),
        A::Next => state(question(), |app| app.dialogs[0].at == 1),
        A::Previous => state(question(), |app| {
            app.dialogs[0].at + 1 == app.dialogs[0].choices.len()
        }),
        A::Accept => match context {
            C::Text => tells(typed(pressed(panes(), "n"), "new"), |c| {
                matches!(c, Command::MakeFolder(_))
            }),
            C::Picker => state(typed(pressed(panes(), ":"), "invert"), |app| {
                app.picker.is_none() && !app.remote.marks.is_empty()
            }),
            _ => tells(dialog_of_transfer(), |c| matches!(c, Command::Enqueue(_))),
        },
        A::Toggle => asks(question(), |s| {
            matches!(
                s,
                Subject::Conflict {
                    scope: Scope::Batch,
                    ..
                }
            )
        }),
        A::Back => match context {
            C::Panes => state(pressed(panes(), "/ x enter"), |app| {
                app.remote.filter.text().is_empty()
            }),
            C::Servers => shows(pressed(panes(), "S"), View::Panes),
            C::Pager => shows(pager(), View::Panes),
            C::Queue => shows(queue(), View::Panes),
            C::Log => shows(log(), View::Panes),
            C::Help => shows(help(), View::Panes),
            C::Doctor => shows(doctor(), View::Servers),
            C::Found => shows(found(), View::Panes),
            C::Picker => state(pressed(panes(), ":"), |app| app.picker.is_none()),
            C::Text => state(pressed(panes(), "n"), |app| app.dialogs.is_empty()),
            _ => state(dialog_of_transfer(), |app| app.dialogs.is_empty()),
        },
        A::Complete => state(typed(pressed(panes(), "g p"), "lo"), |app| {
            let picker = app.picker.as_ref();
            picker.is_some_and(|picker| picker.line.text().ends_with("logs/"))
        }),
        A::Forget => wishes(bookmarks(), |e| matches!(e, Effect::ChangeBookmarks(_))),
        A::Themes => picks(panes(), |s| matches!(s, Picked::Themes(_))),
        A::Palette => picks(panes(), |s| *s == Picked::Palette),
        A::Queue => shows(panes(), View::Queue),
        A::Log => shows(panes(), View::Log),
        A::Help => shows(panes(), View::Help),
        A::Redraw => wishes(any_of(context), |e| *e == Effect::Redraw),
        A::Suspend => wishes(any_of(context), |e| *e == Effect::Suspend),
        A::Quit | A::Interrupt => wishes(any_of(context), |e| *e == Effect::Quit),
    }
}

fn copies(place: Bench, text: &'static str) -> Proof {
    wishes(
        place,
        move |effect| matches!(effect, Effect::CopyText(copied) if copied.contains(text)),
    )
}

fn picks(place: Bench, is: impl Fn(&Picked) -> bool + 'static) -> Proof {
    state(place, move |app| {
        app.picker.as_ref().is_some_and(|picker| is(&picker.subject))
    })
}

#[test]
fn every_key_of_every_action_does_it() {
    let keys = ftpane::app::action::keys(None).unwrap();
    for row in TABLE {
        for context in row.contexts {
            let mut bound = 0;
            for sequence in keys.of(*context, row.action) {
                let Proof { mut place, done } = shown_by(*context, row.action);
                let told = format!("{} by {sequence:?} in {context:?}", row.id);
                assert!(
                    *context == Context::Global || place.app.context() == *context,
                    "{told}: that place is {:?}",
                    place.app.context()
                );
                let before = place.app.clone();
                assert!(!done((&before, &before, &[])), "{told}: done before");
                let mut effects = Vec::new();
                for key in sequence {
                    effects = place.update(ftpane::app::msg::Msg::Key(*key));
                }
                assert!(
                    done((&before, &place.app, &effects)),
                    "{told}: not done; {effects:?}\n{}",
                    place.screen()
                );
                bound += 1;
            }
            assert!(bound > 0, "{} has no key in {context:?}", row.id);
        }
    }
}
