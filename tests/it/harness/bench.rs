//! The interface on a bench: keys and events in, effects and pictures out, no terminal, no engine.

use std::sync::Arc;
use std::time::Duration;

use ftpane::app::action::keys;
use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::app::zone::Zone;
use ftpane::app::{App, Start};
use ftpane::config::theme::{Named, Theme};
use ftpane::model::certificate::{Certificate, Pin, Trust};
use ftpane::model::command::{Command, Generation, Place};
use ftpane::model::entry::{Entry, Kind, Permissions};
use ftpane::model::event::{Event, WasRead};
use ftpane::model::facts::{DataCommand, Facts, Sessions, TlsFacts};
use ftpane::model::job::ConnectionId;
use ftpane::model::listing::{Dialect, Listing};
use ftpane::model::path::{Name, RemotePath};
use ftpane::model::secret::Secret;
use ftpane::model::server::{Patience, Protocol, Server};
use ftpane::model::stamp::Stamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// The sizes every picture is taken at.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 10)];

pub(crate) struct Bench {
    pub(crate) app: App,
    pub(crate) now: Duration,
}

pub(crate) fn path(text: &str) -> RemotePath {
    RemotePath::parse(text.as_bytes()).unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

pub(crate) fn file(called: &str, size: u64, day: u32) -> Entry {
    Entry {
        size: Some(size),
        permissions: Some(Permissions(0o644)),
        modified: Stamp::from_civil(
            (2026, 3, day),
            (9, 30, 0),
            ftpane::model::stamp::Precision::Second,
        ),
        ..Entry::new(name(called), Kind::File)
    }
}

pub(crate) fn folder(called: &str) -> Entry {
    Entry {
        permissions: Some(Permissions(0o755)),
        modified: Stamp::from_civil((2026, 2, 14), (18, 5, 0), ftpane::model::stamp::Precision::Second),
        ..Entry::new(name(called), Kind::Dir)
    }
}

pub(crate) fn link(called: &str, to: &str) -> Entry {
    Entry {
        target: Some(to.as_bytes().into()),
        ..Entry::new(name(called), Kind::Link)
    }
}

pub(crate) fn listing(entries: Vec<Entry>) -> Arc<Listing> {
    Arc::new(Listing {
        entries,
        dialect: Dialect::Mlsd,
        ..Listing::default()
    })
}

pub(crate) fn server(called: &str) -> Server {
    Server {
        name: called.into(),
        host: format!("{called}.example.org"),
        user: "admin".into(),
        ..Server::default()
    }
}

pub(crate) fn facts() -> Box<Facts> {
    Box::new(Facts {
        protocol: Protocol::FtpsExplicit,
        proxy: None,
        tls: Some(TlsFacts {
            version: "TLS 1.3".into(),
            cipher: "TLS_AES_256_GCM_SHA384".into(),
            weak: Vec::new(),
            trust: Trust::Pinned,
            certificate: Some(Arc::new(Certificate {
                subject: "web.example.org".into(),
                issuer: "Example Hosting CA, DE".into(),
                names: vec!["web.example.org".into(), "ftp.example.org".into()],
                not_before: Some(Stamp::exact(1_743_724_800)),
                not_after: Some(Stamp::exact(1_775_260_800)),
                key: "EC 256 bits".into(),
                pin: Pin([0x5a; 32]),
                doubts: Vec::new(),
                reason: String::new(),
            })),
            days_left: Some(12),
            data_handshakes: 7,
            data_resumed: Some(7),
        }),
        data: Some(DataCommand::Epsv),
        dialect: Dialect::Mlsd,
        clock_offset: None,
        charset: ftpane::model::charset::Charset::default(),
        utf8: true,
        read_only: false,
        greeting: "(vsFTPd 3.0.3)".into(),
        features: [
            "AUTH", "EPRT", "EPSV", "MLST", "PASV", "REST", "SIZE", "TVFS", "UTF8",
        ]
        .map(str::to_owned)
        .into(),
        sessions: Sessions {
            open: 2,
            most: 4,
            refused: 0,
        },
    })
}

pub(crate) fn local_entries() -> Vec<Entry> {
    vec![
        folder("backups"),
        folder("site"),
        file("README.md", 2_310, 3),
        file("photo-of-the-harbour-at-night.jpg", 4_812_333, 9),
        file("dump.sql.gz", 912_680_550, 21),
        file(".profile", 807, 1),
        file("naïve café 日本.txt", 120, 17),
    ]
}

pub(crate) fn remote_entries() -> Vec<Entry> {
    vec![
        folder("logs"),
        folder("public_html"),
        link("current", "releases/42"),
        file("index.html", 18_220, 11),
        file("evil\u{1b}[2Jname.txt", 3, 12),
        file("release-10.tar", 73_400_320, 20),
        file("release-9.tar", 73_100_000, 19),
    ]
}

pub(crate) fn start(servers: Vec<Server>) -> Start {
    Start {
        servers,
        unread: None,
        connect: None,
        path: Vec::new(),
        folder: "/home/me/work".into(),
        home: Some("/home/me".into()),
        bookmarks: Vec::new(),
        keys: keys(None).unwrap(),
        theme: Theme::default(),
        themes: Named::shipped(),
        ascii: false,
        used: std::collections::HashMap::new(),
        show_hidden: false,
        zone: Zone::fixed(3600),
        // 2026-03-22, 12:00
        begun: 1_774_180_800,
        patience: Patience::default(),
        notice: None,
        keeps_queue: true,
        size: (80, 24),
    }
}

impl Bench {
    /// At the list of these servers, the local folder listed.
    pub(crate) fn new(servers: Vec<Server>) -> Self {
        Self::begin(start(servers))
    }

    /// Begun so, and what it asks of this machine at first is answered.
    pub(crate) fn begin(start: Start) -> Self {
        let (app, effects) = App::new(start);
        let mut bench = Self {
            app,
            now: Duration::ZERO,
        };
        bench.answer_listings(&effects);
        bench
    }

    /// Connected to a server, both sides listed, the cursor in the remote pane.
    pub(crate) fn connected_to(server: Server) -> Self {
        let mut start = start(vec![server.clone()]);
        start.connect = Some((server, Some(Secret::new("pw"))));
        let mut bench = Self::begin(start);
        bench.stand(1);
        bench
    }

    pub(crate) fn connected() -> Self {
        Self::connected_to(server("web"))
    }

    /// The attempt with this number succeeds, and its first folder is listed.
    pub(crate) fn stand(&mut self, connection: u32) {
        let attempt = self.app.link.attempt().unwrap().clone();
        let mut facts = facts();
        facts.read_only = attempt.server.read_only;
        let effects = self.say(Event::Connected {
            connection: ConnectionId(connection),
            server: Arc::new(attempt.server),
            root: path("/srv/www"),
            facts,
        });
        self.answer_listings(&effects);
    }

    /// Answers every wish for a listing with the sample entries of its side.
    pub(crate) fn answer_listings(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Engine(Command::List { place, generation }) = effect {
                let entries = match place {
                    Place::Local(_) => local_entries(),
                    Place::Remote(..) => remote_entries(),
                };
                self.listed(place.clone(), *generation, entries);
            }
        }
    }

    /// Answers wishes for parts of a file, and what they lead to, until nothing more is wanted; gives the
    /// rest of the effects and how many bytes were told.
    pub(crate) fn serve(&mut self, effects: Vec<Effect>, content: &[u8]) -> (Vec<Effect>, usize) {
        let (mut open, mut rest, mut told) = (effects, Vec::new(), 0);
        while let Some(effect) = open.pop() {
            let Effect::Engine(Command::Read(reading)) = effect else {
                rest.push(effect);
                continue;
            };
            let generation = reading.generation;
            let from = usize::try_from(reading.from).unwrap().min(content.len());
            let length = reading
                .length
                .map_or(content.len(), |n| usize::try_from(n).unwrap());
            let part = &content[from..content.len().min(from.saturating_add(length))];
            for bytes in part.chunks(64 * 1024) {
                told += bytes.len();
                let bytes = bytes.to_vec();
                let mut came = self.say(Event::Piece { generation, bytes });
                let stopped = came.contains(&Effect::Engine(Command::StopReading(generation)));
                came.retain(|e| matches!(e, Effect::Engine(Command::Read(_))));
                open.append(&mut came);
                if stopped {
                    break;
                }
            }
            let size = Some(content.len() as u64);
            open.extend(self.say(Event::ReadOver {
                generation,
                result: Ok(WasRead { size, note: None }),
            }));
        }
        (rest, told)
    }

    pub(crate) fn listed(&mut self, place: Place, generation: Generation, entries: Vec<Entry>) {
        self.say(Event::Listed {
            place,
            generation,
            result: Ok(listing(entries)),
        });
    }

    /// Says something as the engine; a second later the person has seen it.
    pub(crate) fn say(&mut self, event: Event) -> Vec<Effect> {
        let effects = self.update(Msg::Engine(event));
        self.now += Duration::from_secs(1);
        effects
    }

    pub(crate) fn update(&mut self, msg: Msg) -> Vec<Effect> {
        self.app.update(msg, self.now)
    }

    /// Presses keys, written with a space between them; gives what the last one led to.
    pub(crate) fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut last = Vec::new();
        for key in keys.split(' ') {
            last = self.update(Msg::Key(key.parse().unwrap()));
        }
        last
    }

    /// Types a text, letter by letter.
    /// What the open dialog has against what was typed; nothing is a failed test.
    pub(crate) fn complaint(&self) -> &str {
        self.app.dialogs[0].complaint.as_deref().unwrap()
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        for c in text.chars() {
            self.update(Msg::Key(ftpane::model::key::Key::char(c)));
        }
    }

    pub(crate) fn at_size(&mut self, (columns, rows): (u16, u16)) -> String {
        self.update(Msg::Resize(columns, rows));
        text_of(&self.buffer())
    }

    pub(crate) fn buffer(&self) -> Buffer {
        let (columns, rows) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| ftpane::ui::draw(frame, &self.app)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// What is said below; there must be something.
    pub(crate) fn notice(&self) -> &str {
        self.app.notice.as_deref().expect("nothing is said")
    }

    /// The picture at 80x24.
    pub(crate) fn screen(&mut self) -> String {
        self.at_size((80, 24))
    }
}

/// The text of a drawn buffer, line by line, without blanks at the ends of lines.
pub(crate) fn text_of(buffer: &Buffer) -> String {
    use unicode_width::UnicodeWidthStr as _;
    let area = buffer.area;
    let line = |y| {
        let mut text = String::new();
        let mut x = 0;
        while x < area.width {
            let symbol = buffer.cell((x, y)).unwrap().symbol();
            text.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).unwrap();
        }
        text.trim_end().to_owned()
    };
    (0..area.height).map(line).collect::<Vec<_>>().join("\n")
}
