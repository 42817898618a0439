//! What the help of each command ends with: the command as it is used.

pub(super) const DEMO: &str = "\
Examples:
  ftpane demo                    try it; nothing is left behind
  ftpane demo --serve-only &     a server to try scripts against";

pub(super) const LS: &str = "\
Examples:
  ftpane ls web:                           the document path of a saved server
  ftpane ls -R --depth 2 ftpes://me@host/pub
  ftpane ls --sort time web:/logs
  ftpane ls --json web:/pub | jq -r 'select(.size > 1e9).path'";

pub(super) const GET: &str = "\
Examples:
  ftpane get web:/pub/a.iso                into this folder
  ftpane get --to backup web:/htdocs       makes backup/htdocs
  ftpane get --to backup web:/htdocs/      its contents into backup
  ftpane get --to logs 'web:/logs/access-2026-0[1-6]*.gz'
  ftpane get --to - web:/db.sql.gz | zcat  to standard output
  ftpane get --to here @targets.txt        a list, one target a line
  ftpane get -c --limit-rate 2M ftpes://me@host/pub/big.iso";

pub(super) const PUT: &str = "\
Examples:
  ftpane put site/ web:/htdocs/            makes htdocs/site
  ftpane put index.html web:/htdocs/start.html
  ftpane put --on-conflict newer *.html web:/htdocs/
  tar cz /etc | ftpane put - web:/backup/etc.tar.gz
  git diff --name-only | ftpane put @- web:/htdocs/
  ftpane put --verify release.zip ftpes://me@host/pub/";

pub(super) const QUEUE_LIST: &str = "\
Examples:
  ftpane queue list
  ftpane queue list --json | jq -r .id";

pub(super) const QUEUE_RUN: &str = "\
Examples:
  ftpane queue run                         all that is left
  ftpane queue run 1a2b3c4d.2              one batch
  ftpane queue run -q --retries 10         in a cron job";

pub(super) const QUEUE_DROP: &str = "\
Examples:
  ftpane queue drop 1a2b3c4d               what one run has left
  ftpane queue drop --yes                  all of it, without asking";

pub(super) const PASSPHRASE: &str = "\
Examples:
  ftpane passphrase                        asks for the old one and the new one";

pub(super) const COMPLETIONS: &str = "\
Examples:
  ftpane completions bash > ~/.local/share/bash-completion/completions/ftpane
  ftpane completions zsh > ~/.zfunc/_ftpane      (a folder of $fpath)
  ftpane completions fish > ~/.config/fish/completions/ftpane.fish";

pub(super) const MAN: &str = "\
Examples:
  ftpane man | man -l -
  ftpane man get | man -l -
  ftpane man > /usr/local/share/man/man1/ftpane.1";
