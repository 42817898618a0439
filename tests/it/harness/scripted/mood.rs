//! A scripted server in a mood: a seeded generator decides command by command what goes wrong, and
//! how. What it did is kept, so that a run that failed can be read.

use super::super::dice::Dice;
use super::fault::Plan;
use super::session::Session;
use super::{
    GREETING, Step, announce_closed, announce_dropped, close, cut_data, end_data, hear, hold, impatience,
    obey, raw, reset, reset_data, say, send,
};

/// How ill-tempered a server is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Temper {
    pub(crate) seed: u64,
    /// Whether files go to it.
    pub(crate) stores: bool,
    /// Whether it is made to move old files aside: that goes wrong more often than all else.
    pub(crate) moves_aside: bool,
    /// How many mishaps there are at most.
    pub(crate) mishaps: u64,
    /// Whether it tells sizes. Where it does not it says nothing good before the data are over.
    pub(crate) tells_sizes: bool,
    /// Whether it says 226 to uploads it has not kept whole. Then it tells their size, and truly:
    /// nothing else could find it out.
    pub(crate) lies: bool,
    /// What goes wrong first, before all that comes by chance.
    pub(crate) plan: Option<Plan>,
}

/// What has gone wrong.
#[derive(Debug, Default)]
pub(crate) struct Mishaps {
    /// In order.
    pub(crate) all: Vec<String>,
    /// Whether what was planned is among them.
    pub(crate) planned: bool,
}

/// What is still to go wrong.
#[derive(Debug)]
pub(super) struct Mood {
    dice: Dice,
    lies: bool,
    tells_sizes: bool,
    /// Until it has happened.
    plan: Option<Plan>,
    waiting: Vec<Moment>,
    done: Vec<String>,
}

/// When something goes wrong: after so many commands, or so many with this verb.
#[derive(Debug)]
struct Moment {
    verb: Option<&'static str>,
    after: u64,
}

const WAY: &str = "229 Here (|||{port}|)";

/// Refusals of every kind, of servers and of the moment.
pub(super) const REFUSALS: [&str; 13] = [
    "421 Going away.",
    "425 Can't open the data connection.",
    "426 Connection closed; transfer aborted.",
    "450 Busy.",
    "451 Local error.",
    "452 Disk full.",
    "500 What?",
    "502 Not here.",
    "503 Bad sequence.",
    "530 Not logged in.",
    "550 No.",
    "552 Quota exceeded.",
    "553 Not that name.",
];

/// Those that tell how a transfer went.
const BAD_ENDS: [&str; 6] = [
    "426 Broken.",
    "450 Busy.",
    "451 Disk error.",
    "452 Disk full.",
    "550 No.",
    "552 Quota.",
];

/// Moments of a download that a line of any kind would seldom meet, of an upload, and of one whose old files are moved aside.
const MOMENTS: [&[&str]; 3] = [
    &["RETR", "RETR", "RETR", "EPSV", "MLSD", "MDTM"],
    &[
        "STOR", "STOR", "STOR", "EPSV", "SIZE", "RNFR", "RNTO", "DELE", "MKD", "MFMT", "MLSD",
    ],
    &[
        "RNFR", "RNFR", "RNTO", "RNTO", "RNTO", "DELE", "SIZE", "MLSD", "STOR",
    ],
];

impl Mood {
    pub(super) fn new(temper: Temper) -> Self {
        let mut dice = Dice::new(temper.seed);
        let verbs = MOMENTS[usize::from(temper.stores) + usize::from(temper.moves_aside)];
        let moment = |_| {
            let verb = match dice.below(12) {
                0 => Some(dice.one_of(&["USER", "PASS", "FEAT", GREETING])),
                1..=6 => Some(dice.one_of(verbs)),
                _ => None,
            };
            let after = dice.below(match verb {
                Some("RNFR" | "RNTO") => 20,
                Some(_) => 5,
                None => 40,
            });
            Moment { verb, after }
        };
        let waiting = (0..temper.mishaps).map(moment).collect();
        Self {
            dice,
            lies: temper.lies,
            tells_sizes: temper.tells_sizes,
            plan: temper.plan,
            waiting,
            done: Vec::new(),
        }
    }

    /// What has gone wrong.
    pub(super) fn into_done(self) -> Mishaps {
        Mishaps {
            planned: self.plan.is_none(),
            all: self.done,
        }
    }

    /// What was planned has happened.
    pub(super) fn has_happened(&mut self) {
        self.plan = None;
    }

    /// Whether this is a moment.
    fn strikes(&mut self, verb: &str) -> bool {
        let fits = |moment: &Moment| moment.verb.is_none_or(|wanted| wanted == verb);
        let due = self.waiting.iter().position(|m| fits(m) && m.after == 0);
        for moment in self.waiting.iter_mut().filter(|m| fits(m)) {
            moment.after = moment.after.saturating_sub(1);
        }
        due.map(|n| self.waiting.remove(n)).is_some()
    }
}

