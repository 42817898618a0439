//! A file of a server in the editor and back, where it does not come back, and what is left of others.

use super::{command, done};

use ftpane::app::effect::Effect;
use ftpane::app::errand::{ErrandId, Returned};
use ftpane::app::msg::Msg;
use ftpane::app::{App, Start};
use ftpane::model::command::{Command, Extent};
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{BatchRequest, ConnectionId, Job, JobId, JobState, Rank};
use ftpane::model::server::Server;

use crate::harness::bench::{Bench, listing, remote_entries, server, start};

/// Answers the look at a file with the sample entries; gives what follows.
fn look(bench: &mut Bench, effects: Vec<Effect>) -> Vec<Effect> {
    let Command::List { place, generation } = command(effects) else {
        panic!("it is not looked at")
    };
    let result = Ok(listing(remote_entries()));
    bench.say(Event::Listed {
        place,
        generation,
        result,
    })
}

/// The queue takes a batch of one file, and this becomes of it; gives what follows.
fn carry(bench: &mut Bench, effects: Vec<Effect>, id: u64, state: JobState) -> Vec<Effect> {
    let Command::Enqueue(BatchRequest {
        id: batch,
        direction,
        items,
        ..
    }) = command(effects)
    else {
        panic!("nothing is queued")
    };
    bench.say(Event::JobsAdded(vec![Job {
        id: JobId(id),
        batch,
        direction,
        item: items[0].clone().into(),
        rank: Rank::default(),
    }]));
    bench.say(Event::JobChanged(JobId(id), state));
    bench.say(Event::BatchOver(batch))
}

fn refused() -> JobState {
    JobState::Failed(Failure::new(Class::Refused, "Could not upload", "no").reply(b"550 No.\r\n"))
}

/// A file of the server is fetched for the editor; gives the errand's number, and what is to be done.
fn fetching(bench: &mut Bench) -> (ErrandId, Vec<Effect>) {
    let effects = bench.press("down down down down e");
    let effects = look(bench, effects);
    let [Effect::MakePrivateFolder(errand, _)] = effects[..] else {
        panic!("{effects:?}")
    };
    (
        errand,
        bench.update(Msg::PrivateFolder(errand, Ok("/private".into()))),
    )
}

/// The editor has a file of the server; gives the errand's number.
fn opened(bench: &mut Bench) -> ErrandId {
    let (errand, effects) = fetching(bench);
    let effects = carry(bench, effects, 1, done());
    assert!(matches!(effects[..], [Effect::Open { .. }]), "{effects:?}");
    errand
}

fn returned(changed: bool, unsaved: bool, failure: Option<Failure>) -> Returned {
    Returned {
        changed,
        unsaved,
        failure,
    }
}

#[test]
fn what_was_not_sent_back_is_named_until_it_is_taken_out_of_the_queue() {
    let mut bench = Bench::connected();
    let errand = opened(&mut bench);
    let effects = bench.update(Msg::Returned(errand, returned(true, false, None)));
    let effects = look(&mut bench, effects);
    assert_eq!(carry(&mut bench, effects, 2, refused()), []);
    let screen = bench.screen();
    assert!(
        screen.contains("is not sent back") && screen.contains("/private/index.html"),
        "{screen}"
    );
    bench.press("enter");
    assert_eq!(bench.press("e"), []);
    assert!(
        bench.screen().contains("Q shows why and tries again"),
        "{}",
        bench.screen()
    );
    // it is tried again
    bench.say(Event::JobChanged(JobId(2), JobState::Running));
    assert_eq!(bench.press("e"), []);
    assert!(
        bench.screen().contains("is being sent back once more"),
        "{}",
        bench.screen()
    );
    // and given up: the file can be edited anew
    bench.say(Event::JobChanged(JobId(2), refused()));
    bench.say(Event::JobsForgotten(vec![JobId(2)]));
    assert!(matches!(command(bench.press("e")), Command::List { .. }));
}

/// The job that failed has the private folder to fetch into: it is there as long as the job may be tried again.
#[test]
fn what_could_not_be_fetched_is_fetched_by_another_try() {
    let mut bench = Bench::connected();
    let (_, effects) = fetching(&mut bench);
    let Command::Enqueue(BatchRequest { id: batch, .. }) = command(effects.clone()) else {
        panic!("{effects:?}")
    };
    assert_eq!(carry(&mut bench, effects, 1, refused()), [], "the folder stays");
    assert!(bench.screen().contains("Could not fetch"), "{}", bench.screen());
    bench.press("enter");
    // the same key tries again, and then waits
    assert_eq!(command(bench.press("e")), Command::Retry(Extent::Job(JobId(1))));
    bench.say(Event::JobChanged(JobId(1), JobState::Running));
    assert_eq!(bench.press("e"), []);
    assert!(
        bench.screen().contains("is being fetched once more"),
        "{}",
        bench.screen()
    );
    bench.say(Event::JobChanged(JobId(1), refused()));
    bench.say(Event::BatchOver(batch));
    bench.press("enter");
    let mut other = Bench {
        app: bench.app.clone(),
        now: bench.now,
    };
    // from the queue as well
    bench.say(Event::JobChanged(JobId(1), JobState::Running));
    bench.say(Event::JobChanged(JobId(1), done()));
    let effects = bench.say(Event::BatchOver(batch));
    assert!(matches!(effects[..], [Effect::Open { .. }]), "{effects:?}");
    // who forgets the job forgets the folder
    assert_eq!(
        other.say(Event::JobsForgotten(vec![JobId(1)])),
        [Effect::RemovePrivateFolder("/private".into())]
    );
    assert!(matches!(command(other.press("e")), Command::List { .. }));
}

