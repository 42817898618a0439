//! The keyboard: crossterm's events, and how another program gets them.
//!
//! crossterm reads the terminal on a thread of its own as long as an event stream of it is waited for; what
//! that thread reads a program to which the terminal was handed over would miss. So the stream is dropped
//! while the keyboard rests, and made anew afterwards.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crossterm::event::{Event, EventStream};
use futures_util::stream::{Stream, poll_fn};

struct Keyboard {
    resting: bool,
    stream: Option<EventStream>,
    waits: Option<Waker>,
}

/// There is one terminal, and one state of it.
static KEYBOARD: Mutex<Keyboard> = Mutex::new(Keyboard {
    resting: false,
    stream: None,
    waits: None,
});

fn keyboard() -> MutexGuard<'static, Keyboard> {
    KEYBOARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What comes from the terminal; nothing while it rests.
pub(super) fn events() -> impl Stream<Item = io::Result<Event>> + Unpin {
    poll_fn(|context| {
        let mut keyboard = keyboard();
        if keyboard.resting {
            keyboard.waits = Some(context.waker().clone());
            return Poll::Pending;
        }
        let stream = keyboard.stream.get_or_insert_with(EventStream::new);
        Pin::new(stream).poll_next(context)
    })
}

/// Leaves what is typed to somebody else.
pub(super) fn rest() {
    let mut keyboard = keyboard();
    keyboard.resting = true;
    keyboard.stream = None;
}

/// Takes what is typed again.
pub(super) fn wake() {
    let mut keyboard = keyboard();
    keyboard.resting = false;
    if let Some(waits) = keyboard.waits.take() {
        waits.wake();
    }
}
