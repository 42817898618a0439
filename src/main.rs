//! ftpane: the arguments, then the interface, the embedded server or the command line.

use std::process::ExitCode;

use ftpane::cli::{self, Interface, Request};
use ftpane::demo::{self, Demo};
use ftpane::term::{self, Wanted};

fn main() -> ExitCode {
    cli::log::explain_panics();
    cli::dump::forbid_dumps();
    let request = match cli::parse(std::env::args_os()) {
        Ok(request) => request,
        Err(code) => return code.into(),
    };
    let ended = match request {
        Request::Command(command) => block_on_task(async { Ok(cli::run(command, term::check_keymap).await) }),
        Request::Demo { serve_only: true } => block_on(async { Ok(demo::serve().await?) }),
        Request::Demo { serve_only: false } => block_on(show_demo()),
        Request::Interface(interface) => block_on(show(*interface)),
    };
    match ended {
        Ok(code) => code.into(),
        Err(error) => fail(&error),
    }
}

async fn show_demo() -> anyhow::Result<u8> {
    let demo = Demo::start().await?;
    let wanted = Wanted {
        connect: Some((demo.server(), Some(demo.secret()))),
        ..Wanted::default()
    };
    Ok(term::begin(wanted).await?)
}

async fn show(interface: Interface) -> anyhow::Result<u8> {
    let wanted = Wanted {
        connect: interface.connect,
        path: interface.path,
        patience: interface.patience,
        keeps_queue: true,
        options: interface.options,
    };
    Ok(term::begin(wanted).await?)
}

fn block_on(work: impl Future<Output = anyhow::Result<u8>>) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(work);
    // a read of the terminal that nobody answers must not hold us back
    runtime.shutdown_background();
    ended
}

/// Among the engine's tasks: to wake a thread of its own for each of the engine's events costs more
/// than the event.
fn block_on_task(work: impl Future<Output = anyhow::Result<u8>> + Send + 'static) -> anyhow::Result<u8> {
    block_on(async {
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
