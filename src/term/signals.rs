//! Signals as input of the loop.

use futures_util::stream::Stream;
use tokio::sync::mpsc;

use super::input::Input;

/// The signals that end the program (SIGHUP 129, SIGINT 130, SIGTERM 143), the one that stops it
/// and the one that says it goes on.
#[cfg(unix)]
pub(super) fn signals() -> std::io::Result<impl Stream<Item = Input> + Unpin> {
    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};
    let raw = |signal: Signal| SignalKind::from_raw(signal.as_raw());
    let (out, into) = mpsc::unbounded_channel();
    for (kind, input) in [
        (SignalKind::hangup(), Input::End(129)),
        (SignalKind::interrupt(), Input::End(130)),
        (SignalKind::terminate(), Input::End(143)),
        (raw(Signal::TSTP), Input::Stop),
        (raw(Signal::CONT), Input::Continued),
    ] {
        let mut stream = signal(kind)?;
        let out = out.clone();
        tokio::spawn(
            async move { while stream.recv().await.is_some() && out.send(input.clone()).is_ok() {} },
        );
    }
    Ok(received(into))
}

/// Elsewhere only Ctrl-C from outside is known.
#[cfg(not(unix))]
pub(super) fn signals() -> std::io::Result<impl Stream<Item = Input> + Unpin> {
    let (out, into) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && out.send(Input::End(130)).is_ok() {}
    });
    Ok(received(into))
}

/// A channel as a stream.
pub fn received<T>(mut channel: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Unpin {
    futures_util::stream::poll_fn(move |context| channel.poll_recv(context))
}