impl Session {
    /// What is done about this line where something goes wrong at it.
    pub(super) fn mishap(&mut self, line: &str) -> Option<Vec<Step>> {
        let house = std::sync::Arc::clone(&self.house);
        let mut mood = house.mood.lock().unwrap();
        let mood = mood.as_mut()?;
        let verb = if line == GREETING {
            GREETING
        } else {
            line.split(' ').next()?
        };
        let planned = mood.plan.map(|plan| self.planned(line, plan));
        let by_chance = planned.is_none();
        if by_chance && !mood.strikes(verb) {
            return None;
        }
        let steps = match verb {
            _ if !by_chance => planned.flatten()?,
            "RETR" | "MLSD" | "LIST" if mood.dice.below(4) > 0 => self.bad_sending(line, mood),
            "STOR" | "APPE" if mood.dice.below(4) > 0 => bad_receiving(mood),
            "SIZE" if mood.dice.below(2) == 0 => self.wrong_size(line),
            // nothing listens there, or a firewall drops what comes
            "EPSV" if mood.dice.below(4) == 0 => vec![announce_closed(WAY)],
            "EPSV" if mood.dice.below(4) == 0 => vec![announce_dropped(WAY)],
            _ => self.bad_manners(verb, mood),
        };
        let shown: Vec<String> = steps.iter().map(shown).collect();
        mood.done
            .push(format!("{} {line}: {}", self.number, shown.join(", ")));
        Some(steps)
    }

    /// What can happen at any command.
    fn bad_manners(&mut self, verb: &str, mood: &mut Mood) -> Vec<Step> {
        let dice = &mut mood.dice;
        let code = dice.one_of(&REFUSALS);
        let told = verb == "SIZE" && mood.lies;
        match dice.below(15) {
            0..=2 if !told => vec![say(code)],
            3 => vec![say("421 Going away."), close()],
            4 => vec![close()],
            5 => vec![reset()],
            6 => vec![hold()],
            7 => vec![obey(), close()],
            8 => vec![obey(), reset()],
            9 => vec![obey(), hold()],
            10 if !told && verb != GREETING => vec![obey(), say(code)],
            // what comes next is lost
            11 if verb != GREETING && verb != "QUIT" => vec![hear(), Step::Usual],
            12 => vec![impatience(), Step::Usual],
            13 => {
                self.forget();
                vec![Step::Usual]
            }
            14 => vec![raw(b"\xff\xfe\0what is this\r\n"), Step::Usual],
            _ => vec![Step::Usual, Step::Deaf],
        }
    }

    /// What can happen while the server sends.
    fn bad_sending(&mut self, line: &str, mood: &mut Mood) -> Vec<Step> {
        let Some(content) = self.sent(line) else {
            return vec![say("550 No such file.")];
        };
        let dice = &mut mood.dice;
        let begin = say(dice.one_of(&["150 Coming.", "125 Coming."]));
        let end = dice.one_of(&[end_data, cut_data, reset_data])();
        // the half, so that no lie about the size makes it right
        let part = send(&content[..content.len().min(dice.one_of(&[0, 1, 5_000, content.len() / 2]))]);
        let whole = send(&content);
        match dice.below(10) {
            0 => vec![begin, say(dice.one_of(&REFUSALS))],
            1 => [vec![begin, part, end], bad_end(dice)].concat(),
            2 => vec![begin, part, end, say("226 That was it.")],
            3 => vec![begin, part, hold()],
            4 => [vec![begin, whole, end_data()], bad_end(dice)].concat(),
            5 => vec![begin, say("226 That was it."), whole, end_data()],
            6 => vec![
                begin,
                whole,
                send("and more"),
                end_data(),
                say("226 That was it."),
            ],
            7 if line.starts_with("MLSD") => {
                let lie = String::from_utf8_lossy(&content).replace("size=", "size=1");
                vec![begin, send(lie), end_data(), say("226 That was it.")]
            }
            8 => vec![whole, end_data(), begin, say("226 That was it.")],
            _ => vec![begin, whole, end, say("226 That was it.")],
        }
    }

    pub(super) fn wrong_size(&mut self, line: &str) -> Vec<Step> {
        self.usual(line)
            .into_iter()
            .map(|step| match step {
                Step::Say(text) if text.starts_with("213 ") => say(&text.replace("213 ", "213 1")),
                step => step,
            })
            .collect()
    }
}

/// What can happen while the server receives.
fn bad_receiving(mood: &mut Mood) -> Vec<Step> {
    let dice = &mut mood.dice;
    let begin = say(dice.one_of(&["150 Send it.", "125 Send it."]));
    let end = dice.one_of(&[end_data, cut_data, reset_data])();
    let part = Step::Receive(dice.one_of(&[0, 1, 1_000, 5_000, 70_000]));
    let whole = Step::Receive(usize::MAX);
    match dice.below(9) {
        0 => vec![begin, say(dice.one_of(&REFUSALS))],
        1 => [vec![begin, part, end], bad_end(dice)].concat(),
        2 if mood.lies => vec![begin, part, end, say("226 Have it.")],
        3 if mood.lies => vec![begin, part, Step::Drain, end_data(), say("226 Have it.")],
        2 | 3 => vec![
            begin,
            part,
            Step::Drain,
            end_data(),
            say("451 Have not all of it."),
        ],
        4 => vec![begin, part, hold()],
        5 => [vec![begin, whole, end_data()], bad_end(dice)].concat(),
        6 if mood.tells_sizes => vec![begin, say("226 Have it."), whole, end_data()],
        7 => vec![whole, end_data(), begin, say("226 Have it.")],
        _ => vec![begin, part, end, close()],
    }
}

/// The server's last word about a transfer.
fn bad_end(dice: &mut Dice) -> Vec<Step> {
    match dice.below(7) {
        0..=2 => vec![say(dice.one_of(&BAD_ENDS))],
        3 => vec![close()],
        4 => vec![reset()],
        5 => vec![say("421 Going away."), close()],
        _ => vec![hold()],
    }
}

fn shown(step: &Step) -> String {
    match step {
        Step::Send(bytes) => format!("Send({} bytes)", bytes.len()),
        step => format!("{step:?}"),
    }
}