/// The connection is another one then: the job that failed keeps its folder, and the file comes by a new one.
#[test]
fn what_could_not_be_fetched_over_an_earlier_connection_is_fetched_anew() {
    let mut bench = Bench::connected();
    let (_, effects) = fetching(&mut bench);
    assert_eq!(carry(&mut bench, effects, 1, refused()), []);
    bench.press("enter");
    let gone = Failure::new(Class::Unreachable, "Could not connect", "it is gone");
    bench.say(Event::ConnectionFailed(ConnectionId(1), gone));
    bench.press("enter");
    bench.stand(2);
    let effects = bench.press("home down down down down e");
    let effects = look(&mut bench, effects);
    let [Effect::MakePrivateFolder(anew, _)] = effects[..] else {
        panic!("{effects:?}")
    };
    // who forgets the job that failed forgets its folder, and no other
    assert_eq!(
        bench.say(Event::JobsForgotten(vec![JobId(1)])),
        [Effect::RemovePrivateFolder("/private".into())]
    );
    let effects = bench.update(Msg::PrivateFolder(anew, Ok("/another".into())));
    let effects = carry(&mut bench, effects, 2, done());
    assert!(matches!(effects[..], [Effect::Open { .. }]), "{effects:?}");
}

#[test]
fn what_a_killed_editor_has_left_is_kept() {
    let killed = || {
        Some(Failure::new(
            Class::Local,
            "The editor did not do its work",
            "killed",
        ))
    };
    let mut bench = Bench::connected();
    let errand = opened(&mut bench);
    assert_eq!(
        bench.update(Msg::Returned(errand, returned(false, true, killed()))),
        []
    );
    let screen = bench.screen();
    assert!(screen.contains("The edited copy is kept: /private"), "{screen}");
    // nothing is lost where nothing was typed
    let mut bench = Bench::connected();
    let errand = opened(&mut bench);
    let effects = bench.update(Msg::Returned(errand, returned(false, false, killed())));
    assert_eq!(effects, [Effect::RemovePrivateFolder("/private".into())]);
}

#[test]
fn what_the_editor_saved_under_another_name_is_kept() {
    // the file itself is as it was
    let mut bench = Bench::connected();
    let errand = opened(&mut bench);
    assert_eq!(
        bench.update(Msg::Returned(errand, returned(false, true, None))),
        []
    );
    let screen = bench.screen();
    assert!(
        screen.contains("nothing is sent") && screen.contains("It is kept: /private"),
        "{screen}"
    );
    // it was saved as well
    let mut bench = Bench::connected();
    let errand = opened(&mut bench);
    let effects = bench.update(Msg::Returned(errand, returned(true, true, None)));
    let effects = look(&mut bench, effects);
    let effects = carry(&mut bench, effects, 2, done());
    let removes = |effect: &Effect| matches!(effect, Effect::RemovePrivateFolder(_));
    assert!(!effects.iter().any(removes), "{effects:?}");
    let screen = bench.screen();
    assert!(
        screen.contains("it is sent back") && screen.contains("It is kept: /private"),
        "{screen}"
    );
}

#[test]
fn another_server_s_file_of_the_same_path_is_another_errand() {
    let at = |name: &str| Server {
        user: String::new(),
        host: format!("{name}.example"),
        ..server(name)
    };
    let go = |bench: &mut Bench, keys: &str| {
        let effects = bench.press(keys);
        let connect = effects.iter().find_map(|effect| match effect {
            Effect::Engine(Command::Connect { connection, .. }) => Some(*connection),
            _ => None,
        });
        let ConnectionId(connection) = connect.unwrap_or_else(|| panic!("{keys}: {}", bench.screen()));
        bench.stand(connection);
    };
    let mut bench = Bench::new(vec![at("one"), at("two")]);
    go(&mut bench, "enter");
    opened(&mut bench);
    go(&mut bench, "S j enter");
    let wanted = bench.press("down down down down e");
    let Command::List { .. } = command(wanted) else {
        panic!("it is not looked at")
    };
    assert_eq!(bench.press("e"), []);
    let screen = bench.screen();
    assert!(screen.contains("index.html of two is being fetched"), "{screen}");
    // the same server again, over another connection
    go(&mut bench, "S k enter");
    assert_eq!(bench.press("down down down down e"), []);
    let screen = bench.screen();
    assert!(
        screen.contains("The editor has index.html of one already"),
        "{screen}"
    );
}

/// The demo leaves alone what a person has of servers.
#[test]
fn who_keeps_no_queue_does_not_look_for_copies_that_were_left() {
    for keeps_queue in [true, false] {
        let (_, effects) = App::new(Start {
            keeps_queue,
            ..start(Vec::new())
        });
        assert_eq!(effects.contains(&Effect::LookForEdits), keeps_queue);
    }
}
