//! What a scripted server can do, step by step.

/// One thing a scripted server does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// What a well-behaved server does about this command.
    Usual,
    /// The same, without a word.
    Obey,
    /// Lines on the control connection; CRLF is added at the end.
    Say(String),
    /// Exactly these bytes on the control connection.
    Raw(Vec<u8>),
    /// The same bytes on the control connection until the client hangs up.
    RawWithoutEnd(Vec<u8>),
    /// Opens a data port and says the line, in which `{port}`, `{p1}` and `{p2}` stand for it.
    Announce(String, Port),
    /// Says this of the file the command names, where `{size}` and `{path}` stand for its own; 550 where there is none.
    Describe(String),
    /// Encrypts the control connection.
    StartTls,
    /// Forgets the session's TLS session: nothing resumes it any more.
    ForgetTls,
    /// Accepts (or makes) the data connection now; the steps below do so by themselves.
    OpenData,
    /// Takes the data connection at once, and loses it over what comes on it before the next command is read: that
    /// waits for another data connection then. What was written in one piece with this command has been read.
    TakeBlindly,
    /// Bytes on the data connection.
    Send(Vec<u8>),
    /// The same bytes on the data connection until the client hangs up.
    SendWithoutEnd(Vec<u8>),
    /// Reads this many bytes from the data connection and puts them into the file the command
    /// names, as servers do with the part of an upload that has arrived.
    Receive(usize),
    /// Reads the data connection to its end and keeps nothing of it.
    Drain,
    /// Reads all of an upload and puts it behind what the file holds, wherever it should begin.
    Append,
    /// Ends the data connection properly.
    EndData,
    /// Ends the data connection without TLS close_notify.
    CutData,
    /// Ends the data connection by a TCP reset.
    ResetData,
    /// Ends the control connection.
    Close,
    /// Ends the control connection by a TCP reset.
    Reset,
    /// Waits for a line and says nothing to it.
    Hear,
    /// Refuses from now on what is written before the last reply.
    Impatience,
    /// Loses the lines that have come and were not answered yet.
    Deaf,
    /// Somebody else, from 127.0.0.2, connects to the port the client listens on in active mode.
    Stranger,
    /// Waits until the test, or another session, opens the gate: [`super::Scripted::open_gate`].
    Gate,
    /// Opens it.
    OpenGate,
    /// Says nothing any more and waits for the client to hang up.
    Hold,
    /// The fault that was planned happens now, if all before it in its command could be done.
    Happened,
}

/// What is behind an announced data port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// The server, listening.
    Open,
    /// The same, with room for a few kilobytes: most of what is sent waits at the client's end.
    Narrow,
    /// Nothing: connecting is refused.
    Closed,
    /// A firewall that drops every packet: connecting is never answered.
    Dropped,
}

/// What a well-behaved server does.
pub(crate) fn usual() -> Step {
    Step::Usual
}

/// What a well-behaved server does, but without a word about it.
pub(crate) fn obey() -> Step {
    Step::Obey
}

/// A reply, or several lines of one.
pub(crate) fn say(text: &str) -> Step {
    Step::Say(text.into())
}

/// Bytes on the control connection, no line end added.
pub(crate) fn raw(bytes: &[u8]) -> Step {
    Step::Raw(bytes.to_vec())
}

/// Bytes on the control connection that never end.
pub(crate) fn raw_without_end(bytes: &[u8]) -> Step {
    Step::RawWithoutEnd(bytes.to_vec())
}

/// What is said of a file: `{size}` and `{path}` stand for its own.
pub(crate) fn describe(text: &str) -> Step {
    Step::Describe(text.into())
}

/// An open data port, announced in these words: `{port}`, or `{p1}` and `{p2}`.
pub(crate) fn announce(line: &str) -> Step {
    Step::Announce(line.into(), Port::Open)
}

/// An open data port with little room.
pub(crate) fn announce_narrow(line: &str) -> Step {
    Step::Announce(line.into(), Port::Narrow)
}

/// A data port on which nobody listens.
pub(crate) fn announce_closed(line: &str) -> Step {
    Step::Announce(line.into(), Port::Closed)
}

/// A data port behind a firewall that drops what comes.
pub(crate) fn announce_dropped(line: &str) -> Step {
    Step::Announce(line.into(), Port::Dropped)
}

/// Encrypts the control connection (after saying 234).
pub(crate) fn start_tls() -> Step {
    Step::StartTls
}

/// Forgets what data connections resume.
pub(crate) fn forget_tls() -> Step {
    Step::ForgetTls
}

/// Accepts the data connection.
pub(crate) fn open_data() -> Step {
    Step::OpenData
}

/// Takes the data connection before the command that it is for, and loses it over what comes too early.
pub(crate) fn take_blindly() -> Step {
    Step::TakeBlindly
}

/// Bytes on the data connection.
pub(crate) fn send(bytes: impl AsRef<[u8]>) -> Step {
    Step::Send(bytes.as_ref().to_vec())
}

/// Bytes on the data connection that never end.
pub(crate) fn send_without_end(bytes: impl AsRef<[u8]>) -> Step {
    Step::SendWithoutEnd(bytes.as_ref().to_vec())
}

/// Takes this much of an upload.
pub(crate) fn receive(bytes: usize) -> Step {
    Step::Receive(bytes)
}

/// Takes all of an upload.
pub(crate) fn receive_all() -> Step {
    Step::Receive(usize::MAX)
}

/// Takes all of an upload and keeps nothing of it.
pub(crate) fn drain() -> Step {
    Step::Drain
}

/// Takes all of an upload, at the end of what is there.
pub(crate) fn append() -> Step {
    Step::Append
}

/// Ends the data connection properly.
pub(crate) fn end_data() -> Step {
    Step::EndData
}

/// Ends the data connection without TLS close_notify.
pub(crate) fn cut_data() -> Step {
    Step::CutData
}

/// Resets the data connection.
pub(crate) fn reset_data() -> Step {
    Step::ResetData
}

/// Closes the control connection.
pub(crate) fn close() -> Step {
    Step::Close
}

/// Resets the control connection.
pub(crate) fn reset() -> Step {
    Step::Reset
}

/// Waits for [`super::Scripted::open_gate`], or for a session that does it.
pub(crate) fn gate() -> Step {
    Step::Gate
}

/// Lets everything pass that waits at a [`gate`], now and later.
pub(crate) fn open_gate() -> Step {
    Step::OpenGate
}

/// Waits for a line in the middle of another command.
pub(crate) fn hear() -> Step {
    Step::Hear
}

/// Refuses from now on what is written before the last reply.
pub(crate) fn impatience() -> Step {
    Step::Impatience
}

/// Somebody else comes to the client's port first.
pub(crate) fn stranger() -> Step {
    Step::Stranger
}

/// Falls silent.
pub(crate) fn hold() -> Step {
    Step::Hold
}

impl From<Step> for Vec<Step> {
    fn from(step: Step) -> Self {
        vec![step]
    }
}
