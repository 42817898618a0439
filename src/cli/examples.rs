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
  mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc ~/.config/fish/completions
  ftpane completions bash > ~/.local/share/bash-completion/completions/ftpane
  ftpane completions zsh > ~/.zfunc/_ftpane      (a folder of $fpath)
  ftpane completions fish > ~/.config/fish/completions/ftpane.fish";

pub(super) const MAN: &str = "\
Examples:
  ftpane man | man -l -
  ftpane man get | man -l -
  ftpane man > /usr/local/share/man/man1/ftpane.1";

pub(super) const FIND: &str = "\
Prints a path a line, as it is written in a target.

Examples:
  ftpane find web:/htdocs --name '*.php'
  ftpane find web: --name core --depth 2
  ftpane find --json web:/logs --name '*.gz' | jq -r 'select(.size > 1e9).path'";

pub(super) const CAT: &str = "\
A file that breaks off is gone on with where it is proved to be the same; else nothing follows it.

Examples:
  ftpane cat web:/htdocs/robots.txt
  ftpane cat 'web:/logs/access-*.log' | grep ' 500 '";

pub(super) const MV: &str = "\
TO-PATH lies on the same server, and is written like the path of FROM. Where it is a folder, or ends in a slash,
FROM goes into it; else it is the new name. What stands there is never replaced: exit code 9.

Examples:
  ftpane mv web:/htdocs/index.html /htdocs/index.old.html
  ftpane mv web:/incoming/a.zip /done/     into a folder
  ftpane mv ftpes://me@host/a/b /a/c";

pub(super) const RM: &str = "\
On a terminal -r counts first and asks; in a script it asks nothing. Links are deleted, never followed.
The document path itself is never deleted, and of a folder that reaches below the server's depth nothing is.

Examples:
  ftpane rm web:/old.zip web:/older.zip
  ftpane rm -r web:/htdocs/cache           counts, and asks
  ftpane rm -rf ftpes://me@host/tmp/build  asks nothing, and may find nothing";

pub(super) const MKDIR: &str = "\
Examples:
  ftpane mkdir web:/htdocs/new
  ftpane mkdir -p ftpes://me@host/backup/2026/01";

pub(super) const CHMOD: &str = "\
MODE is octal (644, 2755) or symbolic (u+x, go-w, a+rX, g=u), as chmod(1) has it. Symbolic modes begin from
what the server's listing tells. Where nobody is named (+w), only the owner is let write.
With -R links are left as they are.

Examples:
  ftpane chmod 644 web:/htdocs/index.html
  ftpane chmod -R u=rwX,go=rX web:/htdocs
  ftpane chmod -R --folders 2775 web:/shared
  ftpane chmod -x ftpes://me@host/notes.txt";

pub(super) const CP: &str = "\
TO-PATH lies on the same server, and is written like the path of FROM. Where it is a folder, or ends in a slash,
FROM goes into it; else it is the new name. What stands there is never replaced: exit code 9.
The server copies itself, by SITE CPFR and CPTO: ProFTPD does so with mod_copy.

Examples:
  ftpane cp web:/htdocs/index.html /htdocs/index.bak
  ftpane cp web:/htdocs /backup/           with all that is in it";

pub(super) const SUM: &str = "\
The server reads the file and computes; nothing is downloaded. Lines have the form that sha256sum -c and its
kin read, if their names are those of files here.

Examples:
  ftpane sum web:/pub/release.zip
  ftpane sum --algorithm SHA-256 web:/pub/a.iso web:/pub/b.iso
  ftpane sum web:release.zip | sha256sum -c    is the file here the same?";

pub(super) const DU: &str = "\
Prints bytes of content, a tab, and the path; how many files and folders that are is said on stderr. Links are
not followed.

Examples:
  ftpane du web:/htdocs
  ftpane du --json ftpes://me@host/pub | jq .files";

pub(super) const RAW: &str = "\
Relative names in COMMAND begin in the folder that TARGET names. Commands that need a data connection, or that
would change the session, are refused, and so is what could leave the document path; read only holds.
A refusal by the server (4xx, 5xx) is printed like any answer, and the exit code is 7.

Examples:
  ftpane raw web: FEAT
  ftpane raw web:/htdocs SITE CHMOD 644 index.html
  ftpane raw ftpes://me@host/ STAT";
