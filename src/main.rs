//! ftpane: the arguments, then the interface, the embedded server or the command line.

use std::process::ExitCode;

use ftpane::cli::{self, Request};
use ftpane::demo;

fn main() -> ExitCode {
    cli::log::explain_panics();
    let request = match cli::parse(std::env::args_os()) {
        Ok(request) => request,
        Err(code) => return code.into(),
    };
    match request {
        Request::Command(command) => cli::run(&command).into(),
        Request::Demo { serve_only: true } => match runtime().and_then(|r| Ok(r.block_on(demo::serve())?)) {
            Ok(code) => code.into(),
            Err(error) => fail(&error),
        },
        Request::Demo { serve_only: false } | Request::Interface(_) => {
            fail(&anyhow::anyhow!("the interface is not joined to main yet"))
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

#[expect(
    clippy::print_stderr,
    reason = "the last words of a program that cannot start"
)]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("ftpane: {error:#}");
    ExitCode::FAILURE
}
