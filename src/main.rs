//! ftpane: the arguments, then the interface, the embedded server or the command line.

use std::process::ExitCode;
use std::time::Duration;

use ftpane::cli::{self, Interface, Request};
use ftpane::demo::{self, Demo};
use ftpane::term::{self, Looks, Wanted};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    cli::log::explain_panics();
    cli::dump::forbid_dumps();
    let request = match cli::parse(std::env::args_os()) {
        Ok(request) => request,
        Err(code) => return code.into(),
    };
    let ended = match request {
        Request::Command(command) => block_on_task(async { Ok(cli::run(command, term::check_keymap).await) }),
        Request::Demo { serve_only: true, .. } => block_on(async { Ok(demo::serve().await?) }),
        Request::Demo {
            serve_only: false,
            looks,
        } => block_on(show_demo(looks)),
        Request::Interface(interface) => block_on(show(*interface)),
    };
    match ended {
        Ok(code) => code.into(),
        Err(error) => fail(&error),
    }
}

async fn show_demo(looks: Looks) -> anyhow::Result<u8> {
    let demo = Demo::start().await?;
    let wanted = Wanted {
        connect: Some((demo.server(), Some(demo.secret()))),
        looks,
        ..Wanted::default()
    };
    Ok(term::begin(wanted).await?)
}

async fn show(interface: Interface) -> anyhow::Result<u8> {
    let wanted = Wanted {
        connect: interface.connect,
        path: interface.path,
        looks: interface.looks,
        patience: interface.patience,
        keeps_queue: true,
        options: interface.options,
    };
    Ok(term::begin(wanted).await?)
}

/// How long the threads may take that are left at the end.
const LAST_THREADS: Duration = Duration::from_millis(500);

fn block_on(work: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    block_on_by(Builder::new_multi_thread(), work)
}

fn block_on_by(mut threads: Builder, work: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = threads.enable_all().build()?;
    let ended = runtime.block_on(work);
    // OpenSSL gives its memory back when the program ends, and a thread that still uses it then breaks down;
    // a read of the terminal that nobody answers must not hold us back for long
    runtime.shutdown_timeout(LAST_THREADS);
    ended
}

/// Among the engine's tasks, and all of them on one thread: to wake another one for each event costs more
/// than the event. What blocks has threads of its own, but for a disk that is quick.
fn block_on_task(work: impl Future<Output = anyhow::Result<u8>> + Send + 'static) -> anyhow::Result<u8> {
    let mut one = Builder::new_multi_thread();
    one.worker_threads(1);
    block_on_by(one, async {
        match tokio::spawn(work).await {
            Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
            ended => ended?,
        }
    })
}

#[expect(
    clippy::print_stderr,
    reason = "the last words of a program that cannot start"
)]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("ftpane: {error:#}");
    ExitCode::FAILURE
}
