//! Every fault by itself: what a mood meets by chance happens here for certain, once a run, at the command and in
//! the way that were planned.

use super::mood::REFUSALS;
use super::session::Session;
use super::{Step, close, cut_data, end_data, hold, receive_all, reset, reset_data, say, send};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The command is answered by this code.
    Refused(u16),
    /// The control connection ends, is reset or falls silent instead of the answer.
    CutControl,
    ResetControl,
    StallControl,
    /// Some of the data have moved, and the server breaks the transfer off with this code.
    BrokenOff(u16),
    /// So does the line, or it falls silent.
    CutData,
    ResetData,
    StallData,
    /// The server says that all is well after some of the data.
    Short,
    /// It tells another size than the file has.
    WrongSize,
    /// All data have moved, and the control connection ends before the server's last word.
    LostWord,
    /// The last word comes before the data.
    EarlyWord,
}

/// A fault, and at which command it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) verb: &'static str,
    pub(crate) fault: Fault,
}

const CODES: [u16; 8] = [421, 425, 426, 450, 451, 452, 550, 552];

impl Plan {
    /// All there are while files go to the server (`stores`) or come from it.
    pub(crate) fn all(stores: bool) -> Vec<Self> {
        let (verbs, moving, sizing): (&[&str], _, _) = match stores {
            true => (
                &["STOR", "EPSV", "SIZE", "MFMT", "SITE", "RNFR", "RNTO"],
                "STOR",
                "SIZE",
            ),
            false => (&["RETR", "EPSV", "MLSD"], "RETR", "MLSD"),
        };
        let lost = [Fault::CutControl, Fault::ResetControl, Fault::StallControl];
        let at_commands = verbs.iter().flat_map(|verb| {
            let faults = CODES.map(Fault::Refused).into_iter().chain(lost);
            faults.map(|fault| Self { verb, fault })
        });
        let amid_data = [
            Fault::CutData,
            Fault::ResetData,
            Fault::StallData,
            Fault::Short,
            Fault::LostWord,
            Fault::EarlyWord,
        ];
        let amid_data = CODES.map(Fault::BrokenOff).into_iter().chain(amid_data);
        let amid_data = amid_data.map(|fault| Self { verb: moving, fault });
        let wrong = Self {
            verb: sizing,
            fault: Fault::WrongSize,
        };
        at_commands.chain(amid_data).chain([wrong]).collect()
    }
}

impl Session {
    /// What is done about this line where the fault that is planned happens at it. Data are met in the middle only
    /// of files whose names begin with `a`: these are long.
    pub(super) fn planned(&mut self, line: &str, plan: Plan) -> Option<Vec<Step>> {
        let (verb, path) = line.split_once(' ').unwrap_or((line, ""));
        if verb != plan.verb {
            return None;
        }
        let at_command = match plan.fault {
            Fault::Refused(code) => vec![Step::Happened, refusal(code)],
            Fault::CutControl => vec![Step::Happened, close()],
            Fault::ResetControl => vec![Step::Happened, reset()],
            Fault::StallControl => vec![Step::Happened, hold()],
            Fault::WrongSize => return self.lie(line),
            _ => Vec::new(),
        };
        if !at_command.is_empty() {
            return Some(at_command);
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        if !name.trim_start_matches('.').starts_with('a') {
            return None;
        }
        let (part, whole) = match verb {
            "STOR" => (Step::Receive(1), receive_all()),
            _ => {
                let content = self.sent(line)?;
                (send(&content[..content.len() / 2]), send(&content))
            }
        };
        let begin = say("150 Go.");
        Some(match plan.fault {
            Fault::BrokenOff(code) => vec![begin, part, end_data(), Step::Happened, refusal(code)],
            Fault::CutData => vec![begin, part, Step::Happened, cut_data(), refusal(426)],
            Fault::ResetData => vec![begin, part, Step::Happened, reset_data(), refusal(426)],
            Fault::StallData => vec![begin, part, Step::Happened, hold()],
            Fault::Short if verb == "STOR" => {
                let good = say("226 Have it.");
                vec![begin, part, Step::Drain, end_data(), Step::Happened, good]
            }
            Fault::Short => vec![begin, part, end_data(), Step::Happened, say("226 That was it.")],
            Fault::LostWord => vec![begin, whole, end_data(), Step::Happened, close()],
            _ => vec![begin, Step::Happened, say("226 Done."), whole, end_data()],
        })
    }

    /// A size that is not the file's.
    fn lie(&mut self, line: &str) -> Option<Vec<Step>> {
        if let Some(content) = self.sent(line) {
            let listing = String::from_utf8_lossy(&content).into_owned();
            let lie = listing.replace("size=", "size=1");
            let steps = [say("150 Go."), send(&lie), end_data(), Step::Happened];
            return (lie != listing).then(|| [&steps[..], &[say("226 That was it.")]].concat());
        }
        let lie = self.wrong_size(line);
        let is_one = matches!(&lie[..], [Step::Say(text)] if text.starts_with("213 "));
        is_one.then(|| [vec![Step::Happened], lie].concat())
    }

    /// What a well-behaved server sends on the data connection for this line.
    pub(super) fn sent(&mut self, line: &str) -> Option<Vec<u8>> {
        self.usual(line).into_iter().find_map(|step| match step {
            Step::Send(content) => Some(content),
            _ => None,
        })
    }
}

fn refusal(code: u16) -> Step {
    let code = code.to_string();
    let whole = REFUSALS.iter().find(|refusal| refusal.starts_with(&code));
    say(whole.expect("there are words for each code"))
}
