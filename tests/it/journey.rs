//! The whole interface from key to screen. The engine is played by the test: what it is asked and
//! what it says are written out.

use std::sync::Arc;

use ftpane::app::Start;
use ftpane::model::command::{Answer, Command, Place, QuestionId, Scope};
use ftpane::model::event::{DialogueLine, Event, Progress, Question, Side, Speaker};
use ftpane::model::job::{ConnectionId, Direction, Job, JobId, JobState, Policy, Rank};
use ftpane::term::Input;

use crate::harness::bench::{facts, listing, local_entries, path, remote_entries, server, start};
use crate::harness::seat::{Puppet, Seat, SmallWorld};

const C: ConnectionId = ConnectionId(2);

/// Answers one listing with the sample entries of its side.
async fn list(seat: &mut Seat, puppet: &mut Puppet) -> Place {
    let Command::List { place, generation } = puppet.command().await else {
        panic!("no listing is asked for")
    };
    let entries = match place {
        Place::Local(_) => local_entries(),
        Place::Remote(..) => remote_entries(),
    };
    let listed = Event::Listed {
        place: place.clone(),
        generation,
        result: Ok(listing(entries)),
    };
    seat.hear(puppet, vec![listed]).await;
    place
}

fn connected(connection: ConnectionId) -> Event {
    Event::Connected {
        connection,
        server: Arc::new(server("web")),
        root: path("/srv/www"),
        facts: facts(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_is_entered_in_the_form_and_found_in_the_list() {
    let (engine, mut puppet) = Puppet::new();
    let world = SmallWorld::default();
    let mut seat = Seat::take(start(Vec::new()), engine, world.clone());
    list(&mut seat, &mut puppet).await;
    assert!(seat.screen().contains("No servers yet"));
    seat.press("n").await;
    seat.type_in("web").await;
    // over group, note and protocol to the host; over port, path, sub-folders, levels and read only to the user
    seat.press("tab tab tab tab").await;
    seat.type_in("web.example.org").await;
    seat.press("tab tab tab tab tab tab").await;
    seat.type_in("admin").await;
    seat.press("enter").await;
    assert_eq!(*world.servers.lock().unwrap(), [server("web")]);
    let screen = seat.see("web.example.org:21").await;
    assert!(
        screen.contains("FTPS explicit") && screen.contains("admin"),
        "{screen}"
    );
    // a copy, and away with it
    seat.press("c enter").await;
    assert_eq!(world.servers.lock().unwrap().len(), 2);
    seat.see("web 2").await;
    seat.press("d enter").await;
    assert_eq!(*world.servers.lock().unwrap(), [server("web")]);
    seat.press("ctrl-c").await;
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_download_with_a_conflict_while_one_goes_on_browsing() {
    let (engine, mut puppet) = Puppet::new();
    let world = SmallWorld::default();
    let mut seat = Seat::take(start(vec![server("web")]), engine, world.clone());
    list(&mut seat, &mut puppet).await;

    seat.press("enter").await;
    assert!(seat.screen().contains("Password of admin for web"));
    seat.type_in("secret-word").await;
    assert!(!seat.screen().contains("secret"), "{}", seat.screen());
    seat.press("enter").await;
    let hung_up = puppet.command().await;
    assert_eq!(hung_up, Command::Disconnect(ConnectionId(1)));
    let Command::Connect {
        connection, secret, ..
    } = puppet.command().await
    else {
        panic!("does not connect")
    };
    assert_eq!((connection, secret.unwrap().reveal()), (C, "secret-word"));
    seat.hear(&puppet, vec![Event::Connecting(C, "logging in".into())])
        .await;
    assert!(seat.screen().contains("… logging in"));
    seat.hear(&puppet, vec![connected(C)]).await;
    assert_eq!(
        list(&mut seat, &mut puppet).await,
        Place::Remote(C, path("/srv/www"))
    );
    assert!(seat.screen().contains("public_html"));

    // two files
    seat.press("G space k k space f5").await;
    assert!(seat.screen().contains("to    /home/me/work"), "{}", seat.screen());
    seat.press("enter").await;
    let Command::Enqueue(request) = puppet.command().await else {
        panic!("nothing is queued")
    };
    assert_eq!(request.items.len(), 2);
    let jobs: Vec<Job> = (1..)
        .zip(&request.items)
        .map(|(id, item)| Job {
            id: JobId(id),
            batch: request.id,
            direction: Direction::Download,
            item: item.clone().into(),
            rank: Rank::default(),
        })
        .collect();
    seat.hear(
        &puppet,
        vec![
            Event::JobsAdded(jobs),
            Event::JobChanged(JobId(1), JobState::Running),
            Event::JobChanged(JobId(2), JobState::Asking),
            Event::Question {
                id: QuestionId(1),
                question: Question::Conflict {
                    connection: C,
                    job: JobId(2),
                    direction: Direction::Download,
                    source: Side {
                        shown: "/srv/www/release-10.tar".into(),
                        size: Some(5),
                        modified: None,
                    },
                    target: Side {
                        shown: "/home/me/work/release-10.tar".into(),
                        size: Some(7),
                        modified: None,
                    },
                    can_resume: false,
                },
            },
        ],
    )
    .await;
    assert!(seat.screen().contains("The target exists"));
    assert_eq!(*world.rung.lock().unwrap(), 1);
    seat.press("space right enter").await;
    assert_eq!(
        puppet.command().await,
        Command::Answer {
            question: QuestionId(1),
            answer: Answer::Conflict(Policy::Overwrite, Scope::Batch),
        }
    );
    // the gauge moves while one is in another folder
    seat.press("g g enter").await;
    puppet.progress.send_replace(Progress {
        running: vec![(JobId(1), 36_550_000)],
        rate: 1_048_576,
        moved: 36_550_000,
        total: 146_500_320,
        ..Progress::default()
    });
    seat.see("1.0 MiB/s").await;
    assert_eq!(
        list(&mut seat, &mut puppet).await,
        Place::Remote(C, path("/srv/www/logs"))
    );
    for id in [1, 2] {
        let done = JobState::Done {
            bytes: 73_100_000,
            before: 0,
            earlier: 0,
            millis: 900,
            note: None,
        };
        seat.hear(&puppet, vec![Event::JobChanged(JobId(id), done)]).await;
        if id == 1 {
            // the first one that came is looked at, the next so soon after it is not
            assert_eq!(
                list(&mut seat, &mut puppet).await,
                Place::Local("/home/me/work".into())
            );
        }
    }
    seat.hear(&puppet, vec![Event::BatchOver(request.id)]).await;
    assert!(seat.screen().contains("2 done"));
    // at the end all that came is looked at
    assert_eq!(
        list(&mut seat, &mut puppet).await,
        Place::Local("/home/me/work".into())
    );
    seat.press("q").await;
    assert_eq!(puppet.command().await, Command::Shutdown);
    drop(puppet);
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_events_draws_few_frames_and_silence_none() {
    let (engine, mut puppet) = Puppet::new();
    let mut seat = Seat::take(start(Vec::new()), engine, SmallWorld::default());
    list(&mut seat, &mut puppet).await;
    let before = seat.frames();
    let line = |n: u32| {
        Event::Dialogue(DialogueLine {
            session: 1,
            speaker: Speaker::Client,
            text: format!("NOOP {n}"),
        })
    };
    seat.hear(&puppet, (0..20_000).map(line).collect()).await;
    let drawn = seat.frames() - before;
    assert!(drawn <= 8, "{drawn} frames for one burst");
    // an hour in which nothing happens
    let before = seat.frames();
    tokio::time::advance(std::time::Duration::from_secs(3600)).await;
    seat.settle(|_| true).await;
    assert_eq!(seat.frames(), before);
    seat.press("L").await;
    assert!(seat.screen().contains("NOOP 19999"));
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_it_with_its_code() {
    for code in [129, 130, 143] {
        let (engine, mut puppet) = Puppet::new();
        let mut seat = Seat::take(start(Vec::new()), engine, SmallWorld::default());
        list(&mut seat, &mut puppet).await;
        seat.give(Input::End(code));
        assert_eq!(puppet.command().await, Command::Shutdown);
        drop(puppet);
        assert_eq!(seat.leave().await, code);
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_says_no_goodbye_does_not_hold_it_up() {
    let (engine, mut puppet) = Puppet::new();
    let mut seat = Seat::take(start(Vec::new()), engine, SmallWorld::default());
    list(&mut seat, &mut puppet).await;
    seat.give(Input::Msg(ftpane::app::msg::Msg::Key("q".parse().unwrap())));
    assert_eq!(puppet.command().await, Command::Shutdown);
    // the puppet keeps its ends and says nothing
    assert_eq!(seat.leave().await, 0);
    assert!(puppet.is_quiet());
}

#[tokio::test(start_paused = true)]
async fn suspending_draws_the_screen_anew() {
    let (engine, mut puppet) = Puppet::new();
    let world = SmallWorld::default();
    let mut seat = Seat::take(start(Vec::new()), engine, world.clone());
    list(&mut seat, &mut puppet).await;
    let before = seat.screen();
    seat.press("ctrl-z").await;
    assert_eq!(*world.suspended.lock().unwrap(), 1);
    assert_eq!(seat.screen(), before);
}

#[tokio::test(start_paused = true)]
async fn servers_that_could_not_be_read_are_not_said_to_be_none() {
    let (engine, mut puppet) = Puppet::new();
    let start = Start {
        unread: Some("servers.toml, line 4: port: `x`. Mend the file in an editor".into()),
        ..start(Vec::new())
    };
    let mut seat = Seat::take(start, engine, SmallWorld::default());
    list(&mut seat, &mut puppet).await;
    let screen = seat.see("line 4: port").await;
    assert!(!screen.contains("No servers yet"), "{screen}");
    // mended meanwhile: what is saved shows the list again
    seat.press("n").await;
    seat.type_in("web").await;
    seat.press("tab tab tab tab").await;
    seat.type_in("web.example.org").await;
    seat.press("enter").await;
    let screen = seat.see("web.example.org:21").await;
    assert!(!screen.contains("line 4"), "{screen}");
    seat.press("ctrl-c").await;
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(start_paused = true)]
async fn begun_on_a_server_it_connects_at_once() {
    let (engine, mut puppet) = Puppet::new();
    let start = Start {
        connect: Some((server("web"), Some(ftpane::model::secret::Secret::new("pw")))),
        ..start(Vec::new())
    };
    let mut seat = Seat::take(start, engine, SmallWorld::default());
    list(&mut seat, &mut puppet).await;
    let Command::Connect { connection, .. } = puppet.command().await else {
        panic!("does not connect")
    };
    seat.hear(&puppet, vec![connected(connection)]).await;
    list(&mut seat, &mut puppet).await;
    let screen = seat.see("release-9.tar").await;
    assert!(screen.contains("FTPS · TLS 1.3"));
}
